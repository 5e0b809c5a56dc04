"""How a part came out, as the transaction records it."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.modem.session import Accepted, Blame, NotSubmitted, Refused, SendOutcome, Unanswered
from appliance.policy.failure import Fault
from appliance.store.sending import Refusal
from appliance.values import value

_FAULTS = {
    Blame.MESSAGE: Fault.MESSAGE,
    Blame.SIM: Fault.SIM,
    Blame.NETWORK: Fault.NETWORK,
    Blame.MODEM: Fault.MODEM,
}


@value
class Taken:
    """The network took it."""

    tp_mr: int


@dataclass(frozen=True, slots=True)
class Failed:
    """It was certainly not taken."""

    fault: Fault
    refusal: Refusal
    went_out: bool
    """Whether it was given to the modem at all; then its plan counts it."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have been taken."""

    detail: str
    tp_mr: int | None


PartOutcome = Taken | Failed | Unknown


def part_outcome(outcome: SendOutcome) -> PartOutcome:
    """What the answer of a modem means for the part. A network time-out (332) is an answer that says nothing."""
    match outcome:
        case Accepted(tp_mr):
            return Taken(tp_mr)
        case Unanswered(reason, tp_mr):
            return Unknown(_words(reason), tp_mr)
        case NotSubmitted(reason):
            return Failed(Fault.MODEM, Refusal("line", None, _words(reason)), went_out=False)
        case Refused(error) if error.blame is Blame.UNCERTAIN:
            return Unknown(error.detail, None)
        case Refused(error):
            refusal = Refusal(error.kind, error.code, _short(error.detail))
            return Failed(_FAULTS[error.blame], refusal, went_out=True)


def is_harmless(outcome: PartOutcome) -> bool:
    """Whether modem and card did as they should, so that they can be given the next part at once."""
    match outcome:
        case Taken():
            return True
        case Unknown():
            return False
        case Failed():
            return outcome.fault not in (Fault.MODEM, Fault.SIM)


def asks_for_bring_up(outcome: PartOutcome) -> bool:
    """Whether an error speaks of the card itself, so that the port has to find out again what is in it."""
    if not isinstance(outcome, Failed):
        return False
    match outcome.refusal.kind, outcome.refusal.code:
        case "cms", int() as code:
            return 310 <= code <= 318 or code == 330
        case "cme", int() as code:
            return 10 <= code <= 18
        case _:
            return False


def is_memory_full(outcome: PartOutcome) -> bool:
    """Whether the modem refuses because its memory has no room left."""
    if not isinstance(outcome, Failed):
        return False
    return (outcome.refusal.kind, outcome.refusal.code) in {("cms", 322), ("cms", 208), ("cme", 20)}


def _words(reason: str) -> str:
    """A code of the modem's sentences as a short fact: 'error.no-prompt' → 'no prompt'."""
    return reason.removeprefix("error.").replace("-", " ")


def _short(detail: str) -> str:
    """What a modem said may be long; what is stored of it is not."""
    return detail if len(detail) <= 80 else f"{detail[:79]}…"
