"""Signs of a block by the carrier: found in many parts to many numbers, never in a few."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.policy.blocking import (
    BlockRules,
    Evidence,
    Fate,
    Pattern,
    Rate,
    silence_in,
    silent_block,
)

RULES = BlockRules()
WELL = Rate(50, 47)


def fates(silent: int, before: int, percent: int = 100, *, numbers: int = 1_000) -> list[Fate]:
    """Newest first: ``silent`` undelivered parts, and ``before`` of which so many arrived."""
    total = silent + before
    made = []
    for index in range(total):
        turn = index - silent
        is_delivered = turn >= 0 and turn * percent // 100 != (turn + 1) * percent // 100
        made.append(Fate(f"+86{index % numbers}", (total - index) * 1_000, is_delivered))
    return made


def judged(made: list[Fate], others: Rate = WELL, not_before_ms: int = 0) -> Evidence | None:
    return silent_block(silence_in(made, not_before_ms=not_before_ms), others, RULES)


def test_twenty_silent_parts_after_a_good_time_are_evidence() -> None:
    assert judged(fates(20, 100)) == Evidence(Pattern.SILENT, 20, 20, before_percent=100)


@pytest.mark.parametrize(
    "made",
    [
        fates(19, 100),
        fates(20, 20),
        fates(20, 0),
        fates(20, 100, percent=60),
        fates(200, 100, numbers=10),
        [],
        fates(0, 100),
    ],
    ids=[
        "too few",
        "too little before",
        "nothing before",
        "seldom reported before",
        "few numbers",
        "none",
        "well",
    ],
)
def test_what_is_no_evidence(made: list[Fate]) -> None:
    assert judged(made) is None


def test_where_other_sims_are_silent_too_it_is_the_network() -> None:
    assert judged(fates(30, 100), Rate(40, 2)) is None
    assert judged(fates(30, 100), Rate(2, 0)) is not None, "too few of the others to say so"


def test_a_silence_that_was_judged_before_counts_once() -> None:
    made = fates(25, 100)
    newest_ms = made[0].submitted_at_ms
    assert judged(made, not_before_ms=newest_ms + 1) is None
    assert judged(fates(50, 100), not_before_ms=made[0].submitted_at_ms - 30_000) is not None


def test_a_sim_that_is_well_is_read_no_further_than_its_latest_part() -> None:
    read = 0

    def reading() -> Iterator[Fate]:
        nonlocal read
        for fate in fates(0, 100):
            read += 1
            yield fate

    assert silence_in(reading()).parts == 0
    assert read == 1


@given(st.lists(st.booleans(), max_size=120), st.integers(1, 40))
def test_a_small_sample_never_trips_it(arrived: list[bool], numbers: int) -> None:
    made = [Fate(f"+86{i % numbers}", 1_000_000 - i, is_delivered) for i, is_delivered in enumerate(arrived)]
    evidence = judged(made)
    if evidence is None:
        return
    assert not any(arrived[: RULES.silent_parts])
    assert len({each.recipient for each in made[: evidence.parts]}) >= RULES.silent_recipients
    before = arrived[evidence.parts :]
    assert len(before) >= RULES.earlier_parts
    assert sum(before) * 100 >= RULES.earlier_percent * len(before)
