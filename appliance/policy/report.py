"""What the status of a delivery report (TP-ST, TS 23.040 §9.2.3.15) means for a part."""

from __future__ import annotations

from appliance.store.life import Delivery

_EXACT = {
    0x00: Delivery.DELIVERED,
    0x01: Delivery.UNCONFIRMED,
    0x02: Delivery.DELIVERED,
    0x46: Delivery.EXPIRED,
}
_RANGES = (
    (range(0x10, 0x20), Delivery.DELIVERED),  # Completed, in a way that only this service centre knows.
    (range(0x20, 0x40), Delivery.STILL_TRYING),
    (range(0x40, 0x60), Delivery.FAILED),
)


def delivery_of(status: int) -> Delivery:
    """The meaning of one octet. Reserved values count as 0x63, service rejected, as the clause demands."""
    exact = _EXACT.get(status)
    if exact is not None:
        return exact
    return next((meaning for octets, meaning in _RANGES if status in octets), Delivery.GIVEN_UP)
