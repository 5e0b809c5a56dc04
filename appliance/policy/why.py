"""Why a message waits, in one sentence, made of what the pool chooses by (:mod:`appliance.policy.choice`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from appliance.policy.choice import (
    MOST_AHEAD,
    READY,
    Allowed,
    SimStanding,
    Wait,
    WaitingMessage,
    left_to,
    left_until,
    verdict,
)
from appliance.policy.reason import Reason


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
    allowed = tuple(sim for sim, each in zip(ready, verdicts, strict=True) if isinstance(each, Allowed))
    if allowed:
        return _why_not_taken(message, allowed, sims, now_ms)
    return _first_to_open(tuple(each.reason for each in verdicts if isinstance(each, Wait)), len(ready))


def _why_not_taken(
    message: WaitingMessage, allowed: Sequence[SimStanding], sims: Sequence[SimStanding], now_ms: int
) -> Reason:
    """Why a message waits that some SIM may send: it is left to a better one, or others go before it."""
    others = {sim.sim_id: sim for sim in sims}
    better = [left_to(sim, message, others, now_ms) for sim in allowed]
    its = better[0]
    if its is None or None in better:
        return _turn(message.ahead)
    code = "message.left-to-its-sim" if its.sim_id == message.sticky_sim_id else "message.left-to-cheaper"
    until_ms = left_until(message)
    return Reason(code, {"sim": its.name, "until_ms": until_ms}, until_ms)


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
    if shared and first.code.startswith("group.") and all(each.args == first.args for each in reasons):
        return first
    shared = shared and first.code.startswith("sim.")
    code = f"message.all-{first.code.removeprefix('sim.')}" if shared else "message.all-held"
    return Reason(code, {"until_ms": first.until_ms or 0}, first.until_ms)


def _turn(ahead: int) -> Reason:
    if ahead == 0:
        return Reason("message.next")
    if ahead >= MOST_AHEAD:
        return Reason("message.many-before-it", {"ahead": MOST_AHEAD})
    return Reason("message.waits-its-turn", {"ahead": ahead})
