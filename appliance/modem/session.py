"""A modem on a serial line, from opening to closing: all that the pool sees of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.modem.asking import card_trouble
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.limits import LIMITS, Limits
from appliance.modem.at.parser import Unsolicited
from appliance.modem.at.trace import Trace, TraceEntry
from appliance.modem.at.transport import Line, LineOpener, SerialLine
from appliance.modem.bearings import Bearings, CardPresence, NetworkStatus, ReceiveMode, Registration, Route
from appliance.modem.bringup import bring_up
from appliance.modem.console import BannedCommandError, RawAnswer, check_command
from appliance.modem.errors import Blame, ModemError
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
from appliance.modem.hearing import Hearing
from appliance.modem.messaging import CdmaOutgoing, SmsForm, StoredCdma
from appliance.modem.network_time import NetworkTime
from appliance.modem.outbox import Outbox, Sign, Written, reference_in, sign_of
from appliance.modem.outcomes import Accepted, NotSubmitted, Refused, SendOutcome, StoredPdu, Unanswered
from appliance.modem.pin import Pin, PinRequest, PinSource, no_pin
from appliance.modem.profiles import ProfileBook
from appliance.modem.states import LineError, PortState
from appliance.modem.submission import RESTARTED, WRONG_FORM
from appliance.modem.ussd_dialogue import UssdAnswer, UssdError
from appliance.modem.watch import CARD_STATE, Watch, presence_in

if TYPE_CHECKING:
    from appliance.modem.sms import EncodedPdu

__all__ = [
    "Accepted",
    "BannedCommandError",
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
    "NetworkTime",
    "NetworkTimeHeard",
    "NotSubmitted",
    "Outbox",
    "Pin",
    "PinRequest",
    "PinSource",
    "PortState",
    "ProfileBook",
    "RawAnswer",
    "ReceiveMode",
    "Refused",
    "Registration",
    "RegistrationChanged",
    "ReportArrived",
    "ReportStored",
    "Route",
    "SendOutcome",
    "Sign",
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
    "UssdAnswer",
    "UssdError",
    "Written",
    "reference_in",
    "sign_of",
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
        line: Line,
        on_event: Callable[[ModemEvent], None],
        limits: Limits,
        profiles: ProfileBook,
    ) -> None:
        self._device = device
        self._line = line
        self._on_event = on_event
        self._profiles = profiles
        self._dialogue = Dialogue(line, self._hear, limits)
        self._hearing = Hearing(self._dialogue, profiles.generic, self._tell, self._lose)
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
        open_line: LineOpener = SerialLine.open,
    ) -> ModemSession:
        """Open ``device`` for us alone. LineError: ABSENT, NO_PERMISSION, IN_USE.

        ``trace`` is the ring of a port that outlives its sessions; None gives this one a ring of its own.
        ``profiles`` None: the built-in ones.
        """
        line = open_line(device, baud=baud, trace=Trace() if trace is None else trace)
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
        hearing, modem, moved = self._hearing, None, False
        with self._errors_with_device():
            hearing.begin_bring_up()
            try:
                modem = await bring_up(
                    self._dialogue,
                    hearing.domains,
                    self._profiles,
                    pin_for=pin_for,
                    on_progress=on_progress,
                    on_profile=hearing.know,
                    on_messaging=hearing.read,
                    hint=hint,
                )
            finally:
                moved = hearing.end_bring_up(modem)
            if moved:
                await self._brought_up().card()
        return modem.bearings

    def _brought_up(self) -> Watch:
        if self._hearing.watch is None:
            raise LineError(PortState.PROBING, detail="not brought up")
        return self._hearing.watch

    async def send(self, outgoing: EncodedPdu | CdmaOutgoing) -> SendOutcome:
        """Submit one message or part (TS 27.005 §4.3). Never raises for what the modem or the line does.

        A caller that is cancelled after Ctrl-Z must count it as `Unanswered`; the answer may still come as
        `LateAccepted` or `LateRefused`. Either way the dialogue is resynchronised before the next command.
        """
        return self._heeded(await self._hearing.messaging.send(outgoing))

    async def send_written(self, place: int) -> SendOutcome:
        """As `send`, of what lies at ``place`` of the :attr:`outbox` (TS 27.005 §4.4)."""
        outbox = self.outbox
        if outbox is None:
            return NotSubmitted(WRONG_FORM)
        return self._heeded(await outbox.send(place))

    def hurry(self, limit_s: float) -> None:
        """Something tells that the network has taken what is being sent: await its answer no longer than that."""
        self._dialogue.hurry(limit_s)

    def _heeded(self, outcome: SendOutcome) -> SendOutcome:
        """What an outcome tells of the modem and its card is news."""
        if isinstance(outcome, Accepted):
            return outcome
        if isinstance(outcome, NotSubmitted) and outcome.reason == RESTARTED:
            self._lose("the modem has restarted")
        if isinstance(outcome, Refused) and card_trouble(outcome.error) is PortState.NO_SIM:
            self._tell(SimRemoved())
        return outcome

    @property
    def outbox(self) -> Outbox | None:
        """The card's memory as a way to send, where that may settle what was broken off; else None."""
        return self._hearing.messaging.outbox

    async def stored(self) -> list[StoredPdu | StoredCdma]:
        """The received messages and reports in all memories of modem and card (not drafts and sent ones).

        LineError if the modem is mute or gone, as all calls below.
        """
        with self._errors_with_device():
            return await self._hearing.messaging.stored()

    async def read(self, memory: str, index: int) -> StoredPdu | StoredCdma | None:
        """What lies at ``index``, or None where nothing does. Its ``memory`` may be another than was asked for."""
        with self._errors_with_device():
            return await self._hearing.messaging.read(memory, index)

    async def delete(self, memory: str, index: int) -> bool:
        """Free one place; False where the modem refused."""
        with self._errors_with_device():
            return await self._hearing.messaging.delete(memory, index)

    async def acknowledge(self) -> None:
        """Confirm an event with ``must_acknowledge``, once it is durable (TS 27.005 §3.4.4)."""
        with self._errors_with_device():
            await self._hearing.messaging.acknowledge()

    async def network(self) -> NetworkStatus:
        """Registration, operator, signal and the card, all at once; sets ``+CNMI`` again where it was forgotten."""
        with self._errors_with_device():
            return await self._brought_up().network()

    async def glance(self) -> NetworkStatus:
        """One question of a rota (card, signal, registration, operator, clock …): one command; events as they come."""
        with self._errors_with_device():
            return await self._brought_up().glance()

    async def card(self) -> CardPresence:
        """Look at the card itself. Tells `SimRemoved` or `SimChanged` where it is not the one of bring-up."""
        with self._errors_with_device():
            return await self._brought_up().card()

    async def card_in(self) -> CardPresence:
        """Whether any card is in, open or locked; also of a modem that was not brought up yet. One command."""
        with self._errors_with_device():
            return presence_in(await self._dialogue.execute(CARD_STATE))

    async def wake_card(self) -> None:
        """Radio off and on, after which a modem looks anew for a card that it did not notice (TS 27.007 §8.2)."""
        with self._errors_with_device():
            for command in ("AT+CFUN=0", "AT+CFUN=1"):
                try:
                    allowed = check_command(command, self._hearing.profile.bans)
                except BannedCommandError:
                    return
                await self._dialogue.execute(allowed)

    async def network_time(self) -> NetworkTime | None:
        """The network's clock as the modem has it; None where no network told it."""
        with self._errors_with_device():
            return await self._brought_up().network_time()

    async def ussd(self, code: str, timeout_s: float = 60.0) -> UssdAnswer:
        """Ask the network by a code such as ``*100#``. UssdError with the sentence that says why there is no answer.

        A dialogue that the network opens with its answer is ended.
        """
        with self._errors_with_device():
            return await self._hearing.ussd.ask(code, timeout_s)

    async def execute_raw(self, command: str, *, limit_s: float | None = None) -> RawAnswer:
        """A person's command. BannedCommandError for one that the box never gives a modem."""
        with self._errors_with_device():
            allowed = check_command(command, self._hearing.profile.bans)
            answer = await self._dialogue.execute(allowed, limit_s=limit_s)
        lines = [part for line in answer.lines for part in (line.text, line.pdu) if part]
        return RawAnswer(tuple(lines), None if answer.final is None else answer.final.text)

    async def hang_up(self) -> None:
        """End the call that rings; ``ATH`` where the profile's command is refused."""
        with self._errors_with_device():
            if not (await self._dialogue.execute(self._hearing.profile.hang_up)).ok:
                await self._dialogue.execute("ATH")

    @property
    def has_light(self) -> bool:
        """Whether the profile knows commands that switch the modem's light."""
        return bool(self._hearing.profile.identify)

    async def light(self, step: int) -> bool:
        """The profile's command of that step for the modem's light, round and round; -1 is the one that ends it.

        False where the modem refuses it, or its profile knows none.
        """
        commands = self._hearing.profile.identify
        if not commands:
            return False
        with self._errors_with_device():
            return (await self._dialogue.execute(commands[step % len(commands)])).ok

    async def check(self) -> None:
        """``AT``. LineError(NO_ANSWER | GARBLED | LINE_LOST) if it is mute."""
        with self._errors_with_device():
            if (await self._dialogue.execute("AT")).final is None:
                await self._dialogue.contact()

    # -- for a modem that hangs -----------------------------------------------------------------------------

    @property
    def garbage_octets(self) -> int:
        """How many unreadable octets came since the opening; a modem that is well says none, or a few at its start."""
        return self._dialogue.garbage_octets

    @property
    def last_heard_at(self) -> float:
        """Loop time of the last octet that came from the modem; of the opening where none did."""
        return self._dialogue.heard_at

    @property
    def commands(self) -> int:
        """How many command lines the modem was given since the opening."""
        return self._dialogue.commands

    async def escape(self) -> None:
        """Leave whatever prompt the modem may be at, and make contact anew. LineError where that fails."""
        with self._errors_with_device():
            await self._dialogue.contact()

    async def reset_soft(self) -> bool:
        """``ATZ``, whether the modem answers before or not. If True, all settings are gone: bring it up again."""
        with self._errors_with_device():
            return await self._dialogue.force("ATZ", limit_s=self._dialogue.limits.command_s)

    async def reset_radio(self) -> bool:
        """Restart the modem by its profile's command (``AT+CFUN=1,1``); whether it took it. Close the line then."""
        with self._errors_with_device():
            command = self._hearing.profile.reset
            return await self._dialogue.force(command, limit_s=self._dialogue.limits.of(command))

    def trace(self) -> list[TraceEntry]:
        """The last bytes on the line with their times and directions, oldest first."""
        return self._line.trace.entries()

    def unplugged(self) -> None:
        """The system says that the device has gone: all ends as where the line itself is lost."""
        self._lose("unplugged")

    async def close(self) -> None:
        """Close the line. No event comes after it; a call in flight ends as if the line were lost."""
        self._closed = True
        self._line.close()
        self._dialogue.line_lost("closed")
        self._hearing.close()

    # -- what comes unasked ---------------------------------------------------------------------------------

    def _hear(self, line: Unsolicited) -> None:
        self._hearing.hear(line)

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
