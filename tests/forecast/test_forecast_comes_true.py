"""What a forecast says comes true in a rehearsal: the batch is done within 5 % of the time that was told.

The rehearsal takes every message by itself, with a network whose answers vary; the forecast takes many together.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.policy.forecast import Forecast
from appliance.policy.forecast_run import forecast
from appliance.policy.rehearsal import rehearse
from appliance.policy.rehearsal_plan import DescribedGroup
from appliance.policy.rehearsal_result import LoadCourse
from tests.forecast.situations import DAY_MS, Situation, bank, instant, plan

MOST_OFF = 0.05
FEW_MS = 15_000
"""Of a batch that is done in minutes: some parts."""

GAP = {"minimum_gap_ms": 4_000, "gap_jitter_percent": 50}
DAY = {"parts_per_day": 200, **GAP}

SITUATIONS = {
    "a few messages without limits": Situation(sims=bank(8), messages=200),
    "many without limits": Situation(sims=bank(8), messages=4000),
    "SIMs of different speed": Situation(
        sims=bank(1, latency_ms=5_000) + bank(3, first=2, latency_ms=20_000), messages=2000
    ),
    "a gap": Situation(sims=bank(4, **GAP), messages=1000),
    "a limit for a minute": Situation(sims=bank(4, parts_per_minute=5, **GAP), messages=3000),
    "a limit for an hour": Situation(sims=bank(4, parts_per_hour=30), messages=2500),
    "less than a day holds": Situation(sims=bank(8, **DAY), messages=1400),
    "several days": Situation(sims=bank(8, parts_per_minute=10, **DAY), messages=5000),
    "a reserve": Situation(sims=bank(8, reserve_percent=20, **DAY), messages=4000),
    "a billing month": Situation(sims=bank(4, parts_per_month=1500, contract_day=15, **DAY), messages=9000),
    "different recipients": Situation(
        sims=bank(4, recipients_per_month=900, contract_day=15, **DAY), messages=6000
    ),
    "sending hours": Situation(
        sims=bank(4, parts_per_minute=4, sending_hours="08:00-12:00, 14:00-20:00"), messages=12_000
    ),
    "sending hours and days": Situation(
        sims=bank(4, parts_per_day=300, sending_hours="08:00-20:00", **GAP), messages=6000
    ),
    "two parts each": Situation(sims=bank(4, **DAY), messages=2000, parts=2),
    "three parts each and a limit for an hour": Situation(
        sims=bank(4, parts_per_hour=40), messages=1000, parts=3
    ),
    "a group": Situation(
        sims=bank(6, group="contract", **DAY),
        groups=(DescribedGroup(name="contract", plan=plan(parts_per_day=600)),),
        messages=3000,
    ),
    "a group's month": Situation(
        sims=bank(6, group="contract", **DAY),
        groups=(DescribedGroup(name="contract", plan=plan(parts_per_month=4000, contract_day=20)),),
        messages=7000,
    ),
    "new SIMs": Situation(sims=bank(4, warm_up_days=14, **DAY), messages=5000),
    "a mixed bank": Situation(
        sims=bank(4, **DAY)
        + bank(4, first=5, parts_per_hour=20, latency_ms=6_000)
        + bank(2, first=9, parts_per_day=50),
        messages=6000,
    ),
    "another account waits already": Situation(sims=bank(4, **DAY), messages=1500, waiting=2500, weight=3),
    "a network that refuses": Situation(sims=bank(4, error_percent=5, **DAY), messages=3000),
    "two networks": Situation(
        sims=bank(3, carrier="a", **DAY) + bank(3, first=4, carrier="b", **DAY),
        messages=3000,
        to={"a": 2, "b": 1},
    ),
    "a deadline": Situation(sims=bank(4, **DAY), messages=3000, expires_after_ms=2 * DAY_MS + 3_600_000),
}


def told(situation: Situation) -> Forecast:
    """What the forecast says."""
    return forecast(
        situation.forecast_sims(),
        situation.queue(),
        situation.batch(),
        situation.begins_at_ms,
        weights={2: situation.weight},
    )


def came(situation: Situation) -> LoadCourse:
    """What became of the batch; no limit was exceeded on the way."""
    course = rehearse(situation.rehearsal())
    assert course.broken == ()
    return next(each for each in course.loads if each.name == "batch")


def assert_true(situation: Situation) -> None:
    """Both agree."""
    said, done = told(situation), came(situation)
    assert said.sent == pytest.approx(done.sent, rel=MOST_OFF)
    assert said.sent + said.expired + said.unsent == situation.messages
    assert said.expired == pytest.approx(done.expired, rel=MOST_OFF, abs=MOST_OFF * situation.messages)
    assert (said.done_at_ms is None) == (done.last_sent_at_ms is None)
    if said.done_at_ms is not None and done.last_sent_at_ms is not None:
        took_ms = done.last_sent_at_ms - situation.begins_at_ms
        off_ms = abs(said.done_at_ms - done.last_sent_at_ms)
        assert off_ms <= max(FEW_MS, MOST_OFF * took_ms), f"{off_ms / took_ms:.1%} of {took_ms / 3.6e6:.2f} h"


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_batch_is_done_when_the_forecast_said(name: str) -> None:
    assert_true(SITUATIONS[name])


def _or_none(*values: int) -> st.SearchStrategy[int]:
    return st.sampled_from((0, *values))


plans = st.fixed_dictionaries(
    {
        "minimum_gap_ms": _or_none(2_000, 10_000),
        "gap_jitter_percent": _or_none(50),
        "parts_per_minute": _or_none(3, 10),
        "parts_per_hour": _or_none(20, 100),
        "parts_per_day": _or_none(60, 150, 300),
        "parts_per_month": _or_none(900, 2000),
        "reserve_percent": _or_none(10, 25),
        "warm_up_days": _or_none(7),
        "contract_day": st.sampled_from((1, 15, 31)),
        "sending_hours": st.sampled_from(("", "08:00-20:00", "09:00-12:00, 13:30-18:00", "20:00-06:00")),
        "latency_ms": st.sampled_from((800, 3_000, 9_000)),
    }
)


@settings(max_examples=25, deadline=None)
@given(
    banks=st.lists(st.tuples(st.integers(1, 4), plans), min_size=1, max_size=3),
    messages=st.sampled_from((50, 400, 1500, 2500)),
    parts=st.sampled_from((1, 1, 2)),
    begins=st.sampled_from(("2026-02-20 09:00", "2026-03-02 23:30", "2026-03-31 12:00")),
)
def test_any_bank_does_a_batch_in_the_time_that_was_told(
    banks: list[tuple[int, dict[str, Any]]], messages: int, parts: int, begins: str
) -> None:
    sims = []
    for count, its in banks:
        sims += bank(count, first=len(sims) + 1, **its)
    assert_true(
        Situation(sims=tuple(sims), messages=messages, parts=parts, begins_at_ms=instant(begins), days=400)
    )
