"""Slots of USB devices under the pool: the tty that speaks AT, what must prove itself, and the helper's rungs."""

from __future__ import annotations

import asyncio
import os
import pty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from appliance.modem.discovery import Slot
from appliance.pool.presence import Presence, Vanished
from appliance.usb.request import Done, NotPossible, Result, Why
from tests.bank import Bank, running_bank
from tests.pool.pools import DELIVERED, Box, box, numbers
from tests.pool.slots import Change, change_slots


@pytest.fixture
def changed_slots(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """What discovery finds is passed on as this says: udev has its own tests."""

    def change_by(change: Change) -> None:
        change_slots(monkeypatch, change)

    return change_by


def on_usb(slots: dict[str, Slot]) -> dict[str, Slot]:
    """Each on a place of its own: 'modem01' is on 1-1.1."""
    return {name: replace(slot, usb_path=f"1-1.{int(name[-2:])}") for name, slot in slots.items()}


@dataclass
class PlayedHelper:
    """Resets the simulated modems behind the places."""

    bank: Bank
    power: Result = field(default_factory=Done)
    helps: bool = True
    asked: list[str] = field(default_factory=list)
    at_work: int = 0
    most_at_work: int = 0

    async def reauthorize(self, usb_path: str) -> Result:
        self.asked.append(f"usb {usb_path}")
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        await asyncio.sleep(0.1)
        self.at_work -= 1
        if self.helps:
            number = int(usb_path.removeprefix("1-1.")) - 1
            self.bank.control("scenario", name="calm", modem=f"modem{number + 1:02d}")
            self.bank.fault(number, "hangup", return_ms=100)
        return Done()

    async def power_cycle(self, usb_path: str) -> Result:
        self.asked.append(f"power {usb_path}")
        return self.power


@contextmanager
def over_usb(tmp_path: Path, modems: int, **helper: object) -> Iterator[tuple[Box, Bank, PlayedHelper]]:
    with running_bank(tmp_path, modems=modems) as bank:
        played = PlayedHelper(bank, **helper)  # type: ignore[arg-type]
        pool = box(tmp_path, bank, usb_reset=played)
        with pool.running():
            pool.wait_until_ready(modems)
            for number in range(modems):
                bank.control("scenario", name="mute", modem=f"modem{number + 1:02d}")
            yield pool, bank, played


def ladder_of(pool: Box) -> list[str]:
    return [row["reason"] for row in pool.rows("SELECT reason FROM events WHERE kind = 'ladder' ORDER BY id")]


def test_a_usb_reset_brings_a_mute_modem_back_and_is_one_at_a_time(
    tmp_path: Path, changed_slots: Callable[[Change], None]
) -> None:
    changed_slots(on_usb)
    with over_usb(tmp_path, 2) as (pool, _, helper):
        pool.wait_for(lambda: ladder_of(pool).count("ladder.usb-reset.helped") == 2)
        pool.wait_until_ready(2)
        assert sorted(helper.asked) == ["usb 1-1.1", "usb 1-1.2"]
        assert helper.most_at_work == 1
        assert {row["usb_path"] for row in pool.rows("SELECT usb_path FROM ports")} == {"1-1.1", "1-1.2"}


def test_what_the_hub_can_t_do_is_said_and_the_port_is_left_alone(
    tmp_path: Path, changed_slots: Callable[[Change], None]
) -> None:
    changed_slots(on_usb)
    power = NotPossible(Why.NO_POWER_SWITCH)
    with over_usb(tmp_path, 1, helps=False, power=power) as (pool, _, helper):
        pool.wait_for(lambda: pool.port(0)["state"] == "quarantined")
        assert helper.asked == ["usb 1-1.1", "power 1-1.1"]
        assert "usb.no-power-switch" in ladder_of(pool)
        assert "ladder.usb-reset.in-vain" in ladder_of(pool)


def test_of_several_ttys_the_one_that_speaks_at_is_used(
    tmp_path: Path, changed_slots: Callable[[Change], None]
) -> None:
    master, slave = pty.openpty()

    def with_a_mute_tty_first(slots: dict[str, Slot]) -> dict[str, Slot]:
        return {
            name: replace(slot, devices=(os.ttyname(slave), *slot.devices)) for name, slot in slots.items()
        }

    changed_slots(with_a_mute_tty_first)
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready()
            assert pool.port(0)["device"] == bank.ports[0]
            [seq] = pool.submit(numbers(1), "hello")
            pool.wait_for_state(seq, DELIVERED)
    os.close(master)
    os.close(slave)


def test_what_must_prove_that_it_is_a_modem_is_no_port_before(
    tmp_path: Path, changed_slots: Callable[[Change], None]
) -> None:
    changed_slots(lambda slots: {name: replace(slot, must_prove=True) for name, slot in slots.items()})
    with running_bank(tmp_path, modems=3) as bank:
        bank.control("scenario", name="all-errors", modem="modem01")
        bank.control("scenario", name="babble", modem="modem02")
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready(1)
            assert [name[-7:] for name, _, _ in pool.conditions()] == ["modem03"]
            [seq] = pool.submit(numbers(1), "hello")
            pool.wait_for_state(seq, DELIVERED)
            assert ladder_of(pool) == [], "nothing is reset that may be no modem"


class TestPresence:
    def test_devices_that_vanish_together_are_a_hub(self) -> None:
        async def test() -> None:
            vanished = Vanished()
            places = [Presence(f"port{number}", vanished) for number in range(3)]
            for place in places:
                place.see(Slot(name="a", devices=("/dev/a",), mark=1))
            places[0].see(None)
            assert not vanished.with_others(places[0].went_at)
            for place in places[1:]:
                place.see(None)
            assert vanished.with_others(places[0].went_at)

        asyncio.run(test())

    def test_a_device_that_came_anew_between_two_looks_has_gone_and_come(self) -> None:
        async def test() -> None:
            place = Presence("port", Vanished())
            place.see(Slot(name="a", devices=("/dev/a",), usb_id="12d1:1001", mark=1))
            place.taken()
            place.see(Slot(name="a", devices=("/dev/a",), usb_id="12d1:1001", mark=2))
            assert place.has_gone
            assert place.has_come
            assert not place.is_another
            place.see(Slot(name="a", devices=("/dev/a",), usb_id="2c7c:0125", mark=3))
            assert place.is_another

        asyncio.run(test())
