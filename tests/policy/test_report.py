"""TP-ST, TS 23.040 §9.2.3.15: every octet has a meaning, reserved ones that of 0x63."""

from __future__ import annotations

import pytest

from appliance.policy.report import delivery_of
from appliance.store.life import Delivery


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (0x00, Delivery.DELIVERED),
        (0x01, Delivery.UNCONFIRMED),
        (0x02, Delivery.DELIVERED),
        (0x03, Delivery.GIVEN_UP),  # reserved
        (0x10, Delivery.DELIVERED),  # completed, specific to the service centre
        (0x20, Delivery.STILL_TRYING),
        (0x3F, Delivery.STILL_TRYING),
        (0x40, Delivery.FAILED),
        (0x46, Delivery.EXPIRED),
        (0x5F, Delivery.FAILED),
        (0x60, Delivery.GIVEN_UP),
        (0x7F, Delivery.GIVEN_UP),
        (0x80, Delivery.GIVEN_UP),  # reserved
        (0xFF, Delivery.GIVEN_UP),
    ],
)
def test_the_meaning_of_a_status(status: int, delivery: Delivery) -> None:
    assert delivery_of(status) is delivery


def test_every_octet_has_a_meaning() -> None:
    assert {delivery_of(status) for status in range(256)} == set(Delivery)
