"""What a modem says of itself, of its card and of the network (27.007), make by make."""

from pathlib import Path

import pytest

from appliance.modem.simulator.identity import luhn_digit
from appliance.modem.simulator.profile import ProfileError, load_profile, parse_profile
from appliance.modem.simulator.radio import RadioSettings, Registration
from appliance.modem.simulator.sim import SimCard
from tests.simulator.street import desk, gsm_makes, street

OK = "\r\n\r\nOK\r\n"
EVERY_MAKE = pytest.mark.parametrize("profile", gsm_makes())


@EVERY_MAKE
def test_identity_of_equipment_and_card(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    make = load_profile(profile)
    assert modem.at("+CGMI") == f"\r\n{make.manufacturer}{OK}"
    assert modem.at("+CGMM") == f"\r\n{make.model}{OK}"
    assert modem.at("+CGMR") == f"\r\n{make.revision}{OK}"
    imei = modem.at("+CGSN").strip().split("\r\n")[0]
    assert len(imei) == 15
    assert luhn_digit(imei[:14]) == imei[14]
    assert modem.at("+CIMI") == f"\r\n{modem.sim.imsi}{OK}"
    assert modem.at("+CNUM") == f'\r\n+CNUM: "","{modem.sim.msisdn}",145{OK}'
    assert modem.sim.iccid.startswith("8986")
    assert luhn_digit(modem.sim.iccid[:-1]) == modem.sim.iccid[-1]


@pytest.mark.parametrize(
    ("profile", "command", "answer"),
    [
        ("generic", "+CCID", "+CCID: {}"),
        ("quectel-ec25", "+QCCID", "+QCCID: {}"),
        ("simcom-sim7600", "+CICCID", "+ICCID: {}"),
        ("simcom-sim800", "+CCID", "{}"),
        ("huawei-e173", "^ICCID?", "^ICCID: {}"),
        ("wavecom-q24", "+CCID", '+CCID: "{}"'),
    ],
)
def test_the_iccid_by_the_command_of_the_make(
    tmp_path: Path, profile: str, command: str, answer: str
) -> None:
    modem = desk(tmp_path, profile)
    assert modem.at(command) == f"\r\n{answer.format(modem.sim.iccid)}{OK}"
    if command != "+CCID":
        assert modem.at("+CCID") == "\r\nERROR\r\n"


@EVERY_MAKE
def test_the_iccid_by_the_file_on_the_card(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    answer = modem.at("+CRSM=176,12258,0,0,10")
    swapped = answer.split('"')[1]
    assert answer.startswith("\r\n+CRSM: 144,0,")
    assert "".join(swapped[at + 1] + swapped[at] for at in range(0, 20, 2)) == modem.sim.iccid


@EVERY_MAKE
def test_registration_operator_and_signal(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    assert modem.at("+CREG?").startswith("\r\n+CREG: 0,1\r\n")
    assert modem.at("+CREG=2") == "\r\nOK\r\n"
    assert modem.at("+CREG?").startswith('\r\n+CREG: 2,1,"18A3","01D3BE05"')
    assert f'"{modem.sim.carrier.long_name}"' in modem.at("+COPS?")
    modem.at("+COPS=3,2")
    assert f'"{modem.sim.carrier.plmn}"' in modem.at("+COPS?")
    assert modem.at("+CSQ") == f"\r\n+CSQ: 22,99{OK}"
    known = "+CEREG" in load_profile(profile).registration_commands
    assert ("+CEREG: 0,1" in modem.at("+CEREG?")) is known


def test_registration_takes_its_time_and_is_reported(tmp_path: Path) -> None:
    modem = desk(tmp_path, radio=lambda: RadioSettings(registration_s=5.0), power=False)
    modem.modem.power_on()
    modem.at("E0+CREG=1")
    modem.read()
    assert modem.at("+CREG?") == f"\r\n+CREG: 1,2{OK}"
    assert modem.read(5.0) == "\r\n+CREG: 1\r\n"
    assert modem.at("+CFUN=4") == "\r\nOK\r\n\r\n+CREG: 0\r\n"
    assert modem.at("+CSQ") == f"\r\n+CSQ: 99,99{OK}"
    assert modem.at("+COPS?") == f"\r\n+COPS: 0{OK}"
    modem.at("+CFUN=1")
    assert (
        modem.read(5.0) == "\r\n+CREG: 2\r\n\r\n+CREG: 1\r\n" or modem.at("+CREG?") == f"\r\n+CREG: 1,1{OK}"
    )


def test_denied_and_roaming(tmp_path: Path) -> None:
    denied = desk(tmp_path, radio=lambda: RadioSettings(outcome=Registration.DENIED))
    assert denied.at("+CREG?") == f"\r\n+CREG: 0,3{OK}"
    roaming = desk(tmp_path, radio=lambda: RadioSettings(outcome=Registration.ROAMING))
    assert roaming.at("+CREG?") == f"\r\n+CREG: 0,5{OK}"


def locked(sim: SimCard) -> None:
    sim.pin, sim.pin_enabled = "4711", True


def test_a_locked_card_is_refused_by_number_and_family(tmp_path: Path) -> None:
    modem = desk(tmp_path, prepare=locked)
    assert modem.at("+CPIN?") == f"\r\n+CPIN: SIM PIN{OK}"
    assert modem.at("+CIMI") == "\r\n+CME ERROR: 11\r\n"
    assert modem.at("+CMGS=20") == "\r\n+CMS ERROR: 311\r\n"
    assert modem.at("+CMGL=4") == "\r\n+CMS ERROR: 311\r\n"
    assert modem.at("+CREG?") == f"\r\n+CREG: 0,0{OK}"
    assert modem.at('+CPIN="0000"') == "\r\n+CME ERROR: 16\r\n"
    assert modem.at("+CPIN=4711") == "\r\nOK\r\n"
    assert modem.at("+CPIN?") == f"\r\n+CPIN: READY{OK}"
    assert modem.at("+CREG?") == f"\r\n+CREG: 0,1{OK}"
    assert modem.at("+CPIN=4711") == "\r\n+CME ERROR: 3\r\n"


def test_messages_are_not_to_be_had_before_the_card_is_ready(tmp_path: Path) -> None:
    modem = desk(tmp_path, prepare=locked, radio=lambda: RadioSettings(card_busy_s=10.0))
    modem.at("+CPIN=4711")
    assert modem.at("+CMGL=4") == "\r\n+CMS ERROR: 314\r\n"
    assert modem.at("+CIMI").endswith("OK\r\n")
    modem.read(10.0)
    assert modem.at("+CMGL=4") == "\r\nOK\r\n"


def test_three_wrong_pins_need_the_puk(tmp_path: Path) -> None:
    modem = desk(tmp_path, prepare=locked)
    answers = [modem.at(f"+CPIN={pin}") for pin in ("1111", "2222", "3333")]
    assert answers == ["\r\n+CME ERROR: 16\r\n", "\r\n+CME ERROR: 16\r\n", "\r\n+CME ERROR: 12\r\n"]
    assert modem.at("+CPIN?") == f"\r\n+CPIN: SIM PUK{OK}"
    assert modem.at("+CPIN=4711") == "\r\n+CME ERROR: 12\r\n"
    assert modem.at("+CMGS=20") == "\r\n+CMS ERROR: 316\r\n"
    assert modem.at('+CPIN="12345678","9999"') == "\r\nOK\r\n"
    assert modem.at("+CPIN?") == f"\r\n+CPIN: READY{OK}"


def test_a_restart_asks_for_the_pin_again_and_forgets_settings(tmp_path: Path) -> None:
    modem = desk(tmp_path, prepare=locked)
    modem.at("+CPIN=4711")
    modem.at("+CNMI=2,1,0,2,0")
    assert modem.at("+CFUN=1,1") == "\r\nOK\r\n"
    modem.clock.run(0.0)
    assert modem.at("") == ""
    modem.read(1.0)
    assert modem.at("") == "AT\r\r\nOK\r\n"
    modem.at("E0")
    assert modem.at("+CPIN?") == f"\r\n+CPIN: SIM PIN{OK}"
    assert modem.at("+CNMI?") == f"\r\n+CNMI: 0,0,0,0,0{OK}"


def test_no_card(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.modem.pull_card()
    modem.modem.power_on()
    modem.at("E0+CMEE=1")
    modem.read()
    assert modem.at("+CPIN?") == "\r\n+CME ERROR: 10\r\n"
    assert modem.at("+CIMI") == "\r\n+CME ERROR: 10\r\n"
    assert modem.at("+CCID") == "\r\n+CME ERROR: 10\r\n"
    assert modem.at("+CMGS=20") == "\r\n+CMS ERROR: 310\r\n"


def test_errors_in_words_in_numbers_or_not_at_all(tmp_path: Path) -> None:
    modem = desk(tmp_path, prepare=locked)
    modem.at("+CMEE=2")
    assert modem.at("+CIMI") == "\r\n+CME ERROR: SIM PIN required\r\n"
    assert modem.at("+CMGS=20") == "\r\n+CMS ERROR: SIM PIN required\r\n"
    modem.at("+CMEE=0")
    assert modem.at("+CIMI") == "\r\nERROR\r\n"
    assert modem.at("+CMGS=20") == "\r\n+CMS ERROR: 311\r\n"
    other_make = desk(tmp_path, "simcom-sim800", prepare=locked)
    other_make.at("+CMEE=0")
    assert other_make.at("+CMGS=20") == "\r\nERROR\r\n"


@EVERY_MAKE
def test_every_make_tells_what_it_supports(tmp_path: Path, profile: str) -> None:
    modem = desk(tmp_path, profile)
    make = load_profile(profile)
    assert modem.at("+CNMI=?") == f"\r\n+CNMI: {make.cnmi.shown}{OK}"
    assert modem.at("+CPMS=?").count("(") == 3
    for command in ("+CMGF", "+CSCS", "+CMEE", "+CMGL", "+CSMS", "+CREG", "+CFUN", "+CMGS", "+CPIN", "+CMGD"):
        assert modem.at(f"{command}=?").endswith("OK\r\n"), command
    assert modem.at(f"+CNMI={max(make.cnmi.modes) + 1}") in ("\r\n+CMS ERROR: 303\r\n",)


def test_sims_of_a_bank_differ(tmp_path: Path) -> None:
    cards = [place.sim for place in street(tmp_path, *["generic"] * 40).desks]
    for field in ("iccid", "imsi", "msisdn"):
        assert len({getattr(card, field) for card in cards}) == 40


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("x = ", "profile mine"), ("manufacturer = 'a'", "missing"), ("", "missing")],
)
def test_a_wrong_profile_says_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ProfileError, match=complaint):
        parse_profile("mine", text)


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(ProfileError, match="generic"):
        load_profile("nokia-3310")
