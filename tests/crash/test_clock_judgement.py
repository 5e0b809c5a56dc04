"""What time it is, by clocks of which one may say anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.store.clock_judgement import (
    EARLIEST_MS,
    OFF_BELIEVED_MS,
    SAME_MS,
    STEP_BELIEVED_MS,
    Judged,
    Mark,
    Reading,
    Trust,
    at_start,
    while_running,
)
from tests.crash.clocks import DAY_MS, HOUR_MS, YEAR_MS

NOW_MS = 1_800_000_000_000
MARK = Mark("a", 5_000, NOW_MS, NOW_MS, Trust.BELIEVED)
LATER = Reading("a", 5_000 + HOUR_MS, NOW_MS + HOUR_MS)
NEXT = Reading("b", 60_000, NOW_MS + 2 * HOUR_MS)
"""Of the next start of the system; :data:`LAST_MS` was the last instant before."""
LAST_MS = NOW_MS + HOUR_MS


@pytest.mark.parametrize("leap_ms", [-NOW_MS, -YEAR_MS, -3 * HOUR_MS, 3 * HOUR_MS, YEAR_MS])
def test_a_leap_that_nothing_speaks_for_changes_nothing_while_the_box_runs(leap_ms: int) -> None:
    leapt = replace(LATER, wall_ms=LATER.wall_ms + leap_ms)
    assert while_running(MARK, leapt) == Judged(NOW_MS + HOUR_MS, Trust.DOUBTED)
    proved = while_running(MARK, replace(leapt, is_proved=True))
    assert proved == Judged(leapt.wall_ms, Trust.PROVED, leap_ms)


@pytest.mark.parametrize("step_ms", [-STEP_BELIEVED_MS, -SAME_MS - 1, SAME_MS + 1, STEP_BELIEVED_MS])
def test_a_small_correction_is_taken_over(step_ms: int) -> None:
    stepped = replace(LATER, wall_ms=LATER.wall_ms + step_ms)
    assert while_running(MARK, stepped) == Judged(stepped.wall_ms, Trust.BELIEVED, step_ms)


def test_a_clock_that_is_set_back_right_is_believed_again() -> None:
    assert while_running(replace(MARK, trust=Trust.DOUBTED), LATER) == Judged(LATER.wall_ms, Trust.BELIEVED)


@pytest.mark.parametrize(
    ("off_ms", "trust"),
    [
        (0, Trust.BELIEVED),
        (OFF_BELIEVED_MS, Trust.BELIEVED),
        (OFF_BELIEVED_MS + 60_001, Trust.DOUBTED),
        (YEAR_MS, Trust.DOUBTED),
        (-1, Trust.DOUBTED),
        (-LAST_MS, Trust.DOUBTED),
    ],
)
def test_after_a_start_of_the_system_the_wall_clock_is_believed_within_reason(
    off_ms: int, trust: Trust
) -> None:
    judged = at_start(MARK, LAST_MS, replace(NEXT, wall_ms=LAST_MS + off_ms))
    assert judged == Judged(LAST_MS + off_ms if trust is Trust.BELIEVED else LAST_MS, trust)


def test_a_proved_clock_is_right_however_long_the_box_was_off() -> None:
    ahead = replace(NEXT, wall_ms=LAST_MS + 40 * DAY_MS, is_proved=True)
    assert at_start(MARK, LAST_MS, ahead) == Judged(ahead.wall_ms, Trust.PROVED)
    behind = replace(NEXT, wall_ms=LAST_MS - YEAR_MS, is_proved=True)
    assert at_start(MARK, LAST_MS, behind) == Judged(behind.wall_ms, Trust.PROVED, -YEAR_MS)


@given(off_ms=st.integers(0, OFF_BELIEVED_MS), is_proved=st.booleans(), guessed_ms=st.integers(0, LAST_MS))
def test_what_was_told_without_a_clock_counts_as_of_the_start_that_has_one(
    off_ms: int, is_proved: bool, guessed_ms: int
) -> None:
    reading = replace(NEXT, wall_ms=LAST_MS + off_ms, is_proved=is_proved)
    judged = at_start(replace(MARK, trust=Trust.DOUBTED), LAST_MS, reading, guessed_ms=guessed_ms)
    assert judged.at_ms == reading.wall_ms
    assert LAST_MS + judged.step_ms == judged.at_ms, "the latest that it can have been"


def test_the_first_start_of_all_believes_any_clock_that_was_ever_set() -> None:
    assert at_start(None, None, NEXT) == Judged(NEXT.wall_ms, Trust.BELIEVED)
    assert at_start(None, None, replace(NEXT, wall_ms=0)) == Judged(EARLIEST_MS, Trust.DOUBTED)
    assert at_start(None, LAST_MS, replace(NEXT, wall_ms=LAST_MS + YEAR_MS)).trust is Trust.BELIEVED


def test_where_the_system_does_not_tell_its_starts_apart_each_is_another_one() -> None:
    assert (
        at_start(replace(MARK, boot_id=""), LAST_MS, replace(LATER, boot_id="", wall_ms=0)).at_ms == LAST_MS
    )


@given(
    passed_ms=st.integers(0, 100 * YEAR_MS),
    wall_ms=st.integers(-YEAR_MS, 300 * YEAR_MS),
    is_proved=st.booleans(),
    trust=st.sampled_from(Trust),
)
def test_what_was_counted_is_never_older_than_the_time_that_has_passed(
    passed_ms: int, wall_ms: int, is_proved: bool, trust: Trust
) -> None:
    """The age of an instant that is moved with each step is the time that has passed since, to the millisecond."""
    mark = replace(MARK, trust=trust)
    judged = while_running(mark, Reading("a", mark.boottime_ms + passed_ms, wall_ms, is_proved))
    counted_ms = mark.at_ms + judged.step_ms
    assert judged.at_ms - counted_ms == passed_ms


@given(wall_ms=st.integers(-YEAR_MS, 300 * YEAR_MS), up_ms=st.integers(0, YEAR_MS))
def test_without_a_witness_the_box_is_never_taken_back_and_never_far_ahead(wall_ms: int, up_ms: int) -> None:
    judged = at_start(MARK, LAST_MS, Reading("b", up_ms, wall_ms))
    assert LAST_MS <= judged.at_ms <= LAST_MS + up_ms + OFF_BELIEVED_MS
