"""The one network that all modems of the bank are on: its service centre, its subscribers, and the way to the handsets.

A pure core but for timers: modems and handsets call it, it calls them. It takes a SUBMIT (`submit`), routes it to a SIM of the bank or to
a handset, reports to the sender if asked (23.040 clause 9.2.2.3), and keeps what a SIM cannot take now until it can (clause 3.2.9).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, auto
from typing import Protocol

from appliance.modem.simulator.clock import Cancellable, Timers, WallClock
from appliance.modem.simulator.handsets import Handset, HandsetMessage, Handsets
from appliance.modem.simulator.ledger import LedgerEvent, LedgerWriter
from appliance.modem.simulator.numbers import subscriber_key
from appliance.modem.simulator.sim import SimCard
from appliance.modem.sms import (
    AbsoluteValidity,
    Address,
    CodingGroup,
    Deliver,
    RelativeValidity,
    StatusReport,
    Submit,
    Timestamp,
    UserData,
    data_coding,
    plan_text,
    submits,
)

CAUSE_UNASSIGNED_NUMBER = 1
STATUS_DELIVERED = 0x00
STATUS_VALIDITY_EXPIRED = 0x46
LONGEST_VALIDITY_S = 63 * 7 * 86400
RETRY_S = 5.0
LOCAL_ZONE = timezone(timedelta(hours=8))


class Receipt(Enum):
    """What a modem says to a message from the network (24.011 clause 6.3.1)."""

    TAKEN = auto()
    MEMORY_FULL = auto()
    ABSENT = auto()
    BUSY = auto()
    PENDING = auto()


@dataclass(slots=True)
class MobileTerminated:
    """A message on its way to a SIM. `message_class` None for none; `kept_on_sim`: a class or waiting indication that must be stored."""

    id: int
    tpdu: bytes
    sender: str
    text: str
    smsc: str
    is_report: bool = False
    message_class: int | None = None
    kept_on_sim: bool = False
    tp_mr: int = -1
    part: tuple[int, int, int] = (0, 1, 1)
    status: int = 0
    expires_at: float | None = None
    origin: "Origin | None" = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom to report to, and about what."""

    sim: SimCard
    tp_mr: int
    recipient: Address
    accepted: Timestamp
    wanted: bool
    message_id: int


class Station(Protocol):
    """A modem as the network sees it."""

    name: str

    def receive(self, message: MobileTerminated) -> tuple[Receipt, str]:
        """Offers a message; the receipt, and where it went ('SM 3', 'routed', …). After PENDING the modem calls `Network.settled`."""


@dataclass(slots=True)
class Subscription:
    """What the service centre knows of one SIM: where it is, and what waits for it."""

    sim: SimCard
    station: Station | None = None
    waiting: deque[MobileTerminated] = field(default_factory=deque)
    scheduled: bool = False
    pending: bool = False
    retry: Cancellable | None = None
    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class NetworkSettings:
    """What can be changed while the bank runs. Times in seconds."""

    latency_s: float = 0.3
    report_delay_s: float = 0.5
    delivery_delay_s: float = 0.0
    reply_delay_s: float = 0.5


class Network:
    """One carrier-less network for all."""

    def __init__(
        self, timers: Timers, wall: WallClock, settings: NetworkSettings, ledger: LedgerWriter
    ) -> None:
        self._timers = timers
        self._wall = wall
        self.settings = settings
        self.ledger = ledger
        self.handsets = Handsets()
        self._subscriptions: dict[str, Subscription] = {}
        self._last_id = 0
        self._stamp_second = -1
        self._stamp = Timestamp(bytes(7))

    # Subscribers

    def enrol(self, sim: SimCard) -> None:
        """A card is known to the network; it is nowhere yet."""
        self._subscriptions[subscriber_key(sim.msisdn)] = Subscription(sim)

    def subscriptions(self) -> list[Subscription]:
        """All cards."""
        return list(self._subscriptions.values())

    def subscription(self, number: str) -> Subscription | None:
        """The card with this number, however written."""
        return self._subscriptions.get(subscriber_key(number))

    def attach(self, sim: SimCard, station: Station) -> None:
        """The card is registered in that modem; what waited for it is tried."""
        subscription = self._subscriptions[subscriber_key(sim.msisdn)]
        subscription.station = station
        subscription.pending = False
        self._schedule(subscription)

    def detach(self, sim: SimCard, station: Station) -> None:
        """The card is out of reach."""
        subscription = self._subscriptions[subscriber_key(sim.msisdn)]
        if subscription.station is station:
            subscription.station = None
            subscription.pending = False

    def can_receive(self, sim: SimCard) -> None:
        """The card has room again, or its modem takes messages again (23.040 clause 3.3, SMMA)."""
        self._schedule(self._subscriptions[subscriber_key(sim.msisdn)])

    # From a modem

    def submit(self, sim: SimCard, modem: str, submit: Submit, tpdu: bytes, tp_mr: int) -> int | None:
        """Takes a SUBMIT now; None, or the RP-cause for which it is refused (24.011 clause 8.2.5.4)."""
        recipient = subscriber_key(str(submit.destination))
        if not submit.destination.number:
            self.refuse(sim, modem, submit, tpdu, f"cms {CAUSE_UNASSIGNED_NUMBER}")
            return CAUSE_UNASSIGNED_NUMBER
        subscription = self._subscriptions[subscriber_key(sim.msisdn)]
        subscription.sent += 1
        self._last_id += 1
        message_id = self._last_id
        concatenation = submit.user_data.concatenation
        part = (
            (0, 1, 1)
            if concatenation is None
            else (concatenation.reference, concatenation.total, concatenation.number)
        )
        text = submit.user_data.text
        self.ledger.write(
            LedgerEvent.ACCEPTED,
            modem=modem,
            iccid=sim.iccid,
            sender=sim.msisdn,
            recipient=recipient,
            tpdu=tpdu,
            text=text,
            id=message_id,
            tp_mr=tp_mr,
            part=part,
        )
        origin = Origin(
            sim, tp_mr, submit.destination, self._now_stamp(), submit.status_report_request, message_id
        )
        target = self._subscriptions.get(recipient)
        if target is None:
            self._to_handset(sim, modem, recipient, submit, tpdu, origin, part, text)
        else:
            self._queue(target, self._forwarded(sim, submit, origin, part, text), modem, "sim")
        return None

    def refuse(self, sim: SimCard, modem: str, submit: Submit, tpdu: bytes, cause: str) -> None:
        """Notes a submission that was refused."""
        self.ledger.write(
            LedgerEvent.REFUSED,
            modem=modem,
            iccid=sim.iccid,
            sender=sim.msisdn,
            recipient=subscriber_key(str(submit.destination)),
            tpdu=tpdu,
            text=submit.user_data.text,
            id=0,
            detail=cause,
        )

    def _to_handset(
        self,
        sim: SimCard,
        modem: str,
        recipient: str,
        submit: Submit,
        tpdu: bytes,
        origin: Origin,
        part: tuple[int, int, int],
        text: str,
    ) -> None:
        message = self.handsets.receive(sim.msisdn, recipient, submit, tpdu, self._now_ms())
        self.ledger.write(
            LedgerEvent.DELIVERED,
            modem=modem,
            iccid=sim.iccid,
            sender=sim.msisdn,
            recipient=recipient,
            tpdu=tpdu,
            text=text,
            id=origin.message_id,
            tp_mr=origin.tp_mr,
            part=part,
            handset_message_id=message.id,
        )
        if origin.wanted:
            self._timers.call_later(self.settings.report_delay_s, self._report, origin, STATUS_DELIVERED)
        if message.is_complete:
            reply = self.handsets.reply_to(message)
            if reply is not None:
                self._timers.call_later(self.settings.reply_delay_s, self._auto_reply, message, reply)

    def _forwarded(
        self, sim: SimCard, submit: Submit, origin: Origin, part: tuple[int, int, int], text: str
    ) -> MobileTerminated:
        message = self._deliver_message(
            sim.msisdn, submit.user_data, submit.dcs, submit.pid, origin.message_id, part, text
        )
        message.origin = origin
        message.expires_at = self._wall() + _validity_s(submit, self._wall())
        return message

    # From a handset

    def reply(self, number: str, to: str, text: str) -> HandsetMessage:
        """A handset writes to a SIM of the bank. LookupError when no SIM has that number; TpduError for a text that cannot be sent."""
        target = self.subscription(to)
        if target is None:
            raise LookupError(f"no SIM of this bank has the number {to}")
        handset = self.handsets.of(subscriber_key(number))
        parts = self._parts(handset, target.sim, text)
        message = self.handsets.sent(handset, target.sim.msisdn, text, len(parts), self._now_ms())
        for submit in parts:
            self._last_id += 1
            concatenation = submit.user_data.concatenation
            part = (
                (0, 1, 1)
                if concatenation is None
                else (concatenation.reference, concatenation.total, concatenation.number)
            )
            mobile = self._deliver_message(
                handset.number, submit.user_data, submit.dcs, 0, self._last_id, part, submit.user_data.text
            )
            self._queue(target, mobile, "", "handset", handset_message_id=message.id)
        return message

    def _parts(self, handset: Handset, sim: SimCard, text: str) -> tuple[Submit, ...]:
        plan = plan_text(text)
        reference = handset.next_reference
        handset.next_reference = reference % 255 + 1
        return submits(plan, Address.from_text(sim.msisdn), reference=reference, reference_bits=8)

    def _auto_reply(self, message: HandsetMessage, text: str) -> None:
        if text:
            self.reply(message.recipient, message.sender, text)

    # To a SIM

    def _deliver_message(
        self,
        sender: str,
        user_data: UserData,
        dcs: int,
        pid: int,
        message_id: int,
        part: tuple[int, int, int],
        text: str,
    ) -> MobileTerminated:
        deliver = Deliver(_originator(sender), self._now_stamp(), user_data, dcs, pid)
        coding = data_coding(dcs)
        stored = coding.group in (CodingGroup.WAITING_STORE, CodingGroup.WAITING_STORE_UCS2)
        return MobileTerminated(
            message_id,
            deliver.to_bytes(),
            sender,
            text,
            smsc="",
            message_class=coding.message_class,
            kept_on_sim=stored or coding.message_class == 2,
            part=part,
        )

    def _queue(
        self,
        target: Subscription,
        message: MobileTerminated,
        modem: str,
        source: str,
        handset_message_id: int = 0,
    ) -> None:
        message.smsc = target.sim.carrier.smsc
        self.ledger.write(
            LedgerEvent.MT_QUEUED,
            modem=modem,
            iccid=target.sim.iccid,
            sender=message.sender,
            recipient=target.sim.msisdn,
            tpdu=message.tpdu,
            text=message.text,
            id=message.id,
            part=message.part,
            handset_message_id=handset_message_id,
            detail=source,
        )
        target.waiting.append(message)
        self._schedule(target)

    def _report(self, origin: Origin, status: int) -> None:
        report = StatusReport(origin.tp_mr, origin.recipient, origin.accepted, self._now_stamp(), status)
        subscription = self._subscriptions[subscriber_key(origin.sim.msisdn)]
        message = MobileTerminated(
            origin.message_id,
            report.to_bytes(),
            subscriber_key(str(origin.recipient)),
            "",
            smsc=origin.sim.carrier.smsc,
            is_report=True,
            tp_mr=origin.tp_mr,
            status=status,
        )
        subscription.waiting.append(message)
        if self.settings.delivery_delay_s:
            self._schedule(subscription)
        elif not subscription.scheduled:
            self._deliver_waiting(subscription)

    def _schedule(self, subscription: Subscription) -> None:
        if subscription.station is not None and subscription.waiting and not subscription.scheduled:
            subscription.scheduled = True
            self._timers.call_later(self.settings.delivery_delay_s, self._deliver_scheduled, subscription)

    def _deliver_scheduled(self, subscription: Subscription) -> None:
        subscription.scheduled = False
        self._deliver_waiting(subscription)

    def _deliver_waiting(self, subscription: Subscription) -> None:
        if subscription.retry is not None:
            subscription.retry.cancel()
            subscription.retry = None
        while subscription.waiting and subscription.station is not None and not subscription.pending:
            message = subscription.waiting[0]
            if message.expires_at is not None and self._wall() >= message.expires_at:
                subscription.waiting.popleft()
                self._expire(subscription, message)
                continue
            receipt, place = subscription.station.receive(message)
            if receipt is Receipt.PENDING:
                subscription.pending = True
            elif receipt is Receipt.TAKEN:
                self._taken(subscription, message, place)
            else:
                if receipt is Receipt.BUSY:
                    subscription.retry = self._timers.call_later(RETRY_S, self._deliver_waiting, subscription)
                return

    def settled(self, sim: SimCard, place: str | None) -> None:
        """A message that was PENDING is taken by the terminal (`place`), or not (None): then it is offered again later."""
        subscription = self._subscriptions[subscriber_key(sim.msisdn)]
        if not subscription.pending:
            return
        subscription.pending = False
        if place is None:
            subscription.retry = self._timers.call_later(RETRY_S, self._deliver_waiting, subscription)
            return
        self._taken(subscription, subscription.waiting[0], place)
        self._schedule(subscription)

    def _taken(self, subscription: Subscription, message: MobileTerminated, place: str) -> None:
        subscription.waiting.popleft()
        station = subscription.station
        if message.is_report:
            event, detail = LedgerEvent.REPORT, f"{place} 0x{message.status:02X}"
        else:
            subscription.received += 1
            event = LedgerEvent.MT_ROUTED if place == "routed" else LedgerEvent.MT_STORED
            detail = place
        self.ledger.write(
            event,
            modem="" if station is None else station.name,
            iccid=subscription.sim.iccid,
            sender=message.sender,
            recipient=subscription.sim.msisdn,
            tpdu=message.tpdu,
            text=message.text,
            id=message.id,
            tp_mr=message.tp_mr,
            part=message.part,
            detail=detail,
        )
        origin = message.origin
        if origin is not None and origin.wanted:
            self._timers.call_later(self.settings.report_delay_s, self._report, origin, STATUS_DELIVERED)

    def _expire(self, subscription: Subscription, message: MobileTerminated) -> None:
        self.ledger.write(
            LedgerEvent.EXPIRED,
            modem="",
            iccid=subscription.sim.iccid,
            sender=message.sender,
            recipient=subscription.sim.msisdn,
            tpdu=message.tpdu,
            text=message.text,
            id=message.id,
            part=message.part,
        )
        if message.origin is not None and message.origin.wanted:
            self._timers.call_later(0, self._report, message.origin, STATUS_VALIDITY_EXPIRED)

    # Time

    def _now_ms(self) -> int:
        return int(self._wall() * 1000)

    def _now_stamp(self) -> Timestamp:
        second = int(self._wall())
        if second != self._stamp_second:
            self._stamp_second = second
            self._stamp = Timestamp.from_datetime(datetime.fromtimestamp(second, UTC).astimezone(LOCAL_ZONE))
        return self._stamp


def _originator(sender: str) -> Address:
    return Address.from_text(sender)


def _validity_s(submit: Submit, now: float) -> float:
    match submit.validity:
        case RelativeValidity() as relative:
            return relative.seconds
        case AbsoluteValidity() as absolute:
            until = absolute.until.to_datetime()
            return LONGEST_VALIDITY_S if until is None else max(0.0, until.timestamp() - now)
        case _:
            return LONGEST_VALIDITY_S
