"""Every make that the simulated bank plays, brought up by its profile: no maker is asked for by name in the driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.modem.session import CardPresence, ModemEvent, ModemSession, NetworkTimeHeard, SmsForm
from tests.bank import Bank, running_bank
from tests.modem.scripted_modem import in_loop

MAKES = {
    "generic": "generic",
    "huawei-e173": "huawei",
    "quectel-ec25": "quectel-ec2x",
    "quectel-m35": "quectel-m35",
    "quectel-uc20": "quectel-uc20",
    "simcom-sim7600": "simcom-lte",
    "simcom-sim800": "simcom-2g",
    "wavecom-q24": "wavecom-q24",
    "neoway-n720": "neoway",
    "ublox-sara-u201": "u-blox",
    "sierra-mc7304": "sierra",
    "zte-mf190": "zte",
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    config = "".join(f"[[modem]]\nprofile = '{make}'\n" for make in MAKES)
    with running_bank(tmp_path_factory.mktemp("families"), modems=len(MAKES), config=config) as started:
        yield started


@pytest.mark.parametrize("make", MAKES)
@in_loop
async def test_a_make_by_its_profile(bank: Bank, make: str) -> None:
    number = list(MAKES).index(make)
    events: list[ModemEvent] = []
    session = await ModemSession.open(str(bank.ports[number]), on_event=events.append)
    try:
        bearings = await session.bring_up(on_progress=lambda _state, _args: None)
        assert (bearings.profile, bearings.form) == (MAKES[make], SmsForm.TPDU)
        assert bearings.iccid == bank.modem(number)["iccid"]
        assert bearings.imei is not None
        assert bearings.smsc is not None
        assert await session.card() is CardPresence.PRESENT
        before = session.commands
        for _ in range(14):
            await session.glance()
        assert session.commands - before == 14
        assert {type(event) for event in events} <= {NetworkTimeHeard}
        assert "Balance" in (await session.ussd("*100#", 5.0)).text
    finally:
        await session.close()
