"""What a modem tells of its own accord, as values. The pool gets each through ``on_event``."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.modem.bearings import Registration
from appliance.modem.errors import ModemError
from appliance.values import value


@dataclass(frozen=True, slots=True)
class MessageStored:
    """``+CMTI``: a message lies in ``memory`` at ``index``."""

    memory: str
    index: int


@dataclass(frozen=True, slots=True)
class ReportStored:
    """``+CDSI``: a delivery report lies in ``memory`` at ``index``."""

    memory: str
    index: int


@value
class DeliverArrived:
    """``+CMT``: a message came directly and is stored nowhere else.

    ``pdu`` is hexadecimal with SMSC prefix. With ``must_acknowledge``, ``ModemSession.acknowledge`` is to be
    called once it is durable (TS 27.005 §3.4.4), or the modem stops delivering.
    """

    pdu: str
    must_acknowledge: bool = False


@value
class ReportArrived:
    """``+CDS``: a delivery report came directly; as :class:`DeliverArrived`."""

    pdu: str
    must_acknowledge: bool = False


@dataclass(frozen=True, slots=True)
class LateAccepted:
    """``+CMGS: n`` for a send that was ``Unanswered`` by then (or by a predecessor that was killed)."""

    tp_mr: int


@dataclass(frozen=True, slots=True)
class LateRefused:
    """``+CMS ERROR`` for a send that was ``Unanswered`` by then: it was not accepted after all."""

    error: ModemError


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    registration: Registration


@dataclass(frozen=True, slots=True)
class SignalChanged:
    rssi_dbm: int | None


@dataclass(frozen=True, slots=True)
class SimRemoved:
    """The modem noticed that the card is gone."""


@dataclass(frozen=True, slots=True)
class SimInserted:
    """The modem noticed that a card was put in; it is to be brought up anew."""


@dataclass(frozen=True, slots=True)
class SimChanged:
    """Another card than at bring-up is in the modem."""


@dataclass(frozen=True, slots=True)
class StorageFull:
    """A memory (``SM``, ``ME``; empty where the modem doesn't say which) is full or nearly so: nothing more comes."""

    memory: str


@dataclass(frozen=True, slots=True)
class NetworkTimeHeard:
    """The network's clock (NITZ, by ``+CTZV`` or a maker's code): UTC milliseconds since 1970, local offset."""

    at_ms: int
    offset_minutes: int | None


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """``RING`` (number None) or ``+CLIP``; repeated every few seconds while it rings."""

    number: str | None


@dataclass(frozen=True, slots=True)
class LineLost:
    """The device vanished; nothing more comes. ``reason`` is a short fact such as ``Input/output error``."""

    reason: str


ModemEvent = (
    MessageStored
    | ReportStored
    | DeliverArrived
    | ReportArrived
    | LateAccepted
    | LateRefused
    | RegistrationChanged
    | SignalChanged
    | SimRemoved
    | SimInserted
    | SimChanged
    | StorageFull
    | NetworkTimeHeard
    | IncomingCall
    | LineLost
)
