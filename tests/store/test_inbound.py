"""Parts are stored once for each SIM, in whatever order and how often they come."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from appliance.store import inbound
from appliance.store.inbound import InboundKind, NewMessage, NewPart, PartKey
from tests.store.stored import ALICE, NOW_MS, add_sim

PART = NewPart(
    pdu="0A0B",
    sender=ALICE,
    concat_reference=7,
    parts_total=2,
    number=1,
    scts_at_ms=NOW_MS,
    received_at_ms=NOW_MS,
)
WHOLE = NewMessage(
    sim_id=1,
    sender=ALICE,
    text="hello",
    data=None,
    kind=InboundKind.TEXT,
    parts_total=2,
    parts_received=1,
    scts_at_ms=NOW_MS,
    received_at_ms=NOW_MS,
    completed_at_ms=NOW_MS,
)


def test_a_second_reading_of_a_tpdu_is_no_second_part(connection: sqlite3.Connection) -> None:
    one, other = add_sim(connection, 1)[0], add_sim(connection, 2)[0]
    assert inbound.keep_part(connection, one, PART) is not None
    assert inbound.keep_part(connection, one, replace(PART, received_at_ms=NOW_MS + 5)) is None
    assert inbound.keep_part(connection, other, PART) is not None


def test_siblings_agree_in_all_of_the_key(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)[0]
    for number, change in enumerate(
        ({}, {"sender": "10086"}, {"concat_reference": 8}, {"parts_total": 3}, {"number": 2})
    ):
        inbound.keep_part(connection, sim, replace(PART, pdu=f"{number:02X}", **change))
    key = PartKey(sim_id=sim, sender=ALICE, concat_reference=7, parts_total=2)
    assert [each.number for each in inbound.siblings(connection, key, NOW_MS)] == [1, 2]
    assert inbound.siblings(connection, key, NOW_MS + 1) == []


def test_a_part_that_waits_too_long_is_found_until_it_is_filed(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)[0]
    part_id = inbound.keep_part(connection, sim, PART)
    assert part_id is not None
    assert inbound.overdue(connection, NOW_MS - 1) == []
    [key] = inbound.overdue(connection, NOW_MS)
    assert key == PartKey(sim_id=sim, sender=ALICE, concat_reference=7, parts_total=2)
    seq = inbound.file(connection, replace(WHOLE, sim_id=sim), [part_id])
    assert inbound.overdue(connection, NOW_MS) == []
    assert tuple(connection.execute("SELECT complete, parts_received FROM inbound_messages").fetchone()) == (
        0,
        1,
    )
    inbound.improve(connection, seq, replace(WHOLE, sim_id=sim, text="hello all", parts_received=2), [])
    row = connection.execute("SELECT complete, text FROM inbound_messages").fetchone()
    assert tuple(row) == (1, "hello all")
