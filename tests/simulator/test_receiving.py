"""Messages and reports from the network: stored, indicated, handed over, held back (27.005 clause 3.4)."""

from pathlib import Path

import pytest

from appliance.modem.simulator.ledger import LedgerEvent, read_ledger
from appliance.modem.simulator.message_desk import ACKNOWLEDGE_WITHIN_S
from appliance.modem.simulator.service_centre import RETRY_S
from appliance.modem.sms import (
    Address,
    Alphabet,
    Deliver,
    Direction,
    RelativeValidity,
    StatusReport,
    Submit,
    TpduError,
    UserData,
    decode_pdu,
    encode_pdu,
    join_text,
)
from tests.simulator.street import HANDSET, Desk, Street, desk, pdu, street

OK = "\r\nOK\r\n"


def reply(place: Street, text: str = "好的") -> None:
    place.network.reply(HANDSET, place.desks[0].sim.msisdn, text)


def one(tmp_path: Path, profile: str = "generic", cnmi: str = "", **options: float) -> tuple[Street, Desk]:
    place = street(tmp_path, profile, latency_s=options.get("latency_s", 0.0))
    (modem,) = place.desks
    if cnmi:
        assert modem.at(f"+CNMI={cnmi}") == OK
    return place, modem


def events(place: Street) -> list[LedgerEvent]:
    place.network.ledger.flush()
    return [record.event for record in read_ledger(place.ledger_path)]


def test_mt_0_stores_and_says_nothing(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,0,0,0,0")
    reply(place)
    assert modem.read(1.0) == ""
    assert modem.at("+CPMS?").startswith('\r\n+CPMS: "SM",1,50,')


def test_mt_1_stores_and_indicates(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0")
    reply(place)
    assert modem.read(1.0) == '\r\n+CMTI: "SM",1\r\n'
    head, pdu_line = modem.at("+CMGR=1").split("\r\n")[1:3]
    decoded = decode_pdu(pdu_line, Direction.MOBILE_TERMINATED)
    assert head == f"+CMGR: 0,,{decoded.tpdu_length}"
    assert str(decoded.smsc) == modem.sim.carrier.smsc
    assert isinstance(decoded.tpdu, Deliver)
    assert str(decoded.tpdu.originator) == HANDSET
    assert decoded.tpdu.user_data.text == "好的"
    moment = decoded.tpdu.timestamp.to_datetime()
    assert moment is not None
    assert abs(moment.timestamp() - modem.clock.wall()) < 3
    assert modem.at("+CMGR=1").startswith("\r\n+CMGR: 1,,")


def test_mt_2_hands_over_and_stores_nothing(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,2,0,0,0")
    reply(place)
    words = modem.read(1.0)
    assert words.startswith("\r\n+CMT: ,")
    deliver = decode_pdu(words.split("\r\n")[2], Direction.MOBILE_TERMINATED).tpdu
    assert isinstance(deliver, Deliver)
    assert deliver.user_data.text == "好的"
    assert modem.at("+CPMS?").startswith('\r\n+CPMS: "SM",0,50,')
    assert events(place) == [LedgerEvent.MT_QUEUED, LedgerEvent.MT_ROUTED]


def class_message(to: str, message_class: int, text: str = "hello") -> Submit:
    user_data = UserData.from_text(text, Alphabet.GSM7)
    return Submit(Address.from_text(to), user_data, 0xF0 | message_class)


@pytest.mark.parametrize(
    ("deliver", "message_class", "shown"),
    [
        (2, 0, "+CMT:"),
        (2, 1, "+CMT:"),
        (2, 2, "+CMTI:"),
        (2, 3, "+CMT:"),
        (3, 1, "+CMTI:"),
        (3, 3, "+CMT:"),
        (1, 3, "+CMTI:"),
    ],
)
def test_classes_go_their_own_ways(tmp_path: Path, deliver: int, message_class: int, shown: str) -> None:
    place = street(tmp_path, "generic", "generic")
    sender, receiver = place.desks
    receiver.at(f"+CNMI=2,{deliver},0,0,0")
    sender.send(encode_pdu(class_message(receiver.sim.msisdn, message_class)))
    assert receiver.read(1.0).strip().startswith(shown)


def test_a_class_2_message_lies_on_the_card_whatever_memory_was_chosen(tmp_path: Path) -> None:
    place = street(tmp_path, "generic", "generic")
    sender, receiver = place.desks
    receiver.at("+CNMI=2,1,0,0,0")
    receiver.at('+CPMS="ME","ME","ME"')
    sender.send(encode_pdu(class_message(receiver.sim.msisdn, 2)))
    assert receiver.read(1.0) == '\r\n+CMTI: "SM",1\r\n'


@pytest.mark.parametrize(("reports", "shown"), [(0, ""), (1, "\r\n+CDS: "), (2, '\r\n+CDSI: "SR",1\r\n')])
def test_reports_by_ds(tmp_path: Path, reports: int, shown: str) -> None:
    place = street(tmp_path, report_delay_s=2.0)
    (modem,) = place.desks
    modem.at(f"+CNMI=2,1,0,{reports},0")
    modem.send(pdu(report=True))
    assert modem.read(1.9) == ""
    assert modem.read(0.2).startswith(shown)
    assert events(place)[-1] is LedgerEvent.REPORT


def test_a_report_says_whom_when_and_which(tmp_path: Path) -> None:
    place = street(tmp_path, report_delay_s=2.0)
    (modem,) = place.desks
    modem.at("+CNMI=2,1,0,1,0")
    modem.send(pdu())
    modem.send(pdu(to=HANDSET[3:], report=True))
    words = modem.read(3.0)
    head, pdu_line = words.split("\r\n")[1:3]
    decoded = decode_pdu(pdu_line, Direction.MOBILE_TERMINATED)
    assert head == f"+CDS: {decoded.tpdu_length}"
    report = decoded.tpdu
    assert isinstance(report, StatusReport)
    assert (report.message_reference, str(report.recipient), report.status) == (1, HANDSET[3:], 0)
    taken, discharged = report.timestamp.to_datetime(), report.discharge_time.to_datetime()
    assert taken is not None
    assert discharged is not None
    assert (discharged - taken).total_seconds() == 2


def test_a_report_between_sims_waits_for_the_delivery(tmp_path: Path) -> None:
    place = street(tmp_path, "generic", "generic")
    sender, receiver = place.desks
    sender.at("+CNMI=2,1,0,1,0")
    receiver.at("+CFUN=4")
    sender.send(pdu(to=receiver.sim.msisdn, report=True))
    assert sender.read(60.0) == ""
    receiver.at("+CFUN=1")
    assert "+CDS:" in sender.read(1.0)


def test_a_message_that_is_never_delivered_expires(tmp_path: Path) -> None:
    place = street(tmp_path, "generic", "generic")
    sender, receiver = place.desks
    sender.at("+CNMI=2,1,0,1,0")
    receiver.at("+CFUN=4")
    submit = Submit(
        Address.from_text(receiver.sim.msisdn),
        UserData.from_text("您好", Alphabet.UCS2),
        8,
        validity=RelativeValidity.from_seconds(300),
        status_report_request=True,
    )
    sender.send(encode_pdu(submit))
    assert sender.read(299.0) == ""
    words = sender.read(2.0)
    report = decode_pdu(words.split("\r\n")[2], Direction.MOBILE_TERMINATED).tpdu
    assert isinstance(report, StatusReport)
    assert report.status == 0x46
    receiver.at("+CFUN=1")
    receiver.read(10.0)
    assert receiver.modem.messages.usage("SM") == (0, 50)
    assert LedgerEvent.EXPIRED in events(place)


def test_mode_0_keeps_indications_until_another_mode(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="0,1,0,0,0")
    reply(place)
    assert modem.read(1.0) == ""
    assert modem.at("+CNMI=2,1,0,0,0") == f'{OK}\r\n+CMTI: "SM",1\r\n'


def test_bfr_1_clears_what_mode_0_kept(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="0,1,0,0,0")
    reply(place)
    modem.read(1.0)
    assert modem.at("+CNMI=2,1,0,0,1") == OK


def test_mode_1_drops_an_indication_at_the_prompt_but_keeps_the_message(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="1,1,0,0,0")
    modem.at("+CMGS=20")
    reply(place)
    assert modem.read(1.0) == ""
    assert modem.say("\x1b") == OK
    assert modem.at("+CMGR=1").startswith("\r\n+CMGR: 0,,")


def test_mode_2_holds_an_indication_while_the_network_is_asked(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0", latency_s=3.0)
    modem.send(pdu())
    reply(place)
    assert modem.read(1.0) == ""
    assert modem.read(2.0) == '\r\n+CMGS: 0\r\n\r\nOK\r\n\r\n+CMTI: "SM",1\r\n'


def test_mode_1_indicates_while_the_network_is_asked(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="1,1,0,0,0", latency_s=3.0)
    modem.send(pdu())
    reply(place)
    assert modem.read(1.0) == '\r\n+CMTI: "SM",1\r\n'


def test_messages_come_one_after_the_other_where_each_takes_its_time(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0")
    place.network.settings.delivery_delay_s = 2.0
    for _ in range(3):
        reply(place)
    assert modem.read(1.9) == ""
    for index in (1, 2, 3):
        assert modem.read(2.0) == f'\r\n+CMTI: "SM",{index}\r\n'


def test_a_full_memory_stops_reception_until_there_is_room(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0")
    for number in range(52):
        reply(place, f"第{number}条")
    assert modem.read(1.0).count("+CMTI") == 50
    assert modem.read(3600.0) == ""
    assert modem.at("+CMGD=7") == OK
    assert modem.read(1.0) == '\r\n+CMTI: "SM",7\r\n'
    assert modem.at("+CMGD=1") == OK
    assert modem.read(1.0) == '\r\n+CMTI: "SM",1\r\n'
    stored = [record for record in read_ledger(place.ledger_path) if record.event is LedgerEvent.MT_STORED]
    assert [record.text for record in stored] == [f"第{number}条" for number in range(52)]


def test_a_full_memory_takes_no_written_message_either(tmp_path: Path) -> None:
    place, modem = one(tmp_path)
    for _ in range(50):
        reply(place)
    modem.read(1.0)
    one_pdu = pdu()
    modem.at(f"+CMGW={one_pdu.tpdu_length}")
    assert modem.say(f"{one_pdu.hex}\x1a") == "\r\n+CMS ERROR: 322\r\n"


def test_another_memory_has_room(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0")
    for _ in range(51):
        reply(place)
    modem.read(1.0)
    modem.at('+CPMS="SM","SM","ME"')
    assert modem.read(1.0) == '\r\n+CMTI: "ME",1\r\n'


def test_what_waits_while_the_radio_is_off_comes_when_it_is_on(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0")
    modem.at("+CFUN=4")
    reply(place)
    assert modem.read(10.0) == ""
    modem.at("+CFUN=1")
    assert modem.read(1.0) == '\r\n+CMTI: "SM",1\r\n'


def test_phase_2_plus_wants_an_acknowledgement_for_each(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,2,0,0,0")
    assert modem.at("+CSMS=1") == "\r\n+CSMS: 1,1,1\r\n" + OK
    for _ in range(3):
        reply(place)
    for _ in range(3):
        assert modem.read(1.0).count("+CMT:") == 1
        assert events(place).count(LedgerEvent.MT_ROUTED) < 3
        assert modem.at("+CNMA") == OK
    assert modem.read(1.0) == ""
    assert events(place).count(LedgerEvent.MT_ROUTED) == 3
    assert modem.at("+CNMA") == "\r\n+CMS ERROR: 340\r\n"


@pytest.mark.parametrize("refused", [True, False])
def test_without_acknowledgement_routing_ends_and_the_message_is_kept(tmp_path: Path, refused: bool) -> None:
    place, modem = one(tmp_path, cnmi="2,2,0,1,0")
    modem.at("+CSMS=1")
    reply(place)
    assert "+CMT:" in modem.read(1.0)
    if refused:
        assert modem.at("+CNMA=2") == OK
    else:
        modem.read(ACKNOWLEDGE_WITHIN_S)
    assert modem.at("+CNMI?") == f"\r\n+CNMI: 2,0,0,0,0\r\n{OK}"
    assert LedgerEvent.MT_ROUTED not in events(place)
    modem.read(RETRY_S)
    assert events(place)[-1] is LedgerEvent.MT_STORED


def test_a_reset_while_an_acknowledgement_is_owed_loses_nothing(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,2,0,0,0")
    modem.at("+CSMS=1")
    reply(place)
    modem.read(1.0)
    modem.at("Z")
    modem.read(RETRY_S + 1)
    assert events(place)[-1] is LedgerEvent.MT_STORED


def test_a_long_reply_comes_in_parts_that_join(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0")
    text = "好的，明天见😀" * 30
    reply(place, text)
    count = modem.read(1.0).count("+CMTI")
    assert count > 2
    parts = []
    for index in range(1, count + 1):
        deliver = decode_pdu(modem.at(f"+CMGR={index}").split("\r\n")[2], Direction.MOBILE_TERMINATED).tpdu
        assert isinstance(deliver, Deliver)
        parts.append(deliver.user_data)
    assert [part.concatenation.number for part in parts if part.concatenation] == list(range(1, count + 1))
    assert join_text(parts) == text


@pytest.mark.parametrize("sender", ["10086", "95588", "1069012345", "+14155550100", "中国", "GOOGLE"])
def test_senders_of_every_kind(tmp_path: Path, sender: str) -> None:
    place, modem = one(tmp_path, cnmi="2,2,0,0,0")
    if sender == "中国":
        with pytest.raises(TpduError):
            place.network.reply(sender, modem.sim.msisdn, "好的")
        return
    place.network.reply(sender, modem.sim.msisdn, "好的")
    deliver = decode_pdu(modem.read(1.0).split("\r\n")[2], Direction.MOBILE_TERMINATED).tpdu
    assert isinstance(deliver, Deliver)
    assert str(deliver.originator) == sender


def test_an_automatic_reply_answers_whole_messages_once(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0")
    place.network.handsets.auto_reply = "收到：{text}"
    modem.send_text("您好" * 50)
    count = modem.read(1.0).count("+CMTI")
    place.network.ledger.flush()
    stored = [record for record in read_ledger(place.ledger_path) if record.event is LedgerEvent.MT_STORED]
    assert "".join(record.text for record in stored) == "收到：" + "您好" * 50
    assert count == len(stored) == 2


@pytest.mark.parametrize(("profile", "shown"), [("wavecom-q24", '"SR",1'), ("quectel-ec25", '"ME",0')])
def test_some_makes_keep_reports_apart_and_some_with_the_messages(
    tmp_path: Path, profile: str, shown: str
) -> None:
    modem = desk(tmp_path, profile)
    modem.at("+CNMI=2,1,0,2,0")
    modem.send(pdu(report=True))
    assert modem.read(1.0) == f"\r\n+CDSI: {shown}\r\n"


def test_a_modem_that_hangs_gets_its_messages_later(tmp_path: Path) -> None:
    place, modem = one(tmp_path, cnmi="2,1,0,0,0")
    modem.modem.hang(30.0)
    reply(place)
    assert modem.read(29.0) == ""
    assert modem.read(2.0) == '\r\n+CMTI: "SM",1\r\n'


def test_a_single_modem_is_enough_for_a_whole_conversation(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.at("+CNMI=2,2,0,1,0")
    modem.send_text("您好", report=True)
    modem.modem.network.reply(HANDSET, modem.sim.msisdn, "好的")
    words = modem.read(1.0)
    assert "+CDS:" in words
    assert "+CMT:" in words
