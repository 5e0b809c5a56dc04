"""Parts that are sent from the card's memory: settled by what it says after a kill, a lost answer or a power cut."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.modem.simulator.ledger import LedgerEvent
from appliance.store import recovery, written
from appliance.store.clock import now_ms
from appliance.store.database import connect
from appliance.store.life import MessageState
from tests.bank import Bank, running_bank
from tests.pool.pools import (
    DELIVERED,
    UNCERTAIN,
    Box,
    assert_each_exactly_once,
    box,
    numbers,
)
from tests.store.stored import NOW_MS, add_message, add_sim, reserve_next, state_of, watched_database

NO_REPORT = {"delivery_report": False}
"""So that nothing but the memory can settle it."""


@contextlib.contextmanager
def marking_bank(tmp_path: Path, modems: int = 1, latency_ms: int = 0) -> Iterator[Bank]:
    with running_bank(tmp_path, modems=modems, latency_ms=latency_ms, profiles=("siemens-mc55",)) as bank:
        yield bank


def reset(bank: Bank, *, taken: bool, marked: bool) -> None:
    bank.control(
        "scenario", name="reset-mid-send", modem="modem01", taken=taken, marked=marked, return_ms=200
    )


def left_on_card(pool: Box) -> int:
    count: int = pool.rows("SELECT count(*) FROM written_parts WHERE place IS NOT NULL")[0][0]
    return count


def accepted(bank: Bank) -> Counter[str]:
    return Counter(entry.recipient for entry in bank.ledger() if entry.event is LedgerEvent.ACCEPTED)


def test_messages_go_out_once_and_leave_nothing_on_the_card(tmp_path: Path) -> None:
    with marking_bank(tmp_path) as bank:
        pool = box(tmp_path, bank)
        pool.submit(numbers(8), "hello")
        pool.submit(numbers(2, "+86137"), "长" * 150)
        with pool.running():
            pool.wait_until_all(DELIVERED)
            # 20 places, and 14 parts: a place that is not freed would show.
            pool.submit(numbers(20, "+86136"), "hello")
            pool.wait_until_all(DELIVERED)
        assert left_on_card(pool) <= 1, "the last one's row goes with the next"
        assert_each_exactly_once(pool, bank)


@pytest.mark.parametrize(
    ("taken", "marked", "comes_out"),
    [(True, True, "sent"), (True, False, UNCERTAIN), (False, False, UNCERTAIN)],
    ids=["marked", "taken and not marked", "not taken"],
)
def test_a_power_cut_in_mid_send_is_settled_only_by_the_mark(
    tmp_path: Path, taken: bool, marked: bool, comes_out: str
) -> None:
    """A modem marks what it sent when the network has answered, so what is not marked may have gone all the same."""
    with marking_bank(tmp_path, latency_ms=20) as bank:
        pool = box(tmp_path, bank)
        reset(bank, taken=taken, marked=marked)
        [seq] = pool.submit(numbers(1), "hello", **NO_REPORT)
        with pool.running():
            pool.wait_for_state(seq, comes_out)
            [other] = pool.submit(numbers(1, "+86137"), "hello")
            pool.wait_for_state(other, DELIVERED)
            assert pool.state(seq)[0] == comes_out
        assert accepted(bank)[numbers(1)[0]] == int(taken)
        assert_each_exactly_once(pool, bank)


def test_a_lost_answer_is_settled_without_a_report_and_under_its_reference(tmp_path: Path) -> None:
    with marking_bank(tmp_path) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            # The first reference of a card is 0, as it stands in what we write: it would tell nothing.
            pool.submit(numbers(1, "+86137"), "hello")
            pool.wait_until_all(DELIVERED)
            bank.fault(0, "lost-final")
            [seq] = pool.submit(numbers(1), "hello", **NO_REPORT)
            pool.wait_for_state(seq, "sent")
            pool.wait_for(lambda: left_on_card(pool) == 0)
        [part] = pool.rows("SELECT state, tp_mr FROM parts WHERE message_seq = ?", seq)
        assert tuple(part) == ("accepted", 1), "as the card has it"
        told = pool.rows("SELECT reason FROM events WHERE kind = 'message-uncertain' ORDER BY id")
        assert [row["reason"] for row in told] == ["message.uncertain", "message.memory-says-sent"]
        assert_each_exactly_once(pool, bank)


def test_an_answer_that_comes_late_is_understood_as_well(tmp_path: Path) -> None:
    with marking_bank(tmp_path) as bank:
        pool = box(tmp_path, bank)
        bank.control("scenario", name="late-final", modem="modem01", delay_ms=1_200)
        [seq] = pool.submit(numbers(1), "hello", **NO_REPORT)
        with pool.running():
            pool.wait_for_state(seq, "sent")
            pool.wait_for(lambda: left_on_card(pool) == 0)
        assert_each_exactly_once(pool, bank)


def test_a_card_whose_memory_is_full_sends_directly(tmp_path: Path) -> None:
    with marking_bank(tmp_path) as bank:
        pool = box(tmp_path, bank)
        bank.control("scenario", name="full-memory", modem="modem01")
        pool.submit(numbers(4), "hello")
        with pool.running():
            pool.wait_until_all(DELIVERED)
        assert_each_exactly_once(pool, bank)


def test_a_pool_that_is_killed_in_mid_send_reads_what_the_card_says(tmp_path: Path) -> None:
    """Nobody tells the pool the end: what is on disk, and on the card, is as a kill leaves it."""
    with marking_bank(tmp_path, latency_ms=300) as bank:
        pool = box(tmp_path, bank)
        pool.submit(numbers(1), "hello", **NO_REPORT)
        copy = tmp_path / "as-killed.db"
        with pool.running():
            pool.wait_for(lambda: left_on_card(pool) == 1)
            pool.wait_for(lambda: keep_while_sending(pool, copy))
            pool.wait_until_all("sent")
        pool.settings.database.unlink()
        for tail in ("-wal", "-shm"):
            pool.settings.database.with_name(pool.settings.database.name + tail).unlink(missing_ok=True)
        copy.rename(pool.settings.database)
        assert pool.states() == Counter({"sending": 1})
        # What the pool that was "killed" had freed lies there as it lay then.
        with pool.running():
            pool.wait_for(
                lambda: pool.states() == Counter({UNCERTAIN: 1}) or pool.states() == Counter({"sent": 1})
            )
        assert max(accepted(bank).values()) == 1


def keep_while_sending(pool: Box, copy: Path) -> bool:
    """A copy of the database while its one part has a place and no answer."""
    if not pool.rows("SELECT 1 FROM parts WHERE state = 'submitting'"):
        raise AssertionError("too late: the part was answered")
    with (
        contextlib.closing(pool.connection()) as connection,
        contextlib.closing(sqlite3.connect(copy)) as kept,
    ):
        connection.backup(kept)
        return bool(kept.execute("SELECT 1 FROM parts WHERE state = 'submitting'").fetchone())


class TestWhatIsOnDisk:
    """A kill between any two of its commits, as the next start finds it."""

    def killed(self, connection: sqlite3.Connection, place: int | None) -> tuple[int, int]:
        """seq and part of a message that was being sent; ``place``: whether it was known when the pool was killed."""
        sim = add_sim(connection, 1)
        seq = add_message(connection)
        _, part_id = reserve_next(connection, sim)
        written.expect(connection, part_id, sim_id=sim[0], pdu="0011", now_ms=NOW_MS)
        if place is not None:
            written.note_place(connection, part_id, place)
        recovery.recover(connection, NOW_MS + 1_000, resend_after_ms=1)
        assert state_of(connection, seq)[0] == UNCERTAIN
        return seq, part_id

    def test_without_a_place_it_was_not_sent(self, connection: sqlite3.Connection) -> None:
        seq, part_id = self.killed(connection, None)
        [part] = written.of_sim(connection, 1)
        assert (part.is_open, part.place) == (True, None)
        assert written.was_not_sent(connection, part_id, NOW_MS + 2_000) is MessageState.QUEUED
        assert state_of(connection, seq) == ("queued", "message.memory-says-not-sent")
        [row] = connection.execute("SELECT state, submitted_at_ms FROM parts")
        assert tuple(row) == ("refused", None), "no plan counts what never went on the air"

    def test_marked_as_sent_it_was_sent(self, connection: sqlite3.Connection) -> None:
        seq, part_id = self.killed(connection, 3)
        assert written.was_sent(connection, part_id, 41, NOW_MS + 2_000) is MessageState.SENT
        assert state_of(connection, seq)[0] == "sent"
        assert connection.execute("SELECT tp_mr FROM parts").fetchone()[0] == 41
        assert written.was_sent(connection, part_id, 41, NOW_MS + 2_000) is None, "once is enough"

    def test_what_a_person_sent_again_meanwhile_is_not_queued_twice(
        self, connection: sqlite3.Connection
    ) -> None:
        seq, part_id = self.killed(connection, None)
        connection.execute("UPDATE messages SET state = 'queued' WHERE seq = ?", (seq,))
        _, second = reserve_next(connection, (1, 1), NOW_MS + 3_000)
        assert second != part_id
        assert written.was_not_sent(connection, part_id, NOW_MS + 4_000) is MessageState.SENDING
        assert state_of(connection, seq)[0] == "sending"

    def test_rows_go_with_the_next_part(self, connection: sqlite3.Connection) -> None:
        _, part_id = self.killed(connection, 3)
        add_message(connection)
        _, second = reserve_next(connection, (1, 1), NOW_MS + 3_000)
        written.expect(connection, second, sim_id=1, pdu="0022", now_ms=now_ms(), freed=[part_id])
        assert [each.part_id for each in written.of_sim(connection, 1)] == [second]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(watched_database(tmp_path / "simloft.db"))
    yield opened
    opened.close()
