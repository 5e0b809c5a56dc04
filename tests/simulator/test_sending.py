"""+CMGS and what a modem and network make of it (27.005 clauses 3.5.1, 4.3; 24.011; 23.040)."""

from pathlib import Path

import pytest

from appliance.modem.simulator.errors import AtError, Family
from appliance.modem.simulator.faults import Answer, CountedRule, Verdict
from appliance.modem.simulator.ledger import LedgerEvent, handset_texts, read_ledger
from appliance.modem.sms import Address, EncodedPdu
from tests.simulator.street import HANDSET, Street, desk, gsm_makes, pdu, street

ACCEPTED = "\r\n+CMGS: {}\r\n\r\nOK\r\n"
LONG = "您好，您预订的商品已到店，请凭短信到门店领取。" * 5


def texts(place: Street) -> list[str]:
    place.network.ledger.flush()
    return [message.text for message in handset_texts(read_ledger(place.ledger_path))]


@pytest.mark.parametrize("profile", gsm_makes())
def test_a_pdu_is_taken_and_reaches_the_handset(tmp_path: Path, profile: str) -> None:
    place = street(tmp_path, profile)
    (modem,) = place.desks
    assert modem.send(pdu("您好")) == ACCEPTED.format(0)
    assert texts(place) == ["您好"]


def test_the_network_answers_after_its_latency(tmp_path: Path) -> None:
    place = street(tmp_path, latency_s=3.0)
    (modem,) = place.desks
    assert modem.send(pdu()) == ""
    assert texts(place) == []
    assert modem.read(2.99) == ""
    assert modem.read(0.01) == ACCEPTED.format(0)
    assert texts(place) == ["您好"]


def test_the_reference_is_the_modems_own_and_goes_round(tmp_path: Path) -> None:
    place = street(tmp_path)
    (modem,) = place.desks
    answers = [modem.send(pdu()) for _ in range(258)]
    assert answers == [ACCEPTED.format(number % 256) for number in range(258)]
    place.network.ledger.flush()
    accepted = [record for record in read_ledger(place.ledger_path) if record.event is LedgerEvent.ACCEPTED]
    assert [int(record.tpdu[2:4], 16) for record in accepted] == [record.tp_mr for record in accepted]


@pytest.mark.parametrize("wrong", [1, -1, 50])
def test_a_length_that_is_not_the_pdus_is_refused(tmp_path: Path, wrong: int) -> None:
    place = street(tmp_path)
    (modem,) = place.desks
    good = pdu()
    assert modem.send(EncodedPdu(good.hex, good.tpdu_length + wrong)) == "\r\n+CMS ERROR: 304\r\n"
    assert modem.send(good) == ACCEPTED.format(0)
    assert texts(place) == ["您好"]


@pytest.mark.parametrize("length", ["0", "6", "177", "999", "x", "-1", ""])
def test_a_length_that_none_can_have_gets_no_prompt(tmp_path: Path, length: str) -> None:
    assert desk(tmp_path).at(f"+CMGS={length}") == "\r\n+CMS ERROR: 304\r\n"


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("0x", "no hexadecimal digits"),
        ("001", "half an octet"),
        ("", "nothing"),
        ("00" + "04" + "00" * 14, "a DELIVER"),
        ("00" + "02" + "00" * 14, "a COMMAND"),
        ("00" + "03" + "00" * 14, "the reserved type"),
        ("00" + "01000D91683119325476F80008" + "06" + "60A8", "user data shorter than it says"),
        ("00" + "01000D91683119325476F80008" + "02" + "60A8" + "00", "octets behind the end"),
    ],
)
def test_what_is_no_submit_is_refused(tmp_path: Path, octets: str, why: str) -> None:
    place = street(tmp_path)
    length = max(7, (len(octets) - 2) // 2)
    assert place.desks[0].send(EncodedPdu(octets, length)) == "\r\n+CMS ERROR: 304\r\n", why
    assert texts(place) == []


def test_a_service_centre_in_the_pdu_counts_apart(tmp_path: Path) -> None:
    place = street(tmp_path)
    good = pdu()
    with_smsc = EncodedPdu("0891683108200105F0" + good.hex[2:], good.tpdu_length)
    assert place.desks[0].send(with_smsc) == ACCEPTED.format(0)


def test_without_any_service_centre_there_is_no_sending(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.at('+CSCA=""')
    assert modem.at("+CSCA?") == '\r\n+CSCA: "",129\r\n\r\nOK\r\n'
    assert modem.send(pdu()) == "\r\n+CMS ERROR: 330\r\n"
    modem.at('+CSCA="+8613800210500",145')
    assert modem.send(pdu()) == ACCEPTED.format(0)


def test_without_network_there_is_no_sending(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.at("+CFUN=4")
    assert modem.send(pdu()) == "\r\n+CMS ERROR: 331\r\n"


def test_a_number_that_is_none_is_unassigned(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    nobody = EncodedPdu("0001000080" + "0008" + "0260A8", 9)
    assert modem.send(nobody) == "\r\n+CMS ERROR: 1\r\n"


def test_a_long_message_is_one_message_there(tmp_path: Path) -> None:
    place = street(tmp_path)
    answers = place.desks[0].send_text(LONG)
    assert answers == [ACCEPTED.format(number) for number in range(len(answers))]
    assert len(answers) > 1
    assert texts(place) == [LONG]


def test_a_refusal_by_the_network_is_noted_and_goes_nowhere(tmp_path: Path) -> None:
    place = street(tmp_path)
    refusal = Verdict(refusal=AtError(Family.MESSAGE, 21), taken=False)
    place.faults.rules.append(CountedRule("modem01", refusal, 2))
    answers = [place.desks[0].send(pdu()) for _ in range(3)]
    assert answers == ["\r\n+CMS ERROR: 21\r\n"] * 2 + [ACCEPTED.format(2)]
    place.network.ledger.flush()
    events = [record.event for record in read_ledger(place.ledger_path)]
    assert events == [LedgerEvent.REFUSED] * 2 + [LedgerEvent.ACCEPTED, LedgerEvent.DELIVERED]


def test_a_lost_answer_leaves_the_modem_usable_and_the_message_sent(tmp_path: Path) -> None:
    place = street(tmp_path)
    place.faults.rules.append(CountedRule("modem01", Verdict(answer=Answer.LOST), 1))
    (modem,) = place.desks
    assert modem.send(pdu()) == ""
    assert modem.at("") == "\r\nOK\r\n"
    assert texts(place) == ["您好"]


def test_a_late_answer_comes_when_the_network_has_long_got_it(tmp_path: Path) -> None:
    place = street(tmp_path, latency_s=1.0)
    place.faults.rules.append(CountedRule("modem01", Verdict(delay_s=60.0), 1))
    (modem,) = place.desks
    modem.send(pdu())
    assert modem.read(30.0) == ""
    assert texts(place) == ["您好"]
    assert modem.read(31.0) == ACCEPTED.format(0)


@pytest.mark.parametrize("taken", [True, False])
def test_a_modem_that_hangs_says_nothing_until_it_recovers(tmp_path: Path, taken: bool) -> None:
    place = street(tmp_path)
    place.faults.rules.append(CountedRule("modem01", Verdict(answer=Answer.HUNG, taken=taken), 1))
    (modem,) = place.desks
    assert modem.send(pdu()) == ""
    assert modem.at("") == ""
    assert texts(place) == (["您好"] if taken else [])
    modem.modem.recover()
    assert modem.at("") == "\r\nOK\r\n"


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("latency_s", [0.0, 1.0])
def test_a_line_lost_in_mid_send_comes_back_as_after_power_up(
    tmp_path: Path, taken: bool, latency_s: float
) -> None:
    place = street(tmp_path, latency_s=latency_s)
    verdict = Verdict(answer=Answer.LINE_LOST, taken=taken, return_s=5.0)
    place.faults.rules.append(CountedRule("modem01", verdict, 1))
    (modem,) = place.desks
    assert modem.send(pdu()) == ""
    assert modem.read(latency_s) == ""
    assert modem.hang_ups == [5.0]
    assert texts(place) == (["您好"] if taken else [])
    assert modem.at("") == ""
    modem.read(5.0)
    assert modem.at("") == "AT\r\r\nOK\r\n"


def test_rates_strike_as_often_as_they_say(tmp_path: Path) -> None:
    place = street(tmp_path)
    place.faults.rates.error_rate = 0.2
    place.faults.rates.error_code = 41
    answers = [place.desks[0].send(pdu()) for _ in range(500)]
    refused = answers.count("\r\n+CMS ERROR: 41\r\n")
    assert 60 < refused < 140
    assert len(texts(place)) == 500 - refused


def test_more_messages_falls_back_when_none_follows(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.at("+CMMS=1")
    modem.read(4.0)
    modem.send(pdu())
    modem.read(4.0)
    assert modem.at("+CMMS?") == "\r\n+CMMS: 1\r\n\r\nOK\r\n"
    modem.read(2.0)
    assert modem.at("+CMMS?") == "\r\n+CMMS: 0\r\n\r\nOK\r\n"


def test_one_sim_writes_to_another(tmp_path: Path) -> None:
    place = street(tmp_path, "generic", "generic")
    sender, receiver = place.desks
    receiver.at("+CNMI=2,1,0,0,0")
    national = receiver.sim.msisdn.removeprefix("+86")
    sender.send_text(LONG, national)
    assert receiver.read(0.1) == '\r\n+CMTI: "SM",1\r\n\r\n+CMTI: "SM",2\r\n'
    entry = receiver.at("+CMGR=1")
    assert str(Address.from_text(sender.sim.msisdn).to_bytes().hex().upper()) in entry
    assert texts(place) == []


def test_a_message_to_oneself_comes_back(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.at("+CNMI=2,1,0,0,0")
    assert modem.send(pdu("自己", modem.sim.msisdn)) == ACCEPTED.format(0)
    assert modem.read(0.1) == '\r\n+CMTI: "SM",1\r\n'


def test_every_spelling_is_one_handset(tmp_path: Path) -> None:
    place = street(tmp_path)
    for number in (HANDSET, HANDSET[1:], "00" + HANDSET[1:], HANDSET[3:]):
        place.desks[0].send(pdu("您好", number))
    assert [handset.number for handset in place.network.handsets] == [HANDSET]
    assert len(texts(place)) == 4
