"""A wall clock that leaps, under a pool that runs and while it is off: no window opens early, nothing goes early."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.policy.plan import Plan
from appliance.store import clock, clock_marks
from appliance.store.clock_follower import reading
from appliance.store.clock_judgement import Trust
from tests.bank import Bank, running_bank
from tests.crash.clocks import DAY_MS, HOUR_MS, YEAR_MS, SetClocks, set_clocks
from tests.pool.pools import DELIVERED, UNCERTAIN, Box, box, numbers

HOURLY = 3


@pytest.fixture
def clocks() -> Iterator[SetClocks]:
    with set_clocks() as made:
        yield made


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with running_bank(tmp_path, modems=1) as made:
        yield made


@pytest.fixture
def pool(tmp_path: Path, bank: Bank, clocks: SetClocks) -> Box:
    return box(tmp_path, bank, plan=Plan(parts_per_hour=HOURLY))


def accepted(bank: Bank) -> int:
    return int(bank.control("ledger")["accepted"])


def trust(pool: Box) -> str:
    return str(pool.rows("SELECT trust FROM clock_marks ORDER BY id DESC LIMIT 1")[0][0])


def wait_for_trust(pool: Box, wanted: Trust) -> None:
    pool.wait_for(lambda: trust(pool) == wanted.value)
    if wanted is Trust.PROVED:
        # The pool reckons by what it has written only a moment after that is on disk.
        pool.wait_for(lambda: abs(clock.now_ms() - clock.wall_ms()) < 2_000)


def confirm(pool: Box) -> None:
    connection = pool.connection()
    clock_marks.confirm(connection, reading(), "a person")
    connection.close()


def assert_at_its_limit(pool: Box, bank: Bank, at_most: int = HOURLY) -> None:
    """A new message waits, though the pool looks at it again and again."""
    [seq] = pool.submit(numbers(1, "+86138"), "one too many")
    pool.wait_until_ready()
    pool.wait_for(lambda: pool.rows("SELECT 1 FROM messages WHERE seq = ? AND state = 'queued'", seq))
    for _ in range(10):  # nothing comes: there is no event to await
        pool.ring()
        nothing_happens_for(0.03)
    assert pool.state(seq)[0] == "queued"
    assert accepted(bank) <= at_most


def nothing_happens_for(seconds: float) -> None:
    time.sleep(seconds)


@pytest.mark.parametrize("leap_ms", [YEAR_MS, 2 * HOUR_MS, -2 * HOUR_MS, -YEAR_MS])
def test_a_leap_in_mid_run_opens_no_window_whether_it_is_confirmed_or_not(
    pool: Box, bank: Bank, clocks: SetClocks, leap_ms: int
) -> None:
    pool.submit(numbers(HOURLY), "hello")
    with pool.running():
        pool.wait_until_all(DELIVERED)
        before_ms = clock.now_ms()
        clocks.leap(leap_ms)
        wait_for_trust(pool, Trust.DOUBTED)
        assert abs(clock.now_ms() - before_ms) < 60_000, "the box goes on by the time that passes"
        assert_at_its_limit(pool, bank)
        confirm(pool)
        wait_for_trust(pool, Trust.PROVED)
        assert abs(clock.now_ms() - clocks.wall_ms()) < 2_000
        assert_at_its_limit(pool, bank)
        newest = pool.rows("SELECT max(submitted_at_ms) FROM parts")[0][0]
        assert 0 <= clock.now_ms() - newest < 60_000, "what was sent a moment ago was sent a moment ago"
    reasons = [row[0] for row in pool.rows("SELECT reason FROM events WHERE kind = 'clock' ORDER BY id")]
    assert reasons == ["event.clock-doubted", "event.clock-set"]


def test_a_network_that_tells_about_the_same_time_is_a_witness(
    tmp_path: Path, bank: Bank, clocks: SetClocks
) -> None:
    pool = box(tmp_path, bank, plan=Plan(parts_per_hour=HOURLY), simulated=False)
    pool.submit(numbers(HOURLY), "hello")
    with pool.running():
        pool.wait_until_all(DELIVERED)
        clocks.leap(5 * 60_000)
        wait_for_trust(pool, Trust.PROVED)
        assert abs(clock.now_ms() - clocks.wall_ms()) < 2_000
        assert_at_its_limit(pool, bank)
        clocks.leap(HOUR_MS)
        wait_for_trust(pool, Trust.DOUBTED)
        assert_at_its_limit(pool, bank)


def test_back_to_1970_in_mid_run_holds_up_nothing(pool: Box, bank: Bank, clocks: SetClocks) -> None:
    with pool.running():
        [first] = pool.submit(numbers(1), "hello")
        pool.wait_for_state(first, DELIVERED)
        clocks.leap_to(0)
        wait_for_trust(pool, Trust.DOUBTED)
        pool.submit(numbers(HOURLY - 1, "+86137"), "still going")
        pool.wait_until_all(DELIVERED)
        assert_at_its_limit(pool, bank)


def test_a_correction_that_a_time_server_made_moves_what_was_sent_before_it(
    pool: Box, bank: Bank, clocks: SetClocks
) -> None:
    """A small computer without a battery: it starts where it stopped, sends, and only then hears what time it is."""
    with pool.running():
        pool.wait_until_ready()
    clocks.boot()
    pool.submit(numbers(HOURLY), "hello")
    with pool.running():
        pool.wait_until_all(DELIVERED)
        clocks.leap(10 * HOUR_MS)
        clocks.proves = True
        wait_for_trust(pool, Trust.PROVED)
        assert abs(clock.now_ms() - clocks.wall_ms()) < 2_000
        assert_at_its_limit(pool, bank)


@pytest.mark.parametrize("wall_ms", [0, None])
def test_a_leap_while_the_box_is_off_opens_no_window(
    pool: Box, bank: Bank, clocks: SetClocks, wall_ms: int | None
) -> None:
    pool.submit(numbers(HOURLY), "hello")
    with pool.running():
        pool.wait_until_all(DELIVERED)
    last_ms = clock_of(pool)
    clocks.boot()
    clocks.leap_to(clocks.wall_ms() + YEAR_MS if wall_ms is None else wall_ms)
    with pool.running():
        wait_for_trust(pool, Trust.DOUBTED)
        assert 0 <= clock.now_ms() - last_ms < 60_000, "it goes on from where it was"
        assert_at_its_limit(pool, bank)


@pytest.mark.parametrize("proves", [False, True])
def test_what_was_sent_while_nobody_knew_the_time_counts_as_of_the_next_start_that_knows_it(
    pool: Box, bank: Bank, clocks: SetClocks, proves: bool
) -> None:
    with pool.running():
        pool.wait_until_ready()
    right_ms = clocks.wall_ms() + 2 * HOUR_MS
    clocks.boot()
    clocks.leap_to(0)
    pool.submit(numbers(HOURLY), "hello")
    with pool.running():
        wait_for_trust(pool, Trust.DOUBTED)
        pool.wait_until_all(DELIVERED)
    # Whether the box was off for two hours before those went or after, nobody can tell.
    clocks.boot()
    clocks.leap_to(right_ms)
    clocks.proves = proves
    with pool.running():
        wait_for_trust(pool, Trust.PROVED if proves else Trust.BELIEVED)
        assert abs(clock.now_ms() - clocks.wall_ms()) < 2_000
        assert_at_its_limit(pool, bank)


def clock_of(pool: Box) -> int:
    connection = pool.connection()
    last_ms = clock_marks.last_instant(connection)
    connection.close()
    assert last_ms is not None
    return last_ms


def schedule(pool: Box, in_ms: int) -> int:
    at_ms = clock.now_ms() + in_ms
    [seq] = pool.submit(
        numbers(1, "+86135"),
        "at its time",
        not_before_ms=at_ms,
        reason="message.scheduled",
        reason_args={"until_ms": at_ms},
    )
    return seq


def expiring(pool: Box, in_ms: int) -> int:
    """A message whose deadline is so far ahead."""
    [seq] = pool.submit(numbers(1, "+86134"), "before it is too late", expires_at_ms=clock.now_ms() + in_ms)
    return seq


class TestSchedulesAndDeadlines:
    def test_a_leap_forward_in_mid_run_sends_nothing_early_and_expires_nothing(
        self, pool: Box, bank: Bank, clocks: SetClocks
    ) -> None:
        pool.submit(numbers(HOURLY), "hello")
        with pool.running():
            pool.wait_until_all(DELIVERED)
            waits = expiring(pool, 30 * 60_000)
            later = schedule(pool, DAY_MS)
            clocks.leap(YEAR_MS)
            wait_for_trust(pool, Trust.DOUBTED)
            assert_at_its_limit(pool, bank)
            assert pool.state(later)[0] == "queued"
            assert pool.state(waits)[0] == "queued"
            clocks.leap(-YEAR_MS)
            wait_for_trust(pool, Trust.BELIEVED)
            assert pool.state(later)[0] == "queued"
            assert pool.state(waits)[0] == "queued"

    def test_a_confirmed_leap_lets_what_is_scheduled_go_and_keeps_a_deadline_that_is_a_span(
        self, pool: Box, clocks: SetClocks
    ) -> None:
        with pool.running():
            pool.wait_until_ready()
            later, distant = schedule(pool, DAY_MS), schedule(pool, 400 * DAY_MS)
            clocks.leap(YEAR_MS)
            wait_for_trust(pool, Trust.DOUBTED)
            assert pool.state(later)[0] == "queued"
            confirm(pool)
            pool.wait_for_state(later, DELIVERED, UNCERTAIN)
            assert pool.state(distant) == ("queued", "message.scheduled")

    def test_a_box_that_was_off_for_nobody_knows_how_long_neither_sends_nor_expires_what_may_be_late(
        self, pool: Box, clocks: SetClocks
    ) -> None:
        with pool.running():
            pool.wait_until_ready()
        clocks.boot()
        waits = expiring(pool, HOUR_MS)
        clocks.leap(3 * DAY_MS)
        with pool.running():
            pool.wait_for_state(waits, "held")
            assert pool.state(waits)[1] == "message.held.clock-deadline"
            clocks.proves = True
            pool.wait_for_state(waits, "expired")

    def test_a_clock_that_is_set_back_by_hand_holds_what_is_scheduled_until_it_is_confirmed(
        self, pool: Box, clocks: SetClocks
    ) -> None:
        with pool.running():
            pool.wait_until_ready()
            later = schedule(pool, 2_000)
            clocks.leap(-DAY_MS)
            pool.wait_for_state(later, "held")
            assert pool.state(later)[1] == "message.held.clock-schedule"
            confirm(pool)
            pool.wait_for_state(later, "queued")
            wait_for_trust(pool, Trust.PROVED)
            assert pool.state(later) == ("queued", "message.scheduled")

    def test_a_time_server_that_sets_it_back_lets_what_was_due_wait_for_its_time_again(
        self, pool: Box, bank: Bank, clocks: SetClocks
    ) -> None:
        pool.submit(numbers(HOURLY), "hello")
        with pool.running():
            pool.wait_until_all(DELIVERED)
            later = schedule(pool, 300)
            is_due = "SELECT is_due FROM messages WHERE seq = ?"
            pool.wait_for(lambda: pool.rows(is_due, later)[0][0] == 1)
            clocks.proves = True
            clocks.leap(-2 * HOUR_MS)
            wait_for_trust(pool, Trust.PROVED)
            pool.wait_for(lambda: abs(clock.now_ms() - clocks.wall_ms()) < 2_000)
            assert pool.rows(is_due, later)[0][0] == 0
            assert pool.state(later) == ("queued", "message.scheduled")


def test_a_rest_and_a_back_off_last_as_long_as_they_were_to(pool: Box, clocks: SetClocks) -> None:
    with pool.running():
        pool.wait_until_ready()
        until_ms = clock.now_ms() + HOUR_MS
        pool.change("UPDATE sims SET resting_until_ms = ?, resting_reason = 'sim.rests-by-hand'", until_ms)
        [again] = pool.submit(numbers(1), "again")
        pool.change(
            "UPDATE messages SET not_before_ms = ?, is_due = 0, reason = 'message.again.network' WHERE seq = ?",
            until_ms,
            again,
        )
        clocks.leap(-YEAR_MS)
        confirm(pool)
        wait_for_trust(pool, Trust.PROVED)
        [rest] = pool.rows("SELECT resting_until_ms FROM sims")[0]
        [back_off] = pool.rows("SELECT not_before_ms FROM messages WHERE seq = ?", again)[0]
        for each in (rest, back_off):
            assert HOUR_MS - 60_000 < each - clock.now_ms() <= HOUR_MS


def test_an_idle_pool_writes_no_mark(pool: Box) -> None:
    with pool.running():
        pool.wait_until_ready()
        before = len(pool.rows("SELECT 1 FROM clock_marks"))
        nothing_happens_for(0.5)
        assert len(pool.rows("SELECT 1 FROM clock_marks")) == before == 1
