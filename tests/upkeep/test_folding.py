"""What plans count is the same before and after retention has deleted parts: they are folded into days."""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.policy.billing import billing_month, day_of
from appliance.store.database import connect
from appliance.store.retention import Sweep, sweep
from appliance.store.retention_rules import DAY_MS, Limits, Retention
from appliance.store.usage import UsedRows, Wanted, read
from tests.store.stored import add_sim, watched_database
from tests.upkeep.old_rows import NOW_MS, ZONE, add_sent, count, quiet_writer, seqs, swept


@dataclass(frozen=True)
class Sent:
    """A message of the last three months."""

    ago_ms: int
    sim: int
    recipient: str
    parts: int
    is_refused: bool


MESSAGES = st.lists(
    st.builds(
        Sent,
        ago_ms=st.integers(0, 90 * DAY_MS) | st.integers(0, 90).map(lambda days: days * DAY_MS),
        sim=st.integers(0, 1),
        recipient=st.sampled_from([f"+861391234567{digit}" for digit in range(4)]),
        parts=st.integers(1, 3),
        is_refused=st.booleans(),
    ),
    max_size=25,
)
ZONES = st.sampled_from([UTC, ZONE, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")])


def used(
    connection: sqlite3.Connection, sim_ids: list[int], contract_day: int, zone: tzinfo
) -> tuple[object, ...]:
    """All that plans ask for, of these SIMs together: of the windows, of this month and of the one before it."""
    from_ms, _ = billing_month(NOW_MS, contract_day, zone)
    before_ms, _ = billing_month(from_ms - 1, contract_day, zone)
    found: list[UsedRows] = [
        read(
            connection,
            sim_ids,
            Wanted(
                now_ms=NOW_MS,
                most=10_000,
                since_ms=NOW_MS - DAY_MS,
                month_from_ms=month_ms,
                month_from_day=day_of(month_ms, zone),
                month_recipients=True,
                recipients_since_ms=NOW_MS - DAY_MS,
                first=True,
            ),
        )
        for month_ms in (from_ms, before_ms)
    ]
    return tuple(found)


@functools.cache
def _empty_database() -> bytes:
    """Made once: each example gets a copy."""
    with tempfile.TemporaryDirectory() as name:
        return watched_database(Path(name) / "simloft.db").read_bytes()


@settings(max_examples=30, deadline=None)
@given(messages=MESSAGES, contract_day=st.integers(1, 31), zone=ZONES, keep_rows=st.integers(1, 10))
def test_plans_count_the_same_before_and_after(
    messages: list[Sent], contract_day: int, zone: tzinfo, keep_rows: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        database = Path(name) / "simloft.db"
        database.write_bytes(_empty_database())
        with closing(connect(database)) as connection:
            connection.execute("BEGIN")
            sims = [add_sim(connection, number) for number in (1, 2)]
            for each in sorted(messages, key=lambda message: -message.ago_ms):
                seq = add_sent(
                    connection,
                    sims[each.sim],
                    NOW_MS - each.ago_ms - 2000,
                    recipient=each.recipient,
                    parts=each.parts,
                    state="failed" if each.is_refused else "delivered",
                )
                if each.is_refused and each.parts == 1:
                    # It never went out, so no plan counts it.
                    connection.execute(
                        "UPDATE parts SET submitted_at_ms = NULL WHERE message_seq = ?", (seq,)
                    )
            connection.execute("COMMIT")
            groups = [[sims[0][0]], [sims[1][0]], [sims[0][0], sims[1][0]]]
            before = [used(connection, each, contract_day, zone) for each in groups]
            held = seqs(connection)
            with closing(connect(database, read_only=True)) as reader, quiet_writer(database) as writer:
                rules = Retention(messages=Limits(5, keep_rows))
                for _ in range(2):
                    sweep(Sweep(reader=reader, writer=writer, rules=rules, now_ms=NOW_MS, zone=zone))
            assert [used(connection, each, contract_day, zone) for each in groups] == before
            assert set(seqs(connection)) <= set(held)


def test_days_that_no_month_holds_any_more_go(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    for ago in (100, 71, 70, 5):
        add_sent(connection, sim, NOW_MS - ago * DAY_MS, parts=2)
    add_sent(connection, sim, NOW_MS - DAY_MS)
    rules = Retention(messages=Limits(3, 0))
    swept(database, rules)
    rows = connection.execute("SELECT day, parts FROM sim_days ORDER BY day").fetchall()
    assert [tuple(row) for row in rows] == [("2028-04-06", 2), ("2028-06-10", 2)]
    swept(database, rules, now_ms=NOW_MS + DAY_MS)
    assert count(connection, "sim_days") == 1


def test_the_instant_of_the_first_sending_outlives_its_message(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    first_ms = NOW_MS - 500 * DAY_MS
    add_sent(connection, sim, first_ms)
    add_sent(connection, sim, NOW_MS - DAY_MS)
    swept(database)
    noted = connection.execute("SELECT first_sent_at_ms FROM sims WHERE id = ?", (sim[0],)).fetchone()[0]
    assert noted == first_ms
