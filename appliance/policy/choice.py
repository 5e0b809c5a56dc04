"""May this SIM send this message now; and if none may, why the message waits.

The pool asks :func:`verdict` for a SIM that is free, the web asks :func:`why_waiting` for a message that is
queued. The second is made of the first, so the two can't disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from appliance.policy.plan import Plan, opening
from appliance.policy.reason import Reason
from appliance.store.sims import UNTIL_RESUMED_MS

READY = "ready"
"""The one port state (``appliance.modem.states``) in which a SIM sends."""

QUEUED = Reason("message.queued")

MOST_AHEAD = 1000
"""Messages before another one are counted up to here; what is beyond is only "more"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimStanding:
    """What decides about a SIM at one instant."""

    sim_id: int
    name: str
    """What people call it: its label, its number, or the end of its card number."""
    plan: Plan = field(default_factory=Plan)
    counted: Sequence[int] = ()
    """The instants as of which its earlier parts count, ascending (see :func:`appliance.policy.plan.opening`)."""
    port_state: str = READY
    """State of the port that it is in; a word that is no port state where it is in none."""
    resting_until_ms: int = 0
    """Out of service until then, after refusals or by a person."""
    drains: bool = False
    """It rests because cards are being swapped: meanwhile it sends only what no other SIM may send."""
    held: Reason | None = None
    """What keeps it from beginning anything in its port: a pause after failures, a full memory, roaming. Where that is
    over by itself, its ``until_ms`` says when."""
    low_balance: Reason | None = None
    """It rests because too little is on it, whatever else it rests for; until a newer balance is above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMessage:
    """What decides about a message that is queued."""

    parts: int
    """Parts that are still to be sent."""
    not_before_ms: int = 0
    pinned_sim_id: int | None = None
    """Only this SIM may go on, because other parts went through it, or because it was meant for this SIM only."""
    is_for_one_sim: bool = False
    """The latter: that no other SIM may send it was so from the first."""
    asks_balance: bool = False
    """The box asks the SIM's carrier with it what is on the SIM. Such a question is all that passes a rest for a low
    balance, because that ends with its answer only; every other rest and the plan hold it like anything else."""
    excluded_sim_ids: frozenset[int] = frozenset()
    """SIMs that were refused it."""
    ahead: int = 0
    """How many messages are before it, counted up to :data:`MOST_AHEAD`."""
    reason: Reason = QUEUED
    """What was said when it was put into the queue, or put back."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """This SIM may send this message now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now, or not this SIM; and why."""

    reason: Reason


Verdict = Allowed | Wait


def verdict(sim: SimStanding, message: WaitingMessage, now_ms: int) -> Verdict:
    """Whether ``sim`` may begin ``message`` at ``now_ms``. A SIM that is busy is not asked."""
    if message.not_before_ms > now_ms:
        return Wait(Reason(message.reason.code, message.reason.args, message.not_before_ms))
    if message.pinned_sim_id not in (None, sim.sim_id):
        return Wait(Reason("message.other-sim-goes-on"))
    if sim.sim_id in message.excluded_sim_ids:
        return Wait(Reason("message.sim-was-refused", {"sim": sim.name}))
    held = sim_holds(sim, now_ms, goes_on=message.pinned_sim_id == sim.sim_id)
    if held is not None and not (message.asks_balance and held is sim.low_balance):
        return Wait(held)
    return _plan_verdict(sim, message.parts, now_ms)


def sim_holds(sim: SimStanding, now_ms: int, *, goes_on: bool = False) -> Reason | None:
    """Why ``sim`` may send nothing at all now, whatever its plan says; None if it may.

    ``goes_on``: with what only it may send.
    """
    if sim.port_state != READY:
        return Reason("sim.not-ready", {"sim": sim.name, "state": sim.port_state})
    if sim.resting_until_ms > now_ms and not (sim.drains and goes_on):
        until_ms = sim.resting_until_ms
        if sim.drains:
            return Reason("sim.draining", {"sim": sim.name})
        if until_ms >= UNTIL_RESUMED_MS:
            return Reason("sim.rests-until-resumed", {"sim": sim.name})
        return Reason("sim.resting", {"sim": sim.name, "until_ms": until_ms}, until_ms)
    if sim.held is not None and (sim.held.until_ms is None or sim.held.until_ms > now_ms):
        return sim.held
    return sim.low_balance


def _plan_verdict(sim: SimStanding, parts: int, now_ms: int) -> Verdict:
    opens = opening(sim.plan, sim.counted, parts, now_ms)
    if opens.limit is None:
        return Allowed()
    if opens.at_ms is None:
        return Wait(Reason("message.too-many-parts", {"parts": parts, "most": sim.plan.longest_message or 0}))
    return Wait(
        Reason(f"sim.at-limit.{opens.limit}", {"sim": sim.name, "until_ms": opens.at_ms}, opens.at_ms)
    )


def why_waiting(message: WaitingMessage, sims: Iterable[SimStanding], now_ms: int) -> Reason:
    """Why a queued message is not being sent at this instant, in one sentence."""
    sims = tuple(sims)
    if message.not_before_ms > now_ms:
        return Reason(message.reason.code, message.reason.args, message.not_before_ms)
    if message.pinned_sim_id is not None:
        return _why_pinned_waits(message, sims, now_ms)
    if not sims:
        return Reason("message.no-sim")
    candidates = tuple(sim for sim in sims if sim.sim_id not in message.excluded_sim_ids)
    ready = tuple(sim for sim in candidates if sim.port_state == READY)
    if not ready:
        return _why_none_is_ready(candidates, sims)
    verdicts = tuple(verdict(sim, message, now_ms) for sim in ready)
    if any(isinstance(each, Allowed) for each in verdicts):
        return _turn(message.ahead)
    return _first_to_open(tuple(each.reason for each in verdicts if isinstance(each, Wait)), len(ready))


def _why_pinned_waits(message: WaitingMessage, sims: Sequence[SimStanding], now_ms: int) -> Reason:
    sim = next((each for each in sims if each.sim_id == message.pinned_sim_id), None)
    which = "the-one" if message.is_for_one_sim else "its"
    if sim is None:
        return Reason(f"message.{which}-sim-is-gone")
    match verdict(sim, message, now_ms):
        case Allowed():
            return _turn(message.ahead)
        case Wait(reason) if reason.code == "sim.not-ready":
            return Reason(f"message.{which}-sim-is-not-ready", reason.args)
        case Wait(reason):
            return reason


def _why_none_is_ready(candidates: Sequence[SimStanding], sims: Sequence[SimStanding]) -> Reason:
    if any(sim.port_state == READY for sim in sims):
        return Reason("message.refused-by-ready-sims")
    states = Counter(sim.port_state for sim in candidates or sims)
    return Reason(
        "message.no-sim-ready",
        {"states": ", ".join(f"{state} × {count}" for state, count in sorted(states.items()))},
    )


def _first_to_open(reasons: Sequence[Reason], ready: int) -> Reason:
    """The reason that passes first; where all SIMs wait for the same thing, it is said of all of them."""
    passing = [each for each in reasons if each.until_ms is not None]
    if not passing:
        all_low = ready > 1 and all(each.code == "sim.low-balance" for each in reasons)
        return Reason("message.all-low-balance") if all_low else reasons[0]
    first = min(passing, key=lambda each: each.until_ms or 0)
    if ready == 1:
        return first
    shared = all(each.code == first.code for each in reasons)
    code = f"message.all-{first.code.removeprefix('sim.')}" if shared else "message.all-held"
    return Reason(code, {"until_ms": first.until_ms or 0}, first.until_ms)


def _turn(ahead: int) -> Reason:
    if ahead == 0:
        return Reason("message.next")
    if ahead >= MOST_AHEAD:
        return Reason("message.many-before-it", {"ahead": MOST_AHEAD})
    return Reason("message.waits-its-turn", {"ahead": ahead})
