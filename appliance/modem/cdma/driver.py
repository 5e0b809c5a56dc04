"""What the drivers of all CDMA modems have in common: :class:`appliance.modem.messaging.Messaging`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from appliance.modem.announcements import reference_of
from appliance.modem.asking import Asker, card_trouble
from appliance.modem.at.dialogue import Answer, Dialogue, Submission
from appliance.modem.at.parser import Information, Unsolicited
from appliance.modem.at.syntax import number, values
from appliance.modem.at.unsolicited import line_name
from appliance.modem.bearings import ReceiveMode
from appliance.modem.cdma.causes import refused_by_network
from appliance.modem.cdma.commands import Names
from appliance.modem.cdma.receiving import Reception, set_up
from appliance.modem.cdma.storage import CdmaStorage
from appliance.modem.events import (
    DeliverArrived,
    LateAccepted,
    LateRefused,
    MessageStored,
    ModemEvent,
    ReportArrived,
    ReportStored,
)
from appliance.modem.messaging import CdmaOutgoing, SmsForm, StoredCdma
from appliance.modem.outbox import Outbox
from appliance.modem.outcomes import NotSubmitted, Refused, SendOutcome, StoredPdu, Unanswered
from appliance.modem.profile import Profile
from appliance.modem.sms import EncodedPdu
from appliance.modem.states import LineError, PortState
from appliance.modem.submission import MUTE, NO_FINAL, WRONG_FORM, outcome_of

LARGEST_REFERENCE = 0xFFFF

OWED_S = 15 * 60.0
"""So long a network may take to speak of a message for whose answer nobody waits any more."""


class CdmaMessaging:
    """A driver; what differs between the ways of speaking is in `names` and in the methods of its heirs."""

    form = SmsForm.CDMA_TEXT
    names = Names()
    outbox: Outbox | None = None
    """Its memory tells nothing of what was sent."""
    smsc: str | None = None
    """The modem knows its message centre by itself."""

    def __init__(self, dialogue: Dialogue, profile: Profile) -> None:
        self._dialogue = dialogue
        self._profile = profile
        self._reception = Reception()
        self._storage = CdmaStorage(dialogue, self.names, self.record_in, self.reading)
        self._owed_until = 0.0
        """Until then, by the clock of the loop, the network may speak of a message that was not answered in time."""

    # -- what differs ---------------------------------------------------------------------------------------

    def record_in(self, line: Information | Unsolicited) -> tuple[int, str] | None:
        """<stat> and record of a message or report that was read or came directly; None where there is none."""
        raise NotImplementedError

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """While a message is read, the modem gives it in the way that `record_in` expects."""
        yield

    async def submit(self, outgoing: CdmaOutgoing) -> SendOutcome:
        """Give one message to the modem."""
        raise NotImplementedError

    async def prepare(self, asker: Asker) -> None:
        """Choose the mode. LineError(NO_PDU_MODE) if it can't be."""
        raise NotImplementedError

    # -- Messaging ------------------------------------------------------------------------------------------

    async def set_up(self, asker: Asker) -> ReceiveMode:
        """The memory, and how messages and reports come."""
        self._reception = await set_up(asker, self.names, self._profile.memories)
        self._storage.use(self._reception)
        return self._reception.mode

    async def send(self, outgoing: EncodedPdu | CdmaOutgoing) -> SendOutcome:
        """Submit one message. Never raises for what the modem or the line does."""
        if isinstance(outgoing, EncodedPdu):
            return NotSubmitted(WRONG_FORM)
        try:
            return await self.submit(outgoing)
        except LineError:
            # Of a command before that which has the prompt: nothing was given.
            return NotSubmitted(MUTE)

    async def stored(self) -> list[StoredPdu | StoredCdma]:
        """All memories of modem and card (not drafts and sent ones)."""
        return [*await self._storage.stored()]

    async def read(self, memory: str, index: int) -> StoredPdu | StoredCdma | None:
        """What lies at ``index``."""
        return await self._storage.read(memory, index)

    async def delete(self, memory: str, index: int) -> bool:
        """By index only."""
        return await self._storage.delete(memory, index)

    async def acknowledge(self) -> None:
        """Nothing that comes directly is to be confirmed: the modem has done that."""

    async def restore(self) -> None:
        """The routing again where the modem has forgotten it."""
        await self._reception.restore(self._dialogue, self.names)

    def lost_settings(self, line: Unsolicited) -> bool:
        """What these modems say when they start is known without their form of messages."""
        return False

    def announced(self, line: Unsolicited) -> ModemEvent | None:
        """What came, what is stored, and a late answer to a message."""
        name, names = line_name(line.text), self.names
        if name in names.message_stored or name in names.report_stored:
            return _stored(line.text, is_report=name in names.report_stored)
        if name in names.message_arrives or name in names.report_arrives:
            return self._arrived(line, is_report=name in names.report_arrives)
        if name in names.accepted or name == names.refused:
            self._owed_until = 0.0
        if name in names.accepted:
            reference = reference_of(line.text, LARGEST_REFERENCE)
            return None if reference is None else LateAccepted(reference)
        if name == names.refused and self._dialogue.may_be_refused_late:
            self._dialogue.may_be_refused_late = False
            return LateRefused(refused_by_network(line.text))
        return None

    def _arrived(self, line: Unsolicited, *, is_report: bool) -> ModemEvent | None:
        found = self.record_in(line)
        if found is None:
            return None
        return ReportArrived(found[1]) if is_report else DeliverArrived(found[1])

    # -- for its heirs --------------------------------------------------------------------------------------

    def outcome(self, submission: Submission) -> SendOutcome:
        """Which of the four outcomes it is, by the lines of this way of speaking.

        A modem that says ``OK`` before the network has spoken takes the next message meanwhile, so what is said then
        may be about the one before. A refusal that may be is no certain one: sent again, its message would go twice.
        """
        outcome = self._said_of(submission)
        if isinstance(outcome, Unanswered) and outcome.tp_mr is None and self.names.refused is not None:
            self._owed_until = asyncio.get_running_loop().time() + OWED_S
        return outcome

    def _said_of(self, submission: Submission) -> SendOutcome:
        if submission.body_given and self.names.refused is not None:
            for line in submission.lines:
                if line_name(line.text) == self.names.refused:
                    if asyncio.get_running_loop().time() < self._owed_until:
                        return Unanswered(NO_FINAL)
                    return Refused(refused_by_network(line.text))
        told = {line_name(line.text) for line in submission.lines}
        name = next((each for each in self.names.accepted if each in told), self.names.accepted[0])
        return outcome_of(submission, name, LARGEST_REFERENCE)

    async def choose_mode(self, asker: Asker, mode: int) -> Answer:
        """``+CMGF``, or what it is called here. LineError where the modem is mute."""
        answer = await asker.ask_card(f"AT{self.names.mode}={mode}")
        if answer.final is None:
            raise LineError(PortState.NO_ANSWER, detail=f"no answer to AT{self.names.mode}={mode}")
        return answer

    async def need_mode(self, asker: Asker, mode: int) -> None:
        """The same, for a driver that can do nothing without."""
        answer = await self.choose_mode(asker, mode)
        if not answer.ok:
            trouble = card_trouble(answer.error)
            raise LineError(trouble or PortState.NO_PDU_MODE, detail=answer.error.raw if answer.error else "")


def refused(answer: Answer) -> SendOutcome:
    """A command before the prompt failed: nothing was given."""
    return NotSubmitted(MUTE) if answer.final is None or answer.error is None else Refused(answer.error)


def _stored(text: str, *, is_report: bool) -> ModemEvent | None:
    fields = values(text)
    index = number(fields[1]) if len(fields) > 1 else None
    if index is None:
        return None
    memory = fields[0].upper()
    return ReportStored(memory, index) if is_report else MessageStored(memory, index)
