"""Whole days and months of a described bank through the policy of the pool, in virtual time.

Nothing here decides: :func:`appliance.policy.queue.choose` says what a free SIM sends, ``opening`` when its next part
goes, :mod:`appliance.policy.failure` and :mod:`appliance.policy.breaker` what follows a refusal. What is made up is the
outside: when messages arrive, how long the network takes, what it refuses. All of it comes from one seed, so that a
rehearsal is the same each time.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count

from appliance.policy.breaker import (
    BreakerRules,
    BreakerState,
    is_probe_due,
    pause_after,
    probing,
    refused,
    taken,
)
from appliance.policy.choice import (
    GroupStanding,
    Wait,
    price_micros,
    verdict,
)
from appliance.policy.failure import Fault, GiveUp, RefusedMessage, after_refusal
from appliance.policy.fairness import Fairness
from appliance.policy.opening import opening
from appliance.policy.plan import Urgency
from appliance.policy.queue import Leave, Park, Take, choose, waking_order
from appliance.policy.rehearsal_load import Arrival, arrivals, random_of
from appliance.policy.rehearsal_oracle import Taken, broken_limits
from appliance.policy.rehearsal_plan import Rehearsal, Replies, Span
from appliance.policy.rehearsal_queue import At, Message, Queue
from appliance.policy.rehearsal_result import (
    NOTHING,
    PAUSE,
    SENDING,
    Course,
    Latencies,
    LoadCourse,
)
from appliance.policy.rehearsal_sim import Days, RehearsedSim, standing_of
from appliance.policy.usage import NEVER_MS, Usage
from appliance.policy.why import why_waiting

Happening = Callable[[int], None]
"""What happens at an instant."""

REFUSED_CODE = {Fault.NETWORK: 42, Fault.SIM: 21}
"""``+CMS ERROR`` codes (27.005 §3.2.5) that stand for a refusal: congestion; short message transfer rejected."""


def rehearse(rehearsal: Rehearsal) -> Course:
    """All of it, at once."""
    return _Run(rehearsal).run()


class _Run:
    """One run; ``_later`` holds what will happen."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        begins_ms = rehearsal.begins_at_ms
        groups = {
            each.name: GroupStanding(
                id=number, name=each.name, strategy=each.strategy, usage=Usage(each.plan, now_ms=begins_ms)
            )
            for number, each in enumerate(rehearsal.groups, 1)
        }
        self._sims = {
            each.sim_id: RehearsedSim(each, standing_of(each, groups, begins_ms), rehearsal)
            for each in rehearsal.sims
        }
        self._standings = {sim_id: sim.standing for sim_id, sim in self._sims.items()}
        self._loads = {each.kind.name: LoadCourse(each.kind.name) for each in rehearsal.loads}
        self._replies: dict[str, list[Replies]] = {}
        for load in rehearsal.loads:
            if isinstance(load, Replies):
                self._replies.setdefault(load.to_load, []).append(load)
        self._people = random_of(rehearsal, "who answers")
        self._fairness = Fairness({each.account_id: each.weight for each in rehearsal.accounts})
        self._rules = BreakerRules()
        self._queue = Queue()
        self._later: list[tuple[int, int, Happening]] = []
        self._order = count()
        self._seq = count(1)
        self._news = 0
        """Messages that became due at this instant and that no SIM was woken for."""
        self._knows: dict[str, int] = {}
        """Which SIM wrote to a person last: the SIM of the conversation."""
        self._waits_later: dict[int, Message] = {}
        self._latencies = {int(each): Latencies() for each in Urgency}
        self._ledger: list[Taken] = []
        self._day_of = Days(rehearsal)

    def run(self) -> Course:
        self._plan_spans()
        coming = arrivals(self._rehearsal)
        arrival = next(coming, None)
        later, ends_ms = self._later, self._rehearsal.ends_at_ms
        while later or arrival is not None:
            at_ms = later[0][0] if later else ends_ms
            if arrival is not None and arrival.at_ms <= at_ms:
                at_ms = arrival.at_ms
                arrival = self._accept_all(arrival, coming)
            elif at_ms >= ends_ms:
                break
            else:
                heapq.heappop(later)[2](at_ms)
            if self._news and not (arrival is not None and arrival.at_ms == at_ms):
                self._wake(at_ms)
        return self._course(ends_ms)

    def _at(self, at_ms: int, happening: Happening) -> None:
        heapq.heappush(self._later, (at_ms, next(self._order), happening))

    def _plan_spans(self) -> None:
        """SIMs that went away while nothing waited look for work when they are back."""
        for sim in self._sims.values():
            for span in sim.described.outages + sim.described.rests:
                self._at(span.from_ms, partial(self._goes, sim, span))
                self._at(span.until_ms, partial(self._comes, sim))

    def _goes(self, sim: RehearsedSim, span: Span, at_ms: int) -> None:
        """Others need not leave anything to it meanwhile."""
        self._set_rest(sim, max(sim.standing.resting_until_ms, span.until_ms))
        if not sim.is_busy:
            self._ask(sim, at_ms)

    def _comes(self, sim: RehearsedSim, at_ms: int) -> None:
        for message in [each for each in self._waits_later.values() if each.is_parked]:
            self._due(message, at_ms)
        if not sim.is_busy:
            self._ask(sim, at_ms)

    # -- messages come ----------------------------------------------------------------------------------------------

    def _accept_all(self, arrival: Arrival, coming: Iterator[Arrival]) -> Arrival | None:
        """Everything of one instant; returns what comes next."""
        at_ms, following = arrival.at_ms, arrival
        while following.at_ms == at_ms:
            self._accept(following)
            nothing = next(coming, None)
            if nothing is None:
                return None
            following = nothing
        return following

    def _accept(self, arrival: Arrival, at_ms: int | None = None) -> None:
        kind, load = arrival.kind, self._loads[arrival.kind.name]
        at_ms = arrival.at_ms
        load.accepted += 1
        message = Message(
            seq=next(self._seq),
            recipient=arrival.recipient,
            priority=kind.priority,
            account_id=kind.account_id,
            destination=arrival.destination,
            parts=kind.parts,
            total=kind.parts,
            since_ms=at_ms,
            accepted_at_ms=at_ms,
            expires_at_ms=at_ms + kind.expires_after_ms if kind.expires_after_ms else None,
            sticky_sim_id=arrival.sticky_sim_id or self._knows.get(arrival.recipient),
            load=load,
            kind=kind,
        )
        if message.expires_at_ms is not None:
            self._at(message.expires_at_ms, partial(self._expire, message))
        self._queue.add(message)
        self._news += 1

    def _expire(self, message: Message, at_ms: int) -> None:
        if message.at in (At.QUEUED, At.LATER):
            was_queued, message.at = message.at is At.QUEUED, At.OVER
            message.load.expired += 1
            if was_queued:
                self._queue.remove(message)
            self._waits_later.pop(message.seq, None)

    def _later_again(self, message: Message, until_ms: int, at_ms: int) -> None:
        """Back into the queue, at once or at an instant."""
        message.not_before_ms = until_ms
        message.since_ms = max(message.since_ms, until_ms)
        if until_ms <= at_ms:
            self._queue.add(message)
            self._news += 1
            return
        message.at = At.LATER
        self._waits_later[message.seq] = message
        self._at(until_ms, partial(self._due, message))

    def _due(self, message: Message, at_ms: int) -> None:
        if message.at is At.LATER:
            message.is_parked = False
            self._waits_later.pop(message.seq, None)
            self._queue.add(message)
            self._news += 1

    # -- SIMs look for work -----------------------------------------------------------------------------------------

    def _wake(self, at_ms: int) -> None:
        """Have idle SIMs look until as many found something as there is news."""
        news, self._news = self._news, 0
        idle = [sim.standing for sim in self._sims.values() if not sim.is_busy]
        for sim_id in waking_order(idle, at_ms) if len(idle) > 1 else (each.sim_id for each in idle):
            if news <= 0:
                return
            news -= self._ask(self._sims[sim_id], at_ms)

    def _planned(self, sim: RehearsedSim, asked: int, at_ms: int) -> None:
        if sim.asked == asked and not sim.is_busy:
            self._ask(sim, at_ms)

    def _ask(self, sim: RehearsedSim, at_ms: int) -> bool:
        """A SIM that is free looks for work; whether it found some."""
        sim.asked += 1
        away = sim.away_until(at_ms)
        if away is not None:
            sim.now(away[1], at_ms)
            return False
        pinned = self._queue.pinned.get(sim.standing.sim_id, ())
        while True:
            lanes = self._queue.lanes_for(sim.standing.sim_id, at_ms)
            match choose(sim.standing, lanes, self._standings, self._fairness, at_ms, pinned=tuple(pinned)):
                case Take(message):
                    assert isinstance(message, Message)
                    self._begin(sim, message, at_ms)
                    return True
                case Park(message, until_ms, reason):
                    assert isinstance(message, Message)
                    message.at = At.LATER
                    self._queue.remove(message)
                    message.is_parked = True
                    # No plan changes in a rehearsal, and SIMs that come back are seen: nothing is tried in between.
                    self._later_again(message, max(until_ms, reason.until_ms or 0), at_ms)
                case Leave(until_ms, _, is_whole):
                    if not is_whole and self._queue.look_deeper():
                        continue
                    until_ms = self._asked_again_ms(sim, until_ms, at_ms)
                    sim.now(self._held_by(sim, at_ms), at_ms)
                    if until_ms < NEVER_MS:
                        self._at(max(until_ms, at_ms + 1), partial(self._planned, sim, sim.asked))
                    return False

    def _asked_again_ms(self, sim: RehearsedSim, until_ms: int | None, at_ms: int) -> int:
        """When a SIM that found nothing looks again without news: what it passed by earlier counts, too."""
        until_ms = NEVER_MS if until_ms is None else until_ms
        if sim.looks_again_ms > at_ms:
            until_ms = min(until_ms, sim.looks_again_ms)
        sim.looks_again_ms = until_ms
        self._queue.passed_by(sim.standing.sim_id, until_ms)
        return until_ms

    def _held_by(self, sim: RehearsedSim, at_ms: int) -> str:
        """The sentence that says why nothing of what waits is sent by a SIM."""
        pinned = self._queue.pinned.get(sim.standing.sim_id)
        message = pinned[0] if pinned else self._queue.first()
        if message is None:
            return NOTHING
        judged = verdict(sim.standing, message, at_ms)
        return judged.reason.code if isinstance(judged, Wait) else "message.left-to-its-sim"

    # -- sending ----------------------------------------------------------------------------------------------------

    def _begin(self, sim: RehearsedSim, message: Message, at_ms: int) -> None:
        message.at = At.SENDING
        self._queue.remove(message)
        message.attempt += 1
        self._fairness.took(message.priority, message.account_id, message.parts)
        if sim.standing.group is not None:
            sim.standing.group.usage.hold(message.recipient, message.parts)
        if is_probe_due(sim.breaker, at_ms):
            sim.breaker = probing(sim.breaker, at_ms)
        sim.is_busy = True
        sim.now(SENDING, at_ms)
        self._submit(sim, message, at_ms)

    def _submit(self, sim: RehearsedSim, message: Message, at_ms: int) -> None:
        """One part is given to the network."""
        if sim.away_until(at_ms) is not None:
            self._release(sim, message, message.parts)
            message.pinned_sim_id = sim.standing.sim_id if message.parts_sent else None
            self._free(sim, at_ms)
            self._later_again(message, at_ms, at_ms)
            return
        described, random = sim.described, sim.random
        spread = described.latency_spread_percent / 100
        takes_ms = max(1, round(described.latency_ms * (1 + spread * (2 * random.random() - 1))))
        drawn = random.random() * 100
        fault = None
        if drawn < described.error_percent + described.sim_error_percent:
            fault = Fault.NETWORK if drawn < described.error_percent else Fault.SIM
        price = price_micros(sim.standing, message, at_ms)
        taken_at_ms = at_ms + int(takes_ms * random.random())
        self._ledger.append(
            Taken(
                sim_id=sim.standing.sim_id,
                message=message.seq,
                parts=message.total,
                priority=message.priority,
                recipient=message.recipient,
                submitted_at_ms=at_ms,
                at_ms=taken_at_ms,
                is_first=message.parts == message.total and message.attempt == 1,
                is_accepted=fault is None,
            )
        )
        self._at(at_ms + takes_ms, partial(self._answered, sim, message, fault, price))

    def _answered(
        self, sim: RehearsedSim, message: Message, fault: Fault | None, price: int, at_ms: int
    ) -> None:
        group = sim.standing.group
        sim.standing.usage.count(at_ms, message.recipient)
        self._release(sim, message, 1)
        if group is not None:
            group.usage.count(at_ms, message.recipient)
        if fault is not None:
            self._was_refused(sim, message, fault, at_ms)
            return
        sim.course.parts_by_day[self._day_of(at_ms)] += 1
        sim.course.cost_micros += price
        sim.failures_in_a_row = 0
        sim.breaker = taken(sim.breaker, 0, at_ms, self._rules)
        message.parts -= 1
        if message.parts:
            self._next_part(sim, message, at_ms)
            return
        self._sent(sim, message, at_ms)
        self._free(sim, at_ms)

    def _next_part(self, sim: RehearsedSim, message: Message, at_ms: int) -> None:
        opens = opening(
            sim.standing.plan,
            sim.standing.usage,
            1,
            at_ms,
            recipient=message.recipient,
            priority=Urgency.CODE,
            group=None if sim.standing.group is None else sim.standing.group.usage,
            is_held=True,
            goes_on=True,
        )
        if opens.at_ms is None or opens.limit is None:
            self._submit(sim, message, at_ms)
        else:
            self._at(opens.at_ms, partial(self._submit, sim, message))

    def _sent(self, sim: RehearsedSim, message: Message, at_ms: int) -> None:
        message.at = At.OVER
        message.load.sent += 1
        message.load.last_sent_at_ms = at_ms
        sim.course.messages += 1
        self._latencies[message.priority].values_ms.append(at_ms - message.accepted_at_ms)
        self._knows[message.recipient] = sim.standing.sim_id
        for replies in self._replies.get(message.kind.name, ()):
            if self._people.random() * 100 < replies.percent:
                after_ms = int(self._people.expovariate(1 / max(1, replies.after_ms)))
                answer = Arrival(
                    at_ms + 1 + after_ms,
                    replies.kind,
                    message.recipient,
                    message.destination,
                    sim.standing.sim_id,
                )
                self._at(answer.at_ms, partial(self._accept, answer))

    def _free(self, sim: RehearsedSim, at_ms: int) -> None:
        """It looks for work when its gap, and a pause after failures, are over."""
        sim.is_busy = False
        usage, plan = sim.standing.usage, sim.standing.plan
        free_at_ms = at_ms
        if plan.minimum_gap_ms and usage.counted:
            free_at_ms = max(at_ms, usage.counted[-1] + plan.gap_after(usage.counted[-1]))
            if free_at_ms > at_ms:
                sim.now("sim.at-limit.gap", at_ms)
        self._at(free_at_ms, partial(self._planned, sim, sim.asked))

    def _release(self, sim: RehearsedSim, message: Message, parts: int) -> None:
        if sim.standing.group is not None:
            sim.standing.group.usage.release(message.recipient, parts)

    # -- what the network refuses -----------------------------------------------------------------------------------

    def _was_refused(self, sim: RehearsedSim, message: Message, fault: Fault, at_ms: int) -> None:
        sim.course.refused += 1
        self._release(sim, message, message.parts - 1)
        others = any(
            each.standing.resting_until_ms <= at_ms and not each.away_until(at_ms)
            for each in self._sims.values()
            if each is not sim and each.standing.sim_id not in message.excluded_sim_ids
        )
        about = RefusedMessage(
            attempt=message.attempt,
            parts=message.total,
            parts_sent=message.parts_sent,
            sim_name=sim.standing.name,
            another_sim=others,
        )
        decision = after_refusal(about, fault, "rehearsed", at_ms, self._rehearsal.retry)
        if isinstance(decision, GiveUp):
            message.at = At.OVER
            message.load.failed += 1
        else:
            if message.parts_sent:
                message.pinned_sim_id = sim.standing.sim_id
            if decision.exclude_sim:
                message.excluded_sim_ids |= {sim.standing.sim_id}
            if decision.forget_exclusions:
                message.excluded_sim_ids = frozenset()
            self._later_again(message, decision.not_before_ms, at_ms)
        sim.breaker = refused(
            sim.breaker,
            fault,
            code=REFUSED_CODE[fault],
            detail="rehearsed",
            recipient=message.recipient,
            now_ms=at_ms,
            rules=self._rules,
            others_sent_since=lambda _: others,
        )
        if sim.breaker.state is BreakerState.OPEN:
            self._set_rest(sim, max(sim.standing.resting_until_ms, sim.breaker.until_ms))
        self._pause(sim, at_ms)

    def _pause(self, sim: RehearsedSim, at_ms: int) -> None:
        sim.failures_in_a_row += 1
        pause_ms = pause_after(sim.failures_in_a_row, self._rules)
        if not pause_ms:
            self._free(sim, at_ms)
            return
        sim.is_busy = False
        sim.asked += 1
        sim.now(PAUSE, at_ms)
        self._at(at_ms + pause_ms, partial(self._planned, sim, sim.asked))

    def _set_rest(self, sim: RehearsedSim, until_ms: int) -> None:
        sim.standing = replace(sim.standing, resting_until_ms=until_ms)
        self._standings[sim.standing.sim_id] = sim.standing
        self._queue.forget_passed()

    # -- the end ----------------------------------------------------------------------------------------------------

    def _course(self, ends_ms: int) -> Course:
        for sim in self._sims.values():
            sim.now(NOTHING, ends_ms)
        waiting: Counter[str] = Counter()
        for message in (*self._queue.waiting(), *self._waits_later.values()):
            if message.is_parked:
                message.not_before_ms = 0
            waiting[why_waiting(message, self._standings.values(), ends_ms - 1).code] += 1
        return Course(
            rehearsal=self._rehearsal,
            sims=[sim.course for sim in self._sims.values()],
            loads=list(self._loads.values()),
            latencies=self._latencies,
            ledger=self._ledger,
            broken=broken_limits(self._rehearsal, self._ledger),
            waiting_by_reason=waiting,
        )
