"""The telephones of everyone who is not a SIM of the bank: they get messages, put parts together, and answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from appliance.modem.simulator.submission import Submission
from appliance.modem.sms import Concatenation, Direction, Submit, UserData, decode_tpdu, join_text

AUTO_REPLY_PLACE = "{text}"
MOST_KEPT = 20_000
"""Messages of one telephone."""


class MessageDirection(StrEnum):
    """As the person with the telephone sees it."""

    IN = "in"
    OUT = "out"


@dataclass(slots=True)
class HandsetMessage:
    """One message in a telephone, whole or waiting for parts.

    `parts`: number and SUBMIT of each, as they came, doubled ones too.
    """

    id: int
    direction: MessageDirection
    sender: str
    recipient: str
    at_ms: int
    parts_total: int = 1
    outgoing_text: str = ""
    parts: list[tuple[int, bytes]] = field(default_factory=list)
    read: bool = False

    @property
    def numbers(self) -> set[int]:
        """The parts that are there."""
        return {number for number, _ in self.parts}

    @property
    def doubled_parts(self) -> int:
        """How many came more than once."""
        return len(self.parts) - len(self.numbers)

    @property
    def is_complete(self) -> bool:
        """No part is missing."""
        if self.direction is MessageDirection.OUT or self.parts_total == 1:
            return True
        return len(self.numbers) >= self.parts_total

    @property
    def text(self) -> str:
        """What stands on the screen: the parts that are there, in order."""
        if self.direction is MessageDirection.OUT:
            return self.outgoing_text
        return join_text([_user_data(tpdu) for _, tpdu in sorted(dict(self.parts).items())])


def _user_data(tpdu: bytes) -> UserData:
    submit = decode_tpdu(tpdu, Direction.MOBILE_ORIGINATED)
    assert isinstance(submit, Submit)
    return submit.user_data


@dataclass(slots=True)
class Handset:
    """One telephone.

    `auto_reply`: what it answers to each whole message (None: nothing), where it `decides_itself`. `fate`: the TP-ST
    (23.040 clause 9.2.3.15) with which messages to it come to nothing; None for a telephone that gets them.
    `report_delay_s`: from delivery to its report, where that is not the network's own.
    """

    number: str
    messages: list[HandsetMessage] = field(default_factory=list)
    open_groups: dict[tuple[str, int, int, int], HandsetMessage] | None = None
    auto_reply: str | None = None
    decides_itself: bool = False
    fate: int | None = None
    report_delay_s: float | None = None
    next_reference: int = 1

    @property
    def is_special(self) -> bool:
        """Whether somebody told it what to do."""
        return self.decides_itself or self.fate is not None or self.report_delay_s is not None


class Handsets:
    """All telephones, made as they are first heard of."""

    def __init__(self) -> None:
        self._by_number: dict[str, Handset] = {}
        self._last_id = 0
        self.auto_reply: str | None = None
        self.most_handsets: int | None = None
        """Where there are more, those that were first heard of go, but none that does anything by itself."""
        self.most_kept = MOST_KEPT

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
            if self.most_handsets is not None and len(self._by_number) > self.most_handsets:
                self._forget_some(number)
        return handset

    def _forget_some(self, newest: str) -> None:
        plain = [each.number for each in self if not each.is_special and each.number != newest]
        for number in plain[: max(1, len(plain) // 10)]:
            del self._by_number[number]

    def receive(self, submission: Submission, at_ms: int) -> HandsetMessage:
        """A part arrives; the message that it belongs to.

        A part that is there already is counted as doubled when its octets are the same (but for TP-MR), and begins a
        new message when they are not: the sender has used its reference again.
        """
        handset = self.of(submission.recipient)
        place = submission.submit.user_data.concatenation
        if place is None or place.total == 1:
            message = self._new(handset, submission.sim.msisdn, at_ms)
            message.parts.append((1, submission.tpdu))
            return message
        return self._receive_part(handset, submission, place, at_ms)

    def _receive_part(
        self, handset: Handset, submission: Submission, place: Concatenation, at_ms: int
    ) -> HandsetMessage:
        if handset.open_groups is None:
            handset.open_groups = {}
        sender = submission.sim.msisdn
        key = (sender, place.reference, place.total, place.bits)
        message = handset.open_groups.get(key)
        if message is not None and any(
            number == place.number and tpdu[2:] != submission.tpdu[2:] for number, tpdu in message.parts
        ):
            message = None
        if message is None:
            message = self._new(handset, sender, at_ms, parts_total=place.total)
            handset.open_groups[key] = message
        message.parts.append((place.number, submission.tpdu))
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
        if len(handset.messages) > self.most_kept:
            del handset.messages[: max(1, self.most_kept // 10)]
        return message
