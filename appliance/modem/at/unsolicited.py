"""Which lines a modem says of its own accord: one table, and the two cases where the line alone doesn't tell.

The names are from TS 27.005 §3.4, TS 27.007 and the manuals of the makers in the comments. A line that is
not listed and comes while a command is being executed counts as an answer to it; readers of answers pick
theirs by name, so an unknown code does no harm there.
"""

from __future__ import annotations

from functools import lru_cache

_BY_SOURCE = {
    "TS 27.005": "+CMTI +CDSI +CBMI +CMT +CDS +CBM +CMGS +CMSS",
    "TS 27.007": "+CREG +CGREG +CEREG +C5GREG +CGEV +CTZV +CTZE +CIEV +CUSD +CUSATP +CSSI +CSSU +COLP +CRING +CLIP"
    " +CCWA +CCWV +CPIN +CSQ +CFUN +CTZEU",
    "Huawei": "^RSSI ^RSSILVL ^HRSSILVL ^CRSSI ^HCSQ ^ANLEVEL ^MODE ^SRVST ^SIMST ^BOOT ^STIN ^NWTIME ^NDISSTAT"
    " ^DSFLOWRPT ^DSDORMANT ^LWURC ^CONF ^CONN ^CEND ^ORIG ^RFSWITCH ^EONS ^SYSSTART ^SMMEMFULL ^THERM"
    " ^EARST ^FREQLOCK ^LOCCHD ^ACTIVEBAND ^CARDMODE ^SIMRESET ^NWNAME ^DCONN ^DEND ^CCALLSTATE ^LTERSRP",
    "Huawei and Qualcomm, CDMA": "^HCMT ^HCDS ^HCMGS ^HCMGSS ^HCMGSF ^HDRRSSI ^CRSSI $QCMTI $QCMGS",
    "Quectel": "+QIND +QSIMSTAT +QUSIM",
    "SIMCom": "*PSUTTZ *PSNWID *ATREADY DST +SIMCARD +CSMINS +CDRIND +CMTE +STIN +MORING +MMSG +EUSIM",
    "ZTE": "+ZUSIMR +ZPASR +ZDONR +ZPSTM +ZEND +NITZ +ZRSSI",
    "Sierra, Wavecom": "+WIND +CKEV +PACSP0 +PACSP1",
    "u-blox, Telit": "+UUSIMSTAT +UREG +UUSTS +KSUP +CTZU +CTZDST #QSS",
}
"""What stands before the colon."""

_ALWAYS = frozenset(name for names in _BY_SOURCE.values() for name in names.split())

_WHOLE = frozenset(
    {
        "RING",
        "RDY",
        "CALL READY",
        "SMS READY",
        "SMS DONE",
        "PB DONE",
        "+PBREADY",
        "MO RING",
        "MO CONNECTED",
        "NORMAL POWER DOWN",
        "POWERED DOWN",
        "UNDER-VOLTAGE WARNNING",
        "UNDER-VOLTAGE POWER DOWN",
        "OVER-VOLTAGE WARNNING",
        "OVER-VOLTAGE POWER DOWN",
        "MISSED_CALL",
        "+SMS FULL",
        "+SMSFULL",
        "SMS FULL",
        "SMSFULL",
        "*SMFULL",
        "MODEM:STARTUP",
        "+CPIN NOT READY",
    }
)

REGISTRATION_NAMES = frozenset({"+CREG", "+CGREG", "+CEREG", "+C5GREG"})
"""Codes whose unsolicited form differs from the answer: the answer has <n> before <stat> (TS 27.007 §7.2)."""

CALL_NAMES = frozenset({"RING", "+CRING", "+CLIP"})


@lru_cache(maxsize=512)
def command_name(command: str) -> str:
    """The name that the answer to ``command`` carries: ``AT+CREG?`` → ``+CREG``, ``ATI`` → ``''``."""
    name = command[2:].upper()
    for index, character in enumerate(name):
        if index and not (character.isalnum() or character == "_"):
            name = name[:index]
            break
    return name if name[:1] in "+^$*%!#&" and len(name) > 1 else ""


def line_name(line: str) -> str:
    """What stands before the colon, in capitals: ``+CMTI: "SM",3`` → ``+CMTI``."""
    return line.partition(":")[0].rstrip().upper()


def is_unsolicited(line: str, name: str, asked: str) -> bool:
    """Whether ``line`` (whose name is ``name``) is no answer to the command named ``asked``."""
    if name == asked and asked:
        return name in REGISTRATION_NAMES and not has_mode_and_status(line)
    return name in _ALWAYS or line.upper() in _WHOLE


def has_mode_and_status(line: str) -> bool:
    """``+CREG: 0,1`` and ``+CREG: 2,1,"00C3","1A2B"`` are answers; ``+CREG: 1`` and ``+CREG: 1,"00C3","1A2B"`` not.

    Huawei sends location and cell bare (``+CREG: 1, E006B, ABE0016``), hence the length of the second field.
    """
    fields = line.partition(":")[2].split(",")
    if len(fields) < 2:
        return False
    status = fields[1].strip()
    return status.isascii() and status.isdigit() and len(status) <= 2
