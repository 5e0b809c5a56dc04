"""TP-ST and TP-FCS: what became of a message, and why it was refused (TS 23.040 §9.2.3.15, §9.2.3.22)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class DeliveryOutcome(Enum):
    """What a TP-ST says about the message, by the ranges of §9.2.3.15."""

    DELIVERED = "delivered"
    """0x00: the recipient's device has it."""
    UNCONFIRMED = "delivered-unconfirmed"
    """0x01: handed on, but the SMSC cannot tell whether it arrived."""
    REPLACED = "replaced"
    """0x02: another message took its place."""
    COMPLETED = "completed"
    """0x03–0x1F: the transaction is complete, in a way that only this SMSC knows."""
    TRYING = "still-trying"
    """0x20–0x3F: not delivered yet; the SMSC goes on trying. Not final."""
    FAILED = "failed"
    """0x40–0x5F: failed for good; the SMSC tries no more."""
    GAVE_UP = "gave-up"
    """0x60–0x7F: a hindrance that may pass, but the SMSC tries no more. And all reserved values."""

    @property
    def is_final(self) -> bool:
        """Whether no other status will follow."""
        return self is not DeliveryOutcome.TRYING

    @property
    def is_success(self) -> bool:
        """Whether the transaction was completed (0x00–0x1F)."""
        return self in _COMPLETED


_COMPLETED = (
    DeliveryOutcome.DELIVERED,
    DeliveryOutcome.UNCONFIRMED,
    DeliveryOutcome.REPLACED,
    DeliveryOutcome.COMPLETED,
)


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """One value of TP-ST with its meaning in the words of the standard."""

    octet: int
    outcome: DeliveryOutcome
    meaning: str


_COMPLETED_MEANINGS = (
    "delivered to the recipient",
    "forwarded to the recipient, delivery not confirmed",
    "replaced by another message",
)
_HINDRANCES = (
    "congestion",
    "recipient busy",
    "no response from the recipient",
    "service rejected",
    "quality of service not available",
    "error in the recipient's device",
)
_PERMANENT = (
    "remote procedure error",
    "incompatible destination",
    "connection rejected by the recipient",
    "not obtainable",
    "quality of service not available",
    "no interworking available",
    "validity period expired",
    "deleted by the sender",
    "deleted by the service centre",
    "the message does not exist",
)


def _read(octet: int) -> DeliveryStatus:
    group, value = octet & 0x60, octet & 0x1F
    if octet >= 0x80:
        # "If a reserved value is received, the SME shall treat it as Service Rejected" (0x63).
        return DeliveryStatus(
            octet, DeliveryOutcome.GAVE_UP, "reserved value, to be taken as service rejected"
        )
    if group == 0x00:
        if value < len(_COMPLETED_MEANINGS):
            outcome = (DeliveryOutcome.DELIVERED, DeliveryOutcome.UNCONFIRMED, DeliveryOutcome.REPLACED)[
                value
            ]
        else:
            outcome = DeliveryOutcome.COMPLETED
        return DeliveryStatus(octet, outcome, _meaning(value, _COMPLETED_MEANINGS, "completed"))
    if group == 0x20:
        return DeliveryStatus(octet, DeliveryOutcome.TRYING, _meaning(value, _HINDRANCES, "still trying"))
    if group == 0x40:
        return DeliveryStatus(octet, DeliveryOutcome.FAILED, _meaning(value, _PERMANENT, "failed for good"))
    return DeliveryStatus(octet, DeliveryOutcome.GAVE_UP, _meaning(value, _HINDRANCES, "given up"))


def _meaning(value: int, meanings: tuple[str, ...], group: str) -> str:
    if value < len(meanings):
        return meanings[value] if group == "completed" else f"{group}: {meanings[value]}"
    return f"{group}: {'value of this service centre' if value >= 0x10 else 'reserved value'}"


_STATUSES = tuple(_read(octet) for octet in range(256))


def delivery_status(octet: int) -> DeliveryStatus:
    """What ``octet`` (0–255) means as TP-ST. Every value has a meaning."""
    return _STATUSES[octet]


_FAILURE_CAUSES = {
    0x80: "telematic interworking not supported",
    0x81: "short message type 0 not supported",
    0x82: "cannot replace the short message",
    0x8F: "unspecified TP-PID error",
    0x90: "data coding scheme (alphabet) not supported",
    0x91: "message class not supported",
    0x9F: "unspecified TP-DCS error",
    0xA0: "command cannot be actioned",
    0xA1: "command unsupported",
    0xAF: "unspecified TP-Command error",
    0xB0: "TPDU not supported",
    0xC0: "service centre busy",
    0xC1: "no service centre subscription",
    0xC2: "service centre system failure",
    0xC3: "invalid address",
    0xC4: "destination barred",
    0xC5: "rejected: duplicate message",
    0xC6: "validity period format not supported",
    0xC7: "validity period not supported",
    0xD0: "SIM SMS storage full",
    0xD1: "no SMS storage capability in SIM",
    0xD2: "error in the mobile station",
    0xD3: "memory capacity exceeded",
    0xD4: "SIM application toolkit busy",
    0xD5: "SIM data download error",
    0xFF: "unspecified error cause",
}


def failure_cause(octet: int) -> str:
    """What ``octet`` (0–255) means as TP-FCS."""
    if 0xE0 <= octet <= 0xFE:
        return "specific to an application"
    return _FAILURE_CAUSES.get(octet, "reserved value")
