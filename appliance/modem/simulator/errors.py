"""Final results that say no:

`ERROR`, `+CMS ERROR` (27.005 clause 3.2.5) and `+CME ERROR` (27.007 clause 9.2), with their words.
"""

from enum import Enum


class Family(Enum):
    """Which table of errors a command answers from."""

    EQUIPMENT = "CME"
    MESSAGE = "CMS"


class AtError(Exception):
    """A command ends with an error result. `family` None: plain `ERROR`, whatever +CMEE says."""

    def __init__(self, family: Family | None = None, code: int = 0) -> None:
        super().__init__(f"{family.value if family else 'plain'} {code}")
        self.family = family
        self.code = code


class UnsupportedParameterError(Exception):
    """A value that this command does not take; the terminal words it by the command's family."""


def cms(code: int) -> AtError:
    """`+CMS ERROR: code`."""
    return AtError(Family.MESSAGE, code)


def cme(code: int) -> AtError:
    """`+CME ERROR: code`."""
    return AtError(Family.EQUIPMENT, code)


CME_WORDS: dict[int, str] = {
    0: "phone failure",
    1: "no connection to phone",
    3: "operation not allowed",
    4: "operation not supported",
    5: "PH-SIM PIN required",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    15: "SIM wrong",
    16: "incorrect password",
    17: "SIM PIN2 required",
    18: "SIM PUK2 required",
    20: "memory full",
    21: "invalid index",
    22: "not found",
    23: "memory failure",
    24: "text string too long",
    25: "invalid characters in text string",
    26: "dial string too long",
    27: "invalid characters in dial string",
    30: "no network service",
    31: "network timeout",
    32: "network not allowed - emergency calls only",
    50: "incorrect parameters",
    100: "unknown",
}

CMS_WORDS: dict[int, str] = {
    1: "Unassigned (unallocated) number",
    8: "Operator determined barring",
    10: "Call barred",
    17: "Network failure",
    21: "Short message transfer rejected",
    22: "Congestion",
    27: "Destination out of service",
    28: "Unidentified subscriber",
    29: "Facility rejected",
    30: "Unknown subscriber",
    38: "Network out of order",
    41: "Temporary failure",
    42: "Congestion",
    47: "Resources unavailable, unspecified",
    50: "Requested facility not subscribed",
    69: "Requested facility not implemented",
    81: "Invalid short message transfer reference value",
    95: "Invalid message, unspecified",
    96: "Invalid mandatory information",
    97: "Message type non-existent or not implemented",
    98: "Message not compatible with short message protocol state",
    99: "Information element non-existent or not implemented",
    111: "Protocol error, unspecified",
    127: "Interworking, unspecified",
    192: "SC busy",
    193: "No SC subscription",
    194: "SC system failure",
    195: "Invalid SME address",
    196: "Destination SME barred",
    197: "SM Rejected-Duplicate SM",
    208: "SIM SMS storage full",
    300: "ME failure",
    301: "SMS service of ME reserved",
    302: "operation not allowed",
    303: "operation not supported",
    304: "invalid PDU mode parameter",
    305: "invalid text mode parameter",
    310: "SIM not inserted",
    311: "SIM PIN required",
    312: "PH-SIM PIN required",
    313: "SIM failure",
    314: "SIM busy",
    315: "SIM wrong",
    316: "SIM PUK required",
    317: "SIM PIN2 required",
    318: "SIM PUK2 required",
    320: "memory failure",
    321: "invalid memory index",
    322: "memory full",
    330: "SMSC address unknown",
    331: "no network service",
    332: "network timeout",
    340: "no +CNMA acknowledgement expected",
    500: "unknown error",
}


def result_line(error: AtError, *, cmee: int, cms_follows_cmee: bool) -> str:
    """The final result of a failed command.

    `cmee`: the value of +CMEE (0 plain, 1 numbers, 2 words). `cms_follows_cmee`: whether this make hides `+CMS ERROR`
    behind a plain
    `ERROR` too at +CMEE=0; 27.005 ties only `+CME ERROR` to +CMEE, and makes differ.
    """
    if error.family is None:
        return "ERROR"
    if cmee == 0 and (error.family is Family.EQUIPMENT or cms_follows_cmee):
        return "ERROR"
    words = CME_WORDS if error.family is Family.EQUIPMENT else CMS_WORDS
    shown = words.get(error.code, str(error.code)) if cmee == 2 else str(error.code)
    return f"+{error.family.value} ERROR: {shown}"
