"""The steps of a guided swap of a card: one table of what is seen and what a person chooses. Pure.

    draining → pull → insert ( → pin ) → plan → test ( → testing ) → done

Each step can be gone back from, and each cancelled. What a person has to do is the sentence ``swap.<step>``, or the
one in ``said`` where something else is the matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

Line = tuple[str, Mapping[str, str | int]]
"""A sentence with its arguments."""


class SwapStep(StrEnum):
    """Where a swap is."""

    DRAINING = "draining"
    """The old SIM takes nothing new, and finishes what only it may send."""
    PULL = "pull"
    """A person is to pull the card."""
    INSERT = "insert"
    """A person is to put the new card in."""
    PIN = "pin"
    """The new card asks for its PIN."""
    PLAN = "plan"
    """A person is to choose the limits of the new SIM."""
    TEST = "test"
    """A person is to begin a loop test, or to do without."""
    TESTING = "testing"
    DONE = "done"
    CANCELLED = "cancelled"


class SwapAction(StrEnum):
    """What a person chooses."""

    GO_ON = "go-on"
    """Don't wait for what only the old SIM may send."""
    BACK = "back"
    PLAN_COPY = "plan-copy"
    """The limits of the old SIM."""
    PLAN_BOX = "plan-box"
    """The limits that the box's settings have."""
    PLAN_OWN = "plan-own"
    TEST = "test"
    SKIP_TEST = "skip-test"
    CANCEL = "cancel"


ENDED = frozenset({SwapStep.DONE, SwapStep.CANCELLED})

EMPTY = frozenset({"absent", "no-sim", "line-lost", "no-permission", "in-use"})
"""States of a port in which no card is seen."""
ON_THE_WAY = frozenset({"opening", "probing", "sim-busy", "no-answer", "garbled"})
"""States that tell nothing of the card: they pass, or say nothing more until a modem answers."""
LOCKED = frozenset({"pin-required", "wrong-pin", "pin-not-tried"})
OPEN = frozenset({"ready", "registering", "no-network", "registration-denied", "no-smsc"})
"""States in which the card is open and known; whether its network takes it is another matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A swap at one port. ``done`` is what was done so far, for the protocol at its end."""

    port_name: str
    step: SwapStep
    old_sim_id: int | None
    new_sim_id: int | None = None
    said: Line | None = None
    """What is the matter instead of the step's own sentence."""
    test_run: str | None = None
    done: tuple[Line, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.step in ENDED

    @property
    def actions(self) -> tuple[SwapAction, ...]:
        """What a person may choose now."""
        if self.is_over:
            return ()
        possible = _ACTIONS.get(self.step, {})
        fitting = [
            each for each in possible if each is not SwapAction.PLAN_COPY or self.old_sim_id is not None
        ]
        return (*fitting, SwapAction.CANCEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is the case at one instant."""

    port_state: str
    port_said: Line | None = None
    """What the wall says of the port."""
    sim_id: int | None = None
    """The SIM in the port, where it is known."""
    sim_name: str = ""
    begun: int = 0
    """Messages that the old SIM is sending, or that only it may send."""
    test_result: Line | None = None
    """How the loop test ended; None while it goes on."""
    test_passed: bool = False


def advanced(swap: Swap, seen: Seen) -> Swap:
    """Where a swap is, given what is seen. The same again where nothing follows from it."""
    follow = _FOLLOWS.get(swap.step)
    return swap if follow is None else follow(swap, seen)


def _draining(swap: Swap, seen: Seen) -> Swap:
    if _is_empty(seen):
        return _to(swap, SwapStep.INSERT, ("swap.did.pulled-early", {}))
    if seen.begun == 0:
        return _to(swap, SwapStep.PULL, ("swap.did.drained", {}))
    return replace(swap, said=("swap.waits-for-messages", {"messages": seen.begun}))


def _pulled(swap: Swap, seen: Seen) -> Swap:
    if _is_empty(seen):
        return _to(swap, SwapStep.INSERT, ("swap.did.pulled", {}))
    if _is_another(swap, seen):
        return _arrived(_to(swap, SwapStep.INSERT, ("swap.did.pulled", {})), seen)
    return swap


def _tested(swap: Swap, seen: Seen) -> Swap:
    if seen.test_result is None:
        return swap
    if seen.test_passed:
        return _to(swap, SwapStep.DONE, seen.test_result)
    return replace(swap, step=SwapStep.TEST, said=seen.test_result, test_run=None)


def _arrived(swap: Swap, seen: Seen) -> Swap:
    """A card was put in, or not yet."""
    if _is_empty(seen):
        return replace(swap, said=None)
    if seen.port_state in ON_THE_WAY:
        return replace(swap, said=("swap.card-is-read", {}))
    if seen.sim_id is not None and seen.sim_id == swap.old_sim_id and seen.port_state in OPEN | LOCKED:
        return replace(swap, said=("swap.same-card", {"sim": seen.sim_name}))
    if seen.port_state in LOCKED:
        return replace(swap, step=SwapStep.PIN, new_sim_id=seen.sim_id, said=_locked(seen))
    if seen.port_state in OPEN and seen.sim_id is not None:
        found = replace(swap, new_sim_id=seen.sim_id)
        return _to(found, SwapStep.PLAN, ("swap.did.found", {"sim": seen.sim_name}))
    return replace(swap, said=seen.port_said)


def _watched(swap: Swap, seen: Seen) -> Swap:
    """The new card is in; it may be taken out again, or another one put in."""
    if seen.port_state == "no-sim":
        return replace(swap, step=SwapStep.INSERT, new_sim_id=None, said=("swap.taken-out-again", {}))
    is_known = seen.sim_id is not None and seen.port_state in OPEN | LOCKED
    if is_known and (
        seen.sim_id != swap.new_sim_id or (swap.step is SwapStep.PIN and seen.port_state in OPEN)
    ):
        return _arrived(replace(swap, step=SwapStep.INSERT, new_sim_id=None, said=None), seen)
    if swap.step is SwapStep.PIN and seen.port_state in LOCKED:
        return replace(swap, said=_locked(seen))
    if swap.step is SwapStep.PIN and seen.port_state not in ON_THE_WAY:
        return replace(swap, said=seen.port_said)
    return swap


def _locked(seen: Seen) -> Line | None:
    """What the port says of a card that did not take its PIN; the step's own sentence where none was tried."""
    return None if seen.port_state == "pin-required" else seen.port_said


def _is_empty(seen: Seen) -> bool:
    return seen.port_state in EMPTY


def _is_another(swap: Swap, seen: Seen) -> bool:
    """A card that is not the old one was put in before anybody saw that the old one was out."""
    return seen.sim_id is not None and seen.sim_id != swap.old_sim_id and seen.port_state in OPEN | LOCKED


_FOLLOWS: Mapping[SwapStep, Callable[[Swap, Seen], Swap]] = {
    SwapStep.DRAINING: _draining,
    SwapStep.PULL: _pulled,
    SwapStep.INSERT: _arrived,
    SwapStep.PIN: _watched,
    SwapStep.PLAN: _watched,
    SwapStep.TEST: _watched,
    SwapStep.TESTING: _tested,
}
"""What follows from what is seen, at each step that waits for something."""

_ACTIONS: Mapping[SwapStep, Mapping[SwapAction, SwapStep]] = {
    SwapStep.DRAINING: {SwapAction.GO_ON: SwapStep.PULL},
    SwapStep.PULL: {SwapAction.BACK: SwapStep.DRAINING},
    SwapStep.INSERT: {SwapAction.BACK: SwapStep.PULL},
    SwapStep.PIN: {SwapAction.BACK: SwapStep.INSERT},
    SwapStep.PLAN: {
        SwapAction.PLAN_COPY: SwapStep.TEST,
        SwapAction.PLAN_BOX: SwapStep.TEST,
        SwapAction.PLAN_OWN: SwapStep.TEST,
        SwapAction.BACK: SwapStep.INSERT,
    },
    SwapStep.TEST: {
        SwapAction.TEST: SwapStep.TESTING,
        SwapAction.SKIP_TEST: SwapStep.DONE,
        SwapAction.BACK: SwapStep.PLAN,
    },
    SwapStep.TESTING: {SwapAction.SKIP_TEST: SwapStep.DONE, SwapAction.BACK: SwapStep.TEST},
}
"""Besides these, every step can be cancelled."""

_DID: Mapping[SwapAction, str] = {
    SwapAction.GO_ON: "swap.did.went-on",
    SwapAction.PLAN_COPY: "swap.did.plan-copy",
    SwapAction.PLAN_BOX: "swap.did.plan-box",
    SwapAction.PLAN_OWN: "swap.did.plan-own",
    SwapAction.SKIP_TEST: "swap.did.no-test",
}


def chosen(swap: Swap, action: SwapAction, *, test_run: str | None = None) -> Swap | None:
    """Where a swap is after a person's choice; None where that can't be chosen now."""
    if swap.is_over:
        return None
    if action is SwapAction.CANCEL:
        return replace(swap, step=SwapStep.CANCELLED, said=None)
    after = _ACTIONS.get(swap.step, {}).get(action)
    if after is None or (action is SwapAction.PLAN_COPY and swap.old_sim_id is None):
        return None
    did = _DID.get(action)
    done = swap.done if did is None else (*swap.done, (did, {}))
    new_sim_id = None if after in (SwapStep.INSERT, SwapStep.PULL, SwapStep.DRAINING) else swap.new_sim_id
    return replace(swap, step=after, said=None, done=done, test_run=test_run, new_sim_id=new_sim_id)


def _to(swap: Swap, step: SwapStep, did: Line) -> Swap:
    return replace(swap, step=step, said=None, done=(*swap.done, did))
