"""The forecast of a batch: the policy's own choice in virtual time, over what waits already and the batch behind it.

What waits is not listed. It comes in piles (:class:`Pile`): so many messages of one priority, account, destination and
length. Each look of a free SIM is a call of :func:`appliance.policy.queue.choose` over the heads of the piles.

- Up to :data:`EXACT_UP_TO` parts every part is sent by itself, as the pool would.
- Where more waits, a SIM takes several messages at a time (:mod:`appliance.policy.forecast_course`): a share of what
  is left, so that the shares shrink towards the end, where it matters who does the last ones.
- After :data:`MOST_LOOKS` looks what is left is taken to go on as in the whole days before (or months, if a plan counts
  them), if it is more than those of two.

It is assumed that nothing else is put into the queue, that SIMs which can't send now never will unless it is known
when, that each message goes to another recipient, and that the network takes as long, and refuses as often, as of late.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from appliance.policy.choice import (
    GroupStanding,
    SimStanding,
    opening_for,
    sim_holds,
)
from appliance.policy.fairness import Fairness
from appliance.policy.forecast import AtLimit, BatchToSend, Forecast, SimShare
from appliance.policy.forecast_course import SimCourse, fresh
from appliance.policy.forecast_queue import KNOWN, Pile, piles_of
from appliance.policy.opening import Opening
from appliance.policy.plan import DAY_MS, OF_THE_MESSAGE, Limit
from appliance.policy.queue import Leave, Park, Take, choose
from appliance.policy.reason import Reason
from appliance.policy.usage import Usage
from appliance.policy.why import why_waiting

EXACT_UP_TO = 1_500
"""Parts, of the queue and the batch together."""

SHARES = 300
SHARES_OF_A_SIM = 4
"""Of what is left a SIM takes one of so many shares at once: so many in all, or so many for each SIM."""

MOST_LOOKS, MOST_LOOKS_BY_MONTH = 2_500, 4_000
"""Where a plan counts months, a few of them must have been looked at to go on like them."""

MONTH_MS = 30 * DAY_MS
HORIZON_MS = 400 * DAY_MS
"""What is not sent within it is told as not sent."""

PASSING = frozenset({Limit.GAP, Limit.MINUTE})
"""Limits that are over in moments and are not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastSim:
    """A SIM as it stands, and how it fared of late."""

    standing: SimStanding
    part_ms: int = 3_000
    """From the submission of a part to its answer, on the average."""
    tries: float = 1.0
    """Parts given to the network for each one that it took."""
    currency: str = ""


def forecast(
    sims: Sequence[ForecastSim],
    queue: Iterable[Pile],
    batch: BatchToSend,
    now_ms: int,
    *,
    weights: Mapping[int, int] | None = None,
) -> Forecast:
    """What becomes of ``batch`` if it is put behind ``queue`` now. ``weights`` of accounts by id; 1 where none is."""
    return _Run(sims, [*queue, *piles_of(batch, now_ms)], batch, now_ms, weights or {}).run()


@dataclass(slots=True)
class _Done:
    """What one SIM did."""

    messages: int = 0
    others: int = 0
    parts: int = 0
    cost_micros: int = 0
    done_at_ms: int | None = None
    first_limit: AtLimit | None = None


class _Run:
    """One forecast."""

    def __init__(
        self,
        sims: Sequence[ForecastSim],
        piles: list[Pile],
        batch: BatchToSend,
        now_ms: int,
        weights: Mapping[int, int],
    ) -> None:
        self._sims = {each.standing.sim_id: each for each in sims}
        self._batch, self._now_ms = batch, now_ms
        groups: dict[int, GroupStanding] = {}
        self._courses = {
            each.standing.sim_id: SimCourse(fresh(each.standing, groups), each.part_ms, max(1.0, each.tries))
            for each in sims
        }
        self._others = {sim_id: each.standing for sim_id, each in self._courses.items()}
        self._fairness = Fairness(weights)
        self._piles = sorted((each for each in piles if each.messages), key=lambda each: each.priority)
        for seq, pile in enumerate(sorted(self._piles, key=lambda each: (each.is_batch, each.since_ms))):
            pile.begin(seq)
        if any(pile.is_to_known for pile in self._piles):
            for usage in self._usages():
                if usage.plan.recipients_per_month:
                    usage.month_recipients.add(KNOWN)
        self._by_head = {id(pile.head): pile for pile in self._piles}
        self._parts_left = sum(pile.left * pile.parts for pile in self._piles)
        self._is_exact = self._parts_left <= EXACT_UP_TO
        self._done = {sim_id: _Done() for sim_id in self._sims}
        self._later: list[tuple[int, int]] = []
        """When a SIM looks again, by its id; 0: something becomes due."""
        self._idle: set[int] = set()
        self._begins_at_ms: int | None = None
        self._period_ms = MONTH_MS if any(each.plan.counts_months for each in self._usages()) else DAY_MS
        self._looks = 0
        self._sent: list[tuple[int, int]] = []
        """When how many parts were sent."""
        self._able = 1
        """SIMs that send at all."""

    def _usages(self) -> Iterable[Usage]:
        for course in self._courses.values():
            yield course.standing.usage
            if course.groups_usage is not None:
                yield course.groups_usage

    def run(self) -> Forecast:
        self._later = [(self._now_ms, sim_id) for sim_id in self._sims]
        self._later += [(pile.due_at_ms, 0) for pile in self._piles if pile.due_at_ms > self._now_ms]
        heapq.heapify(self._later)
        held = [sim_holds(each, self._now_ms) for each in self._others.values()]
        self._able = max(1, sum(1 for each in held if each is None or each.until_ms is not None))
        at_ms = self._now_ms
        while self._later and self._is_open(at_ms) and not self._takes_too_long(at_ms):
            at_ms, sim_id = heapq.heappop(self._later)
            if at_ms > self._now_ms + HORIZON_MS:
                break
            if sim_id:
                self._look(sim_id, at_ms)
            else:
                for each in self._idle:
                    heapq.heappush(self._later, (at_ms, each))
                self._idle.clear()
        if self._takes_too_long(at_ms) and self._is_open(at_ms):
            self._go_on_like_this(at_ms)
        return self._forecast()

    def _takes_too_long(self, at_ms: int) -> bool:
        """Whether it was looked often enough, and what is left goes on for days like those that were looked at."""
        most = MOST_LOOKS if self._period_ms == DAY_MS else MOST_LOOKS_BY_MONTH
        if self._looks < most or self._looks % 100:
            return False
        return self._looks >= 3 * most or self._to_go() > 2 * self._period_ms * self._rate(at_ms)

    def _is_open(self, at_ms: int) -> bool:
        """Whether something of the batch may still be sent."""
        return any(
            pile.left and (pile.expires_at_ms is None or pile.expires_at_ms > at_ms)
            for pile in self._piles
            if pile.is_batch
        )

    def _look(self, sim_id: int, at_ms: int) -> None:
        """A free SIM does what the policy says."""
        self._looks += 1
        course = self._courses[sim_id]
        standing = course.standing
        due = [pile for pile in self._piles if pile.left and pile.due_at_ms <= at_ms]
        lanes = [pile.lane for pile in due if pile.pinned_sim_id is None]
        pinned = [pile.head for pile in due if pile.pinned_sim_id == sim_id]
        match choose(standing, lanes, self._others, self._fairness, at_ms, pinned=pinned):
            case Take(message):
                self._send(sim_id, self._by_head[id(message)], at_ms)
            case Park(message, until_ms, _):
                self._by_head[id(message)].due_at_ms = until_ms
                heapq.heappush(self._later, (until_ms, 0))
                heapq.heappush(self._later, (at_ms, sim_id))
            case Leave(None):
                self._idle.add(sim_id)
            case Leave(until_ms) if until_ms is not None:
                if due:
                    pile = next((each for each in due if each.is_batch), due[0])
                    self._note_limit(sim_id, opening_for(standing, pile.head, at_ms), at_ms)
                heapq.heappush(self._later, (until_ms, sim_id))

    def _send(self, sim_id: int, pile: Pile, at_ms: int) -> None:
        course, done = self._courses[sim_id], self._done[sim_id]
        if self._is_exact:
            sent = course.send(pile.head, at_ms)
        else:
            share = self._parts_left // max(SHARES, SHARES_OF_A_SIM * self._able)
            most = min(pile.left, max(1, share // pile.parts))
            sent = course.send_many(pile.head, most, at_ms, self._until(pile, at_ms))
        pile.take(sent.messages)
        parts = sent.messages * pile.parts
        self._parts_left -= parts
        self._fairness.took(pile.priority, pile.account_id, parts)
        if pile.is_batch:
            done.messages += sent.messages
            done.parts += parts
            done.cost_micros += sent.cost_micros
            done.done_at_ms = sent.done_at_ms
            self._begins_at_ms = at_ms if self._begins_at_ms is None else self._begins_at_ms
        else:
            done.others += sent.messages
        self._sent.append((sent.done_at_ms, parts))
        free_at_ms = sent.done_at_ms
        if pile.left and all(each.priority == pile.priority for each in self._piles if each.left):
            # The same question as in the next look, which is saved where the answer is "later".
            opens = opening_for(course.standing, pile.head, free_at_ms)
            if opens.at_ms is not None and opens.limit is not None and opens.limit not in OF_THE_MESSAGE:
                self._note_limit(sim_id, opens, free_at_ms)
                free_at_ms = opens.at_ms
        heapq.heappush(self._later, (free_at_ms, sim_id))

    def _until(self, pile: Pile, at_ms: int) -> int | None:
        """None of what is taken together begins after its deadline, or after something more urgent is due."""
        ends = [
            each.due_at_ms for each in self._piles if each.due_at_ms > at_ms and each.priority < pile.priority
        ]
        if pile.expires_at_ms is not None:
            ends.append(pile.expires_at_ms - 1)
        return min(ends, default=None)

    def _note_limit(self, sim_id: int, opens: Opening, at_ms: int) -> None:
        done = self._done[sim_id]
        if done.first_limit is None and opens.limit is not None and opens.limit not in PASSING:
            done.first_limit = AtLimit(
                limit=opens.limit, at_ms=at_ms, until_ms=opens.at_ms, is_group=opens.is_group
            )

    # -- after very many looks ----------------------------------------------------------------------------------------

    def _go_on_like_this(self, at_ms: int) -> None:
        """What is left goes at the pace of late; each SIM does its share of so far."""
        self._is_exact = False
        rate = self._rate(at_ms)
        if not rate:
            return
        done_at_ms = at_ms + int(self._to_go() / rate)
        gone = 1.0
        if self._batch.expires_at_ms is not None and done_at_ms > self._batch.expires_at_ms:
            gone = max(0.0, (self._batch.expires_at_ms - at_ms) / (done_at_ms - at_ms))
            done_at_ms = self._batch.expires_at_ms
        self._share_out(gone, done_at_ms)

    def _to_go(self) -> int:
        """Parts until the last one of the batch."""
        return sum(
            pile.left * pile.parts
            for pile in self._piles
            if pile.is_batch or pile.priority <= self._batch.priority
        )

    def _rate(self, at_ms: int) -> float:
        """Parts in a millisecond over whole months, where those are counted, or days, without the first one; else over
        the second half of what was looked at."""
        whole_ms = at_ms - self._now_ms
        begins_ms = self._now_ms + whole_ms // 2
        for each_ms in (self._period_ms, DAY_MS):
            if whole_ms >= 2 * each_ms:
                begins_ms = at_ms - (whole_ms - each_ms) // each_ms * each_ms
                break
        sent = sum(parts for done_ms, parts in self._sent if begins_ms < done_ms <= at_ms)
        return sent / max(1, at_ms - begins_ms)

    def _share_out(self, gone: float, done_at_ms: int) -> None:
        piles = [pile for pile in self._piles if pile.is_batch and pile.left]
        left = {id(pile): int(pile.left * gone) for pile in piles}
        messages, parts = sum(left.values()), sum(left[id(pile)] * pile.parts for pile in piles)
        for pile in piles:
            pile.take(left[id(pile)])
        weight = {sim_id: done.messages + done.others for sim_id, done in self._done.items()}
        total, so_far = sum(weight.values()), 0
        for sim_id, done in self._done.items():
            if not weight[sim_id]:
                continue
            before, so_far = so_far, so_far + weight[sim_id]
            more = messages * so_far // total - messages * before // total
            cost_each = done.cost_micros // done.messages if done.messages else 0
            done.messages += more
            done.parts += parts * so_far // total - parts * before // total
            done.cost_micros += more * cost_each
            done.done_at_ms = done_at_ms

    # -- what came of it ----------------------------------------------------------------------------------------------

    def _forecast(self) -> Forecast:
        batch, done = self._batch, self._done
        left = [pile for pile in self._piles if pile.is_batch and pile.left]
        sent = batch.messages - sum(pile.left for pile in left)
        unsent = 0 if batch.expires_at_ms is not None else batch.messages - sent
        ends = [each.done_at_ms for each in done.values() if each.done_at_ms is not None]
        currencies = {self._sims[sim_id].currency for sim_id, each in done.items() if each.messages}
        has_one = len(currencies) <= 1
        return Forecast(
            asked_at_ms=self._now_ms,
            batch=batch,
            begins_at_ms=self._begins_at_ms,
            done_at_ms=max(ends, default=None),
            sent=sent,
            expired=batch.messages - sent - unsent,
            unsent=unsent,
            unsent_reason=self._why(left[0]) if left else None,
            waiting_before=sum(pile.messages for pile in self._piles if not pile.is_batch),
            parts_sent=sum(each.parts for each in done.values()),
            cost_micros=sum(each.cost_micros for each in done.values()) if has_one else 0,
            currency=next(iter(currencies), "") if has_one else "",
            sims=tuple(self._share(sim_id) for sim_id in self._sims),
            is_exact=self._is_exact,
        )

    def _why(self, pile: Pile) -> Reason:
        return why_waiting(pile.head, [each.standing for each in self._sims.values()], self._now_ms)

    def _share(self, sim_id: int) -> SimShare:
        done, standing = self._done[sim_id], self._sims[sim_id].standing
        return SimShare(
            sim_id=sim_id,
            name=standing.name,
            messages=done.messages,
            parts=done.parts,
            other_messages=done.others,
            done_at_ms=done.done_at_ms,
            first_limit=done.first_limit,
            cost_micros=done.cost_micros,
            idle=None if done.messages or done.others else sim_holds(standing, self._now_ms),
        )
