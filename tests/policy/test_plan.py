"""No window of the network's own ledger ever holds more than the plan allows, whatever it took when."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from appliance.policy.opening import Opening, opening
from appliance.policy.plan import WINDOW_MS, Limit, Plan
from appliance.policy.usage import Usage

START_MS = 1_700_000_000_000

plans = st.builds(
    Plan,
    minimum_gap_ms=st.sampled_from([0, 1, 900, 5_000, 70_000]),
    parts_per_minute=st.integers(0, 7),
    parts_per_hour=st.integers(0, 20),
    parts_per_day=st.integers(0, 40),
)


@st.composite
def traffic(draw: st.DrawFn) -> list[tuple[int, list[tuple[int, int]]]]:
    """Messages: a pause before each, and for each part how long until the network took it and then answered."""
    part = st.tuples(st.integers(0, 5_000), st.integers(0, 5_000))
    pauses = st.sampled_from([0, 1, 400, 20_000, 61_000, 1_000_000, 40_000_000])
    return draw(st.lists(st.tuples(pauses, st.lists(part, min_size=1, max_size=4)), min_size=1, max_size=40))


def send_all(plan: Plan, messages: list[tuple[int, list[tuple[int, int]]]]) -> list[int]:
    """The instants at which the network took each part when each message goes as soon as the plan lets it."""
    now_ms = START_MS
    counted: list[int] = []
    taken: list[int] = []
    for pause_ms, parts in messages:
        now_ms += pause_ms
        opens = opening(plan, Usage(plan, counted), len(parts), now_ms)
        if opens.at_ms is None:
            continue
        now_ms = opens.at_ms
        for index, (until_taken_ms, until_answer_ms) in enumerate(parts):
            if index:
                rest = opening(plan, Usage(plan, counted), len(parts) - index, now_ms)
                assert rest.limit in (None, Limit.GAP), "a window holds the rest of a message that fitted"
                assert rest.at_ms is not None
                now_ms = rest.at_ms
            taken.append(now_ms + until_taken_ms)
            now_ms += until_taken_ms + until_answer_ms
            counted.append(now_ms)
    return taken


@given(plans, traffic())
def test_no_window_of_the_network_holds_more_than_the_plan(
    plan: Plan, messages: list[tuple[int, list[tuple[int, int]]]]
) -> None:
    taken = send_all(plan, messages)
    for limit, most in plan.windows:
        for first, beyond in zip(taken, taken[most:], strict=False):
            assert beyond - first > WINDOW_MS[limit]
    for earlier, later in pairwise(taken):
        assert later - earlier >= plan.minimum_gap_ms


@given(plans, traffic(), st.integers(1, 4))
def test_the_opening_is_the_first_instant_that_fits(
    plan: Plan, messages: list[tuple[int, list[tuple[int, int]]]], parts: int
) -> None:
    counted = send_all(plan, messages)
    now_ms = (counted[-1] if counted else START_MS) + 1
    opens = opening(plan, Usage(plan, counted), parts, now_ms)
    if opens.at_ms is None:
        assert plan.longest_message is not None
        assert parts > plan.longest_message
    elif opens.limit is None:
        assert opens.at_ms == now_ms
    else:
        assert opening(plan, Usage(plan, counted), parts, opens.at_ms).limit is None
        assert opening(plan, Usage(plan, counted), parts, opens.at_ms - 1).limit is not None


@given(plans, traffic(), st.integers(1, 4))
def test_what_is_remembered_of_a_sim_is_enough(
    plan: Plan, messages: list[tuple[int, list[tuple[int, int]]]], parts: int
) -> None:
    counted = send_all(plan, messages)
    now_ms = (counted[-1] if counted else START_MS) + 1
    newest = counted[-plan.remembered_parts :] if plan.remembered_parts else []
    recent = [each for each in newest if each > now_ms - plan.remembered_ms - 2]
    assert opening(plan, Usage(plan, recent), parts, now_ms) == opening(
        plan, Usage(plan, counted), parts, now_ms
    )


def test_the_limit_that_holds_is_named() -> None:
    counted = [START_MS, START_MS + 1_000]
    assert opening(Plan(), Usage(counted=counted), 9, START_MS) == Opening(START_MS, None)
    assert opening(Plan(minimum_gap_ms=500), Usage(counted=counted), 1, START_MS + 1_000) == Opening(
        START_MS + 1_500, Limit.GAP
    )
    assert opening(Plan(parts_per_minute=2), Usage(counted=counted), 1, START_MS + 1_000) == Opening(
        START_MS + 60_001, Limit.MINUTE
    )
    assert opening(
        Plan(parts_per_minute=2, parts_per_day=2), Usage(counted=counted), 2, START_MS + 1_000
    ) == Opening(START_MS + 1_000 + 86_400_001, Limit.DAY)


def test_a_message_with_more_parts_than_a_window_never_fits() -> None:
    assert opening(Plan(parts_per_hour=3), Usage(counted=[]), 4, START_MS) == Opening(None, Limit.HOUR)


def test_a_sim_keeps_to_the_plan_of_the_box_where_it_has_none_of_its_own() -> None:
    box = Plan(minimum_gap_ms=2_000, parts_per_minute=5, parts_per_day=100)
    own = box.overridden(minimum_gap_ms=None, parts_per_minute=0, parts_per_hour=30, parts_per_day=None)
    assert own == Plan(minimum_gap_ms=2_000, parts_per_minute=0, parts_per_hour=30, parts_per_day=100)
    assert own.longest_message == 30
    assert Plan().longest_message is None
