"""What the network writes into its ledger about submissions and deliveries."""

from typing import Any

from appliance.modem.simulator.ledger import LedgerEvent, LedgerWriter
from appliance.modem.simulator.service_centre import MobileTerminated, Subscription
from appliance.modem.simulator.submission import Part, Submission


class Records:
    """Lines of one ledger."""

    def __init__(self, ledger: LedgerWriter) -> None:
        self._ledger = ledger

    def submission(
        self,
        event: LedgerEvent,
        submission: Submission,
        message_id: int,
        text: str,
        part: Part,
        **extra: Any,
    ) -> None:
        """A part from a modem."""
        self._ledger.write(
            event,
            modem=submission.modem,
            iccid=submission.sim.iccid,
            sender=submission.sim.msisdn,
            recipient=submission.recipient,
            tpdu=submission.tpdu,
            text=text,
            id=message_id,
            tp_mr=submission.tp_mr,
            part=part,
            **extra,
        )

    def delivery(
        self, event: LedgerEvent, target: Subscription, message: MobileTerminated, **extra: Any
    ) -> None:
        """A part, or a report, for a SIM."""
        self._ledger.write(
            event,
            modem="" if target.station is None else target.station.name,
            iccid=target.sim.iccid,
            sender=message.sender,
            recipient=target.sim.msisdn,
            tpdu=message.tpdu,
            text=message.text,
            id=message.id,
            tp_mr=message.tp_mr,
            part=message.part,
            **extra,
        )
