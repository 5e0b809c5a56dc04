"""What a status report says (TS 23.040 §9.2.3.15), why a TPDU was refused (§9.2.3.22), what a TP-PID means."""

from __future__ import annotations

import pytest

from appliance.modem.sms import DeliveryOutcome, delivery_status, failure_cause
from appliance.modem.sms.protocol import element_meaning, protocol_meaning


@pytest.mark.parametrize(
    ("octets", "outcome", "final", "success"),
    [
        (range(0x01), DeliveryOutcome.DELIVERED, True, True),
        (range(0x01, 0x02), DeliveryOutcome.UNCONFIRMED, True, True),
        (range(0x02, 0x03), DeliveryOutcome.REPLACED, True, True),
        (range(0x03, 0x20), DeliveryOutcome.COMPLETED, True, True),
        (range(0x20, 0x40), DeliveryOutcome.TRYING, False, False),
        (range(0x40, 0x60), DeliveryOutcome.FAILED, True, False),
        (range(0x60, 0x100), DeliveryOutcome.GAVE_UP, True, False),
    ],
)
def test_ranges(octets: range, outcome: DeliveryOutcome, final: bool, success: bool) -> None:
    for octet in octets:
        status = delivery_status(octet)
        assert (status.octet, status.outcome) == (octet, outcome)
        assert status.outcome.is_final is final
        assert status.outcome.is_success is success
        assert status.meaning


@pytest.mark.parametrize(
    ("octet", "words"),
    [
        (0x00, "delivered"),
        (0x01, "not confirmed"),
        (0x22, "still trying: no response"),
        (0x30, "service centre"),
        (0x46, "validity period expired"),
        (0x49, "does not exist"),
        (0x62, "given up: no response"),
        (0x80, "reserved"),
    ],
)
def test_meanings(octet: int, words: str) -> None:
    assert words in delivery_status(octet).meaning


@pytest.mark.parametrize(
    ("octet", "words"),
    [(0xC4, "barred"), (0xD3, "memory"), (0xE0, "application"), (0xFF, "unspecified"), (1, "reserved")],
)
def test_failure_causes(octet: int, words: str) -> None:
    assert words in failure_cause(octet)


@pytest.mark.parametrize(
    ("pid", "words"),
    [(0x00, "plain"), (0x12, "between"), (0x32, "electronic mail"), (0x40, "type 0"), (0x43, "type 3"),
     (0x7F, "SIM data"), (0xC1, "service centre"), (0x80, "reserved")],
)  # fmt: skip
def test_protocols(pid: int, words: str) -> None:
    assert words in protocol_meaning(pid)


def test_every_octet_has_words() -> None:
    for octet in range(256):
        assert protocol_meaning(octet)
        assert element_meaning(octet)
        assert failure_cause(octet)
