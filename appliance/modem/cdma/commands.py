"""What the commands of one way of speaking are called: a table that the drivers share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """The commands for short messages, by what they do (TS 27.005's names stand for the others)."""

    mode: str = "+CMGF"
    memory: str = "+CPMS"
    routing: str = "+CNMI"
    send: str = "+CMGS"
    accepted: tuple[str, ...] = ("+CMGS",)
    """Lines with the message reference."""
    refused: str | None = None
    """The line that says that the network refused, after ``OK``."""
    read: str = "+CMGR"
    list_all: str = "+CMGL=4"
    listed: str = "+CMGL"
    delete: str = "+CMGD"
    message_stored: tuple[str, ...] = ("+CMTI",)
    report_stored: tuple[str, ...] = ("+CDSI",)
    message_arrives: tuple[str, ...] = ("+CMT",)
    report_arrives: tuple[str, ...] = ("+CDS",)

    @property
    def settled_by(self) -> frozenset[str]:
        """What says how a message came out where ``OK`` may come before it."""
        return frozenset() if self.refused is None else frozenset({*self.accepted, self.refused})


# Huawei MC509 AT Command Interface Specification, issue 01 (2011), chapter 8. Field code of EC122, EC169, MC323 and
# MC8630 has ^HCMGSS or ^HCMGSF after OK, where the manual has it before, and ^HCMGS in PDU mode.
HUAWEI_TEXT = Names(
    send="^HCMGS",
    accepted=("^HCMGSS", "^HCMGS"),
    refused="^HCMGSF",
    read="^HCMGR",
    list_all="^HCMGL=4",
    listed="^HCMGL",
    message_arrives=("^HCMT",),
    report_arrives=("^HCDS",),
)
HUAWEI_PACKET = Names(
    send="^HCMGS",
    accepted=("^HCMGS", "^HCMGSS"),
    refused="^HCMGSF",
    read="^HCMGR",
    list_all="^HCMGL=4",
    listed="^HCMGL",
    message_arrives=("^HCMT",),
    report_arrives=("^HCDS",),
)

STANDARD_PACKET = Names()

# Multi-Tech and Wavecom Q2358C, whose text mode is that of TS 27.005 with fields of its own: "CDMA AT Commands
# Reference Guide" S000294 and S000478.
STANDARD_TEXT = Names(list_all='+CMGL="ALL"')

# Qualcomm's own set, in which $QCMGF is +CMGF of the CDMA side, and so on. Later firmware says $QCMTI.
QUALCOMM_TEXT = Names(
    mode="$QCMGF",
    memory="$QCPMS",
    routing="$QCNMI",
    send="$QCMGS",
    accepted=("$QCMGS",),
    read="$QCMGR",
    list_all='$QCMGL="ALL"',
    listed="$QCMGL",
    delete="$QCMGD",
    message_stored=("+CMTI", "$QCMTI"),
)
