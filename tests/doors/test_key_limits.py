"""Messages of a key: no window of a limit is ever passed, through whichever interface, across restarts and clocks."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.desk import key_limits
from appliance.desk.key_limits import DAY, MINUTE, Window, check
from appliance.desk.mistake import Because, Refusal
from appliance.desk.submission import Submission
from appliance.desk.submit import Batch, Rules, submit_many
from appliance.desk.who import Source, Who
from appliance.store import clock_shift, keys
from appliance.store.clock_shift import Shift
from appliance.store.database import connect, prepare
from appliance.store.key_usage import Steps
from appliance.store.keys import Scope, Terms
from appliance.store.writer import GroupCommitWriter

NOW_MS = 1_790_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(tmp_path / "simloft.db")
    return tmp_path / "simloft.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path)) as opened:
        yield opened


def key_of(connection: sqlite3.Connection, **terms: int | bool) -> Who:
    given_terms = Terms(name="till", **terms)  # type: ignore[arg-type]
    return Who(Source.API, keys.add(connection, given_terms, keys.new_key(), NOW_MS))


@settings(max_examples=60)
@given(
    st.sampled_from([MINUTE, DAY]),
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 12)), max_size=60),
)
def test_within_any_window_no_more_than_the_limit(
    window: Window, limit: int, asked: list[tuple[int, int]]
) -> None:
    steps: Steps = ()
    now_ms, accepted = NOW_MS + 137, []
    for gap, count in asked:
        now_ms += gap * window.span_ms // 1000
        steps = window.recent(steps, now_ms)
        wait_ms = window.room_in_ms(steps, count, limit, now_ms)
        if count > limit:
            continue
        if wait_ms == 0:
            steps = window.plus(steps, count, now_ms)
            accepted.append((now_ms, count))
        else:
            # Who waits so long is let through.
            later = window.recent(steps, now_ms + wait_ms)
            assert window.room_in_ms(later, count, limit, now_ms + wait_ms) == 0
            assert wait_ms <= window.span_ms + window.step_ms
        assert len(steps) <= window.span_ms // window.step_ms + 2
    for at_ms, _ in accepted:
        within = sum(count for each, count in accepted if at_ms <= each < at_ms + window.span_ms)
        assert within <= limit


def test_a_limit_holds_over_minutes_days_and_batches(connection: sqlite3.Connection) -> None:
    who = key_of(connection, messages_per_minute=5, messages_per_day=8)
    assert check(connection, who, 5, NOW_MS) is None
    over = check(connection, who, 1, NOW_MS + 59_000)
    assert isinstance(over, Refusal)
    assert (over.because, over.mistakes[0].code) == (Because.LIMIT, "problem.key-messages-per-minute")
    assert over.retry_after_s is not None
    assert 1 <= over.retry_after_s <= 61
    assert check(connection, who, 3, NOW_MS + 62_000) is None
    day = check(connection, who, 1, NOW_MS + 200_000)
    assert isinstance(day, Refusal)
    assert day.mistakes[0].code == "problem.key-messages-per-day"
    assert check(connection, who, 1, NOW_MS + 200_000 + (day.retry_after_s or 0) * 1000) is None
    never = check(connection, who, 6, NOW_MS + 10 * DAY.span_ms)
    assert isinstance(never, Refusal)
    assert (never.because, never.retry_after_s) == (Because.INVALID, None)


def test_an_allowance_is_for_ever_and_raised_by_people_only(connection: sqlite3.Connection) -> None:
    who = key_of(connection, test_allowance=2)
    assert check(connection, who, 2, NOW_MS) is None
    over = check(connection, who, 1, NOW_MS + 400 * DAY.span_ms)
    assert isinstance(over, Refusal)
    assert (over.because, over.mistakes[0].args["left"]) == (Because.FORBIDDEN, 0)
    assert who.api_key_id is not None
    keys.put(connection, who.api_key_id, Terms(name="till", test_allowance=3))
    assert check(connection, who, 1, NOW_MS) is None


def test_a_sandbox_key_has_the_limits_but_no_allowance_to_use_up(connection: sqlite3.Connection) -> None:
    who = key_of(connection, test_allowance=1, messages_per_minute=3, is_sandbox=True)
    assert check(connection, who, 3, NOW_MS) is None
    assert isinstance(check(connection, who, 1, NOW_MS), Refusal)


def test_a_key_that_is_revoked_meanwhile_sends_nothing(connection: sqlite3.Connection) -> None:
    who = key_of(connection)
    assert who.api_key_id is not None
    assert check(connection, who, 1, NOW_MS) is None
    keys.revoke_key(connection, who.api_key_id, NOW_MS)
    assert isinstance(check(connection, who, 1, NOW_MS), Refusal)


def test_a_key_that_ended_or_lost_its_scope_since_the_door_let_it_in_sends_nothing(
    connection: sqlite3.Connection,
) -> None:
    ends = key_of(connection, expires_at_ms=NOW_MS + 1000)
    assert check(connection, ends, 1, NOW_MS + 999) is None
    refusal = check(connection, ends, 1, NOW_MS + 1000)
    assert isinstance(refusal, Refusal)
    assert (refusal.because, refusal.mistakes[0].code) == (Because.FORBIDDEN, "problem.key-expired")
    reads = Who(
        Source.API,
        keys.add(connection, Terms(name="screen", scopes=frozenset({Scope.READ})), keys.new_key(), NOW_MS),
    )
    assert isinstance(check(connection, reads, 1, NOW_MS), Refusal)


def test_nobody_s_own_limits_are_written_for_those_without_any(connection: sqlite3.Connection) -> None:
    who = key_of(connection)
    assert check(connection, who, 10_000, NOW_MS) is None
    assert check(connection, Who(Source.PAGE), 10_000, NOW_MS) is None
    assert connection.execute("SELECT count(*) FROM key_usage").fetchone()[0] == 0


@pytest.mark.parametrize("by_ms", [-3_600_000, 3_600_000])
def test_setting_the_clock_lets_nobody_pass_a_limit(connection: sqlite3.Connection, by_ms: int) -> None:
    who = key_of(connection, messages_per_minute=2)
    assert check(connection, who, 2, NOW_MS) is None
    with connection:
        clock_shift.shift(connection, Shift(by_ms, NOW_MS - 60_000, False), "boot")
    assert isinstance(check(connection, who, 1, NOW_MS + by_ms + 30_000), Refusal)
    assert check(connection, who, 1, NOW_MS + by_ms + 62_000) is None


def test_a_clock_that_leaps_back_keeps_no_one_out_for_longer_than_a_window(
    connection: sqlite3.Connection,
) -> None:
    who = key_of(connection, messages_per_minute=2)
    assert check(connection, who, 2, NOW_MS) is None
    earlier_ms = NOW_MS - 500_000_000
    assert isinstance(check(connection, who, 1, earlier_ms), Refusal)
    key = keys.key_of_id(connection, who.api_key_id or 0)
    assert key is not None
    assert key_limits.standings(connection, key, earlier_ms)[0].more_in_s <= 61


def test_many_at_once_through_the_one_door_pass_no_limit_and_a_restart_forgets_nothing(path: Path) -> None:
    with closing(connect(path)) as connection:
        who = key_of(connection, messages_per_day=25)
    outcomes: list[Batch | Refusal] = []

    def send(writer: GroupCommitWriter) -> None:
        messages = (Submission(to="13800000001", text="x"), Submission(to="13800000002", text="x"))
        for _ in range(3):
            outcomes.append(submit_many(writer, Rules(), messages, who, now_ms=NOW_MS, ring=lambda: None))

    with closing(GroupCommitWriter(path)) as writer:
        threads = [threading.Thread(target=send, args=(writer,)) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
    assert sum(isinstance(each, Batch) for each in outcomes) == 12
    with closing(GroupCommitWriter(path)) as writer:
        send(writer)
    assert not any(isinstance(each, Batch) for each in outcomes[-3:])
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone()[0] == 24
