"""How messages and reports come: the choice of +CNMI, +CPMS and +CSMS, reading, freeing, and what is said unasked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.announcements import announced, announced_message, of_maker
from appliance.modem.at.parser import Unsolicited
from appliance.modem.profiles import ProfileBook
from appliance.modem.receive import routes_of, routing_candidates
from appliance.modem.registration import Domains
from appliance.modem.session import (
    DeliverArrived,
    IncomingCall,
    LateAccepted,
    LineLost,
    MessageStored,
    ModemEvent,
    ReceiveMode,
    Registration,
    RegistrationChanged,
    ReportArrived,
    ReportStored,
    Route,
    SignalChanged,
    SimInserted,
    SimRemoved,
    StoredPdu,
)
from appliance.modem.signal_strength import rssi_dbm
from tests.modem.scripted_modem import ERROR, OK, Reply, ScriptedModem, in_loop, info, line, ready_line

DELIVER = "0891683108200505F0040D91683119325476F80008621142616361234F60597D"
REPORT = "0891683108200505F006050D91683119325476F8621142616361236211426163612300"

EC25 = [
    frozenset({0, 1, 2}),
    frozenset({0, 1, 2, 3}),
    frozenset({0, 2}),
    frozenset({0, 1, 2}),
    frozenset({0, 1}),
]
MC75 = [frozenset({0, 1, 2, 3}), frozenset({0, 1}), frozenset({0, 2, 3}), frozenset({0, 2}), frozenset({1})]


# -- the choice -------------------------------------------------------------------------------------------------


def test_the_first_choice_is_memory_for_messages_and_direct_reports() -> None:
    assert routing_candidates(EC25)[0] == (2, 1, 0, 1, 0)
    assert routing_candidates(MC75)[0] == (2, 1, 0, 2, 1)  # https://github.com/gammu/gammu/pull/1207


def test_a_modem_that_does_not_say_what_it_offers_is_tried_with_reports_and_both_buffers() -> None:
    candidates = routing_candidates([])
    assert candidates[0] == (2, 1, 0, 1, 0)
    # A Siemens-like modem that refuses +CNMI=? and takes only <ds> 0 or 2 with <bfr> 1.
    assert next(each for each in candidates if each[3:] in ((2, 1), (0, 1))) == (2, 1, 0, 2, 1)


@given(st.lists(st.frozensets(st.integers(0, 3)), max_size=6))
def test_only_what_is_offered_is_tried(offer: list[frozenset[int]]) -> None:
    candidates = routing_candidates(offer)
    assert len(candidates) <= 12
    if len(offer) >= 2:
        for candidate in candidates:
            assert candidate[0] in offer[0]
            assert candidate[1] in offer[1]


@pytest.mark.parametrize(
    ("setting", "routes"),
    [
        ([2, 1, 0, 1, 0], (Route.NOTIFIED, Route.DIRECT)),
        ([2, 1, 0, 2, 0], (Route.NOTIFIED, Route.NOTIFIED)),
        ([2, 2, 0, 0, 0], (Route.DIRECT, Route.NONE)),
        ([3, 3, 0, 1, 0], (Route.NOTIFIED, Route.DIRECT)),
        ([0, 1, 0, 0, 0], (Route.LISTED, Route.NONE)),
        ([2, 0, 0, 0, 0], (Route.LISTED, Route.NONE)),
        ([2, 1], (Route.NOTIFIED, Route.NONE)),
        ([], (Route.LISTED, Route.NONE)),
    ],
)
def test_what_a_setting_means(setting: list[int | None], routes: tuple[Route, Route]) -> None:
    assert routes_of(setting) == routes


@in_loop
async def test_a_modem_that_refuses_what_it_offers_gets_the_next_best() -> None:
    answers: dict[str, Reply] = {
        "AT+CNMI=2,1,0,1,0": b"\r\n+CMS ERROR: 303\r\n",
        "AT+CNMI=1,1,0,1,0": ERROR,
        "AT+CNMI=0,1,0,1,0": ERROR,
        "AT+CNMI=2,1,0,2,0": OK,
        "AT+CNMI?": info("+CNMI: 2,1,0,2,0"),
    }
    async with line(answers) as port:
        receive = (await port.bring_up()).receive
        assert (receive.messages, receive.reports) == (Route.NOTIFIED, Route.NOTIFIED)


@in_loop
async def test_what_is_in_force_counts_and_not_what_was_answered() -> None:
    async with line({"AT+CNMI?": info("+CNMI: 0,0,0,0,0")}) as port:
        receive = (await port.bring_up()).receive
        assert (receive.messages, receive.reports) == (Route.LISTED, Route.NONE)


@in_loop
async def test_a_setting_that_can_not_be_read_back_is_believed() -> None:
    async with ready_line({"AT+CNMI=?": ERROR, "AT+CNMI?": ERROR}) as port:
        receive = port.bearings.receive
        assert (receive.messages, receive.reports) == (Route.NOTIFIED, Route.DIRECT)
        await port.session.network()
        assert "AT+CNMI?" not in port.modem.heard


@in_loop
async def test_a_setting_that_the_modem_forgot_is_set_again() -> None:
    async with ready_line() as port:
        await port.session.network()
        assert "AT+CNMI=2,1,0,1,0" not in port.modem.heard
        port.modem.answers["AT+CNMI?"] = info("+CNMI: 0,0,0,0,0")
        await port.session.network()
        assert "AT+CNMI=2,1,0,1,0" in port.modem.heard


@in_loop
async def test_phase_2_plus_is_left_where_that_is_possible() -> None:
    async with line({"AT+CSMS?": info("+CSMS: 1,1,1,1"), "AT+CSMS=0": info("+CSMS: 1,1,1")}) as port:
        assert (await port.bring_up()).receive.must_acknowledge is False


@in_loop
async def test_phase_2_plus_wants_an_acknowledgement_for_what_comes_directly() -> None:
    answers = {"AT+CSMS?": info("+CSMS: 1,1,1,1"), "AT+CSMS=0": ERROR, "AT+CNMA": OK}
    async with ready_line(answers) as port:
        assert port.bearings.receive.must_acknowledge is True
        port.modem.say(f"\r\n+CDS: 25\r\n{REPORT}\r\n".encode())
        assert await port.event(ReportArrived) == ReportArrived(REPORT, must_acknowledge=True)
        assert "AT+CNMA" not in port.modem.heard
        await port.session.acknowledge()
        assert port.modem.heard == ["AT+CNMA"]


@in_loop
async def test_direct_delivery_where_nothing_else_is_offered() -> None:
    answers = {
        "AT+CNMI=?": info("+CNMI: (0-2),(2),(0),(1),(0)"),
        "AT+CNMI=2,2,0,1,0": OK,
        "AT+CNMI?": info("+CNMI: 2,2,0,1,0"),
    }
    async with ready_line(answers) as port:
        assert port.bearings.receive.messages is Route.DIRECT
        port.modem.say(f'\r\n+CMT: "Doe, J",24\r\n{DELIVER.lower()}\r\n'.encode())
        assert await port.event(DeliverArrived) == DeliverArrived(DELIVER)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, ("SM", 2, 50)),
        ({'AT+CPMS="SM","SM","SM"': ERROR, 'AT+CPMS="SM","SM"': info("+CPMS: 0,20,0,20")}, ("SM", 0, 20)),
        # A card with one place: the modem's own memory it is.
        (
            {
                'AT+CPMS="SM","SM","SM"': info("+CPMS: 0,1,0,1,0,1"),
                'AT+CPMS="ME","ME","ME"': info("+CPMS: 0,99,0,99,0,99"),
            },
            ("ME", 0, 99),
        ),
        # MC75i receives in SM or MT only.
        ({"AT+CPMS=?": info('+CPMS: ("ME","SM","MT"),("ME","SM","MT"),("SM","MT")')}, ("SM", 2, 50)),
        # Nothing can be set: what is set already.
        ({"AT+CPMS=?": ERROR, 'AT+CPMS="SM","SM","SM"': ERROR}, ("ME", 0, 100)),
        ({"AT+CPMS=?": ERROR, "AT+CPMS?": ERROR, 'AT+CPMS="SM","SM","SM"': ERROR}, (None, None, None)),
    ],
)
@in_loop
async def test_the_memory_for_messages(
    answers: dict[str, Reply], expected: tuple[str | None, int | None, int | None]
) -> None:
    async with line(answers) as port:
        receive: ReceiveMode = (await port.bring_up()).receive
        assert (receive.memory, receive.used, receive.total) == expected


# -- reading and freeing ----------------------------------------------------------------------------------------


def memories(**contents: dict[int, bytes]) -> dict[str, Reply]:
    """A modem with memories; an index means nothing without the memory that +CPMS chose last."""
    chosen = {"memory": "SM"}
    answers: dict[str, Reply] = {}

    def choose(memory: str) -> Reply:
        def answer(_: ScriptedModem) -> Reply:
            chosen["memory"] = memory
            return info("+CPMS: 0,50,0,50,0,50")

        return answer

    def read(index: int) -> Reply:
        def answer(_: ScriptedModem) -> Reply:
            place = contents.get(chosen["memory"], {}).get(index)
            return OK if place is None else b"\r\n+CMGR: 0,,24\r\n" + place + b"\r\n" + OK

        return answer

    def listed(_: ScriptedModem) -> Reply:
        places = contents.get(chosen["memory"], {})
        entries = [f"\r\n+CMGL: {index},1,,24\r\n".encode() + place for index, place in places.items()]
        return b"".join(entries) + b"\r\n" + OK

    def delete(index: int) -> Reply:
        def answer(_: ScriptedModem) -> Reply:
            return OK if contents[chosen["memory"]].pop(index, None) else b"\r\n+CMS ERROR: 321\r\n"

        return answer

    for memory in ("SM", "ME", "SR"):
        answers[f'AT+CPMS="{memory}"'] = choose(memory)
    for index in range(6):
        answers[f"AT+CMGR={index}"] = read(index)
        answers[f"AT+CMGD={index}"] = delete(index)
    answers["AT+CMGL=4"] = listed
    return answers


@in_loop
async def test_all_memories_are_listed() -> None:
    contents = {
        "SM": {1: DELIVER.encode()},
        "ME": {0: DELIVER.encode(), 5: DELIVER.encode()},
        "SR": {2: REPORT.encode()},
    }
    async with ready_line(memories(**contents)) as port:
        assert await port.session.stored() == [
            StoredPdu("SM", 1, 1, DELIVER),
            StoredPdu("ME", 0, 1, DELIVER),
            StoredPdu("ME", 5, 1, DELIVER),
            StoredPdu("SR", 2, 1, REPORT),
        ]
        assert await port.session.read("SM", 1) == StoredPdu("SM", 1, 0, DELIVER)
        assert await port.session.delete("ME", 5)
        assert not await port.session.delete("ME", 5)
        assert await port.session.read("ME", 5) is None
        assert contents["ME"].keys() == {0}


@in_loop
async def test_a_report_that_ec25_announces_in_the_wrong_memory_is_found() -> None:
    async with ready_line(memories(SM={}, SR={0: REPORT.encode()})) as port:
        port.modem.say(b'\r\n+CDSI: "SM",0\r\n')
        event = await port.event(ReportStored)
        assert event == ReportStored("SM", 0)
        assert await port.session.read(event.memory, event.index) == StoredPdu("SR", 0, 0, REPORT)


@in_loop
async def test_drafts_and_sent_ones_of_the_cards_owner_are_not_ours() -> None:
    listing = f"\r\n+CMGL: 1,2,,16\r\n0001000D91683119325476F80008024F60\r\n+CMGL: 2,0,,24\r\n{DELIVER}\r\n\r\nOK\r\n"
    async with ready_line({**memories(), "AT+CMGL=4": listing.encode(), "AT+CPMS=?": ERROR}) as port:
        assert await port.session.stored() == [StoredPdu("ME", 2, 0, DELIVER)]


@in_loop
async def test_a_modem_without_names_for_its_memories_is_read_as_it_is() -> None:
    answers = {
        **memories(SM={3: DELIVER.encode()}),
        "AT+CPMS=?": ERROR,
        "AT+CPMS?": ERROR,
        'AT+CPMS="SM","SM","SM"': ERROR,
    }
    async with ready_line(answers) as port:
        assert await port.session.stored() == [StoredPdu("", 3, 1, DELIVER)]
        assert await port.session.read("SM", 3) == StoredPdu("SM", 3, 0, DELIVER)
        assert await port.session.delete("", 3)


@in_loop
async def test_a_modem_that_fell_back_to_text_mode_is_put_right() -> None:
    text_mode = {"on": True}

    def read(_: ScriptedModem) -> Reply:
        if text_mode["on"]:
            return b'\r\n+CMGR: "REC UNREAD","+8613912345678",,"24/11/26,10:00:00+32"\r\nOK then\r\n' + OK
        return f"\r\n+CMGR: 1,,24\r\n{DELIVER}\r\n\r\nOK\r\n".encode()

    def pdu_mode(_: ScriptedModem) -> Reply:
        text_mode["on"] = False
        return OK

    async with ready_line({**memories(), "AT+CMGR=1": read}) as port:
        port.modem.answers["AT+CMGF=0"] = pdu_mode
        assert await port.session.read("SM", 1) == StoredPdu("SM", 1, 1, DELIVER)


@in_loop
async def test_a_message_as_text_means_that_the_modem_forgot_its_settings() -> None:
    async with ready_line() as port:
        port.modem.say(b'\r\n+CMT: "+8613912345678","","24/11/26,10:00:00+32"\r\nhello\r\n')
        assert await port.event(LineLost) == LineLost("the modem has restarted")


@in_loop
async def test_an_error_while_listing_is_no_end() -> None:
    async with ready_line({**memories(), "AT+CMGL=4": b"\r\n+CMS ERROR: 320\r\n"}) as port:
        assert await port.session.stored() == []


# -- what is said unasked ---------------------------------------------------------------------------------------


def event_of(line: Unsolicited) -> ModemEvent | None:
    profiles = ProfileBook.built_in().profiles()
    return announced_message(line, must_acknowledge=False) or announced(line) or of_maker(line, *profiles)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (Unsolicited('+CMTI: "SM",3'), MessageStored("SM", 3)),
        (Unsolicited("+CMTI:sm, 3"), MessageStored("SM", 3)),
        (Unsolicited('+CMTI: "ME",12,"MMS PUSH"'), MessageStored("ME", 12)),
        (Unsolicited('+CDSI: "SR",0'), ReportStored("SR", 0)),
        (Unsolicited("+CMT: ,24", DELIVER), DeliverArrived(DELIVER)),
        (Unsolicited("+CDS: 25", REPORT), ReportArrived(REPORT)),
        (Unsolicited("+CDS: 25"), None),
        (Unsolicited("+CMGS: 255"), LateAccepted(255)),
        (Unsolicited("+CMGS: x"), None),
        (Unsolicited("^RSSI:17"), SignalChanged(-79)),
        (Unsolicited("+CSQ: 99,99"), SignalChanged(None)),
        (Unsolicited("RING"), IncomingCall(None)),
        (Unsolicited("+CRING: VOICE"), IncomingCall(None)),
        (Unsolicited('+CLIP: "13700000000",129,,,,0'), IncomingCall("13700000000")),
        (Unsolicited('+CLIP: "",128'), IncomingCall(None)),
        (Unsolicited("^SIMST:255"), SimRemoved()),
        (Unsolicited("^SIMST:1"), SimInserted()),
        (Unsolicited("+QSIMSTAT: 1,0"), SimRemoved()),
        (Unsolicited("+QSIMSTAT: 1,1"), SimInserted()),
        (Unsolicited("+CPIN: NOT READY"), SimRemoved()),
        (Unsolicited("+CPIN: READY"), SimInserted()),
        (Unsolicited("+WIND: 0"), SimRemoved()),
        (Unsolicited("+CMTI: nonsense"), None),
        (Unsolicited("something else"), None),
    ],
)
def test_codes_and_their_events(line: Unsolicited, event: ModemEvent | None) -> None:
    assert event_of(line) == event


@given(st.text(max_size=40), st.booleans())
def test_any_line_is_an_event_or_none(text: str, must_acknowledge: bool) -> None:
    for name in ("+CMTI: ", "+CDSI: ", "+CMGS: ", "^RSSI:", "+CLIP: ", "+QSIMSTAT: ", ""):
        said = Unsolicited(name + text.replace("\n", " ").replace("\r", " "))
        announced_message(said, must_acknowledge=must_acknowledge)
        event_of(said)
        Domains().hear("+CREG: " + said.text)


@in_loop
async def test_registration_is_told_when_the_verdict_changes() -> None:
    """CS lost, LTE kept: no change. Both lost: a change."""
    async with ready_line() as port:
        port.modem.say(b'\r\n+CREG: 0\r\n\r\n+CEREG: 1,"00C3","1A2B"\r\n')
        await port.session.check()
        assert port.events == []
        port.modem.say(b"\r\n+CGREG: 2\r\n\r\n+CEREG: 2\r\n")
        await port.session.check()
        assert port.events == [RegistrationChanged(Registration.SEARCHING)]


@in_loop
async def test_a_card_that_is_found_gone_is_told() -> None:
    async with ready_line() as port:
        port.modem.answers["AT+CPIN?"] = b"\r\n+CME ERROR: 10\r\n"
        await port.session.network()
        assert port.events == [SimRemoved()]


@in_loop
async def test_a_receiver_of_events_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with ready_line() as port:

        def fail(_: ModemEvent) -> None:
            raise ValueError("a mistake of ours")

        port.session._on_event = fail
        port.modem.answers["AT"] = b'\r\n+CMTI: "SM",1\r\n\r\nOK\r\n'
        await port.session.check()
        assert "MessageStored" in caplog.text


@pytest.mark.parametrize(
    ("rssi", "dbm"),
    [
        (0, -113),
        (1, -111),
        (2, -109),
        (30, -53),
        (31, -51),
        (99, None),
        (100, -116),
        (191, -25),
        (199, None),
        (None, None),
    ],
)
def test_signal_strength(rssi: int | None, dbm: int | None) -> None:
    """TS 27.007 §8.5"""
    assert rssi_dbm(rssi) == dbm
