"""How one ``AT+CMGS`` came out. Four outcomes and no fifth: the promise of the house hangs on them."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.modem.errors import ModemError
from appliance.values import value


@value
class Accepted:
    """The network took it (``+CMGS: n``, ``OK``). ``tp_mr`` is the reference that its report will carry."""

    tp_mr: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A final error came: it was not sent, unless the error's blame is ``UNCERTAIN`` (332, network time-out)."""

    error: ModemError


@dataclass(frozen=True, slots=True)
class NotSubmitted:
    """Certain that Ctrl-Z was never given. ``reason`` is a code ``error.…`` of :mod:`appliance.sentences`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Ctrl-Z was given and no final answer came: uncertain.

    ``reason`` is a code ``error.…`` of :mod:`appliance.sentences`. ``tp_mr`` is known where ``+CMGS: n`` came
    and its ``OK`` did not: the network most likely took it, and its delivery report can be matched.
    """

    reason: str
    tp_mr: int | None = None


SendOutcome = Accepted | Refused | NotSubmitted | Unanswered


@dataclass(frozen=True, slots=True)
class StoredPdu:
    """A message or report in the modem's memory. ``pdu`` is hexadecimal with SMSC prefix."""

    memory: str
    index: int
    status: int
    """<stat> of PDU mode: 0 unread, 1 read, 2 unsent, 3 sent (TS 27.005 §3.1)."""
    pdu: str
