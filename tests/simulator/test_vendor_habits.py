"""Where makes differ: cards pulled and seen or not, tries, clocks, USSD, restarts, and what programs ask before use."""

from copy import deepcopy
from pathlib import Path

import pytest

from appliance.modem.simulator.habits import Notices
from appliance.modem.simulator.profile import load_profile
from appliance.modem.simulator.sim import SimCard
from appliance.modem.simulator.ussd import UssdReply
from tests.simulator.street import Desk, desk, gsm_makes, pdu

OK = "\r\n\r\nOK\r\n"
MAKES = gsm_makes()
BY_NOTICE = {
    notices: [name for name in MAKES if load_profile(name).card.notices is notices] for notices in Notices
}

# What ModemManager's generic and vendor plugins ask a modem before they take it.
PROBES = [
    "",
    "I",
    "+CGMI",
    "+CGMM",
    "+CGMR",
    "+CGSN",
    "+GCAP",
    "+CPIN?",
    "+CIMI",
    "+CFUN?",
    "+CFUN=?",
    "+CSCS=?",
]
PROBES += [
    "+CPMS=?",
    "+CPMS?",
    "+CNMI=?",
    "+CMGF=?",
    "+CMGF=0",
    "+CREG?",
    "+CGREG?",
    "+COPS?",
    "+CSQ",
    "+CGDCONT?",
]
PROBES += [
    "+CGDCONT=?",
    "+CRSM=176,12258,0,0,10",
    '+CLCK="SC",2',
    "+CLCK=?",
    "+WS46=?",
    "+IFC=?",
    "+CCLK?",
    "+CNUM",
]
PROBES += ["+CMEE=1", "X4", "&C1", "+CSMS?", "+CSCA?", "+CUSD=1"]


def other_card(modem: Desk) -> SimCard:
    card = deepcopy(modem.sim)
    card.iccid, card.msisdn = "89860099999999999995", "+8613899990001"
    modem.modem.network.centre.enrol(card)
    return card


@pytest.mark.parametrize("profile", MAKES)
def test_what_other_programs_ask_is_answered(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    refused = [probe for probe in PROBES if not modem.at(probe).endswith("\r\nOK\r\n")]
    assert refused == []


def test_every_way_to_notice_a_card_is_there() -> None:
    assert all(BY_NOTICE.values())


@pytest.mark.parametrize("profile", BY_NOTICE[Notices.AT_ONCE])
def test_a_make_that_sees_its_card(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    habits = modem.modem.profile.card
    if habits.switch:
        assert modem.at(f"{habits.switch}=1") == "\r\nOK\r\n"
        assert modem.at(f"{habits.switch}?").startswith(f"\r\n{habits.switch}: 1")
    card = other_card(modem)
    modem.modem.pull_card()
    said = modem.read()
    assert all(line in said for line in (*habits.removed, *habits.reported_removed))
    assert modem.at("+CIMI") == "\r\n+CME ERROR: 10\r\n"
    modem.modem.insert_card(card)
    said = modem.read()
    assert all(line in said for line in (*habits.inserted, *habits.reported_inserted))
    assert "+CPIN: READY" in modem.at("+CPIN?")
    assert "+CMGS: " in modem.send(pdu())


@pytest.mark.parametrize("profile", [*BY_NOTICE[Notices.AFTER_CFUN], *BY_NOTICE[Notices.AFTER_RESET]])
def test_a_make_that_does_not_see_its_card(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    habits, iccid = modem.modem.profile.card, modem.modem.profile.iccid
    assert iccid is not None
    before, card = modem.sim.iccid, other_card(modem)
    modem.modem.pull_card()
    assert modem.read() == ""
    assert "+CPIN: READY" in modem.at("+CPIN?")
    assert modem.at("+CRSM=176,12258,0,0,10") == "\r\n+CME ERROR: 13\r\n"
    assert "ERROR" in modem.at("+CMGS=20")
    modem.modem.insert_card(card)
    ask = iccid.name + ("?" if iccid.name[0] in "^!" else "")
    assert before in modem.at(ask)
    swapped = modem.at("+CRSM=176,12258,0,0,10").split('"')[1]
    assert "".join(swapped[at + 1] + swapped[at] for at in range(0, 20, 2)) == card.iccid
    modem.at("+CFUN=0")
    modem.at("+CFUN=1")
    modem.read()
    seen_by_now = habits.notices is Notices.AFTER_CFUN
    assert (card.iccid in modem.at(ask)) is seen_by_now
    modem.at("+CFUN=1,1")
    modem.read(10.0)
    modem.at("E0")
    modem.read()
    assert card.iccid in modem.at(ask)
    assert "+CMGS: " in modem.send(pdu())


@pytest.mark.parametrize(
    ("profile", "command", "answer"),
    [
        ("huawei-e173", "^CPIN?", "^CPIN: SIM PIN,2,10,2,10,3"),
        ("huawei-me909", "^CPIN?", "^CPIN: SIM PIN,2,10,2,10,3"),
        ("zte-mf190", "+ZPINPUK=?", "+ZPINPUK: 2,10"),
        ("simcom-sim7600", "+SPIC", "+SPIC: 2,10,0,10"),
        ("simcom-sim800", "+SPIC", "+SPIC: 2,10,0,10"),
        ("quectel-m35", "+QTRPIN", "+QTRPIN: 2,3,10,10"),
        ("quectel-ec25", '+QPINC="SC"', '+QPINC: "SC",2,10'),
        ("ublox-sara-u201", "+UPINCNT", "+UPINCNT: 2,3,10,10"),
        ("sierra-mc7304", "+CPINC?", "+CPINC: 2,3,10,10"),
        ("wavecom-q24", "+CPINC?", "+CPINC: 2,3,10,10"),
        ("generic", "+CPINR", "+CPINR: SIM PIN,2,3\r\n+CPINR: SIM PUK,10,10"),
        ("generic", '+CSIM=10,"0020000100"', '+CSIM: 4,"63C2"'),
    ],
)
def test_the_tries_that_are_left(tmp_path: Path, profile: str, command: str, answer: str) -> None:
    def lock(sim: SimCard) -> None:
        sim.pin_enabled, sim.pin_tries = True, 2

    modem = desk(tmp_path, profile, prepare=lock)
    assert modem.at(command) == f"\r\n{answer}{OK}"


@pytest.mark.parametrize(
    ("profile", "before", "switch"),
    [
        ("simcom-sim800", "04/01/01", "+CLTS=1"),
        ("simcom-sim7600", "80/01/06", "+CTZU=1"),
        ("quectel-m35", "04/01/01", "+CTZU=1"),
    ],
)
def test_a_clock_that_no_network_has_told(tmp_path: Path, profile: str, before: str, switch: str) -> None:
    modem = desk(tmp_path, profile)
    assert f'+CCLK: "{before}' in modem.at("+CCLK?")
    modem.at(switch)
    modem.at("+CTZR=1")
    modem.at("+CFUN=4")
    assert "+CTZV: +32" in modem.at("+CFUN=1")
    assert '+CCLK: "27/01/15' in modem.at("+CCLK?")


@pytest.mark.parametrize(
    ("profile", "asked", "heard"),
    [
        ("wavecom-q24", "*100#", '+CUSD: 0,"Balance 100.00",15'),
        ("huawei-e173", "AA180C3602", '+CUSD: 0,"C2303BEC1E97413118CC058301",15'),
        (
            "zte-mf190",
            "002A0031003000300023",
            '+CUSD: 0,"00420061006C0061006E006300650020003100300030002E00300030",72',
        ),
        ("quectel-ec25", "*100#", '+CUSD: 0,"Balance 100.00",15'),
    ],
)
def test_ussd_in_the_writing_of_the_make(tmp_path: Path, profile: str, asked: str, heard: str) -> None:
    modem = desk(tmp_path, profile)
    assert modem.at(f'+CUSD=1,"{asked}",15') == "\r\nOK\r\n"
    assert modem.read(1.0) == f"\r\n{heard}\r\n"


def test_ussd_menus_silence_and_unknown_codes(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.at('+CUSD=1,"*101#"')
    assert "+CUSD: 1," in modem.read(1.0)
    modem.at('+CUSD=1,"2"')
    assert modem.sim.msisdn in modem.read(1.0)
    modem.at('+CUSD=1,"*999#"')
    assert modem.read(1.0) == "\r\n+CUSD: 4\r\n"
    service = modem.modem.network.ussd
    service.answer("*100#", UssdReply("", delay_s=None))
    modem.at('+CUSD=1,"*100#"')
    assert modem.read(100.0) == ""
    service.answer("*100#", UssdReply("您的余额为33.50元"), plmn=modem.sim.carrier.plmn)
    modem.at('+CUSD=1,"*100#"')
    text = "您的余额为33.50元".encode("utf-16-be").hex().upper()
    assert modem.read(1.0) == f'\r\n+CUSD: 0,"{text}",72\r\n'


@pytest.mark.parametrize("profile", MAKES)
def test_a_restart_is_silent_or_takes_the_tty_away(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    reset = modem.modem.profile.reset
    assert modem.at("+CFUN=1,1") == "\r\nOK\r\n"
    modem.clock.run(reset.goes_after_s)
    assert modem.hang_ups == ([reset.gone_s] if reset.gone_s else [])
    assert modem.at("") == ""
    modem.read(5.0)
    assert modem.at("") == "AT\r\r\nOK\r\n"


def test_a_stick_that_floods_until_it_is_asked_for_its_memories(tmp_path: Path) -> None:
    def lock(sim: SimCard) -> None:
        sim.pin_enabled = True

    modem = desk(tmp_path, "zte-mf190", prepare=lock)
    assert modem.read(10.0).count("+ZUSIMR:2") == 5
    modem.at("+CPMS?")
    assert modem.read(10.0).count("+ZUSIMR:2") == 5
    modem.at('+CPIN="1234"')
    modem.at("+CPMS?")
    modem.read()
    assert modem.read(10.0) == ""


def test_words_for_what_a_make_does_not_know(tmp_path: Path) -> None:
    assert desk(tmp_path, "huawei-me909").at("+QCFG") == "\r\nCOMMAND NOT SUPPORT\r\n"
    assert desk(tmp_path, "quectel-ec25").at("^SYSINFOEX") == "\r\nERROR\r\n"
