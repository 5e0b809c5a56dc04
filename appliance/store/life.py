"""The life of a message and of its parts: every state, and every step that is allowed between them.

Everything that affects a transition lives in this file. The queries of :mod:`appliance.store` move a
row only along :data:`MESSAGE_STEPS` and :data:`PART_STEPS`; the tests walk both tables.

``accepted`` is the row as the API answers it (202) before anyone looked at it; there is no row in that
state for longer than the transaction that writes it, which files it as ``held`` or ``queued`` at once.
"""

from __future__ import annotations

from enum import StrEnum


class MessageState(StrEnum):
    """Where an outgoing message is in its life."""

    HELD = "held"
    """Waits for a person or a time (approval, schedule, credit); no SIM may take it."""
    QUEUED = "queued"
    """May be taken by any SIM that its constraints allow."""
    SENDING = "sending"
    """Reserved by one SIM; at least one part may be on the air."""
    SENT = "sent"
    """Every part was accepted by the network."""
    DELIVERED = "delivered"
    """Every part was reported as delivered (TS 23.040 §9.2.3.15, 0x00–0x02)."""
    UNDELIVERED = "undelivered"
    """The network gave up delivering at least one part."""
    UNCERTAIN = "uncertain"
    """Ctrl-Z was given for a part and the answer never came: it may or may not have been sent."""
    FAILED = "failed"
    """Refused for good, or tried as often as is allowed; no part is on its way."""
    EXPIRED = "expired"
    """Its deadline passed before it could be sent."""
    CANCELLED = "cancelled"
    """Taken back by a person or an application before it was sent."""


class PartState(StrEnum):
    """Where one part of a message is; a row exists from its own submission on."""

    SUBMITTING = "submitting"
    """On disk before ``AT+CMGS`` is written. After a crash, every such row is ``uncertain``."""
    ACCEPTED = "accepted"
    """The network answered with a message reference (TP-MR)."""
    REFUSED = "refused"
    """The network or modem answered with an error, or Ctrl-Z was never given."""
    UNCERTAIN = "uncertain"
    """Ctrl-Z was given and no final answer was read."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


_M = MessageState
_P = PartState

MESSAGE_STEPS: dict[MessageState, frozenset[MessageState]] = {
    _M.HELD: frozenset({_M.QUEUED, _M.CANCELLED, _M.EXPIRED, _M.FAILED}),
    _M.QUEUED: frozenset(
        # The last four: it waits to be sent again, and its first try turns out to have gone through, or a person takes
        # back that it is to be sent again.
        {
            _M.SENDING,
            _M.HELD,
            _M.CANCELLED,
            _M.EXPIRED,
            _M.FAILED,
            _M.SENT,
            _M.DELIVERED,
            _M.UNDELIVERED,
            _M.UNCERTAIN,
        }
    ),
    _M.SENDING: frozenset({_M.SENT, _M.QUEUED, _M.FAILED, _M.UNCERTAIN, _M.DELIVERED, _M.UNDELIVERED}),
    # Uncertain again: a person takes back that it was sent, as nothing but his word said so.
    _M.SENT: frozenset({_M.DELIVERED, _M.UNDELIVERED, _M.UNCERTAIN}),
    # Settled by a late +CMGS, by a delivery report, by a person, or resent because its policy says so.
    _M.UNCERTAIN: frozenset({_M.SENT, _M.QUEUED, _M.DELIVERED, _M.UNDELIVERED, _M.FAILED}),
    # A temporary failure was reported, and the network delivered it after all (seen with late reports).
    _M.UNDELIVERED: frozenset({_M.DELIVERED}),
    _M.DELIVERED: frozenset(),
    _M.FAILED: frozenset(),
    _M.EXPIRED: frozenset(),
    _M.CANCELLED: frozenset(),
}

PART_STEPS: dict[PartState, frozenset[PartState]] = {
    _P.SUBMITTING: frozenset({_P.ACCEPTED, _P.REFUSED, _P.UNCERTAIN}),
    _P.UNCERTAIN: frozenset({_P.ACCEPTED, _P.REFUSED, _P.DELIVERED, _P.UNDELIVERED}),
    _P.ACCEPTED: frozenset({_P.DELIVERED, _P.UNDELIVERED, _P.UNCERTAIN}),
    _P.UNDELIVERED: frozenset({_P.DELIVERED}),
    _P.REFUSED: frozenset(),
    _P.DELIVERED: frozenset(),
}

FINAL_MESSAGE_STATES = frozenset({_M.DELIVERED, _M.UNDELIVERED, _M.FAILED, _M.EXPIRED, _M.CANCELLED})
"""States in which the box will do nothing more of its own accord."""


def may_step(before: MessageState, after: MessageState) -> bool:
    """Whether a message may go from ``before`` to ``after`` (staying is always allowed)."""
    return before is after or after in MESSAGE_STEPS[before]


class Delivery(StrEnum):
    """How a part fares, by its delivery report (TP-ST, TS 23.040 §9.2.3.15)."""

    DELIVERED = "delivered"
    UNCONFIRMED = "unconfirmed"
    """Forwarded by the service centre, which can't tell whether it was delivered: counts as delivered."""
    STILL_TRYING = "still-trying"
    """Not final: another report follows."""
    FAILED = "failed"
    """The service centre gave up, for a reason that lasts."""
    EXPIRED = "expired"
    """The service centre gave up because the validity period ended."""
    GIVEN_UP = "given-up"
    """The service centre gave up, for a reason that may pass."""


STATE_BY_REPORT: dict[Delivery, PartState] = {
    Delivery.DELIVERED: PartState.DELIVERED,
    Delivery.UNCONFIRMED: PartState.DELIVERED,
    # Whoever reports about a part has it: that settles an uncertain one.
    Delivery.STILL_TRYING: PartState.ACCEPTED,
    Delivery.FAILED: PartState.UNDELIVERED,
    Delivery.EXPIRED: PartState.UNDELIVERED,
    Delivery.GIVEN_UP: PartState.UNDELIVERED,
}
