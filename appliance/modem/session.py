"""A modem on a serial line, from opening to closing: all that the pool sees of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.modem.announcements import announced, is_restart, of_maker, tells_registration
from appliance.modem.asking import card_trouble
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.errors import Blame, ModemError, modem_error
from appliance.modem.at.limits import LIMITS, Limits
from appliance.modem.at.parser import Unsolicited
from appliance.modem.at.trace import Trace, TraceEntry
from appliance.modem.at.transport import SerialLine
from appliance.modem.bearings import Bearings, CardPresence, NetworkStatus, ReceiveMode, Registration, Route
from appliance.modem.bringup import Modem, bring_up, network_status
from appliance.modem.events import (
    DeliverArrived,
    IncomingCall,
    LateAccepted,
    LateRefused,
    LineLost,
    MessageStored,
    ModemEvent,
    NetworkTimeHeard,
    RegistrationChanged,
    ReportArrived,
    ReportStored,
    SignalChanged,
    SimChanged,
    SimInserted,
    SimRemoved,
    StorageFull,
)
from appliance.modem.messaging import CdmaOutgoing, Messaging, SmsForm, StoredCdma
from appliance.modem.outcomes import Accepted, NotSubmitted, Refused, SendOutcome, StoredPdu, Unanswered
from appliance.modem.pin import Pin, PinRequest, PinSource, no_pin
from appliance.modem.profiles import ProfileBook
from appliance.modem.registration import Domains
from appliance.modem.states import LineError, PortState
from appliance.modem.submission import RESTARTED
from appliance.modem.tpdu_messaging import TpduMessaging

if TYPE_CHECKING:
    from appliance.modem.sms import EncodedPdu

__all__ = [
    "Accepted",
    "Bearings",
    "Blame",
    "CardPresence",
    "CdmaOutgoing",
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
    "NetworkTimeHeard",
    "NotSubmitted",
    "Pin",
    "PinRequest",
    "PinSource",
    "PortState",
    "ProfileBook",
    "ReceiveMode",
    "Refused",
    "Registration",
    "RegistrationChanged",
    "ReportArrived",
    "ReportStored",
    "Route",
    "SendOutcome",
    "SignalChanged",
    "SimChanged",
    "SimInserted",
    "SimRemoved",
    "SmsForm",
    "StorageFull",
    "StoredCdma",
    "StoredPdu",
    "TraceEntry",
    "Unanswered",
]


_log = logging.getLogger("simloft.modem")


class ModemSession:
    """One modem on one open line.

    The calls take turns on the line and may be made from several tasks. Events come through ``on_event``,
    called in the loop, between the calls and during them, from `open` on: what a killed predecessor waited for
    may be the first thing read.
    """

    def __init__(
        self,
        device: str,
        line: SerialLine,
        on_event: Callable[[ModemEvent], None],
        limits: Limits,
        profiles: ProfileBook,
    ) -> None:
        self._device = device
        self._line = line
        self._on_event = on_event
        self._dialogue = Dialogue(line, self._hear, limits)
        self._domains = Domains()
        self._profiles = profiles
        self._messaging: Messaging = TpduMessaging(self._dialogue, profiles.generic)
        self._modem: Modem | None = None
        self._closed = False
        line.start(self._dialogue.feed, self._lose)

    @classmethod
    async def open(
        cls,
        device: str,
        *,
        on_event: Callable[[ModemEvent], None],
        baud: int = 115_200,
        trace: Trace | None = None,
        limits: Limits = LIMITS,
        profiles: ProfileBook | None = None,
    ) -> ModemSession:
        """Open ``device`` for us alone. LineError: ABSENT, NO_PERMISSION, IN_USE.

        ``trace`` is the ring of a port that outlives its sessions; None gives this one a ring of its own.
        ``profiles`` None: the built-in ones.
        """
        line = SerialLine.open(device, baud=baud, trace=Trace() if trace is None else trace)
        return cls(device, line, on_event, limits, profiles or ProfileBook.built_in())

    async def bring_up(
        self,
        *,
        pin_for: PinSource = no_pin,
        on_progress: Callable[[PortState, dict[str, str]], None],
        hint: str | None = None,
    ) -> Bearings:
        """Bring the modem to READY, or LineError with the state that says why it can't be.

        ``on_progress`` gets the states on the way. ``pin_for`` is asked once, after the ICCID was read; its PIN is
        tried at most once, and not if that may be the last try. ``hint`` is the name of a profile for a modem that
        doesn't say what it is.
        """
        with self._errors_with_device():
            modem = await bring_up(
                self._dialogue,
                self._domains,
                self._profiles,
                pin_for=pin_for,
                on_progress=on_progress,
                hint=hint,
            )
        self._modem = modem
        self._messaging = modem.messaging
        return modem.bearings

    async def send(self, outgoing: EncodedPdu | CdmaOutgoing) -> SendOutcome:
        """Submit one message or part (TS 27.005 §4.3). Never raises for what the modem or the line does.

        A caller that is cancelled after Ctrl-Z must count it as `Unanswered`; the answer may still come as
        `LateAccepted` or `LateRefused`. Either way the dialogue is resynchronised before the next command.
        """
        outcome = await self._messaging.send(outgoing)
        if isinstance(outcome, NotSubmitted) and outcome.reason == RESTARTED:
            self._lose("the modem has restarted")
        if isinstance(outcome, Refused) and card_trouble(outcome.error) is PortState.NO_SIM:
            self._tell(SimRemoved())
        return outcome

    async def stored(self) -> list[StoredPdu | StoredCdma]:
        """The received messages and reports in all memories of modem and card (not drafts and sent ones).

        LineError if the modem is mute or gone, as all calls below.
        """
        with self._errors_with_device():
            return await self._messaging.stored()

    async def read(self, memory: str, index: int) -> StoredPdu | StoredCdma | None:
        """What lies at ``index``, or None where nothing does. Its ``memory`` may be another than was asked for."""
        with self._errors_with_device():
            return await self._messaging.read(memory, index)

    async def delete(self, memory: str, index: int) -> bool:
        """Free one place; False where the modem refused."""
        with self._errors_with_device():
            return await self._messaging.delete(memory, index)

    async def acknowledge(self) -> None:
        """Confirm an event with ``must_acknowledge``, once it is durable (TS 27.005 §3.4.4)."""
        with self._errors_with_device():
            await self._messaging.acknowledge()

    async def network(self) -> NetworkStatus:
        """Registration, operator, signal: cheap, between sends.

        Tells `SimRemoved` if the card is found gone, and sets ``+CNMI`` again where the modem forgot it.
        """
        with self._errors_with_device():
            questions = self._modem.questions if self._modem is not None else ()
            await self._messaging.restore()
            answer = await self._dialogue.execute("AT+CPIN?")
            if card_trouble(answer.error) is PortState.NO_SIM:
                self._tell(SimRemoved())
            return await network_status(self._dialogue, self._domains, questions)

    async def check(self) -> None:
        """``AT``. LineError(NO_ANSWER | GARBLED | LINE_LOST) if it is mute."""
        with self._errors_with_device():
            if (await self._dialogue.execute("AT")).final is None:
                await self._dialogue.contact()

    def trace(self) -> list[TraceEntry]:
        """The last bytes on the line with their times and directions, oldest first."""
        return self._line.trace.entries()

    async def close(self) -> None:
        """Close the line. No event comes after it; a call in flight ends as if the line were lost."""
        self._closed = True
        self._line.close()
        self._dialogue.line_lost("closed")

    # -- what comes unasked ---------------------------------------------------------------------------------

    def _hear(self, line: Unsolicited) -> None:
        if self._modem is not None and (is_restart(line) or self._messaging.lost_settings(line)):
            self._lose("the modem has restarted")
        elif tells_registration(line):
            if self._domains.hear(line.text):
                self._tell(RegistrationChanged(self._domains.verdict))
        elif line.text.upper().startswith("+CMS ERROR"):
            self._hear_late_refusal(line)
        else:
            self._hear_announcement(line)

    def _hear_announcement(self, line: Unsolicited) -> None:
        profiles = () if self._modem is None else (self._modem.profile,)
        event = (
            self._messaging.announced(line)
            or announced(line)
            or of_maker(line, *profiles, self._profiles.generic)
        )
        if isinstance(event, LateAccepted):
            self._dialogue.may_be_refused_late = False
        if event is not None:
            self._tell(event)

    def _hear_late_refusal(self, line: Unsolicited) -> None:
        if self._dialogue.may_be_refused_late:
            self._dialogue.may_be_refused_late = False
            self._tell(LateRefused(modem_error(line.text)))

    def _lose(self, reason: str) -> None:
        """The device went, or its modem forgot all that was set up: either way it is to be opened again."""
        self._line.close()
        self._dialogue.line_lost(reason)
        if not self._closed:
            self._closed = True
            self._call(LineLost(reason))

    def _tell(self, event: ModemEvent) -> None:
        if not self._closed:
            self._call(event)

    def _call(self, event: ModemEvent) -> None:
        try:
            self._on_event(event)
        except Exception:
            _log.exception("%s: the receiver of %s failed", self._device, type(event).__name__)

    @contextmanager
    def _errors_with_device(self) -> Iterator[None]:
        """Every LineError that leaves says on which device."""
        try:
            yield
        except LineError as error:
            error.args_for_person.setdefault("device", self._device)
            error.args_for_person.setdefault("detail", "")
            raise
