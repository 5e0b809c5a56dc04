"""What happens to a message that was refused; what becomes of its SIM is told by :mod:`appliance.policy.breaker`.

The classes are those of ``appliance.modem.errors.Blame``: wrong for the message, for the SIM, for now,
for the modem; uncertain is none of them, because nothing is decided about it but to wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from appliance.policy.reason import Reason


class Fault(StrEnum):
    """Whose fault it was that a part was not sent."""

    MESSAGE = "message"
    SIM = "sim"
    NETWORK = "network"
    MODEM = "modem"


@dataclass(frozen=True, slots=True)
class BackOff:
    """Waiting times that grow by a factor with each failure, up to a longest."""

    first_ms: int
    factor: int
    longest_ms: int

    def after(self, failures: int) -> int:
        """Milliseconds to wait after the ``failures``-th failure in a row; 1 is the first, and 0 waits as that does."""
        # The exponent is bounded: a long row of failures makes no astronomic integer, and none of them no fraction.
        wait_ms: int = self.first_ms * self.factor ** max(0, min(failures - 1, 32))
        return min(self.longest_ms, wait_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """How often and how soon."""

    attempts: int = 5
    """How often a message is reserved before it fails for good."""
    network: BackOff = BackOff(5_000, 4, 30 * 60_000)
    sim: BackOff = BackOff(60_000, 4, 60 * 60_000)
    """Where no other SIM can take it."""
    modem: BackOff = BackOff(3_000, 4, 30 * 60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """What decides about a message that was refused."""

    attempt: int
    """Reservations so far, this one included, that count (see :func:`appliance.policy.breaker.attempts_used`)."""
    parts: int
    parts_sent: int
    """Parts that the network took, now or in an earlier attempt."""
    sim_name: str
    another_sim: bool
    """Whether another SIM is ready that was not refused it."""
    refused_alone: bool = False
    """It was refused in this way before, through a SIM that sent to other numbers since."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It fails for good."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Back into the queue."""

    reason: Reason
    not_before_ms: int
    exclude_sim: bool = False
    """Not by this SIM again."""
    forget_exclusions: bool = False
    """By any SIM again, because no other one is left."""


Decision = GiveUp | TryAgain


def after_refusal(
    message: RefusedMessage, fault: Fault, detail: str, now_ms: int, rules: RetryRules
) -> Decision:
    """Whether a message is tried again after a refusal that is certain, when, and by which SIMs."""
    if fault is Fault.MESSAGE or message.attempt >= rules.attempts:
        return GiveUp(_why_given_up(message, fault, detail))
    if fault is Fault.SIM and message.refused_alone and not message.parts_sent:
        return GiveUp(Reason("message.failed.number", {"sim": message.sim_name, "detail": detail}))
    pinned = message.parts_sent > 0
    elsewhere = message.another_sim and not pinned
    match fault:
        case Fault.NETWORK:
            wait_ms = rules.network.after(message.attempt)
        case Fault.SIM:
            wait_ms = 0 if elsewhere else rules.sim.after(message.attempt)
        case Fault.MODEM:
            # The first time at once: the modem of another SIM is most likely well.
            wait_ms = 0 if message.attempt == 1 else rules.modem.after(message.attempt - 1)
    until_ms = now_ms + wait_ms
    args: dict[str, str | int] = {"sim": message.sim_name, "detail": detail, "until_ms": until_ms}
    code = f"message.again.{fault}-elsewhere" if elsewhere and not wait_ms else f"message.again.{fault}"
    return TryAgain(
        Reason(code, args, until_ms),
        until_ms,
        exclude_sim=fault is Fault.SIM and elsewhere,
        forget_exclusions=fault is Fault.SIM and not elsewhere,
    )


def _why_given_up(message: RefusedMessage, fault: Fault, detail: str) -> Reason:
    args: dict[str, str | int] = {"sim": message.sim_name, "detail": detail}
    if message.parts_sent:
        return Reason(
            "message.failed.partly", args | {"parts": message.parts, "parts_sent": message.parts_sent}
        )
    if fault is Fault.MESSAGE:
        return Reason("message.failed.refused", args)
    return Reason("message.failed.attempts", args | {"attempts": message.attempt})
