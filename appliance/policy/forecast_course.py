"""How one SIM goes through its plan in a forecast: part by part, or many at once where very much waits.

Many at once is still the plan's own arithmetic (``room``, ``opening``), asked for the first and for the last of them:

- what fits now goes at the SIM's pace: seconds for a part, gap, and what its limits for a minute and an hour leave of
  that, where those are small against what is taken together;
- where a window opens bit by bit, as many are taken together as it lets go within three times of what the pace alone
  would need: the first at once, the last when the window has room for all of them, the others evenly between;
- what is taken together crosses no end of the sending hours, of a billing month, or of a deadline.

So nothing adds up over the days of a long batch: each day begins when the windows say so.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from itertools import count

from appliance.policy.choice import GroupStanding, SimStanding, WaitingMessage, price_micros
from appliance.policy.opening import ANY_NUMBER, opening, room
from appliance.policy.plan import WINDOW_MS, Limit, Plan, Urgency
from appliance.policy.usage import Usage

HOUR_MS = 3_600_000
LONGEST_WAIT = 3
"""Times the pace alone that parts which are taken together may need until the windows let all of them go."""

_names = count()


@dataclass(slots=True)
class Together:
    """Messages that go one after the other."""

    messages: int
    done_at_ms: int
    cost_micros: int


@dataclass(slots=True, eq=False)
class SimCourse:
    """One SIM in virtual time; what it uses is counted in a copy."""

    standing: SimStanding
    part_ms: int
    """From the submission of a part to its answer, on the average."""
    tries: float = 1.0
    """Parts that are given to the network for each one that it takes."""
    _owed: float = field(default=0.0, init=False)
    _coarse: dict[tuple[bool, bool], Plan] = field(default_factory=dict, init=False)

    @property
    def groups_usage(self) -> Usage | None:
        return None if self.standing.group is None else self.standing.group.usage

    # -- one message --------------------------------------------------------------------------------------------------

    def send(self, message: WaitingMessage, at_ms: int) -> Together:
        """One message, begun at ``at_ms``."""
        plan, usage = self.standing.plan, self.standing.usage
        cost = self._cost(message, message.parts, at_ms)
        answered_ms = at_ms
        for number in range(message.parts):
            if number:
                opens = opening(plan, usage, 1, answered_ms, priority=Urgency.CODE, group=self.groups_usage)
                at_ms = answered_ms if opens.at_ms is None else opens.at_ms
            answered_ms = at_ms + self.part_ms
            self._count(answered_ms, answered_ms, 1)
        self._owed += (self.tries - 1) * message.parts
        while self._owed >= 1:
            self._owed -= 1
            answered_ms += round(self._pace_ms())
            self._count(answered_ms, answered_ms, 1)
        self._count_recipients(message, 1)
        return Together(1, answered_ms, cost)

    # -- many messages ------------------------------------------------------------------------------------------------

    def send_many(self, message: WaitingMessage, most: int, at_ms: int, until_ms: int | None) -> Together:
        """Up to ``most`` messages like this one, of which the first may go now; none is begun after ``until_ms``."""
        each = message.parts * self.tries
        wanted = max(1, round(most * each))
        plan = self._coarse_plan(wanted)
        group = self._coarse_group(wanted)
        pace_ms = self._pace_ms(plan, group, message.priority)
        parts, opened_ms = self._fitting(message, plan, group, wanted=wanted, at_ms=at_ms, pace_ms=pace_ms)
        parts = self._before(at_ms, pace_ms, parts, until_ms)
        messages = min(most, max(1, int(parts / each + 1e-9)))
        parts = max(1, round(messages * each))
        done_at_ms = at_ms + round((parts - 1) * pace_ms) + self.part_ms
        if opened_ms > done_at_ms - self.part_ms:
            done_at_ms = opened_ms + self.part_ms
        cost = self._cost(message, messages * message.parts, at_ms)
        self._count(at_ms + self.part_ms, done_at_ms, parts)
        self._count_recipients(message, messages)
        return Together(messages, done_at_ms, cost)

    def _fitting(
        self,
        message: WaitingMessage,
        plan: Plan,
        group: Usage | None,
        *,
        wanted: int,
        at_ms: int,
        pace_ms: float,
    ) -> tuple[int, int]:
        """How many parts go together, and when the windows let the last of them go."""
        usage = self.standing.usage
        now = room(plan, usage, at_ms, message.priority, group)
        recipients = self._room_for_recipients(message, at_ms)
        if recipients is not None:
            wanted = min(wanted, recipients * message.parts)
        if now >= wanted:
            return wanted, at_ms
        parts = min(wanted, self._most(plan, group, message.priority))
        while parts > max(now, message.parts):
            opens = opening(plan, usage, parts, at_ms, priority=message.priority, group=group)
            # Only what the message's recipient was asked for above; the hours are looked at by whoever asks.
            if opens.at_ms is not None and opens.at_ms - at_ms <= LONGEST_WAIT * parts * pace_ms:
                return parts, opens.at_ms
            parts //= 2
        return max(now, message.parts), at_ms

    def _most(self, plan: Plan, group: Usage | None, priority: int) -> int:
        """Parts that the smallest window holds."""
        longest = (plan.longest_for(priority), None if group is None else group.plan.longest_for(priority))
        return max(1, min((each for each in longest if each is not None), default=ANY_NUMBER))

    def _before(self, at_ms: int, pace_ms: float, parts: int, until_ms: int | None) -> int:
        """So many of ``parts`` as begin before the hours close, the month ends, and ``until_ms``."""
        ends = [] if until_ms is None else [until_ms]
        usages = (
            [self.standing.usage] if self.groups_usage is None else [self.standing.usage, self.groups_usage]
        )
        ends += [each.month_to_ms for each in usages if each.plan.counts_months and each.month_to_ms > at_ms]
        last_ms = at_ms + round(parts * pace_ms)
        plan = self.standing.plan
        if plan.sending_hours:
            closes_ms = self._closes_ms(at_ms, last_ms)
            if closes_ms is not None:
                ends.append(closes_ms)
        end_ms = min(ends, default=last_ms)
        if end_ms >= last_ms:
            return parts
        return max(1, min(parts, int((end_ms - at_ms) / max(pace_ms, 1)) + 1))

    def _closes_ms(self, from_ms: int, to_ms: int) -> int | None:
        """The first instant at which the sending hours are closed, to a minute; None: open all the time."""
        hours, zone = self.standing.plan.sending_hours, self.standing.plan.zone
        open_ms = from_ms
        while open_ms < to_ms:
            next_ms = min(to_ms, open_ms + HOUR_MS)
            if hours.opens_at(next_ms, zone) > next_ms:
                closed_ms = next_ms
                while closed_ms - open_ms > 60_000:
                    middle_ms = (open_ms + closed_ms) // 2
                    if hours.opens_at(middle_ms, zone) > middle_ms:
                        closed_ms = middle_ms
                    else:
                        open_ms = middle_ms
                return closed_ms
            open_ms = next_ms
        return None

    def _pace_ms(
        self, coarse: Plan | None = None, group: Usage | None = None, priority: int = Urgency.BULK
    ) -> float:
        """From one part to the next while no window but small ones holds it."""
        plan = self.standing.plan
        pace_ms = self.part_ms + plan.minimum_gap_ms * (1 + plan.gap_jitter_percent / 200)
        if coarse is not None:
            pace_ms = max(pace_ms, _pace_of_small(plan, coarse, priority, self.part_ms))
        if group is not None and self.standing.group is not None:
            whole = self.standing.group.usage.plan
            pace_ms = max(pace_ms, _pace_of_small(whole, group.plan, priority, self.part_ms))
        return pace_ms

    def _coarse_plan(self, parts: int) -> Plan:
        """The plan without its gap and without the limits that are small against ``parts``."""
        plan = self.standing.plan
        minute, hour = 0 < plan.parts_per_minute < 2 * parts, 0 < plan.parts_per_hour < 2 * parts
        found = self._coarse.get((minute, hour))
        if found is None:
            found = self._coarse[minute, hour] = replace(
                plan,
                minimum_gap_ms=0,
                parts_per_minute=0 if minute else plan.parts_per_minute,
                parts_per_hour=0 if hour else plan.parts_per_hour,
                # Of many recipients none is asked for twice, and the hours are looked at apart.
                recipients_per_month=0,
                parts_per_recipient_per_day=0,
                sending_hours=replace(plan.sending_hours, periods=()),
            )
        return found

    def _coarse_group(self, parts: int) -> Usage | None:
        """The group's usage under its own plan without such limits."""
        usage = self.groups_usage
        if usage is None:
            return None
        plan = usage.plan
        coarse = replace(
            plan,
            parts_per_minute=0 if plan.parts_per_minute < 2 * parts else plan.parts_per_minute,
            parts_per_hour=0 if plan.parts_per_hour < 2 * parts else plan.parts_per_hour,
            recipients_per_month=0,
        )
        return _under(usage, coarse)

    def _room_for_recipients(self, message: WaitingMessage, at_ms: int) -> int | None:
        """How many messages to people that were not written to fit; None: any number."""
        rooms = []
        for usage in (self.standing.usage, self.groups_usage):
            if usage is None or usage.plan.recipient_shares is None:
                continue
            if not usage.is_known_in_month(message.recipient, at_ms):
                most = usage.plan.recipient_shares[min(message.priority, Urgency.BULK)]
                rooms.append(max(1, most - usage.recipients_in_month(at_ms)))
        return min(rooms, default=None)

    # -- counting -----------------------------------------------------------------------------------------------------

    def _count(self, first_ms: int, last_ms: int, parts: int) -> None:
        """Parts that are answered evenly from ``first_ms`` to ``last_ms``."""
        for usage in (self.standing.usage, self.groups_usage):
            if usage is not None:
                count_evenly(usage, first_ms, last_ms, parts)

    def _count_recipients(self, message: WaitingMessage, messages: int) -> None:
        for usage in (self.standing.usage, self.groups_usage):
            if usage is None or not usage.plan.recipients_per_month:
                continue
            if message.recipient not in usage.month_recipients:
                usage.month_recipients.update(f"~{next(_names)}" for _ in range(messages))

    def _cost(self, message: WaitingMessage, parts: int, at_ms: int) -> int:
        """What so many parts cost, those left out that the month's allowance holds."""
        plan, usage = self.standing.plan, self.standing.usage
        if not (plan.price_on_net_micros or plan.price_off_net_micros or plan.price_abroad_micros):
            return 0
        free = max(0, plan.allowance_parts - usage.parts_in_month(at_ms)) if plan.allowance_parts else 0
        beyond = max(0, parts - free)
        if not beyond:
            return 0
        paid = self.standing
        if plan.allowance_parts:
            paid = replace(paid, plan=replace(plan, allowance_parts=0))
        return beyond * price_micros(paid, message, at_ms)


def _pace_of_small(plan: Plan, coarse: Plan, priority: int, part_ms: int) -> float:
    """The pace that the limits leave which ``coarse`` has not.

    A part counts from its submission until a window after its answer, so a window is longer by what a part takes.
    """
    urgency, pace_ms = min(priority, Urgency.BULK), 0.0
    for limit, most, kept in (
        (Limit.MINUTE, plan.parts_per_minute, coarse.parts_per_minute),
        (Limit.HOUR, plan.parts_per_hour, coarse.parts_per_hour),
    ):
        if most and not kept:
            pace_ms = max(pace_ms, (WINDOW_MS[limit] + part_ms) / max(1, plan.shares(most)[urgency]))
    return pace_ms


def _under(usage: Usage, plan: Plan) -> Usage:
    """What is used, seen under another plan; only to be read."""
    seen = Usage.__new__(Usage)
    for name in Usage.__slots__:
        setattr(seen, name, getattr(usage, name))
    seen.plan = plan
    return seen


def count_evenly(usage: Usage, first_ms: int, last_ms: int, parts: int) -> None:
    """What :meth:`Usage.count` does for each of so many parts, at once."""
    if last_ms >= usage.month_to_ms:
        usage.as_of(last_ms)
    usage.month_parts += parts
    if usage.first_sent_at_ms is None:
        usage.first_sent_at_ms = first_ms
    remembered = usage.plan.remembered_parts
    step_ms = (last_ms - first_ms) // (parts - 1) if parts > 1 else 0
    parts = min(parts, remembered)
    if not parts:
        return
    counted = usage.counted
    first_ms = last_ms - step_ms * (parts - 1)
    instants = array("q", range(first_ms, last_ms + 1, step_ms) if step_ms else [last_ms] * parts)
    if counted and counted[-1] > first_ms:
        place = bisect_left(counted, first_ms)
        instants = array("q", sorted([*counted[place:], *instants]))
        del counted[place:]
    counted.extend(instants)
    if len(counted) > remembered:
        del counted[: len(counted) - remembered]


def fresh(standing: SimStanding, groups: dict[int, GroupStanding]) -> SimStanding:
    """A copy to count in; SIMs of one group get one copy of that."""
    group = standing.group
    if group is not None:
        if group.id not in groups:
            groups[group.id] = replace(group, usage=group.usage.copy())
        group = groups[group.id]
    # There are no numbers to look at, only networks.
    plan = replace(standing.plan, on_net_prefixes=None)
    return replace(standing, plan=plan, usage=standing.usage.copy(), group=group)
