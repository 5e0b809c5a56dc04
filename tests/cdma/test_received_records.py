"""What a CDMA modem gave, as the box stores, joins and shows it; and the parts that its reports are about."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.cdma.is637 import (
    BearerData,
    CdmaAddress,
    CdmaError,
    DisplayMode,
    Encoding,
    MessageType,
    Moment,
    Status,
    Teleservice,
    TransportMessage,
    UserData,
)
from appliance.modem.cdma.record import PREFIX, ArrivalKind, Told, packet_record, read_record
from appliance.pool.filing import FilingRules, file_received
from appliance.pool.received import ReceivedPart, read_received
from appliance.store import reports, sending
from appliance.store.database import connect
from appliance.store.life import Delivery
from appliance.store.matching import NO_REFERENCE, Report
from tests.store.stored import NOW_MS, add_message, add_sim, reserve_next, watched_database

SENDER = "13912345678"
STAMP = Moment(bytes.fromhex("261124090807"))
STAMP_MS = 1_795_482_487_000
"""The same moment in Beijing."""


def record_of(bearer: BearerData, teleservice: int = Teleservice.MESSAGING) -> str:
    message = TransportMessage(
        teleservice=teleservice, originating=CdmaAddress.from_text(SENDER), bearer_data=bearer
    )
    return packet_record(message.to_bytes().hex())


def deliver(text: str, encoding: Encoding, header: bytes | None = None, **more: int) -> str:
    user_data = UserData.from_text(text, encoding, header)
    bearer = BearerData(
        message_type=MessageType.DELIVER,
        message_id=1,
        user_data=user_data,
        time_stamp=STAMP,
        display_mode=more.get("display_mode"),
    )
    return record_of(bearer)


@pytest.mark.parametrize(
    ("record", "kind", "text"),
    [
        (deliver("hello", Encoding.ASCII), "text", "hello"),
        (deliver("业务😀", Encoding.UNICODE), "text", "业务😀"),
        (deliver("Größe", Encoding.LATIN), "text", "Größe"),
        (deliver("€[]", Encoding.GSM7), "text", "€[]"),
        (deliver("now", Encoding.ASCII, display_mode=DisplayMode.IMMEDIATE), "flash", "now"),
        (
            Told(kind=ArrivalKind.FLASH, sender=SENDER, stamp="261124090807", text="好").to_record(),
            "flash",
            "好",
        ),
        (Told(kind=ArrivalKind.VOICEMAIL, sender=SENDER).to_record(), "voicemail", ""),
    ],
)
def test_a_record_is_a_message_of_its_kind(record: str, kind: str, text: str) -> None:
    received = read_received(record, 5)
    assert isinstance(received, ReceivedPart)
    assert (received.kind.value, received.part.sender, received.part.pdu) == (kind, f"+86{SENDER}", record)
    assert received.user_data is not None
    assert received.user_data.text == text
    assert received.part.scts_at_ms in (STAMP_MS, None)


def test_data_stays_data() -> None:
    octets = UserData(Encoding.OCTET, b"\x00\xffdata")
    record = record_of(BearerData(message_type=MessageType.DELIVER, message_id=1, user_data=octets))
    received = read_received(record, 5)
    assert isinstance(received, ReceivedPart)
    assert received.kind.value == "binary"
    assert received.user_data is not None
    assert received.user_data.data == b"\x00\xffdata"


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (None, Delivery.DELIVERED),
        (Status(0, 2), Delivery.DELIVERED),
        (Status(0, 0), Delivery.STILL_TRYING),
        (Status(0, 1), Delivery.UNCONFIRMED),
        (Status(3, 13), Delivery.EXPIRED),
        (Status(3, 10), Delivery.FAILED),
        (Status(2, 4), Delivery.GIVEN_UP),
        (Status(3, 31), Delivery.FAILED),
        (Status(2, 63), Delivery.GIVEN_UP),
    ],
)
def test_an_acknowledgement_is_a_report(status: Status | None, delivery: Delivery) -> None:
    bearer = BearerData(
        message_type=MessageType.DELIVERY_ACKNOWLEDGEMENT, message_id=40_000, time_stamp=STAMP, status=status
    )
    report = read_received(record_of(bearer), 5)
    assert isinstance(report, Report)
    assert (report.tp_mr, report.recipient, report.delivery) == (40_000, f"+86{SENDER}", delivery)
    assert report.scts_at_ms == STAMP_MS


@given(
    st.text(max_size=60).map(lambda text: PREFIX + text)
    | st.binary(max_size=60).map(lambda b: PREFIX + b.hex())
)
def test_whatever_stands_in_a_record_is_a_value(record: str) -> None:
    received = read_received(record, 5)
    if isinstance(received, ReceivedPart):
        assert received.part.received_at_ms == 5
    with contextlib.suppress(CdmaError):
        read_record(record)


@given(
    st.dictionaries(
        st.sampled_from(["kind", "from", "at", "text", "data", "reference", "status"]),
        st.none() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=3),
    )
)
def test_whatever_stands_in_what_was_told_is_a_value(said: dict[str, object]) -> None:
    read_received(PREFIX + json.dumps(said), 5)


# -- stored -----------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(watched_database(tmp_path / "simloft.db"))
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def file(connection: sqlite3.Connection, sim_id: int, record: str) -> bool:
    received = read_received(record, NOW_MS)
    assert isinstance(received, ReceivedPart)
    return file_received(connection, sim_id, received, NOW_MS, FilingRules())


def test_parts_with_a_header_are_joined_and_a_second_reading_is_no_second_message(
    store: sqlite3.Connection,
) -> None:
    sim_id, _ = add_sim(store, 1)
    parts = [
        deliver(text, Encoding.UNICODE, bytes((0, 3, 7, 2, number)))
        for number, text in ((2, "务"), (1, "业"))
    ]
    assert [file(store, sim_id, part) for part in (*parts, *parts)] == [True, True, False, False]
    [row] = store.execute("SELECT text, complete, kind FROM inbound_messages").fetchall()
    assert tuple(row) == ("业务", 1, "text")


def report(recipient: str, at_ms: int, tp_mr: int = NO_REFERENCE) -> Report:
    return Report(
        pdu=f"{PREFIX}{at_ms}",
        recipient=recipient,
        tp_mr=tp_mr,
        status=0,
        delivery=Delivery.DELIVERED,
        scts_at_ms=at_ms,
        discharged_at_ms=at_ms,
        received_at_ms=at_ms,
    )


def submitted(
    connection: sqlite3.Connection, sim: tuple[int, int], recipient: str, at_ms: int
) -> tuple[int, int]:
    """A message of one part that was given to the modem: its seq, and the id of its part."""
    seq = add_message(connection, recipient=recipient)
    reservation, part_id = reserve_next(connection, sim, at_ms)
    assert reservation.message.seq == seq
    return seq, part_id


def sent(connection: sqlite3.Connection, sim: tuple[int, int], recipient: str, at_ms: int) -> int:
    """The same, and the network took it; the id of its part."""
    seq, part_id = submitted(connection, sim, recipient, at_ms)
    sending.part_accepted(connection, part_id, 7, at_ms + 10)
    sending.message_sent(connection, seq, sending.Said("message.sent"), at_ms + 10)
    return part_id


def states(connection: sqlite3.Connection, *part_ids: int) -> list[tuple[str, int | None]]:
    rows = {row[0]: (row[1], row[2]) for row in connection.execute("SELECT id, state, tp_mr FROM parts")}
    return [rows[part_id] for part_id in part_ids]


DELIVERED, ACCEPTED = ("delivered", 7), ("accepted", 7)


def test_a_report_without_reference_is_about_the_latest_part_to_its_recipient_that_has_none(
    store: sqlite3.Connection,
) -> None:
    sim = add_sim(store, 1)
    first = sent(store, sim, f"+86{SENDER}", NOW_MS)
    second = sent(store, sim, f"+86{SENDER}", NOW_MS + 60_000)
    other = sent(store, sim, "+8613800000000", NOW_MS + 90_000)
    reports.keep(store, sim[0], report(SENDER, NOW_MS + 100_000))
    assert states(store, first, second, other) == [ACCEPTED, DELIVERED, ACCEPTED]
    reports.keep(store, sim[0], report(SENDER, NOW_MS + 100_000))
    assert states(store, first, second, other) == [ACCEPTED, DELIVERED, ACCEPTED], "read a second time"
    reports.keep(store, sim[0], report(SENDER, NOW_MS + 200_000))
    assert states(store, first, second, other) == [DELIVERED, DELIVERED, ACCEPTED]


def test_a_report_that_comes_before_the_answer_waits_for_it(store: sqlite3.Connection) -> None:
    sim = add_sim(store, 1)
    seq, part_id = submitted(store, sim, f"+86{SENDER}", NOW_MS)
    reports.keep(store, sim[0], report(SENDER, NOW_MS + 500))
    assert states(store, part_id) == [("submitting", None)]
    sending.part_accepted(store, part_id, 7, NOW_MS + 900)
    sending.message_sent(store, seq, sending.Said("message.sent"), NOW_MS + 900)
    reports.match_early_ones(store, sim[0], 7, NOW_MS, NOW_MS + 900)
    assert states(store, part_id) == [DELIVERED]


def test_an_uncertain_part_is_settled_by_one_only_where_nothing_else_can_be_meant(
    store: sqlite3.Connection,
) -> None:
    sim = add_sim(store, 1)
    seq, unknown = submitted(store, sim, f"+86{SENDER}", NOW_MS)
    sending.part_uncertain(store, unknown, tp_mr=None, detail="no final", now_ms=NOW_MS + 10)
    sending.message_uncertain(store, seq, sending.Said("message.uncertain"), NOW_MS + 10)
    known = sent(store, sim, f"+86{SENDER}", NOW_MS + 60_000)
    reports.keep(store, sim[0], report(SENDER, NOW_MS + 70_000))
    assert states(store, unknown, known) == [("uncertain", None), DELIVERED]
    reports.keep(store, sim[0], report(SENDER, NOW_MS + 80_000))
    assert states(store, unknown, known) == [("delivered", None), DELIVERED]
