"""How each kind of CDMA modem is spoken to, octet for octet, and what its answers mean."""

from __future__ import annotations

import pytest

from appliance.modem import submission as reasons
from appliance.modem.cdma.is637 import (
    BearerData,
    CdmaAddress,
    DisplayMode,
    Encoding,
    MessageType,
    Moment,
    Status,
    Teleservice,
    TransportMessage,
    UserData,
    decode_packet,
)
from appliance.modem.cdma.record import Arrival, ArrivalKind, read_record
from appliance.modem.errors import Blame
from appliance.modem.messaging import SmsForm, StoredCdma
from appliance.modem.session import (
    Accepted,
    CdmaOutgoing,
    DeliverArrived,
    LateAccepted,
    LateRefused,
    MessageStored,
    NotSubmitted,
    PortState,
    Refused,
    ReportArrived,
    ReportStored,
    Route,
    Unanswered,
)
from appliance.modem.sms import Address, encode_pdu, plan_text, submits
from tests.cdma.scripted_cdma import (
    EC122,
    MC509,
    MULTITECH,
    NO_CARD,
    QUALCOMM,
    CdmaLine,
    cdma_line,
    ready_cdma_line,
)
from tests.modem.scripted_modem import ERROR, OK, Reply, in_loop, info

TEXT = "不要业务\r\n好"
"""Its octets in UTF-16 have CR, LF and Ctrl-Z in them: 不 is 4E0D, 业 is 4E1A."""
WIDE = TEXT.encode("utf-16-be")
NUMBER = "13912345678"


async def arrival_at(port: CdmaLine, memory: str, index: int) -> Arrival:
    stored = await port.session.read(memory, index)
    assert isinstance(stored, StoredCdma)
    return read_record(stored.pdu)


def text_of(arrival: Arrival) -> str:
    assert arrival.user_data is not None
    return arrival.user_data.text


# -- bring-up ---------------------------------------------------------------------------------------------------


@in_loop
async def test_a_stick_without_a_card_comes_up_and_says_who_it_is() -> None:
    async with ready_cdma_line(EC122) as port:
        bearings = port.bearings
        assert (bearings.profile, bearings.form) == ("huawei-cdma-text", SmsForm.CDMA_TEXT)
        assert (bearings.meid, bearings.iccid, bearings.imsi, bearings.imei) == (
            "A0C72311111111",
            None,
            None,
            None,
        )
        assert bearings.receive.messages is bearings.receive.reports is Route.NOTIFIED
        assert bearings.receive.memory == "ME"


@in_loop
async def test_registration_is_taken_from_sysinfo_where_there_is_no_creg() -> None:
    answers = {"AT+CREG=1": ERROR, "AT+CREG?": ERROR, "AT^SYSINFO": info("^SYSINFO:2,255,1,2,240")}
    async with ready_cdma_line(EC122, answers) as port:
        assert port.bearings.registration.value == "roaming"
    async with cdma_line(EC122, {**answers, "AT^SYSINFO": info("^SYSINFO:0,255,0,2,240")}) as port:
        assert (await port.failed_bring_up()).state is PortState.NO_NETWORK


@pytest.mark.parametrize(
    ("more", "command"),
    [
        ({"AT^HCMGS=?": OK, "AT^HSMSSS=1,0,1,0": OK}, f'AT^HCMGS="{NUMBER}"'),
        ({"AT$QCMGF=?": OK, "AT$QCMGF=1": OK, 'AT+CSCS="IRA"': OK}, f'AT$QCMGS="{NUMBER}"'),
        ({"AT+CMGF=1": OK}, f'AT+CMGS="{NUMBER}"'),
    ],
)
@in_loop
async def test_a_modem_of_no_known_make_that_refuses_pdu_mode_is_asked_whether_it_is_one_of_cdma(
    more: dict[str, bytes], command: str
) -> None:
    unknown = {
        **NO_CARD,
        "AT+CGMI": info("ACME"),
        "AT+CGMM": info("Widget 1x"),
        "AT+CMGF=0": b"\r\n+CMS ERROR: 303\r\n",
        "AT+GCAP": info("+GCAP: +CIS707-A, CIS-856, +MS, +ES, +DS"),
        "AT+CMGF=1": OK,
    }
    async with ready_cdma_line(unknown, more) as port:
        assert port.bearings.form is SmsForm.CDMA_TEXT
        await port.session.send(CdmaOutgoing(NUMBER, "hello"))
        assert port.modem.heard[-1] == command
        assert port.modem.octets == [b"hello"]


@in_loop
async def test_a_modem_that_has_neither_is_refused_in_a_sentence() -> None:
    unknown = {**NO_CARD, "AT+CGMI": info("ACME"), "AT+CGMM": info("Widget")}
    async with cdma_line(unknown, {"AT+CMGF=0": b"\r\n+CMS ERROR: 303\r\n"}) as port:
        failed = await port.failed_bring_up()
        assert failed.state is PortState.NO_PDU_MODE
        assert "303" in failed.args_for_person["detail"]


# -- Huawei, text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"\r\n^HCMGSS: 40000\r\n\r\nOK\r\n",  # the manual of MC509
        b"\r\nOK\r\n\r\n^HCMGSS:40000\r\n",  # EC122, MC323 in the field
    ],
)
@pytest.mark.parametrize("chunk", [None, 1, 7])
@in_loop
async def test_text_goes_as_octets_and_the_reference_comes_before_ok_or_after_it(
    answer: bytes, chunk: int | None
) -> None:
    async with ready_cdma_line(EC122, chunk=chunk) as port:
        port.modem.submit = answer
        assert await port.session.send(CdmaOutgoing(NUMBER, "hello")) == Accepted(40000)
        assert await port.session.send(CdmaOutgoing(NUMBER, TEXT)) == Accepted(40000)
        assert await port.session.send(CdmaOutgoing(NUMBER, TEXT)) == Accepted(40000)
        assert port.modem.octets == [b"hello", WIDE, WIDE]
        send = f'AT^HCMGS="{NUMBER}"'
        narrow, wide = "AT^HSMSSS=1,0,1,0", "AT^HSMSSS=1,0,6,0"
        assert port.modem.heard == [narrow, send, wide, send, wide, send]


@pytest.mark.parametrize(
    ("answer", "blame"),
    [
        (b"\r\nOK\r\n\r\n^HCMGSF:97\r\n", Blame.SIM),
        (b"\r\nOK\r\n\r\n^HCMGSF: 0\r\n", Blame.MESSAGE),
        (b"\r\n^HCMGSF:2\r\n\r\nOK\r\n", Blame.NETWORK),
        (b"\r\nOK\r\n\r\n^HCMGSF:12345\r\n", Blame.NETWORK),
        (b"\r\n+CMS ERROR: 302\r\n", Blame.MODEM),
    ],
)
@in_loop
async def test_a_refusal_names_whose_fault_it_is(answer: bytes, blame: Blame) -> None:
    async with ready_cdma_line(EC122) as port:
        port.modem.submit = answer
        outcome = await port.session.send(CdmaOutgoing(NUMBER, TEXT))
        assert isinstance(outcome, Refused)
        assert outcome.error.blame is blame


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", Unanswered(reasons.NO_FINAL)),
        (b"\r\nOK\r\n", Unanswered(reasons.NO_FINAL)),
        (b"\r\n^HCMGSS: 9\r\n", Unanswered(reasons.NO_OK, 9)),
    ],
)
@in_loop
async def test_without_both_answers_nobody_knows(answer: bytes, expected: Unanswered) -> None:
    async with ready_cdma_line(EC122) as port:
        port.modem.submit = answer
        assert await port.session.send(CdmaOutgoing(NUMBER, TEXT)) == expected


@pytest.mark.parametrize(
    ("late", "event"), [(b"\r\n^HCMGSS:4711\r\n", LateAccepted(4711)), (b"\r\n^HCMGSF:97\r\n", None)]
)
@in_loop
async def test_an_answer_that_comes_late_is_told(late: bytes, event: LateAccepted | None) -> None:
    async with ready_cdma_line(EC122) as port:
        port.modem.submit = OK
        assert isinstance(await port.session.send(CdmaOutgoing(NUMBER, TEXT)), Unanswered)
        port.modem.say(late)
        if event is not None:
            assert await port.event(LateAccepted) == event
        else:
            assert (await port.event(LateRefused)).error.blame is Blame.SIM


@in_loop
async def test_a_refusal_that_may_be_of_the_message_before_is_no_certain_one() -> None:
    """After OK the modem takes the next message, whatever the network says of the one before."""
    async with ready_cdma_line(EC122) as port:
        port.modem.submit = OK
        assert isinstance(await port.session.send(CdmaOutgoing(NUMBER, "first")), Unanswered)
        port.modem.submit = [OK, 0.05, b"\r\n^HCMGSF:97\r\n", 0.1, b"\r\n^HCMGSS:2\r\n"]
        assert await port.session.send(CdmaOutgoing(NUMBER, "second")) == Unanswered(reasons.NO_FINAL)
        assert await port.event(LateAccepted) == LateAccepted(2)
        port.modem.submit = b"\r\nOK\r\n\r\n^HCMGSF:97\r\n"
        assert isinstance(await port.session.send(CdmaOutgoing(NUMBER, "third")), Refused)


@in_loop
async def test_where_no_prompt_comes_nothing_was_given_and_a_late_one_is_left_in_units_of_two_octets() -> (
    None
):
    async with ready_cdma_line(EC122) as port:
        port.modem.prompt = b""
        assert await port.session.send(CdmaOutgoing(NUMBER, TEXT)) == NotSubmitted(reasons.NO_PROMPT)
        port.modem.at_prompt = True  # it comes up after all
        port.modem.prompt = b"\r\n> "
        port.modem.submit = b"\r\n^HCMGSS:1\r\n\r\nOK\r\n"
        assert await port.session.send(CdmaOutgoing(NUMBER, TEXT)) == Accepted(1)
        assert "ESC" in port.modem.heard
        assert port.modem.octets == [WIDE]


@in_loop
async def test_a_pdu_is_not_given_to_a_modem_that_takes_text() -> None:
    async with ready_cdma_line(EC122) as port:
        [submit] = submits(plan_text("hello"), Address.from_text("+8613912345678"), reference=1)
        assert await port.session.send(encode_pdu(submit)) == NotSubmitted(reasons.WRONG_FORM)


def hcmgr(number: str, text: str, *, kind: int = 0, tag: int = 0) -> bytes:
    wide = not text.isascii()
    body = text.encode("utf-16-be") + b"\x00\x1a" if wide else text.encode() + b"\x1a"
    header = f"^HCMGR:{number},2026,11,24,09,08,07,{6 if wide else 1},{6 if wide else 1},12,0,0,{kind},{tag}"
    return b"\r\n" + header.encode() + b"\r\n" + body + b"\r\n" + OK


@pytest.mark.parametrize("chunk", [None, 1, 3])
@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (TEXT, 0, ArrivalKind.TEXT),
        ('OK\r\nERROR\r\n+CMTI: "ME",1\r\n', 0, ArrivalKind.TEXT),
        ("flash", 4, ArrivalKind.FLASH),
        ("", 2, ArrivalKind.VOICEMAIL),
        ("", 3, ArrivalKind.REPORT),
    ],
)
@in_loop
async def test_a_message_is_read_whatever_octets_its_text_has(
    text: str, kind: int, expected: ArrivalKind, chunk: int | None
) -> None:
    answers = {"AT^HCMGR=7": hcmgr(NUMBER, text, kind=kind)}
    async with ready_cdma_line(EC122, answers, chunk=chunk) as port:
        arrival = await arrival_at(port, "ME", 7)
        assert (arrival.kind, arrival.sender) == (expected, NUMBER)
        assert arrival.stamp is not None
        assert arrival.stamp.octets.hex() == "261124090807"
        if expected is not ArrivalKind.REPORT:
            assert text_of(arrival) == text
        await port.session.check()
        assert not port.events


@in_loop
async def test_a_second_reading_gives_the_same_record_although_the_message_is_read_now() -> None:
    answers = {"AT^HCMGR=7": hcmgr(NUMBER, TEXT, tag=0)}
    async with ready_cdma_line(EC122, answers) as port:
        first = await port.session.read("ME", 7)
        port.modem.answers["AT^HCMGR=7"] = hcmgr(NUMBER, TEXT, tag=1)
        second = await port.session.read("ME", 7)
        assert isinstance(first, StoredCdma)
        assert isinstance(second, StoredCdma)
        assert (first.status, second.status, first.pdu) == (0, 1, second.pdu)


@in_loop
async def test_what_is_stored_is_listed_by_index_and_drafts_are_left_alone() -> None:
    answers = {
        "AT^HCMGL=4": b"\r\n^HCMGL:3,0\r\n^HCMGL:4,2\r\n^HCMGL:5,1\r\n" + OK,
        "AT^HCMGR=3": hcmgr(NUMBER, "three"),
        "AT^HCMGR=5": hcmgr(NUMBER, TEXT),
        "AT+CMGD=3": OK,
    }
    async with ready_cdma_line(EC122, answers) as port:
        stored = await port.session.stored()
        assert [(each.memory, each.index) for each in stored] == [("ME", 3), ("ME", 5)]
        assert [text_of(read_record(each.pdu)) for each in stored] == ["three", TEXT]
        assert await port.session.delete("ME", 3)
        assert not await port.session.delete("ME", 5)


@in_loop
async def test_arrivals_are_announced_or_come_directly() -> None:
    async with ready_cdma_line(EC122) as port:
        port.modem.say(b'\r\n+CMTI: "ME",12\r\n')
        assert await port.event(MessageStored) == MessageStored("ME", 12)
        port.modem.say(b'\r\n+CDSI:"ME",13\r\n')
        assert await port.event(ReportStored) == ReportStored("ME", 13)
        port.modem.say(hcmgr(NUMBER, TEXT).replace(b"^HCMGR", b"^HCMT").removesuffix(OK))
        assert text_of(read_record((await port.event(DeliverArrived)).pdu)) == TEXT
        port.modem.say(hcmgr(NUMBER, "", kind=3).replace(b"^HCMGR", b"^HCDS").removesuffix(OK))
        assert read_record((await port.event(ReportArrived)).pdu).kind is ArrivalKind.REPORT


@pytest.mark.parametrize(
    ("modem", "arrival"),
    [
        (EC122, b"\r\n^HCMT:13912345678,2026,11,24,12,00,00,0,1,5,0,0,0,1\r\nhello\x1a\r\n"),
        (MULTITECH, b'\r\n+CMT: "13912345678",,"26/11/24,12:00:00"\r\nhello\r\n'),
    ],
)
@in_loop
async def test_what_comes_directly_while_the_modem_is_brought_up_is_not_lost(
    modem: dict[str, Reply], arrival: bytes
) -> None:
    async with cdma_line(modem, {"AT+CSQ": [arrival, 0.05, info("+CSQ: 20,99")]}) as port:
        await port.bring_up()
        told = read_record((await port.event(DeliverArrived)).pdu)
        assert (told.sender, text_of(told)) == (NUMBER, "hello")


# -- packets ----------------------------------------------------------------------------------------------------


@in_loop
async def test_a_packet_may_be_settled_after_ok_too() -> None:
    async with ready_cdma_line(MC509) as port:
        port.modem.submit = b"\r\nOK\r\n\r\n^HCMGSS:8\r\n"
        assert await port.session.send(CdmaOutgoing(NUMBER, "hello")) == Accepted(8)
        port.modem.submit = b"\r\nOK\r\n\r\n^HCMGSF:0\r\n"
        assert isinstance(await port.session.send(CdmaOutgoing(NUMBER, "hello")), Refused)


@pytest.mark.parametrize(
    ("more", "name"), [({}, "^HCMGS"), ({"AT^HCMGS=?": ERROR, "AT+CMGL=4": OK}, "+CMGS")]
)
@in_loop
async def test_a_packet_is_announced_by_its_length_and_given_in_hexadecimal(
    more: dict[str, bytes], name: str
) -> None:
    async with ready_cdma_line(MC509, more) as port:
        assert port.bearings.form is SmsForm.CDMA_PDU
        port.modem.submit = f"\r\n{name}: 65535\r\n\r\nOK\r\n".encode()
        outgoing = CdmaOutgoing(NUMBER, TEXT, flash=True, validity_s=3600)
        assert await port.session.send(outgoing) == Accepted(65535)
        assert await port.session.send(CdmaOutgoing("10001", "ye", report=False)) == Accepted(65535)
        first, second = (decode_packet(octets.decode()) for octets in port.modem.octets)
        lengths = [len(octets) // 2 for octets in port.modem.octets]
        assert port.modem.heard == [f"AT{name}={length}" for length in lengths]
        assert (first.teleservice, str(first.destination)) == (Teleservice.MESSAGING, NUMBER)
        bearer = first.bearer_data
        assert bearer is not None
        assert bearer.user_data is not None
        assert (bearer.message_type, bearer.user_data.text) == (MessageType.SUBMIT, TEXT)
        assert (bearer.validity_relative, bearer.display_mode) == (11, DisplayMode.IMMEDIATE)
        assert bearer.reply_option is not None
        assert bearer.reply_option.delivery
        assert second.bearer_data is not None
        assert second.bearer_data.reply_option is None
        assert second.bearer_data.message_id == ((bearer.message_id or 0) + 1) % 65536


def packet(bearer: BearerData, teleservice: int = Teleservice.MESSAGING) -> str:
    sender = CdmaAddress.from_text(NUMBER)
    message = TransportMessage(teleservice=teleservice, originating=sender, bearer_data=bearer)
    return message.to_bytes().hex().upper()


STAMP = Moment(bytes.fromhex("261124090807"))
REPORT = BearerData(
    message_type=MessageType.DELIVERY_ACKNOWLEDGEMENT,
    message_id=40_000,
    time_stamp=STAMP,
    status=Status(3, 13),
)
VOICE_MAIL = BearerData(message_type=MessageType.DELIVER, message_id=1, number_of_messages=3)
PART = BearerData(
    message_type=MessageType.DELIVER,
    message_id=1,
    user_data=UserData.from_text("二", Encoding.UNICODE, bytes.fromhex("0003070202")),
    time_stamp=STAMP,
)


@in_loop
async def test_packets_are_read_with_their_kind_their_parts_and_their_reports() -> None:
    packets = {
        1: packet(REPORT),
        2: packet(VOICE_MAIL, Teleservice.VOICE_MAIL),
        3: packet(PART, Teleservice.ENHANCED),
    }
    answers = {
        f"AT^HCMGR={index}": f"\r\n^HCMGR: 0,,{len(octets) // 2}\r\n {octets}\r\n".encode() + OK
        for index, octets in packets.items()
    }
    async with ready_cdma_line(MC509, answers) as port:
        report = await arrival_at(port, "ME", 1)
        assert (report.kind, report.reference, report.status) == (ArrivalKind.REPORT, 40_000, Status(3, 13))
        assert (await arrival_at(port, "ME", 2)).kind is ArrivalKind.VOICEMAIL
        part = await arrival_at(port, "ME", 3)
        assert part.user_data is not None
        assert part.user_data.concatenation is not None
        assert (part.user_data.concatenation.number, part.user_data.concatenation.total) == (2, 2)
        assert part.user_data.text == "二"
        assert await port.session.read("ME", 4) is None
        port.modem.say(f"\r\n^HCMT: ,{len(packets[3]) // 2}\r\n{packets[3]}\r\n".encode())
        assert read_record((await port.event(DeliverArrived)).pdu) == part


# -- text modes after 27.005 ------------------------------------------------------------------------------------


@in_loop
async def test_multi_tech_is_told_the_encoding_and_given_octets() -> None:
    async with ready_cdma_line(MULTITECH) as port:
        port.modem.submit = b"\r\n+CMGS: 300\r\n\r\nOK\r\n"
        assert await port.session.send(CdmaOutgoing(NUMBER, TEXT)) == Accepted(300)
        assert await port.session.send(CdmaOutgoing(NUMBER, "OK")) == Accepted(300)
        assert port.modem.octets == [WIDE, b"OK"]
        send = f'AT+CMGS="{NUMBER}"'
        assert port.modem.heard == ["AT+WSCL=6,4", send, "AT+WSCL=1,2", send]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        # Multi-Tech S000294, +CMGR
        (
            b'+CMGR: "REC UNREAD","13912345678","26/11/24,09 :08 :07",1,2,0,"8585550000",9\r\nABCdefGHI',
            "ABCdefGHI",
        ),
        (b'+CMGR: "REC READ","13912345678","26/11/24,09:08:07",6,4,0,%d\r\n' % len(WIDE) + WIDE, TEXT),
        # Wavecom Q2358C in the field: no details
        (
            b'+CMGR: "REC UNREAD","13912345678",,"26/11/24,09:08:07+32"\r\nHELLO,HOW\r\nARE YOU?',
            "HELLO,HOW\r\nARE YOU?",
        ),
        # Multi-Tech S000546 (EV3): another order and another date
        (b'+CMGR: "REC READ","13912345678","","20261124090807",129,4098,0,2,2\r\nhi', "hi"),
    ],
)
@in_loop
async def test_messages_are_read_in_every_order_of_fields(answer: bytes, text: str) -> None:
    async with ready_cdma_line(MULTITECH, {"AT+CMGR=3": b"\r\n" + answer + b"\r\n" + OK}) as port:
        arrival = await arrival_at(port, "MT", 3)
        assert (arrival.kind, arrival.sender, text_of(arrival)) == (ArrivalKind.TEXT, NUMBER, text)
        assert arrival.stamp == STAMP


@in_loop
async def test_reports_of_multi_tech_are_read_from_their_memory_or_come_directly() -> None:
    stored = b'\r\n+CMGR: "READ",160,"13912345678",129,"26/11/24,09:08:07","26/11/24,09:08:09",32768\r\n' + OK
    async with ready_cdma_line(MULTITECH, {"AT+CMGR=1": stored}) as port:
        report = await arrival_at(port, "SR", 1)
        assert (report.kind, report.reference, report.sender) == (ArrivalKind.REPORT, 160, NUMBER)
        assert report.status == Status(0, 2)
        port.modem.say(b'\r\n+CDS: 2,161,"13912345678",129,"26/11/24,09:08:07","26/11/24,09:08:09",1\r\n')
        direct = read_record((await port.event(ReportArrived)).pdu)
        assert (direct.reference, direct.status) == (161, Status(2, 31))


@in_loop
async def test_qualcomm_is_given_hexadecimal_under_ucs2_and_read_so() -> None:
    text, number = WIDE.hex().upper(), NUMBER.encode("utf-16-be").hex().upper()
    read = f'\r\n$QCMGR: "REC UNREAD","{number}",,"26/11/24,09:08:07+32"\r\n{text}\r\n'.encode() + OK
    async with ready_cdma_line(QUALCOMM, {"AT$QCMGR=2": read, "AT$QCMGD=2": OK}) as port:
        port.modem.submit = b"\r\n$QCMGS: 65535\r\n\r\nOK\r\n"
        assert await port.session.send(CdmaOutgoing(NUMBER, "20304050")) == Accepted(65535)
        assert await port.session.send(CdmaOutgoing(NUMBER, TEXT)) == Accepted(65535)
        assert port.modem.octets == [b"20304050", text.encode()]
        assert port.modem.heard[-1] == f'AT$QCMGS="{number}"'
        port.modem.say(b'\r\n$QCMTI: "ME",2\r\n')
        assert await port.event(MessageStored) == MessageStored("ME", 2)
        arrival = await arrival_at(port, "ME", 2)
        assert (arrival.sender, text_of(arrival)) == (NUMBER, TEXT)
        assert await port.session.delete("ME", 2)


@in_loop
async def test_a_modem_without_a_way_to_give_unicode_says_so_before_anything_is_given() -> None:
    refusing = {'AT+CSCS="UCS2"': ERROR, 'AT+CSCS="IRA"': ERROR}
    async with ready_cdma_line(QUALCOMM, refusing) as port:
        assert await port.session.send(CdmaOutgoing(NUMBER, TEXT)) == NotSubmitted("error.no-unicode")
        port.modem.submit = b"\r\n$QCMGS: 1\r\n\r\nOK\r\n"
        assert await port.session.send(CdmaOutgoing(NUMBER, "plain")) == Accepted(1)
        assert port.modem.octets == [b"plain"]
