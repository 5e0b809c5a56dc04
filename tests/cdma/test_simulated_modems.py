"""The CDMA modems of the bank, typed to by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.modem.cdma.is637 import MessageType, decode_packet
from appliance.modem.simulator.ledger import LedgerEvent, read_ledger
from tests.simulator.street import HANDSET, Street, street

NUMBER = HANDSET.removeprefix("+86")


def one(tmp_path: Path, profile: str) -> Street:
    made = street(tmp_path, profile)
    desk = made.desks[0]
    desk.at("$QCMGF=1") if profile.startswith("qualcomm") else desk.at("+CMGF=1")
    desk.at("$QCNMI=2,1,0,2,0") if profile.startswith("qualcomm") else desk.at("+CNMI=2,1,0,2,0")
    return made


def texts_of(made: Street) -> list[str]:
    made.network.ledger.flush()
    return [record.text for record in read_ledger(made.ledger_path) if record.event is LedgerEvent.DELIVERED]


def wide(text: str) -> str:
    return text.encode("utf-16-be").decode("latin-1")


def test_ec122_says_ok_before_the_reference_which_counts_to_65535(tmp_path: Path) -> None:
    made = one(tmp_path, "huawei-ec122")
    desk = made.desks[0]
    assert desk.at("^HSMSSS=1,0,6,0") == "\r\nOK\r\n"
    answers = []
    for _ in range(3):
        assert desk.at(f'^HCMGS="{NUMBER}"') == "\r\n> "
        answers.append(desk.say(wide("业务不要") + "\x00\x1a") + desk.read())
    assert [answer.split("^HCMGSS:")[1].split()[0] for answer in answers] == ["65534", "65535", "0"]
    assert all(answer.startswith("\r\nOK\r\n") for answer in answers)
    assert texts_of(made) == ["业务不要"] * 3
    listed = desk.at("^HCMGL=4")
    assert listed.count("^HCMGL:") == 3, "three reports"
    report = desk.at("^HCMGR=0")
    assert report.startswith(f"\r\n^HCMGR:{NUMBER},")
    assert ",3,0\r\n" in report


def test_ec122_takes_esc_in_units_of_two_octets_and_refuses_what_is_too_long(tmp_path: Path) -> None:
    made = one(tmp_path, "huawei-ec122")
    desk = made.desks[0]
    desk.at("^HSMSSS=0,0,6,0")
    desk.at(f'^HCMGS="{NUMBER}"')
    assert desk.say(wide("不要") + "\x1b") == ""
    assert desk.say("\x00\x00\x1b") == "\r\nOK\r\n", "the ESC before was half of a unit"
    desk.at(f'^HCMGS="{NUMBER}"')
    assert "+CMS ERROR: 305" in desk.say(wide("字" * 71) + "\x00\x1a")
    assert texts_of(made) == []


def test_mc509_takes_the_packet_that_its_manual_shows_and_gives_packets(tmp_path: Path) -> None:
    made = one(tmp_path, "huawei-mc509")
    desk = made.desks[0]
    assert desk.at("+CMGF=0") == "\r\nOK\r\n"
    packet = "0000021002040702C4CC484898580601FC08190003200010010A104F88307C61F106C4100306080731164709"
    assert desk.at("^HCMGS=44") == "\r\n> "
    assert desk.say(packet + "\x1a") == "\r\n^HCMGS:700\r\n\r\nOK\r\n"
    assert texts_of(made) == ["xAAxaxAXA"]
    assert desk.at("^HCMGS=43") == "\r\n> "
    assert "+CMS ERROR: 304" in desk.say(packet + "\x1a")
    made.network.reply(HANDSET, desk.sim.msisdn, "收到" * 40)
    assert "+CMTI" in desk.read()
    answers = [desk.at(f"^HCMGR={index}").split("\r\n") for index in (0, 1)]
    messages = [decode_packet(answer[2]) for answer in answers]
    bearers = [message.bearer_data for message in messages]
    texts = [
        bearer.user_data.text for bearer in bearers if bearer is not None and bearer.user_data is not None
    ]
    assert "".join(texts) == "收到" * 40
    assert all(bearer is not None and bearer.message_type == MessageType.DELIVER for bearer in bearers)


def test_qualcomm_speaks_in_hexadecimal_under_ucs2(tmp_path: Path) -> None:
    made = one(tmp_path, "qualcomm-cdma")
    desk = made.desks[0]
    assert desk.at("+CMGF=1") == "\r\nERROR\r\n"
    desk.at('+CSCS="UCS2"')
    number, text = (each.encode("utf-16-be").hex() for each in (NUMBER, "你好"))
    assert desk.at(f'$QCMGS="{number}"') == "\r\n> "
    assert "$QCMGS:255" in desk.say(text + "\x1a")
    assert texts_of(made) == ["你好"]
    assert "+CDSI" in desk.read()
    made.network.reply(HANDSET, desk.sim.msisdn, "再见")
    desk.read()
    assert "再见".encode("utf-16-be").hex().upper() in desk.at("$QCMGR=2")
    assert desk.at("$QCMGD=2") == "\r\nOK\r\n"


def test_multitech_is_told_the_language_and_reports_into_a_memory_of_their_own(tmp_path: Path) -> None:
    made = one(tmp_path, "multitech-cdma")
    desk = made.desks[0]
    assert desk.at("+WSCL=6,4") == "\r\nOK\r\n"
    desk.at(f'+CMGS="{NUMBER}"')
    assert "+CMGS:65535" in desk.say(wide("业务") + "\x00\x1a")
    assert texts_of(made) == ["业务"]
    assert '+CDSI: "SR",0' in desk.read(1.0)
    desk.at('+CPMS="SR"')
    assert f'+CMGR: "READ",65535,"{NUMBER}",129,' in desk.at("+CMGR=0")


@pytest.mark.parametrize("profile", ["huawei-ec122", "qualcomm-cdma", "multitech-cdma"])
def test_one_without_a_card_knows_no_card_and_sends_all_the_same(tmp_path: Path, profile: str) -> None:
    desk = one(tmp_path, profile).desks[0]
    for command in ("+CPIN?", "+CIMI", "+CRSM=176,12258,0,0,10", "+CCID", "^ICCID?"):
        assert "ERROR" in desk.at(command), command
    assert desk.at("+CREG?") == "\r\n+CREG: 0,1\r\n\r\nOK\r\n"
