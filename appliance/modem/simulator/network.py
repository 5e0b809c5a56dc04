"""The one network that all modems of the bank are on.

It takes a SUBMIT, routes it to a SIM of the bank or to a handset, and reports to the sender if asked (23.040 clause
9.2.2.3). A pure core but for timers: modems and handsets call it; it calls them.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.modem.simulator.accounts import Accounts
from appliance.modem.simulator.clock import Timers, WallClock
from appliance.modem.simulator.handsets import Handset, HandsetMessage, Handsets
from appliance.modem.simulator.ledger import LedgerEvent, LedgerWriter
from appliance.modem.simulator.network_rules import is_diallable, stamp, validity_s, without_country
from appliance.modem.simulator.numbers import subscriber_key
from appliance.modem.simulator.records import Records
from appliance.modem.simulator.report_habits import GOOD_HABITS, ReportHabits, ReportSchedule
from appliance.modem.simulator.service_centre import MobileTerminated, Origin, ServiceCentre, Subscription
from appliance.modem.simulator.sim import SimCard
from appliance.modem.simulator.submission import Part, Submission, part_of
from appliance.modem.simulator.ussd import UssdService
from appliance.modem.sms import (
    Address,
    CodingGroup,
    Deliver,
    StatusReport,
    Submit,
    Timestamp,
    TpduError,
    data_coding,
    plan_text,
    submits,
)

log = logging.getLogger("simloft.simulator")

CAUSE_UNASSIGNED_NUMBER = 1
STATUS_DELIVERED = 0x00
STATUS_VALIDITY_EXPIRED = 0x46


@dataclass(slots=True)
class NetworkSettings:
    """What can be changed while the bank runs. Times in seconds.

    `latency_s`: until the network answers a submission. `report_delay_s`: from delivery to the report.
    `delivery_delay_s`: how long a message to a SIM is under way. `reply_delay_s`: how long a handset takes to answer
    by itself.
    """

    latency_s: float = 0.3
    report_delay_s: float = 0.5
    delivery_delay_s: float = 0.0
    reply_delay_s: float = 0.5


class Network:
    """Routing, reports and handsets."""

    def __init__(
        self, timers: Timers, wall: WallClock, settings: NetworkSettings, ledger: LedgerWriter
    ) -> None:
        self._timers = timers
        self._wall = wall
        self.settings = settings
        self.ledger = ledger
        self.accounts = Accounts()
        self.report_habits: dict[str, ReportHabits] = {}
        self.stamp_offset_s: dict[str, float] = {}
        self._records = Records(ledger)
        self._reports = ReportSchedule(timers)
        self.handsets = Handsets()
        self.ussd = UssdService()
        self.centre = ServiceCentre(timers, wall, on_taken=self._taken, on_expired=self._expired)
        self._last_id = 0
        self._stamp_second = -1
        self._stamp = Timestamp(bytes(7))

    def subscription(self, number: str) -> Subscription | None:
        """The card with this number, however written."""
        return self.centre.find(subscriber_key(number))

    # From a modem

    def submit(self, submission: Submission, *, swallowed: bool = False) -> int | None:
        """Takes a SUBMIT now; None, or the RP-cause for which it is refused (24.011 clause 8.2.5.4).

        `swallowed`: and does nothing with it.
        """
        submit = submission.submit
        if not is_diallable(submit.destination):
            self.refuse(submission, f"cms {CAUSE_UNASSIGNED_NUMBER}")
            return CAUSE_UNASSIGNED_NUMBER
        sim = submission.sim
        unpaid = self.accounts.charge(sim, submission.recipient)
        if unpaid is not None:
            self.refuse(submission, f"cms {unpaid}")
            return unpaid
        self.centre.of(sim).sent += 1
        message_id = self._next_id()
        text, part = submit.user_data.text, part_of(submit.user_data)
        self._records.submission(LedgerEvent.ACCEPTED, submission, message_id, text, part)
        if swallowed:
            self._records.submission(
                LedgerEvent.UNDELIVERED, submission, message_id, text, part, detail="swallowed"
            )
            return None
        wanted = submit.status_report_request
        origin = Origin(sim, submission.tp_mr, submit.destination, self._now_stamp(), wanted, message_id)
        target = self.centre.find(submission.recipient)
        handset = self.handsets.get(submission.recipient)
        if target is None and handset is not None and handset.fate is not None:
            self._to_nowhere(submission, origin, text, part, handset.fate)
        elif target is None:
            self._to_handset(submission, origin, text, part)
        else:
            message = self._mobile_terminated(sim.msisdn, submit, message_id, target.sim)
            expires_at = self._wall() + validity_s(submit, self._wall())
            self._queue(target, replace(message, origin=origin, expires_at=expires_at), "sim")
        return None

    def refuse(self, submission: Submission, cause: str) -> None:
        """Notes a submission that was refused."""
        user_data = submission.submit.user_data
        self._records.submission(
            LedgerEvent.REFUSED, submission, 0, user_data.text, part_of(user_data), detail=cause
        )

    def _to_handset(self, submission: Submission, origin: Origin, text: str, part: Part) -> None:
        message = self.handsets.receive(submission, self._now_ms())
        self._records.submission(
            LedgerEvent.DELIVERED, submission, origin.message_id, text, part, handset_message_id=message.id
        )
        self._plan_report(origin, STATUS_DELIVERED, self.handsets.of(message.recipient).report_delay_s)
        if message.is_complete:
            sim = submission.sim
            reply = self.accounts.service_answer(sim, submission.recipient, message.text)
            reply = reply or self.handsets.reply_to(message)
            if reply:
                self._timers.call_later(self.settings.reply_delay_s, self._reply_by_itself, message, reply)

    def _to_nowhere(self, submission: Submission, origin: Origin, text: str, part: Part, fate: int) -> None:
        detail = f"0x{fate:02X}"
        self._records.submission(
            LedgerEvent.UNDELIVERED, submission, origin.message_id, text, part, detail=detail
        )
        self._plan_report(origin, fate)

    # From a handset

    def reply(self, number: str, to: str, text: str) -> HandsetMessage:
        """A handset writes to a SIM of the bank.

        LookupError when no SIM has that number; TpduError for a text or sender that no short message can carry.
        """
        target = self.subscription(to)
        if target is None:
            raise LookupError(f"no SIM of this bank has the number {to}")
        handset = self.handsets.of(subscriber_key(number))
        return self._hand_in(handset, target, text, self.parts(handset, target.sim, text))

    def hand_in(
        self, number: str, target: Subscription, text: str, parts: Sequence[Submit], *, age_s: float = 0.0
    ) -> HandsetMessage:
        """Parts of a handset's message as given: in that order, doubled or incomplete, stamped `age_s` ago."""
        return self._hand_in(self.handsets.of(subscriber_key(number)), target, text, parts, age_s=age_s)

    def _hand_in(
        self,
        handset: Handset,
        target: Subscription,
        text: str,
        parts: Sequence[Submit],
        *,
        age_s: float = 0.0,
    ) -> HandsetMessage:
        mobile = [
            self._mobile_terminated(handset.number, part, self._next_id(), target.sim, age_s=age_s)
            for part in parts
        ]
        message = self.handsets.sent(handset, target.sim.msisdn, text, len(parts), self._now_ms())
        for part in mobile:
            self._queue(target, part, "handset", handset_message_id=message.id)
        return message

    def _reply_by_itself(self, message: HandsetMessage, text: str) -> None:
        try:
            self.reply(message.recipient, message.sender, text)
        except (LookupError, TpduError):
            log.warning("an automatic reply of a handset could not be sent")

    def parts(self, handset: Handset, sim: SimCard, text: str) -> tuple[Submit, ...]:
        """The parts of a handset's text, under its next reference."""
        plan = plan_text(text)
        reference = handset.next_reference
        handset.next_reference = reference % 255 + 1
        return submits(plan, Address.from_text(sim.msisdn), reference=reference, reference_bits=8)

    # To a SIM

    def _mobile_terminated(
        self, sender: str, submit: Submit, message_id: int, sim: SimCard, *, age_s: float = 0.0
    ) -> MobileTerminated:
        """What the service centre makes of a SUBMIT:

        a DELIVER with the same user data, alphabet and protocol (23.040 clause 9.2.2.1).
        """
        deliver = Deliver(
            Address.from_text(sender),
            self._stamp_for(sim, age_s),
            submit.user_data,
            submit.dcs,
            submit.pid,
            reply_path=submit.reply_path,
        )
        coding = data_coding(submit.dcs)
        stored = coding.group in (CodingGroup.WAITING_STORE, CodingGroup.WAITING_STORE_UCS2)
        return MobileTerminated(
            message_id,
            deliver.to_bytes(),
            sender,
            submit.user_data.text,
            smsc=sim.carrier.smsc,
            message_class=coding.message_class,
            kept_on_sim=stored or coding.message_class == 2,
            part=part_of(submit.user_data),
        )

    def _queue(
        self, target: Subscription, message: MobileTerminated, source: str, *, handset_message_id: int = 0
    ) -> None:
        self._records.delivery(
            LedgerEvent.MT_QUEUED, target, message, detail=source, handset_message_id=handset_message_id
        )
        self.centre.delivery_delay_s = self.settings.delivery_delay_s
        self.centre.enqueue(target, message)

    def _taken(self, subscription: Subscription, message: MobileTerminated, place: str) -> None:
        if message.is_report:
            self._records.delivery(
                LedgerEvent.REPORT, subscription, message, detail=f"{place} 0x{message.status:02X}"
            )
            return
        subscription.received += 1
        event = LedgerEvent.MT_ROUTED if place == "routed" else LedgerEvent.MT_STORED
        self._records.delivery(event, subscription, message, detail=place)
        if message.origin is not None:
            self._plan_report(message.origin, STATUS_DELIVERED)

    def _expired(self, subscription: Subscription, message: MobileTerminated) -> None:
        self._records.delivery(LedgerEvent.EXPIRED, subscription, message)
        if message.origin is not None and message.origin.wanted:
            self._timers.call_later(0, self._report, message.origin, STATUS_VALIDITY_EXPIRED)

    def _plan_report(self, origin: Origin, status: int, delay_s: float | None = None) -> None:
        if origin.wanted:
            habits = self.report_habits.get(origin.sim.msisdn, GOOD_HABITS)
            delay_s = self.settings.report_delay_s if delay_s is None else delay_s
            self._reports.plan(
                origin.sim.msisdn, habits, delay_s, status, lambda it: self._report(origin, it)
            )

    def _report(self, origin: Origin, status: int) -> None:
        habits = self.report_habits.get(origin.sim.msisdn, GOOD_HABITS)
        recipient = without_country(origin.recipient) if habits.national else origin.recipient
        report = StatusReport(origin.tp_mr, recipient, origin.accepted, self._now_stamp(), status)
        subscription = self.centre.of(origin.sim)
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
        self.centre.enqueue(subscription, message, at_once=True)

    # Time and numbers

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _now_ms(self) -> int:
        return int(self._wall() * 1000)

    def _now_stamp(self) -> Timestamp:
        second = int(self._wall())
        if second != self._stamp_second:
            self._stamp_second = second
            self._stamp = stamp(second)
        return self._stamp

    def _stamp_for(self, sim: SimCard, age_s: float) -> Timestamp:
        offset_s = self.stamp_offset_s.get(sim.msisdn, 0.0) - age_s
        return self._now_stamp() if not offset_s else stamp(self._wall() + offset_s)
