"""Signal strength as modems say it, in dBm."""

from __future__ import annotations

from appliance.modem.at.syntax import number, values


def rssi_dbm(rssi: int | None) -> int | None:
    """The <rssi> of ``+CSQ`` in dBm (TS 27.007 §8.5): 0 is -113 or less, 31 is -51 or more, 99 unknown.

    100–191 are what some LTE and TD-SCDMA modules add (SIMCom, Quectel manuals): -116 to -25 in steps of 1.
    """
    if rssi is None:
        return None
    if 0 <= rssi <= 31:
        return -113 + 2 * rssi
    if 100 <= rssi <= 191:
        return -116 + (rssi - 100)
    return None


def rssi_in(line: str) -> int | None:
    """The first field of ``+CSQ: 20,99`` in dBm."""
    return rssi_dbm(number(next(iter(values(line)), "")))
