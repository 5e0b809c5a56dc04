"""The message by which a SIM finds out whether it may go on: the cheapest there is, and there is one."""

from __future__ import annotations

import sqlite3

import pytest

from appliance.store import breakers
from tests.store.stored import NOW_MS, add_message, add_sim

Connection = sqlite3.Connection
LATER_MS = NOW_MS + breakers.LAST_RESORT_MS


def probe(connection: Connection, sim_id: int, now_ms: int = NOW_MS, *, reported: bool = True) -> int | None:
    return breakers.next_probe(connection, sim_id, now_ms, reported=reported)


def test_the_cheapest_goes_first(connection: Connection) -> None:
    sim, other = add_sim(connection, 1)[0], add_sim(connection, 2)[0]
    cheapest_last = [
        add_message(connection, priority=0),
        add_message(connection, priority=1, sticky_sim_id=other),
        add_message(connection, priority=1, via_sim_id=sim),
        add_message(connection, priority=1, sticky_sim_id=sim),
        add_message(connection, priority=1, parts_total=2),
        add_message(connection, priority=1),
        add_message(connection, priority=2, parts_total=3),
        add_message(connection, priority=2),
    ]
    for seq in reversed(cheapest_last):
        assert probe(connection, sim, LATER_MS) == seq
        connection.execute("UPDATE messages SET state = 'cancelled' WHERE seq = ?", (seq,))
    assert probe(connection, sim, LATER_MS) is None


@pytest.mark.parametrize("of_others", [True, False])
def test_what_another_sim_may_be_about_to_send_is_none_until_it_has_waited(
    connection: Connection, of_others: bool
) -> None:
    sim, other = add_sim(connection, 1)[0], add_sim(connection, 2)[0]
    seq = (
        add_message(connection, priority=2, sticky_sim_id=other)
        if of_others
        else add_message(connection, priority=0)
    )
    assert probe(connection, sim, LATER_MS - 1) is None
    assert probe(connection, sim, LATER_MS) == seq


def test_none_is_past_its_time_or_was_refused_to_this_sim_or_tells_nothing(connection: Connection) -> None:
    sim = add_sim(connection, 1)[0]
    add_message(connection, priority=2, expires_at_ms=NOW_MS)
    refused = add_message(connection, priority=2)
    connection.execute("UPDATE messages SET excluded_sim_ids = ? WHERE seq = ?", (f"[{sim}]", refused))
    silent = add_message(connection, priority=2, delivery_report=False)
    assert probe(connection, sim) is None
    assert probe(connection, sim, reported=False) == silent
