"""A modem on a serial line, from opening to closing: all that the pool sees of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.modem.at.errors import Blame, ModemError
from appliance.modem.at.trace import TraceEntry
from appliance.modem.bearings import Bearings, NetworkStatus, ReceiveMode, Registration, Route
from appliance.modem.events import (
    DeliverArrived,
    IncomingCall,
    LateAccepted,
    LateRefused,
    LineLost,
    MessageStored,
    ModemEvent,
    RegistrationChanged,
    ReportArrived,
    ReportStored,
    SignalChanged,
    SimRemoved,
)
from appliance.modem.outcomes import Accepted, NotSubmitted, Refused, SendOutcome, StoredPdu, Unanswered
from appliance.modem.states import LineError, PortState

if TYPE_CHECKING:
    from appliance.modem.sms import EncodedPdu

__all__ = [
    "Accepted",
    "Bearings",
    "Blame",
    "DeliverArrived",
    "IncomingCall",
    "LateAccepted",
    "LateRefused",
    "LineError",
    "LineLost",
    "MessageStored",
    "ModemError",
    "ModemEvent",
    "ModemSession",
    "NetworkStatus",
    "NotSubmitted",
    "PortState",
    "ReceiveMode",
    "Refused",
    "Registration",
    "RegistrationChanged",
    "ReportArrived",
    "ReportStored",
    "Route",
    "SendOutcome",
    "SignalChanged",
    "SimRemoved",
    "StoredPdu",
    "TraceEntry",
    "Unanswered",
]


class ModemSession:
    """One modem on one open line."""

    @classmethod
    async def open(
        cls,
        device: str,
        *,
        on_event: Callable[[ModemEvent], None],
        baud: int = 115_200,
        trace_bytes: int = 16_384,
    ) -> ModemSession:
        """Open ``device`` exclusively. LineError: ABSENT, NO_PERMISSION, IN_USE."""
        raise NotImplementedError

    async def bring_up(
        self, *, pin: str | None = None, on_progress: Callable[[PortState, dict[str, str]], None]
    ) -> Bearings:
        """Bring the modem to READY, or LineError with the state that says why not."""
        raise NotImplementedError

    async def send(self, pdu: EncodedPdu) -> SendOutcome:
        """Submit one TPDU."""
        raise NotImplementedError

    async def stored(self) -> list[StoredPdu]:
        """Everything in the modem's memories for messages and reports. LineError if it is mute or gone."""
        raise NotImplementedError

    async def read(self, memory: str, index: int) -> StoredPdu | None:
        """What lies at ``index``, or None where nothing does."""
        raise NotImplementedError

    async def delete(self, memory: str, index: int) -> bool:
        """Free one place; False where the modem refused."""
        raise NotImplementedError

    async def acknowledge(self) -> None:
        """``AT+CNMA`` for the last event with ``must_acknowledge``, once it is durable."""
        raise NotImplementedError

    async def network(self) -> NetworkStatus:
        """Registration, operator, signal: cheap, between sends."""
        raise NotImplementedError

    async def check(self) -> None:
        """``AT``. LineError(NO_ANSWER | GARBLED | LINE_LOST) if it is mute."""
        raise NotImplementedError

    def trace(self) -> list[TraceEntry]:
        """The last bytes on the line with their times and directions, oldest first."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close the line. No event comes after it."""
        raise NotImplementedError
