"""What a modem or network says when it refuses, and whose fault it is: one table.

Sources: ``+CMS ERROR`` numbers TS 27.005 §3.2.5 (0–127 are the RP causes of TS 24.011 annex E-2,
128–255 the TP-FCS of TS 23.040 §9.2.3.22, 300–511 of 27.005 itself, from 512 on the manufacturer's);
``+CME ERROR`` numbers TS 27.007 §9.2. The classes are what gateways found in the field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Blame(Enum):
    """Whose fault a refusal is, which says what may be done about the message."""

    MESSAGE = "message"
    """It will fail anywhere: no other SIM, no later time helps."""
    SIM = "sim"
    """This subscription can't, now or ever: another SIM may."""
    NETWORK = "network"
    """Later, with this or another SIM."""
    MODEM = "modem"
    """The device is at fault: retry, then make it healthy."""
    UNCERTAIN = "uncertain"
    """It may have been sent: never resent silently."""


ErrorKind = Literal["cms", "cme", "error", "timeout"]

_M, _S, _N, _D, _U = Blame.MESSAGE, Blame.SIM, Blame.NETWORK, Blame.MODEM, Blame.UNCERTAIN

CMS_ERRORS: dict[int, tuple[str, Blame]] = {
    # TS 24.011 annex E-2
    1: ("unassigned number", _M),
    8: ("operator determined barring", _S),
    10: ("call barred", _S),
    17: ("network failure", _N),
    21: ("short message transfer rejected", _S),
    22: ("memory capacity exceeded", _N),
    27: ("destination out of order", _N),
    28: ("unidentified subscriber", _S),
    29: ("facility rejected", _S),
    30: ("unknown subscriber", _S),
    38: ("network out of order", _N),
    41: ("temporary failure", _N),
    42: ("congestion", _N),
    47: ("resources unavailable", _N),
    50: ("requested facility not subscribed", _S),
    69: ("requested facility not implemented", _S),
    81: ("invalid short message transfer reference value", _D),
    95: ("semantically incorrect message", _M),
    96: ("invalid mandatory information", _M),
    97: ("message type non-existent or not implemented", _M),
    98: ("message not compatible with short message protocol state", _M),
    99: ("information element non-existent or not implemented", _M),
    111: ("protocol error", _M),
    127: ("interworking", _N),
    # TS 23.040 §9.2.3.22
    128: ("telematic interworking not supported", _M),
    129: ("short message type 0 not supported", _M),
    130: ("cannot replace short message", _M),
    143: ("unspecified TP-PID error", _M),
    144: ("data coding scheme not supported", _M),
    145: ("message class not supported", _M),
    159: ("unspecified TP-DCS error", _M),
    160: ("command cannot be actioned", _M),
    161: ("command unsupported", _M),
    175: ("unspecified TP-Command error", _M),
    176: ("TPDU not supported", _M),
    192: ("service centre busy", _N),
    193: ("no service centre subscription", _S),
    194: ("service centre system failure", _N),
    195: ("invalid SME address", _M),
    196: ("destination SME barred", _M),
    197: ("duplicate short message rejected", _M),
    198: ("TP-VPF not supported", _M),
    199: ("TP-VP not supported", _M),
    208: ("SIM SMS storage full", _D),
    209: ("no SMS storage capability in SIM", _D),
    210: ("error in MS", _D),
    211: ("memory capacity exceeded in MS", _D),
    212: ("SIM application toolkit busy", _D),
    213: ("SIM data download error", _D),
    255: ("unspecified error cause", _N),
    # TS 27.005 §3.2.5
    300: ("ME failure", _D),
    301: ("SMS service of ME reserved", _D),
    302: ("operation not allowed", _D),
    303: ("operation not supported", _D),
    304: ("invalid PDU mode parameter", _M),
    305: ("invalid text mode parameter", _M),
    310: ("SIM not inserted", _S),
    311: ("SIM PIN required", _S),
    312: ("PH-SIM PIN required", _S),
    313: ("SIM failure", _S),
    314: ("SIM busy", _S),
    315: ("SIM wrong", _S),
    316: ("SIM PUK required", _S),
    317: ("SIM PIN2 required", _S),
    318: ("SIM PUK2 required", _S),
    320: ("memory failure", _D),
    321: ("invalid memory index", _D),
    322: ("memory full", _D),
    330: ("SMSC address unknown", _S),
    331: ("no network service", _N),
    332: ("network timeout", _U),
    340: ("no +CNMA acknowledgement expected", _D),
    500: ("unknown error", _D),
}

CME_ERRORS: dict[int, tuple[str, Blame]] = {
    # TS 27.007 §9.2.1, §9.2.2
    0: ("phone failure", _D),
    1: ("no connection to phone", _D),
    2: ("phone adaptor link reserved", _D),
    3: ("operation not allowed", _D),
    4: ("operation not supported", _D),
    5: ("PH-SIM PIN required", _S),
    6: ("PH-FSIM PIN required", _S),
    7: ("PH-FSIM PUK required", _S),
    10: ("SIM not inserted", _S),
    11: ("SIM PIN required", _S),
    12: ("SIM PUK required", _S),
    13: ("SIM failure", _S),
    14: ("SIM busy", _S),
    15: ("SIM wrong", _S),
    16: ("incorrect password", _S),
    17: ("SIM PIN2 required", _S),
    18: ("SIM PUK2 required", _S),
    20: ("memory full", _D),
    21: ("invalid index", _D),
    22: ("not found", _D),
    23: ("memory failure", _D),
    24: ("text string too long", _M),
    25: ("invalid characters in text string", _M),
    26: ("dial string too long", _M),
    27: ("invalid characters in dial string", _M),
    30: ("no network service", _N),
    31: ("network timeout", _U),
    32: ("network not allowed, emergency calls only", _N),
    40: ("network personalisation PIN required", _S),
    41: ("network personalisation PUK required", _S),
    42: ("network subset personalisation PIN required", _S),
    43: ("network subset personalisation PUK required", _S),
    44: ("service provider personalisation PIN required", _S),
    45: ("service provider personalisation PUK required", _S),
    46: ("corporate personalisation PIN required", _S),
    47: ("corporate personalisation PUK required", _S),
    50: ("incorrect parameters", _M),
    51: ("command implemented but currently disabled", _D),
    52: ("command aborted by user", _D),
    53: ("not attached to network due to MT functionality restrictions", _N),
    100: ("unknown", _D),
    103: ("illegal MS", _S),
    106: ("illegal ME", _S),
    111: ("PLMN not allowed", _S),
    112: ("location area not allowed", _S),
    113: ("roaming not allowed in this location area", _S),
}

_SPELT_OTHERWISE: dict[ErrorKind, dict[str, int]] = {
    # Words after AT+CMEE=2 that are not those of the standard, normalised by `_plain`.
    "cms": {
        "sim not present": 310,
        "no sim": 310,
        "sim pin necessary": 311,
        "ph sim pin necessary": 312,
        "sim puk necessary": 316,
        "sim pin2 necessary": 317,
        "sim puk2 necessary": 318,
        "sms service reserved": 301,
        "invalid parameter": 304,
        "invalid pdu parameter": 304,
        "invalid text parameter": 305,
        "invalid index": 321,
        "smsc address not known": 330,
        "sc address unknown": 330,
        "no network": 331,
        "network time out": 332,
        "unknown": 500,
        "network out of service": 38,
        # SIMCom, Quectel M and Ai-Thinker, whose own numbers from 512 on differ.
        "sim not ready": 314,
        "sms full": 322,
        "storage full": 322,
        "me storage full": 322,
        "sim storage full": 322,
        "unable to store": 320,
        "me storage failure": 320,
        "message length exceeds maximum length": 304,
        "invalid request parameters": 304,
        "invalid input value": 304,
        "no service": 331,
        "no connection to the network": 331,
        "temporary failure in network": 41,
        "operation temporary not allowed": 302,
        "ps busy": 41,
    },
    "cme": {
        "sim not present": 10,
        "no sim": 10,
        "sim pin necessary": 11,
        "sim puk necessary": 12,
        "wrong sim": 15,
        "wrong password": 16,
        "incorrect pin": 16,
        "no network": 30,
        "network time out": 31,
        "emergency calls only": 32,
        "emergency only": 32,
        "unknown error": 100,
        "phone failure unknown": 100,
        "not registered": 30,
        "sim not ready": 14,
        "no service": 30,
        "incorrect puk": 16,
        "operation not allowed in this state": 3,
        "invalid parameter": 50,
        "invalid parameters": 50,
        "command not supported": 4,
    },
    "error": {},
    "timeout": {},
}


_NO_REFUSALS = frozenset({"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "NO DIAL TONE", "ABORTED"})
"""Final result codes of calls: for another command they say that it ended, not how."""


@dataclass(frozen=True, slots=True)
class ModemError:
    """One refusal: the kind of its final result code, its number where it has one, and the line as it came."""

    kind: ErrorKind
    code: int | None
    raw: str

    @property
    def blame(self) -> Blame:
        """Whose fault it is. A bare ``ERROR`` is the modem's; silence is uncertain, and so is ``NO CARRIER``."""
        match self.kind, self.code:
            case "timeout", _:
                return Blame.UNCERTAIN
            case "cms", int() as code:
                return CMS_ERRORS[code][1] if code in CMS_ERRORS else _blame_of_unlisted_cms(code)
            case "cme", int() as code:
                return CME_ERRORS[code][1] if code in CME_ERRORS else Blame.MODEM
            case "error", _ if self.raw.upper() in _NO_REFUSALS:
                return Blame.UNCERTAIN
            case _:
                return Blame.MODEM

    @property
    def detail(self) -> str:
        """The standard's words for it, or the line as it came."""
        listed = {"cms": CMS_ERRORS, "cme": CME_ERRORS}.get(self.kind, {})
        if self.code is None or self.code not in listed:
            return self.raw
        return f"{self.code} {listed[self.code][0]}"

    @property
    def sentence_code(self) -> str:
        """The code of :mod:`appliance.sentences` that tells a person; its arguments are ``{detail}``."""
        return f"error.{self.blame.value}"


def _blame_of_unlisted_cms(code: int) -> Blame:
    """The class of a number that no table lists, by the range it is in.

    An RP cause that is not listed counts as 41, temporary failure (TS 24.011 §8.2.5.4).
    """
    if 128 <= code <= 191:
        return Blame.MESSAGE
    if code <= 127 or 200 <= code <= 207 or 224 <= code <= 254:
        return Blame.NETWORK
    return Blame.MODEM


def _plain(words: str) -> str:
    """Letters and digits in lower case with single spaces; '(U)SIM' and 'USIM' become 'sim'."""
    lowered = words.lower().replace("(u)sim", "sim").replace("usim", "sim")
    return " ".join(re.findall(r"[a-z0-9]+", lowered))


def _number_by_words(kind: ErrorKind, listed: dict[int, tuple[str, Blame]]) -> dict[str, int]:
    return {_plain(words): code for code, (words, _) in listed.items()} | _SPELT_OTHERWISE[kind]


_NUMBERS: dict[ErrorKind, dict[str, int]] = {
    "cms": _number_by_words("cms", CMS_ERRORS),
    "cme": _number_by_words("cme", CME_ERRORS),
}

_ERROR_LINE = re.compile(r"\+(CM[ES])\s*ERROR\s*:?\s*(.*)", re.IGNORECASE)


def modem_error(raw: str) -> ModemError:
    """The meaning of one line that is a failing final result code (``ERROR``, ``+CMS ERROR: 38``, …).

    Numbers and words are both understood (``+CMEE=1`` and ``2``); words that nobody knows keep code None.
    """
    match = _ERROR_LINE.match(raw)
    if match is None:
        return ModemError("error", None, raw)
    kind: ErrorKind = "cms" if match[1].upper() == "CMS" else "cme"
    said = match[2].strip().strip('"')
    code = int(said) if said.isascii() and said.isdigit() else _NUMBERS[kind].get(_plain(said))
    return ModemError(kind, code, raw)
