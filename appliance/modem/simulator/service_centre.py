"""The service centre: holds each message for a SIM until its modem takes it (23.040 clauses 3.2.7, 3.2.9, 3.3)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from appliance.modem.simulator.clock import Cancellable, Timers, WallClock
from appliance.modem.simulator.numbers import subscriber_key
from appliance.modem.simulator.sim import SimCard
from appliance.modem.simulator.submission import WHOLE, Part
from appliance.modem.sms import Address, Timestamp

RETRY_S = 5.0


class Receipt(Enum):
    """What a modem says to a message from the network (24.011 clause 6.3.1)."""

    TAKEN = auto()
    MEMORY_FULL = auto()
    ABSENT = auto()
    BUSY = auto()
    PENDING = auto()


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom to report to, and about what; `wanted` is TP-SRR."""

    sim: SimCard
    tp_mr: int
    recipient: Address
    accepted: Timestamp
    wanted: bool
    message_id: int


@dataclass(frozen=True, slots=True)
class MobileTerminated:
    """A message on its way to a SIM.

    `message_class` is None for none. `kept_on_sim`: a class or waiting indication that must be stored on the card.
    `status` is the TP-ST of a report. `expires_at` in seconds of the wall clock. `origin` is whom to tell when it has
    arrived.
    """

    id: int
    tpdu: bytes
    sender: str
    text: str
    smsc: str
    is_report: bool = False
    message_class: int | None = None
    kept_on_sim: bool = False
    tp_mr: int = -1
    part: Part = WHOLE
    status: int = 0
    expires_at: float | None = None
    origin: Origin | None = None


class Station(Protocol):
    """A modem as the network sees it."""

    name: str

    def receive(self, message: MobileTerminated) -> tuple[Receipt, str]:
        """Offers a message; the receipt, and where it went ('SM 3', 'routed', …).

        After PENDING the modem calls `settled`.
        """


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


class ServiceCentre:
    """All subscriptions. `on_taken` and `on_expired` tell the network what became of a message (and where it is)."""

    def __init__(
        self,
        timers: Timers,
        wall: WallClock,
        *,
        on_taken: Callable[[Subscription, MobileTerminated, str], None],
        on_expired: Callable[[Subscription, MobileTerminated], None],
    ) -> None:
        self._timers = timers
        self._wall = wall
        self._on_taken = on_taken
        self._on_expired = on_expired
        self._subscriptions: dict[str, Subscription] = {}
        self.delivery_delay_s = 0.0

    # Subscribers

    def enrol(self, sim: SimCard) -> None:
        """A card is known to the network; it is nowhere yet."""
        self._subscriptions[subscriber_key(sim.msisdn)] = Subscription(sim)

    def find(self, key: str) -> Subscription | None:
        """The card whose subscriber has that key."""
        return self._subscriptions.get(key)

    def of(self, sim: SimCard) -> Subscription:
        """The subscription of a card that was enrolled."""
        return self._subscriptions[subscriber_key(sim.msisdn)]

    def attach(self, sim: SimCard, station: Station) -> None:
        """The card is registered in that modem; what waited for it is tried."""
        subscription = self.of(sim)
        subscription.station = station
        subscription.pending = False
        self._schedule(subscription)

    def detach(self, sim: SimCard, station: Station) -> None:
        """The card is out of reach."""
        subscription = self.of(sim)
        if subscription.station is station:
            subscription.station = None
            subscription.pending = False

    def can_receive(self, sim: SimCard) -> None:
        """The card has room again, or its modem takes messages again (SMMA)."""
        self._schedule(self.of(sim))

    # Delivery

    def enqueue(
        self, subscription: Subscription, message: MobileTerminated, *, at_once: bool = False
    ) -> None:
        """Takes a message for a SIM; tried after the delivery delay, behind those that wait already.

        `at_once`: where there is no such delay it is tried before this returns (not from within a modem's own command).
        """
        subscription.waiting.append(message)
        if subscription.station is None:
            self._watch_validity(subscription)
        elif at_once and not self.delivery_delay_s and not subscription.scheduled:
            self.deliver(subscription)
        else:
            self._schedule(subscription)

    def _schedule(self, subscription: Subscription) -> None:
        if subscription.station is not None and subscription.waiting and not subscription.scheduled:
            subscription.scheduled = True
            self._timers.call_later(self.delivery_delay_s, self._deliver_scheduled, subscription)

    def _deliver_scheduled(self, subscription: Subscription) -> None:
        subscription.scheduled = False
        self.deliver(subscription)

    def deliver(self, subscription: Subscription) -> None:
        """Offers what waits, in order, until the modem takes no more; one each delivery delay, where there is one."""
        if subscription.retry is not None:
            subscription.retry.cancel()
            subscription.retry = None
        while subscription.waiting and subscription.station is not None and not subscription.pending:
            message = subscription.waiting[0]
            if message.expires_at is not None and self._wall() >= message.expires_at:
                subscription.waiting.popleft()
                self._on_expired(subscription, message)
                continue
            receipt, place = subscription.station.receive(message)
            if receipt is Receipt.PENDING:
                subscription.pending = True
            elif receipt is Receipt.TAKEN:
                subscription.waiting.popleft()
                self._on_taken(subscription, message, place)
                if self.delivery_delay_s:
                    self._schedule(subscription)
                    return
            else:
                self._wait(subscription, receipt)
                return

    def _wait(self, subscription: Subscription, receipt: Receipt) -> None:
        if receipt is Receipt.BUSY:
            self._retry_later(subscription)
        self._watch_validity(subscription)

    def _retry_later(self, subscription: Subscription) -> None:
        subscription.retry = self._timers.call_later(RETRY_S, self.deliver, subscription)

    def settled(self, sim: SimCard, place: str | None) -> None:
        """A PENDING message was acknowledged by the terminal (`place`), or not (None):

        then it is offered again later.
        """
        subscription = self.of(sim)
        if not subscription.pending:
            return
        subscription.pending = False
        if place is None:
            self._retry_later(subscription)
            return
        message = subscription.waiting.popleft()
        self._on_taken(subscription, message, place)
        self._schedule(subscription)

    # Validity

    def _watch_validity(self, subscription: Subscription) -> None:
        moments = [message.expires_at for message in subscription.waiting if message.expires_at is not None]
        if moments:
            self._timers.call_later(max(0.0, min(moments) - self._wall()), self._sweep, subscription)

    def _sweep(self, subscription: Subscription) -> None:
        now = self._wall()
        if subscription.pending:
            return
        ended = [
            message
            for message in subscription.waiting
            if message.expires_at is not None and message.expires_at <= now
        ]
        for message in ended:
            subscription.waiting.remove(message)
            self._on_expired(subscription, message)
        if ended:
            self._watch_validity(subscription)
