"""The circuit breaker of a SIM: one pure state machine, which decides when a SIM rests and how it comes back.

Everything that moves a breaker is a function of this file::

    closed ──refused in a row, or silent──> open ──its rest is over──> half-open ──one message went──> closed
                                             ^                             │
                                             └────refused, or not delivered┘   each rest is longer than the one before

After :attr:`BreakerRules.quarantine_after` rests in vain an open one is *quarantined*: it says so, needs a person, and
still tries a single message by itself, ever later. A person closes any of them at once (:func:`resumed`).

A state is stored as JSON with its SIM (``sims.breaker``), so that a restart gives no new budget. That a SIM sends
nothing while its breaker is open is its rest (``sims.resting_until_ms``), which :mod:`appliance.policy.choice` obeys
like any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from appliance.policy.blocking import (
    QUARANTINED,
    BlockRules,
    Evidence,
    Pattern,
    Run,
    is_enough,
    needs_others,
    pattern_of,
)
from appliance.policy.failure import BackOff, Fault
from appliance.policy.reason import Reason


class BreakerState(StrEnum):
    CLOSED = "closed"
    """It sends."""
    OPEN = "open"
    """It rests."""
    HALF_OPEN = "half-open"
    """Its rest is over: one message tells whether it may go on."""


_REST = BackOff(15 * 60_000, 2, 4 * 3_600_000)
_QUARANTINE = BackOff(6 * 3_600_000, 2, 24 * 3_600_000)
_PAUSE = BackOff(2_000, 2, 60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When a SIM rests, and for how long."""

    blocking: BlockRules = field(default_factory=BlockRules)
    rest: BackOff = _REST
    quarantine_after: int = 4
    """Rests in a row after which a SIM is quarantined."""
    quarantine: BackOff = _QUARANTINE
    report_within_ms: int = 15 * 60_000
    """How long the report of the message is awaited that tells whether a silent SIM delivers again."""
    pause: BackOff = _PAUSE
    """Of a SIM after the second failure in a row of its network or modem, so that an outage does not use up
    the attempts of every message in the queue."""
    free_probes: int = 3
    """So often a message may be the one that a SIM tries with before that counts among its own attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """How one SIM stands with its carrier."""

    state: BreakerState = BreakerState.CLOSED
    runs: dict[Pattern, Run] = field(default_factory=dict)
    """Refusals in a row since a message went."""
    trips: int = 0
    """Rests in a row, without a message that went between them."""
    until_ms: int = 0
    """Of one that is open: when its rest is over. Half-open with a probe under way: when its report is overdue."""
    evidence: Evidence | None = None
    probe_part_id: int | None = None
    """The part whose delivery is awaited."""
    since_ms: int = 0
    """A silence of before this instant was judged already."""

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands against the SIM."""
        return self.state is BreakerState.CLOSED and not self.runs

    @property
    def needs_report(self) -> bool:
        """Whether only a delivery shows that the SIM is well: it was taken at its word before."""
        return self.evidence is not None and self.evidence.pattern is Pattern.SILENT

    def is_quarantined(self, rules: BreakerRules) -> bool:
        """Whether it needs a person."""
        return self.state is not BreakerState.CLOSED and self.trips >= rules.quarantine_after

    def why(self, sim_name: str, rules: BreakerRules) -> Reason | None:
        """Why and until when the SIM rests, in one sentence with the evidence; None where it does not."""
        if self.evidence is None or self.state is BreakerState.CLOSED:
            return None
        said = self.evidence.reason(sim_name, self.until_ms)
        if self.probe_part_id is not None:
            return replace(said, code="sim.rests-for-report")
        if self.is_quarantined(rules):
            return replace(said, code=QUARANTINED, args={**said.args, "rests": self.trips})
        return said


# -- steps ------------------------------------------------------------------------------------------------------


def taken(breaker: Breaker, part_id: int, now_ms: int, rules: BreakerRules) -> Breaker:
    """The network took a part.

    That ends what refusals brought. It is no sign for a SIM whose messages are taken and don't arrive: there the
    delivery of this one is awaited, and nothing else is sent meanwhile.
    """
    if not breaker.needs_report:
        return Breaker(since_ms=breaker.since_ms)
    calm = replace(breaker, runs={})
    if breaker.state is not BreakerState.HALF_OPEN or breaker.probe_part_id is not None:
        return calm
    return replace(calm, probe_part_id=part_id, until_ms=now_ms + rules.report_within_ms)


def refused(
    breaker: Breaker,
    fault: Fault,
    *,
    code: int | None,
    detail: str,
    recipient: str,
    now_ms: int,
    rules: BreakerRules,
    others_sent_since: Callable[[int], bool] = lambda _: False,
) -> Breaker:
    """A part was refused. ``others_sent_since(at_ms)``: whether other SIMs could send from that instant on."""
    pattern = pattern_of(fault, code)
    if pattern is None:
        return breaker
    run = breaker.runs.get(pattern, Run()).and_another(recipient, now_ms)
    noted = replace(breaker, runs={**breaker.runs, pattern: run})
    tries_again = breaker.state is BreakerState.HALF_OPEN and (
        pattern is Pattern.REFUSED or (breaker.evidence is not None and breaker.evidence.pattern is pattern)
    )
    if not tries_again:
        if breaker.state is not BreakerState.CLOSED or not is_enough(pattern, run, rules.blocking):
            return noted
        if needs_others(pattern) and not others_sent_since(run.since_ms):
            return noted
    return _opened(noted, Evidence(pattern, run.count, run.count, detail), now_ms, rules)


def silent(breaker: Breaker, evidence: Evidence, now_ms: int, rules: BreakerRules) -> Breaker:
    """What the SIM sent was taken and not delivered."""
    if breaker.state is not BreakerState.CLOSED:
        return breaker
    return replace(_opened(breaker, evidence, now_ms, rules), since_ms=now_ms)


def is_probe_due(breaker: Breaker, now_ms: int) -> bool:
    """Whether the next message of the SIM is the one that tells whether it may go on."""
    match breaker.state:
        case BreakerState.OPEN:
            return breaker.until_ms <= now_ms
        case BreakerState.HALF_OPEN:
            # One of which nobody knows tells nothing: the next one does.
            return breaker.probe_part_id is None
        case BreakerState.CLOSED:
            return False


def probing(breaker: Breaker, now_ms: int) -> Breaker:
    """A message is given to the SIM to see whether it may go on."""
    return replace(breaker, state=BreakerState.HALF_OPEN, probe_part_id=None, until_ms=now_ms)


def delivered(breaker: Breaker, now_ms: int) -> Breaker:
    """The message that was awaited has arrived."""
    if breaker.state is not BreakerState.HALF_OPEN or breaker.probe_part_id is None:
        return breaker
    return Breaker(since_ms=now_ms)


def not_delivered(breaker: Breaker, now_ms: int, rules: BreakerRules) -> Breaker:
    """The message that was awaited has not arrived in time, or will not."""
    if (
        breaker.state is not BreakerState.HALF_OPEN
        or breaker.probe_part_id is None
        or breaker.evidence is None
    ):
        return breaker
    return _opened(breaker, breaker.evidence, now_ms, rules)


def resumed(now_ms: int) -> Breaker:
    """A person lets the SIM go on, whatever it was. The same silence does not stop it again."""
    return Breaker(since_ms=now_ms)


def _opened(breaker: Breaker, evidence: Evidence, now_ms: int, rules: BreakerRules) -> Breaker:
    trips = breaker.trips + 1
    beyond = trips - rules.quarantine_after
    rest_ms = rules.rest.after(trips) if beyond < 0 else rules.quarantine.after(beyond + 1)
    return replace(
        breaker,
        state=BreakerState.OPEN,
        trips=trips,
        until_ms=now_ms + rest_ms,
        evidence=evidence,
        probe_part_id=None,
    )


def pause_after(failures_in_a_row: int, rules: BreakerRules) -> int:
    """Milliseconds that a SIM pauses after failures of its network or modem in a row. The first is free."""
    return 0 if failures_in_a_row < 2 else rules.pause.after(failures_in_a_row - 1)


def attempts_used(reservations: int, probes: int, rules: BreakerRules) -> int:
    """How many of a message's attempts are used up: those in which a SIM only tried itself are free, a few times."""
    return reservations - min(probes, rules.free_probes)


# -- as it is stored --------------------------------------------------------------------------------------------


def to_json(breaker: Breaker) -> str | None:
    """As it is stored with its SIM; None: nothing to remember."""
    if breaker == Breaker():
        return None
    return json.dumps(asdict(breaker), separators=(",", ":"), ensure_ascii=False)


def from_json(stored: str | None) -> Breaker:
    """What :func:`to_json` wrote; what can't be read, such as that of another version, is a closed one."""
    if stored is None:
        return Breaker()
    try:
        values = json.loads(stored)
        evidence = values.get("evidence")
        runs = values.get("runs", {})
        return Breaker(
            **{key: values[key] for key in _PLAIN if key in values},
            state=BreakerState(values.get("state", BreakerState.CLOSED)),
            runs={
                Pattern(name): Run(run["count"], tuple(run["recipients"]), run["since_ms"])
                for name, run in runs.items()
            },
            evidence=None
            if evidence is None
            else Evidence(**{**evidence, "pattern": Pattern(evidence["pattern"])}),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return Breaker()


_PLAIN = ("trips", "until_ms", "probe_part_id", "since_ms")
