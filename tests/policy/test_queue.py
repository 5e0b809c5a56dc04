"""What a free SIM takes: only what it may, leaving nothing that it could send, and in the order that was promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.policy.choice import (
    PATIENCE_MS,
    READY,
    Allowed,
    GroupStanding,
    SimStanding,
    WaitingMessage,
    left_to,
    left_until,
    opening_for,
    sim_holds,
    verdict,
)
from appliance.policy.fairness import Fairness
from appliance.policy.plan import OF_THE_MESSAGE, Plan
from appliance.policy.queue import PARKED_LONGEST_MS, PARKED_MS, Lane, Leave, Park, Take, choose, waking_order
from appliance.policy.reason import Reason
from appliance.policy.usage import Usage
from appliance.policy.why import why_waiting
from appliance.sentences import SENTENCES
from tests.policy.strategies import START_MS as NOW_MS

RECIPIENTS = ("+8613900000001", "+8613900000002", "+8618900000003")
CARRIERS = ("", "china-mobile", "china-telecom", "abroad")


def standing(chance: Random, sim_id: int, groups: Sequence[GroupStanding]) -> SimStanding:
    def limit(most: int) -> int:
        return chance.choice([0, chance.randint(1, most)])

    plan = Plan(
        minimum_gap_ms=chance.choice([0, 0, 2_000]),
        parts_per_minute=limit(4),
        parts_per_day=limit(8),
        parts_per_month=limit(12),
        recipients_per_month=limit(3),
        parts_per_recipient_per_day=limit(3),
        reserve_percent=chance.choice([0, 50]),
        price_off_net_micros=chance.choice([0, 100, 200]),
    )
    usage = Usage(plan, now_ms=NOW_MS)
    for at_ms in sorted(chance.randint(NOW_MS - 100_000, NOW_MS) for _ in range(chance.randrange(9))):
        usage.count(at_ms, chance.choice(RECIPIENTS))
    return SimStanding(
        sim_id=sim_id,
        name=f"SIM {sim_id}",
        plan=plan,
        usage=usage,
        group=chance.choice([None, *groups]),
        carrier_id=chance.choice(CARRIERS[:3]),
        port_state=chance.choice([READY, READY, READY, "no-network"]),
        resting_until_ms=chance.choice([0, 0, 0, NOW_MS + 60_000]),
    )


def waiting(**given: object) -> WaitingMessage:
    return WaitingMessage(**({"parts": 1, "recipient": RECIPIENTS[0], "since_ms": NOW_MS} | given))  # type: ignore[arg-type]


def some_bank(chance: Random) -> dict[int, SimStanding]:
    plan = Plan(parts_per_day=chance.choice([0, 3, 10]), recipients_per_month=chance.choice([0, 1, 4]))
    groups = [
        GroupStanding(id=number, name="group", strategy=strategy, usage=Usage(plan, now_ms=NOW_MS))
        for number, strategy in ((1, "fill"), (2, "spread"))
    ]
    return {number: standing(chance, number, groups) for number in range(1, chance.randint(1, 4) + 1)}


def some_lanes(chance: Random) -> list[Lane]:
    found: dict[tuple[int, int, str, int | None], list[WaitingMessage]] = {}
    for seq in range(chance.randrange(15)):
        sticky = chance.choice([None, None, 1, 2])
        message = waiting(
            seq=seq,
            parts=chance.choice([1, 1, 1, 2, 5]),
            recipient=chance.choice(RECIPIENTS),
            priority=chance.randrange(3),
            account_id=chance.randint(1, 2),
            destination=chance.choice(CARRIERS),
            since_ms=NOW_MS - chance.choice([0, 4_000, 6_000, 119_000, 121_000, 2_000_000]),
            expires_at_ms=chance.choice([None, None, NOW_MS - 1, NOW_MS + 1_000, NOW_MS + 10_000_000]),
            sticky_sim_id=sticky,
            excluded_sim_ids=chance.choice([frozenset(), frozenset(), frozenset({1}), frozenset({2})]),
        )
        lane_of = (message.priority, message.account_id, "" if sticky else message.destination, sticky)
        found.setdefault(lane_of, []).append(message)
    return [
        Lane(priority, account, destination, heads, sticky, chance.random() < 0.5)
        for (priority, account, destination, sticky), heads in sorted(
            found.items(), key=lambda each: each[0][0]
        )
    ]


Situation = tuple[dict[int, SimStanding], list[Lane]]
situations = st.integers(0, 2**32).map(lambda seed: _situation(Random(seed)))


def _situation(chance: Random) -> Situation:
    return some_bank(chance), some_lanes(chance)


def may_send(sim: SimStanding, message: WaitingMessage) -> bool:
    is_over = message.expires_at_ms is not None and message.expires_at_ms <= NOW_MS
    return not is_over and verdict(sim, message, NOW_MS) == Allowed()


def is_free(sim: SimStanding, lane: Lane, message: WaitingMessage, bank: dict[int, SimStanding]) -> bool:
    """Whether a SIM may send a message, and nothing before it in its lane is left to another one."""
    if not may_send(sim, message):
        return False
    until = lane.heads.index(message) + 1
    return not any(may_send(sim, each) and left_to(sim, each, bank, NOW_MS) for each in lane.heads[:until])


def saves_room(sim: SimStanding, message: WaitingMessage) -> bool:
    """Whether a message has waited for so long for room for all of it that no other is taken before."""
    if sim.sim_id in message.excluded_sim_ids or (message.expires_at_ms or NOW_MS + 1) <= NOW_MS:
        return False
    opens = opening_for(sim, message, NOW_MS)
    passes = opens.limit is not None and opens.at_ms is not None and opens.limit not in OF_THE_MESSAGE
    return passes and message.since_ms + PATIENCE_MS[message.priority] <= NOW_MS


@settings(max_examples=400, deadline=None)
@given(situations)
def test_a_sim_takes_only_what_it_may_and_never_idles_while_it_may(
    situation: Situation,
) -> None:
    bank, lanes = situation
    sim = bank[1]
    chosen = choose(sim, lanes, bank, Fairness(), NOW_MS)
    free = [each for lane in lanes for each in lane.heads if is_free(sim, lane, each, bank)]
    match chosen:
        case Take(message):
            assert message in free
            assert message.priority == min(each.priority for each in free)
        case Park(message, until_ms, reason):
            longest_ms = PARKED_MS[message.priority]
            may_try = [other for other in bank.values() if other.sim_id not in message.excluded_sim_ids]
            if not any(sim_holds(other, NOW_MS) for other in may_try):
                longest_ms = PARKED_LONGEST_MS
            assert NOW_MS < until_ms <= NOW_MS + longest_ms
            assert reason.code in SENTENCES
            for other in bank.values():
                if sim_holds(other, NOW_MS) is None and other.sim_id not in message.excluded_sim_ids:
                    opens = opening_for(other, message, NOW_MS)
                    assert opens.at_ms is None or opens.limit in OF_THE_MESSAGE
        case Leave():
            savers = [each for lane in lanes for each in lane.heads if saves_room(sim, each)]
            for each in free:
                assert any(saver.priority <= each.priority for saver in savers), each


@settings(max_examples=400, deadline=None)
@given(situations)
def test_a_sim_that_leaves_all_is_back_in_time(situation: Situation) -> None:
    bank, lanes = situation
    sim = bank[1]
    chosen = choose(sim, lanes, bank, Fairness(), NOW_MS)
    if not isinstance(chosen, Leave):
        return
    held = sim_holds(sim, NOW_MS)
    if held is not None:
        assert chosen.until_ms == held.until_ms
        return
    assert chosen.until_ms is None or chosen.until_ms > NOW_MS
    changes = []
    for lane in lanes:
        for each in lane.heads:
            if sim.sim_id in each.excluded_sim_ids or (each.expires_at_ms or NOW_MS + 1) <= NOW_MS:
                continue
            if saves_room(sim, each):
                return
            at_ms = opening_for(sim, each, NOW_MS).at_ms
            if at_ms is not None and left_to(sim, each, bank, NOW_MS) is not None:
                at_ms = max(at_ms, left_until(each))
            if at_ms is not None and at_ms > NOW_MS:
                changes.append(at_ms)
    if changes:
        assert chosen.until_ms is not None
        assert chosen.until_ms <= min(changes)


@settings(max_examples=400, deadline=None)
@given(situations)
def test_what_the_page_says_of_a_message_is_what_the_sims_do(
    situation: Situation,
) -> None:
    bank, lanes = situation
    for message in (each for lane in lanes for each in lane.heads):
        reason = why_waiting(message, bank.values(), NOW_MS)
        assert reason.code in SENTENCES
        takers = [
            sim
            for sim in bank.values()
            if verdict(sim, message, NOW_MS) == Allowed() and left_to(sim, message, bank, NOW_MS) is None
        ]
        says_turn = reason.code in ("message.next", "message.waits-its-turn", "message.many-before-it")
        assert says_turn == bool(takers)
        if reason.code.startswith("message.left-to"):
            assert any(verdict(sim, message, NOW_MS) == Allowed() for sim in bank.values())
            assert reason.until_ms is not None
            assert reason.until_ms > NOW_MS


# -- order -----------------------------------------------------------------------------------------------------------

ANY = SimStanding(sim_id=1, name="A", carrier_id="china-mobile")
MINUTES = 60_000


def lane(*heads: WaitingMessage, sticky: int | None = None) -> Lane:
    first = heads[0]
    return Lane(first.priority, first.account_id, "" if sticky else first.destination, list(heads), sticky)


def taken(
    sim: SimStanding, lanes: Sequence[Lane], others: Sequence[SimStanding] = (), now_ms: int = NOW_MS
) -> object:
    chosen = choose(sim, lanes, {each.sim_id: each for each in (sim, *others)}, Fairness(), now_ms)
    return chosen.message.seq if isinstance(chosen, Take) else chosen


def test_its_own_network_goes_first_until_another_message_is_older_by_its_patience() -> None:
    own = waiting(seq=9, priority=1, destination="china-mobile", since_ms=NOW_MS)
    for age_ms, first in ((PATIENCE_MS[1] - 1, 9), (PATIENCE_MS[1] + 1, 5)):
        other = waiting(seq=5, priority=1, destination="china-telecom", since_ms=NOW_MS - age_ms)
        assert taken(ANY, [lane(other), lane(own)]) == first
    by_prefix = replace(ANY, plan=Plan(on_net_prefixes=("+86139",)), carrier_id="")
    here = waiting(seq=8, recipient="+8613900000001")
    there = waiting(seq=7, recipient="+8618900000001", destination="china-telecom")
    assert taken(by_prefix, [lane(there), lane(here)]) == 8


def test_a_message_stays_with_the_sim_of_its_conversation_as_long_as_that_can_begin_it() -> None:
    its = SimStanding(sim_id=2, name="B")
    for priority, patience_ms in enumerate(PATIENCE_MS):
        message = waiting(seq=1, priority=priority, sticky_sim_id=2, since_ms=NOW_MS)
        lanes = [lane(message, sticky=2)]
        assert taken(its, lanes, [ANY]) == 1
        left = taken(ANY, lanes, [its])
        assert isinstance(left, Leave)
        assert left.until_ms == NOW_MS + patience_ms
        assert why_waiting(replace(message), [ANY], NOW_MS).code == "message.next"
        assert taken(ANY, lanes, [its], now_ms=NOW_MS + patience_ms) == 1
        away = replace(its, port_state="no-network")
        assert taken(ANY, lanes, [away]) == 1
        full = Plan(parts_per_day=1)
        assert taken(ANY, lanes, [replace(its, plan=full, usage=Usage(full, [NOW_MS - 1_000]))]) == 1
    long_rest = replace(its, resting_until_ms=NOW_MS + 10 * PATIENCE_MS[2])
    assert taken(ANY, [lane(waiting(seq=1, sticky_sim_id=2), sticky=2)], [long_rest]) == 1


def test_it_says_that_a_message_waits_for_the_sim_of_its_conversation() -> None:
    its = SimStanding(
        sim_id=2, name="B", plan=Plan(minimum_gap_ms=3_000), usage=Usage(Plan(minimum_gap_ms=3_000), [NOW_MS])
    )
    message = waiting(priority=1, sticky_sim_id=2)
    reason = why_waiting(message, [ANY, its], NOW_MS)
    assert (reason.code, reason.args["sim"]) == ("message.left-to-its-sim", "B")
    assert reason.until_ms == NOW_MS + PATIENCE_MS[1]


def test_a_deadline_shortens_the_patience() -> None:
    its = SimStanding(sim_id=2, name="B")
    message = waiting(seq=1, priority=2, sticky_sim_id=2, expires_at_ms=NOW_MS + 60_000)
    left = taken(ANY, [lane(message, sticky=2)], [its])
    assert isinstance(left, Leave)
    assert left.until_ms == NOW_MS + 30_000


def test_its_own_conversations_go_first_within_a_priority_only() -> None:
    its = waiting(seq=9, priority=1, sticky_sim_id=1)
    notice, code = waiting(seq=1, priority=1), waiting(seq=8, priority=0)
    assert taken(ANY, [lane(notice), lane(its, sticky=1)]) == 9
    assert taken(ANY, [lane(code), lane(notice), lane(its, sticky=1)]) == 8


def priced(sim_id: int, price: int, strategy: str = "fill", **plan: int) -> SimStanding:
    own = Plan(price_off_net_micros=price, price_on_net_micros=price, **plan)  # type: ignore[arg-type]
    group = GroupStanding(id=1, name="G", strategy=strategy)
    return SimStanding(
        sim_id=sim_id, name=str(sim_id), plan=own, usage=Usage(own, now_ms=NOW_MS), group=group
    )


def test_a_group_that_is_filled_sends_by_the_cheapest_that_can_begin_soon() -> None:
    cheap, dear = priced(1, 10), priced(2, 50)
    bulk = [lane(waiting(seq=1, priority=2))]
    assert taken(cheap, bulk, [dear]) == 1
    left = taken(dear, bulk, [cheap])
    assert isinstance(left, Leave)
    assert left.until_ms == NOW_MS + PATIENCE_MS[2]
    assert taken(dear, bulk, [cheap], now_ms=NOW_MS + PATIENCE_MS[2]) == 1
    assert taken(dear, bulk, [replace(cheap, port_state="absent")]) == 1
    assert taken(dear, bulk, [replace(cheap, group=None)]) == 1
    assert taken(priced(2, 50, "spread"), bulk, [priced(1, 10, "spread")]) == 1


def test_the_allowance_of_a_month_is_used_first() -> None:
    free, cheap = priced(1, 90, allowance_parts=2), priced(2, 10)
    bulk = [lane(waiting(seq=1, priority=2))]
    assert isinstance(taken(cheap, bulk, [free]), Leave)
    free.usage.count(NOW_MS, "x", 2)
    assert taken(cheap, bulk, [free]) == 1
    assert isinstance(taken(free, bulk, [cheap]), Leave)


def test_idle_sims_are_woken_the_least_used_first_or_the_cheapest() -> None:
    plan = Plan(parts_per_day=10)
    half, little = (
        SimStanding(sim_id=sim_id, name="x", plan=plan, usage=Usage(plan, [NOW_MS - 5] * used))
        for sim_id, used in ((1, 5), (2, 1))
    )
    assert waking_order([half, little, SimStanding(sim_id=3, name="y")], NOW_MS) == [3, 2, 1]
    assert waking_order([priced(1, 50), priced(2, 10)], NOW_MS) == [2, 1]


def test_room_is_saved_for_a_long_message_once_it_has_waited() -> None:
    plan = Plan(parts_per_minute=4)
    sim = SimStanding(sim_id=1, name="A", plan=plan, usage=Usage(plan, [NOW_MS - 1_000] * 2))
    long, short = waiting(seq=1, parts=4, priority=1), waiting(seq=2, priority=1)
    assert taken(sim, [lane(long, short)]) == 2
    long.since_ms = NOW_MS - PATIENCE_MS[1]
    saved = taken(sim, [lane(long, short)])
    assert isinstance(saved, Leave)
    assert saved.until_ms == NOW_MS - 1_000 + MINUTES + 1
    assert taken(sim, [lane(waiting(seq=3, priority=0)), lane(long, short)]) == 3, "what is more urgent goes"


def test_what_only_this_sim_may_send_goes_first_and_holds_up_nobody_for_ever() -> None:
    plan = Plan(parts_per_minute=2)
    sim = SimStanding(sim_id=1, name="A", plan=plan, usage=Usage(plan, [NOW_MS - 1_000]))
    lanes = [lane(waiting(seq=1, priority=1))]
    mine = waiting(seq=9, priority=2, pinned_sim_id=1)
    assert choose(sim, lanes, {}, Fairness(), NOW_MS, pinned=[mine]) == Take(mine)
    mine.parts = 2
    assert choose(sim, lanes, {}, Fairness(), NOW_MS, pinned=[mine]) == Leave(
        NOW_MS + 59_001, others_may=True
    )
    mine.parts = 3
    assert choose(sim, lanes, {}, Fairness(), NOW_MS, pinned=[mine]) == Take(lanes[0].heads[0])


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_code_stands_behind_nothing_that_only_this_sim_may_send(parts: int) -> None:
    plan = Plan(parts_per_minute=2)
    sim = SimStanding(sim_id=1, name="A", plan=plan, usage=Usage(plan, [NOW_MS - 1_000]))
    mine = waiting(seq=1, parts=parts, priority=2, pinned_sim_id=1)
    code = waiting(seq=9, priority=0)
    lanes = [lane(code), lane(waiting(seq=2, priority=1))]
    assert choose(sim, lanes, {}, Fairness(), NOW_MS, pinned=[mine]) == Take(code)
    its_own = waiting(seq=8, priority=0, pinned_sim_id=1)
    assert choose(sim, lanes, {}, Fairness(), NOW_MS, pinned=[its_own, mine]) == Take(its_own)


def test_a_draining_sim_goes_on_with_its_own_and_a_low_one_asks_for_its_balance() -> None:
    drains = replace(ANY, resting_until_ms=NOW_MS + 60_000, drains=True)
    mine, other = waiting(seq=9, pinned_sim_id=1), waiting(seq=1)
    assert choose(drains, [lane(other)], {}, Fairness(), NOW_MS, pinned=[mine]) == Take(mine)
    assert isinstance(choose(drains, [lane(other)], {}, Fairness(), NOW_MS), Leave)
    low = replace(ANY, low_balance=Reason("sim.low-balance"))
    question = waiting(seq=5, pinned_sim_id=1, asks_balance=True)
    assert choose(low, [lane(other)], {}, Fairness(), NOW_MS, pinned=[mine, question]) == Take(question)


def test_a_recipient_at_his_limit_everywhere_is_parked_and_stands_before_nobody() -> None:
    plan = Plan(parts_per_recipient_per_day=1)
    bank = [
        SimStanding(
            sim_id=sim_id,
            name=str(sim_id),
            plan=plan,
            usage=Usage(plan, now_ms=NOW_MS, by_recipient={RECIPIENTS[0]: [NOW_MS - ago_ms]}),
        )
        for sim_id, ago_ms in ((1, 1_000), (2, 86_399_000))
    ]
    blocked, free = waiting(seq=1, priority=2), waiting(seq=2, priority=2, recipient=RECIPIENTS[1])
    parked = taken(bank[0], [lane(blocked, free)], [bank[1]])
    assert isinstance(parked, Park)
    assert parked.message is blocked
    assert parked.until_ms == NOW_MS - 86_399_000 + 86_400_001, "when the first SIM may"
    assert parked.reason.code == "sim.at-limit.per-recipient"
    can = SimStanding(sim_id=3, name="C", plan=plan, usage=Usage(plan, now_ms=NOW_MS))
    assert taken(bank[0], [lane(blocked, free)], [bank[1], can]) == 2, "another SIM may: it is only passed by"
    rests = replace(can, resting_until_ms=NOW_MS + 400)
    parked = taken(bank[0], [lane(blocked, free)], [rests])
    assert isinstance(parked, Park)
    assert parked.until_ms == NOW_MS + 401, "when the rest of a SIM ends that may; nobody tells of it"


# -- accounts --------------------------------------------------------------------------------------------------------


def sent_by_account(
    weights: dict[int, int], lengths: dict[int, int], rounds: int, fairness: Fairness | None = None
) -> Counter[int]:
    """Parts of each account, all of which always have something waiting."""
    fairness = Fairness(weights) if fairness is None else fairness
    lanes = [
        lane(waiting(seq=account, account_id=account, parts=lengths.get(account, 1), priority=2))
        for account in weights
    ]
    parts: Counter[int] = Counter()
    for _ in range(rounds):
        chosen = choose(ANY, lanes, {}, fairness, NOW_MS)
        assert isinstance(chosen, Take)
        message = chosen.message
        fairness.took(message.priority, message.account_id, message.parts)
        parts[message.account_id] += message.parts
    return parts


@given(
    st.dictionaries(st.integers(1, 6), st.integers(1, 9), min_size=2, max_size=5),
    st.dictionaries(st.integers(1, 6), st.integers(1, 10), max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_accounts_get_parts_by_weight_within_one_message(
    weights: dict[int, int], lengths: dict[int, int]
) -> None:
    parts = sent_by_account(weights, lengths, 300)
    served = {account: parts[account] / weight for account, weight in weights.items()}
    longest = {account: lengths.get(account, 1) / weight for account, weight in weights.items()}
    for one, other in permutations(weights, 2):
        assert served[one] - served[other] <= longest[one] + longest[other] + 1e-3


def test_who_comes_back_has_no_right_to_a_burst() -> None:
    fairness = Fairness({1: 1, 2: 1})
    sent_by_account({1: 1}, {}, 500, fairness)
    parts = sent_by_account({1: 1, 2: 1}, {}, 20, fairness)
    assert parts[1] == parts[2] == 10


def test_the_weights_are_of_each_priority_for_itself() -> None:
    fairness = Fairness({1: 1, 2: 1})
    for _ in range(100):
        fairness.took(2, 1, 10)
    assert fairness.order(0, [1, 2]) == [1, 2]
    assert fairness.order(2, [1, 2]) == [2, 1]
