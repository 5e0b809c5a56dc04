"""No ledger of a network ever holds more than a plan allows, whatever the network took at which instant.

The box knows when it gave a part and when it was answered; the network took it somewhere between. What comes of that is
judged by :mod:`tests.policy.oracle`, which knows nothing of how it was counted.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.policy.opening import Opening, opening, room
from appliance.policy.plan import Limit, Plan
from appliance.policy.sending_hours import ANY_HOUR
from appliance.policy.usage import Usage
from tests.policy.oracle import DAY_MS, HOUR_MS, MINUTE_MS, Taken, broken
from tests.policy.strategies import START_MS, limit, plans

RECIPIENTS = tuple("abcdefgh")


@dataclass(frozen=True)
class Wish:
    """A message that somebody wants sent."""

    pause_ms: int
    recipient: str
    priority: int
    parts: tuple[tuple[int, int], ...]
    """Of each: how long until the network takes it, and from then until its answer."""


wishes = st.builds(
    Wish,
    pause_ms=st.sampled_from(
        [0, 1, 400, 20_000, MINUTE_MS + 1, HOUR_MS, DAY_MS // 3, 3 * DAY_MS, 12 * DAY_MS]
    ),
    recipient=st.sampled_from(RECIPIENTS),
    priority=st.integers(0, 2),
    parts=st.lists(st.tuples(st.integers(0, 6_000), st.integers(0, 6_000)), min_size=1, max_size=4).map(
        tuple
    ),
)
traffic = st.lists(wishes, min_size=1, max_size=40)


@dataclass
class Sent:
    """What came of it."""

    usage: Usage
    now_ms: int
    ledger: list[Taken] = field(default_factory=list)
    first_answered_ms: int | None = None


def asked(plan: Plan, usage: Usage, wish: Wish, now_ms: int) -> Opening:
    return opening(plan, usage, len(wish.parts), now_ms, recipient=wish.recipient, priority=wish.priority)


def send_all(plan: Plan, wanted: list[Wish]) -> Sent:
    """Send each message as soon as the plan lets it, one after the other, as a SIM does."""
    sent = Sent(Usage(plan, now_ms=START_MS), START_MS)
    for number, wish in enumerate(wanted):
        sent.now_ms += wish.pause_ms
        opens = asked(plan, sent.usage, wish, sent.now_ms)
        if opens.at_ms is None:
            continue
        sent.now_ms = opens.at_ms
        for index, (until_taken_ms, until_answer_ms) in enumerate(wish.parts):
            if index:
                rest = opening(plan, sent.usage, 1, sent.now_ms, recipient=wish.recipient, goes_on=True)
                assert rest.limit in (None, Limit.GAP, Limit.SENDING_HOURS), rest
                assert rest.at_ms is not None
                sent.now_ms = rest.at_ms
            sent.ledger.append(Taken(sent.now_ms + until_taken_ms, wish.recipient, wish.priority, number))
            sent.now_ms += until_taken_ms + until_answer_ms
            sent.usage.count(sent.now_ms, wish.recipient)
            if sent.first_answered_ms is None:
                sent.first_answered_ms = sent.now_ms
    return sent


@settings(max_examples=250, deadline=None)
@given(plans, traffic)
def test_no_ledger_of_the_network_breaks_the_plan(plan: Plan, wanted: list[Wish]) -> None:
    sent = send_all(plan, wanted)
    assert broken(plan, sent.ledger, sent.first_answered_ms) == []


@settings(max_examples=150, deadline=None)
@given(plans, traffic, wishes)
def test_the_opening_is_the_first_instant_that_fits(plan: Plan, wanted: list[Wish], wish: Wish) -> None:
    sent = send_all(plan, wanted)
    now_ms = sent.now_ms + wish.pause_ms
    parts = len(wish.parts)

    def opens_at(at_ms: int) -> Limit | None:
        return opening(plan, sent.usage, parts, at_ms, recipient=wish.recipient, priority=wish.priority).limit

    opens = opening(plan, sent.usage, parts, now_ms, recipient=wish.recipient, priority=wish.priority)
    if opens.at_ms is None:
        longest = plan.longest_for(wish.priority)
        assert longest is not None
        assert parts > longest
    elif opens.limit is None:
        assert opens.at_ms == now_ms
    else:
        assert opens.at_ms > now_ms
        assert opens_at(opens.at_ms) is None
        assert opens_at(opens.at_ms - 1) is not None


@settings(max_examples=150, deadline=None)
@given(plans, traffic, st.integers(0, 2), st.sampled_from([1, 5_001, MINUTE_MS, HOUR_MS, DAY_MS]))
def test_the_room_for_anybody_is_what_the_opening_lets_through(
    plan: Plan, wanted: list[Wish], priority: int, pause_ms: int
) -> None:
    about_nobody = replace(
        plan, recipients_per_month=0, parts_per_recipient_per_day=0, sending_hours=ANY_HOUR
    )
    sent = send_all(about_nobody, wanted)
    now_ms = sent.now_ms + pause_ms
    free = room(about_nobody, sent.usage, now_ms, priority)
    for parts in range(1, 12):
        lets = opening(about_nobody, sent.usage, parts, now_ms, priority=priority).limit is None
        assert lets == (parts <= free)


@settings(max_examples=100, deadline=None)
@given(plans, traffic, wishes)
def test_what_is_looked_at_changes_nothing(plan: Plan, wanted: list[Wish], wish: Wish) -> None:
    sent = send_all(plan, wanted)
    now_ms = sent.now_ms + wish.pause_ms
    before = asked(plan, sent.usage, wish, now_ms)
    asked(plan, sent.usage, wish, now_ms + 90 * DAY_MS)
    room(plan, sent.usage, now_ms + 90 * DAY_MS, 0)
    assert asked(plan, sent.usage, wish, now_ms) == before
    assert asked(plan, sent.usage.copy(), wish, now_ms) == before


# -- several SIMs of one contract, sending at the same time -----------------------------------------------------------

group_plans = st.builds(
    Plan,
    parts_per_minute=limit(6),
    parts_per_hour=limit(12),
    parts_per_month=limit(25),
    recipients_per_month=limit(4),
    reserve_percent=st.sampled_from([0, 40]),
    contract_day=st.sampled_from([1, 15]),
)


@settings(max_examples=150, deadline=None)
@given(group_plans, st.lists(traffic, min_size=2, max_size=4))
def test_sims_of_a_group_never_break_their_limit_together(plan: Plan, wanted: list[list[Wish]]) -> None:
    ledger, firsts = send_together(plan, wanted)
    assert broken(plan, ledger, min(firsts, default=None)) == []


def send_together(plan: Plan, wanted: list[list[Wish]]) -> tuple[list[Taken], list[int]]:
    """Each SIM has its own row of messages; what happens first is done first."""
    group, own = Usage(plan, now_ms=START_MS), Plan()
    ledger: list[Taken] = []
    firsts: list[int] = []
    order = 0
    # (when, tie, SIM, wish, part): the SIM is free at that time to send this part of the wish.
    events = [(START_MS + row[0].pause_ms, sim, sim, 0, 0) for sim, row in enumerate(wanted)]
    heapq.heapify(events)
    answers: list[tuple[int, int, str]] = []
    while events:
        now_ms, _, sim, index, part = heapq.heappop(events)
        while answers and answers[0][0] <= now_ms:
            at_ms, _, recipient = heapq.heappop(answers)
            group.release(recipient)
            group.count(at_ms, recipient)
            firsts.append(at_ms)
        wish = wanted[sim][index]
        order += 1
        begins = part == 0
        opens = opening(
            own,
            Usage(),
            len(wish.parts) if begins else 1,
            now_ms,
            recipient=wish.recipient,
            priority=wish.priority if begins else 0,
            group=group,
            is_held=not begins,
        )
        if not begins:
            assert opens.limit is None, "what was begun goes on"
        if opens.at_ms is None:
            if index + 1 < len(wanted[sim]):
                heapq.heappush(events, (now_ms + wanted[sim][index + 1].pause_ms, order, sim, index + 1, 0))
            continue
        if opens.limit is not None:
            heapq.heappush(events, (opens.at_ms, order, sim, index, part))
            continue
        if begins:
            group.hold(wish.recipient, len(wish.parts))
        until_taken_ms, until_answer_ms = wish.parts[part]
        answered_ms = now_ms + until_taken_ms + until_answer_ms + 1
        # All as codes: an urgent one that was begun later may be taken before one that kept to the reserve.
        ledger.append(Taken(now_ms + until_taken_ms, wish.recipient, 0))
        heapq.heappush(answers, (answered_ms, order, wish.recipient))
        if part + 1 < len(wish.parts):
            heapq.heappush(events, (answered_ms, order, sim, index, part + 1))
        elif index + 1 < len(wanted[sim]):
            pause_ms = wanted[sim][index + 1].pause_ms
            heapq.heappush(events, (answered_ms + pause_ms, order, sim, index + 1, 0))
    return ledger, firsts
