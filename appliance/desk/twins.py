"""Modems that tell the same IMEI: whole batches of cheap ones are made so. The box takes no harm of it, and says so."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.store.ports import Port

_NOT_KNOWN = frozenset(
    {
        "absent",
        "no-permission",
        "in-use",
        "opening",
        "probing",
        "no-answer",
        "garbled",
        "no-modem",
        "line-lost",
        "quarantined",
    }
)
"""States in which nobody knows that the modem of the last time is still there."""


def same_imei(port: Port, ports: Iterable[Port]) -> tuple[Port, ...]:
    """The other ports that have a modem of the same IMEI in them at this time."""
    if port.imei is None or port.state in _NOT_KNOWN:
        return ()
    return tuple(
        each
        for each in ports
        if each.id != port.id and each.imei == port.imei and each.state not in _NOT_KNOWN
    )
