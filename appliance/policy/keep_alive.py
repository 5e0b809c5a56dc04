"""When a SIM that must spend something by a date does so, how, and why not: values and a clock reading in.

Carriers take back the number of a prepaid SIM that has not been used for some months. A message to another SIM of the
box costs least: it is one part, often within one carrier, and its arrival is the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

from appliance.policy.balance import daytime_from
from appliance.policy.reason import Reason

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
TRIES_COUNT_MS = 3 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAliveRules:
    """How the box keeps its SIMs alive."""

    every_days: int = 0
    """For SIMs for which neither a person nor the table of carriers says anything else; 0: they need not."""
    days_before: int = 5
    """The first day on which it is done, before the date; the days between are shared out among the SIMs."""
    from_hour: int = 9
    to_hour: int = 18
    """Local hours outside of which no such message goes."""
    gap_min: int = 10
    """Least time between two such messages of the box, so that many SIMs don't write at once."""
    tries: int = 4
    """Messages that may fail within :data:`TRIES_COUNT_MS`; then it waits for a person, or for that time."""
    retry_after_h: int = 4
    text: str = "SIM keep-alive {code}"
    """``{code}`` tells the messages apart."""
    fallback: str = ""
    """A number for SIMs that have no other SIM to write to; '' for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A SIM as the planner sees it."""

    sim_id: int
    name: str
    carrier: str | None = None
    number: str | None = None
    """Its own, in E.164, where it is known."""
    is_ready: bool = False
    """In a port, registered."""
    holds: str | None = None
    """A reason (code) for which it may send nothing now, though it is ready: a rest, a low balance."""
    every_days: int = 0
    """It must spend something every so many days; 0: it need not."""
    last_spent_ms: int | None = None
    """The last part that the network took from it for a number that costs."""
    since_ms: int = 0
    """First seen: what counts where it never spent anything here."""
    is_trying: bool = False
    """A message of this kind is under way."""
    tried_ms: tuple[int, ...] = ()
    """When tries failed, in the last :data:`TRIES_COUNT_MS`."""
    failed_recipients: frozenset[str] = field(default_factory=frozenset)

    @property
    def due_ms(self) -> int | None:
        """By when it must have spent something; None: never."""
        if self.every_days <= 0:
            return None
        return (
            self.since_ms if self.last_spent_ms is None else self.last_spent_ms
        ) + self.every_days * DAY_MS


@dataclass(frozen=True, slots=True)
class Send:
    """Write now: from a SIM to a number, which may be of another SIM of the box."""

    sim_id: int
    recipient: str
    to_sim_id: int | None
    due_ms: int


@dataclass(frozen=True, slots=True)
class Later:
    """It is done at that instant at the earliest, if nothing is spent before."""

    sim_id: int
    at_ms: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """It can't be done as things are; ``retry_ms`` is when to look again by the clock."""

    sim_id: int
    reason: Reason
    due_ms: int
    retry_ms: int


Step = Send | Later | Stuck


def planned_ms(cell: Cell, rules: KeepAliveRules, zone: tzinfo) -> int | None:
    """The instant that a SIM's turn is planned for: in daytime, some days before its date, spread over them.

    It is made of the SIM's id, so that it stays the same whenever it is asked for; it is never after the date.
    """
    due_ms = cell.due_ms
    if due_ms is None:
        return None
    lead = min(rules.days_before, max(0, cell.every_days // 2))
    # The last of these days is kept free, for tries that fail.
    day = cell.sim_id * 7 % max(1, lead - 1)
    minutes = max(1, (rules.to_hour - rules.from_hour) * 60 - 30)
    minute = cell.sim_id * 97 % minutes
    date = datetime.fromtimestamp(due_ms / 1000, UTC).astimezone(zone).date() - timedelta(days=lead - day)
    at = datetime.combine(date, time(rules.from_hour), tzinfo=zone) + timedelta(minutes=minute)
    if at.timestamp() * 1000 > due_ms:
        at -= timedelta(days=1)
    return int(at.timestamp() * 1000)


def plan(
    cells: Sequence[Cell], last_sent_ms: int | None, rules: KeepAliveRules, *, now_ms: int, zone: tzinfo
) -> tuple[Step, ...]:
    """What is to be done for each SIM that must spend something; at most one :class:`Send`, the most urgent.

    ``last_sent_ms`` is when the box sent the last message of this kind.
    """
    steps: list[Step] = []
    may_send_ms = now_ms if last_sent_ms is None else max(now_ms, last_sent_ms + rules.gap_min * MINUTE_MS)
    has_sent = False
    for cell in sorted(cells, key=lambda each: (each.due_ms or 0, each.sim_id)):
        if cell.due_ms is None or cell.is_trying:
            continue
        step = _step(cell, cells, rules, now_ms, zone)
        if isinstance(step, Send) and (has_sent or may_send_ms > now_ms):
            at_ms = daytime_from(
                max(may_send_ms, now_ms + rules.gap_min * MINUTE_MS * has_sent),
                zone,
                rules.from_hour,
                rules.to_hour,
            )
            step = Later(cell.sim_id, at_ms, cell.due_ms)
        has_sent = has_sent or isinstance(step, Send)
        steps.append(step)
    return tuple(steps)


def _step(cell: Cell, cells: Sequence[Cell], rules: KeepAliveRules, now_ms: int, zone: tzinfo) -> Step:
    due_ms, planned = cell.due_ms, planned_ms(cell, rules, zone)
    assert due_ms is not None
    assert planned is not None
    if cell.tried_ms:
        planned = max(planned, max(cell.tried_ms) + rules.retry_after_h * HOUR_MS)
    if planned > now_ms:
        at_ms = daytime_from(planned, zone, rules.from_hour, rules.to_hour)
        return Later(cell.sim_id, at_ms, due_ms)
    reason = _obstacle(cell, rules, due_ms)
    way = None if reason is not None else _way(cell, cells, rules)
    if way is None:
        why = reason or Reason("keep-alive.no-number", {"sim": cell.name, "until_ms": due_ms})
        return Stuck(cell.sim_id, why, due_ms, now_ms + HOUR_MS)
    at_ms = daytime_from(now_ms, zone, rules.from_hour, rules.to_hour)
    if at_ms > now_ms:
        return Later(cell.sim_id, at_ms, due_ms)
    return Send(cell.sim_id, way[0], way[1], due_ms)


def _obstacle(cell: Cell, rules: KeepAliveRules, due_ms: int) -> Reason | None:
    args: dict[str, str | int] = {"sim": cell.name, "until_ms": due_ms}
    if len(cell.tried_ms) >= rules.tries:
        return Reason("keep-alive.tried", args | {"tries": len(cell.tried_ms)})
    if not cell.is_ready:
        return Reason("keep-alive.not-ready", args)
    if cell.holds == "sim.low-balance":
        return Reason("keep-alive.low-balance", args)
    if cell.holds is not None:
        return Reason("keep-alive.resting", args)
    return None


def _way(cell: Cell, cells: Iterable[Cell], rules: KeepAliveRules) -> tuple[str, int | None] | None:
    """The number to write to, cheapest and surest first, and whose it is.

    Another SIM of the same carrier that is ready, then of any; one that is not ready may be off for good, so it comes
    after the number that was set for this. What failed for this date comes last.
    """
    others = [
        each for each in cells if each.sim_id != cell.sim_id and each.number and each.number != cell.number
    ]
    ranked = sorted(
        (
            (
                each.number in cell.failed_recipients,
                not each.is_ready,
                each.carrier is None or each.carrier != cell.carrier,
                each.sim_id,
            ),
            each,
        )
        for each in others
    )
    fallback = rules.fallback and rules.fallback not in cell.failed_recipients
    for (failed, is_off, _, _), each in ranked:
        if (failed or is_off) and fallback:
            break
        return (each.number or "", each.sim_id)
    return (rules.fallback, None) if rules.fallback else None
