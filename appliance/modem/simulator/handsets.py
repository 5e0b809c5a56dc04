"""The telephones of everyone who is not a SIM of the bank: they get messages, put parts together, and answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from appliance.modem.simulator.submission import Submission
from appliance.modem.sms import Concatenation, UserData, join_text

AUTO_REPLY_PLACE = "{text}"


class MessageDirection(StrEnum):
    """As the person with the telephone sees it."""

    IN = "in"
    OUT = "out"


@dataclass(slots=True)
class HandsetMessage:
    """One message in a telephone, whole or waiting for parts."""

    id: int
    direction: MessageDirection
    sender: str
    recipient: str
    at_ms: int
    parts_total: int = 1
    outgoing_text: str = ""
    parts: dict[int, UserData] = field(default_factory=dict)
    tpdus: list[bytes] = field(default_factory=list)
    doubled_parts: int = 0
    read: bool = False

    @property
    def is_complete(self) -> bool:
        """No part is missing."""
        return self.direction is MessageDirection.OUT or len(self.parts) >= self.parts_total

    @property
    def text(self) -> str:
        """What stands on the screen: the parts that are there, in order."""
        if self.direction is MessageDirection.OUT:
            return self.outgoing_text
        if self.parts_total == 1 and len(self.parts) == 1:
            return self.parts[1].text
        return join_text([self.parts[number] for number in sorted(self.parts)])


@dataclass(slots=True)
class Handset:
    """One telephone. `auto_reply`: what it answers to each whole message (None: nothing), where it `decides_itself`."""

    number: str
    messages: list[HandsetMessage] = field(default_factory=list)
    open_groups: dict[tuple[str, int, int, int], HandsetMessage] = field(default_factory=dict)
    auto_reply: str | None = None
    decides_itself: bool = False
    next_reference: int = 1


class Handsets:
    """All telephones, made as they are first heard of."""

    def __init__(self) -> None:
        self._by_number: dict[str, Handset] = {}
        self._last_id = 0
        self.auto_reply: str | None = None

    def __iter__(self) -> Iterator[Handset]:
        return iter(list(self._by_number.values()))

    def get(self, number: str) -> Handset | None:
        """The telephone with this key (see `numbers.subscriber_key`), if it was heard of."""
        return self._by_number.get(number)

    def of(self, number: str) -> Handset:
        """The telephone with this key."""
        handset = self._by_number.get(number)
        if handset is None:
            handset = self._by_number[number] = Handset(number)
        return handset

    def receive(self, submission: Submission, at_ms: int) -> HandsetMessage:
        """A part arrives; the message that it belongs to.

        A part that is there already is counted as doubled when its user data are the same, and begins a new message
        when they are not: the sender has used its reference again.
        """
        handset = self.of(submission.recipient)
        place = submission.submit.user_data.concatenation
        if place is None or place.total == 1:
            message = self._new(handset, submission.sim.msisdn, at_ms)
            message.parts[1] = submission.submit.user_data
            message.tpdus.append(submission.tpdu)
            return message
        return self._receive_part(handset, submission, place, at_ms)

    def _receive_part(
        self, handset: Handset, submission: Submission, place: Concatenation, at_ms: int
    ) -> HandsetMessage:
        sender, user_data = submission.sim.msisdn, submission.submit.user_data
        key = (sender, place.reference, place.total, place.bits)
        message = handset.open_groups.get(key)
        if message is not None and message.parts.get(place.number, user_data) != user_data:
            message = None
        if message is None:
            message = self._new(handset, sender, at_ms, parts_total=place.total)
            handset.open_groups[key] = message
        if place.number in message.parts:
            message.doubled_parts += 1
        message.parts[place.number] = user_data
        message.tpdus.append(submission.tpdu)
        message.at_ms = at_ms
        if message.is_complete:
            del handset.open_groups[key]
        return message

    def sent(self, handset: Handset, recipient: str, text: str, parts: int, at_ms: int) -> HandsetMessage:
        """Notes what the person wrote."""
        message = self._new(handset, handset.number, at_ms, parts_total=parts)
        message.direction = MessageDirection.OUT
        message.recipient = recipient
        message.outgoing_text = text
        message.read = True
        return message

    def reply_to(self, message: HandsetMessage) -> str | None:
        """What the telephone answers by itself to this whole message;

        None for nothing. '{text}' stands for what it got.
        """
        handset = self.of(message.recipient)
        template = handset.auto_reply if handset.decides_itself else self.auto_reply
        return None if template is None else template.replace(AUTO_REPLY_PLACE, message.text)

    def _new(self, handset: Handset, sender: str, at_ms: int, *, parts_total: int = 1) -> HandsetMessage:
        self._last_id += 1
        message = HandsetMessage(
            self._last_id,
            MessageDirection.IN,
            sender,
            handset.number,
            at_ms,
            parts_total=parts_total,
        )
        handset.messages.append(message)
        return message
