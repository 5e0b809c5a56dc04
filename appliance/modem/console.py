"""Which commands a person may give a modem by hand: the rules of the house hold there too.

Never given: what sends or costs (messages, calls, USSD past its own door), what loses messages that are not stored
yet, what uses up tries of a PIN, what a modem keeps for good, and what the driver has set up for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.modem.profile import Ban

MAX_COMMAND = 200

_SENDS = "console.sends"
_LOSES = "console.loses"
_UNLOCKS = "console.unlocks"
_KEEPS = "console.keeps"
_DRIVER = "console.driver"

_BASIC = r"(?:^AT|;)(?:[&\\%]?[A-CF-PRT-UW-Y]\d*)*?"
"""The basic commands before another one in the same line, with nothing in between (V.250 §5.2.1): ATX4D112."""

_BANNED: tuple[tuple[str, str], ...] = (
    # In one line several commands may stand, 'AT+CSQ;+CMSS=1', so the beginning isn't enough.
    (r"[+^$][A-Z]{0,2}CM(GS|GW|GC|SS)|\+CMMS", _SENDS),
    (rf"{_BASIC}[DA]|\+CUSD=|\+ORIG|\+CDV|\^HSMSSS|\+CMUT|\+STGR|\+QSTK", _SENDS),
    (r"\+CCFC=|\+CTFR|\+CKPD|\+CHLD=", _SENDS),
    (r"[+^$][A-Z]{0,2}MGD|\+CNMA|\^HCNMA", _LOSES),
    (
        r"[+^]CPIN2?=|\+CLCK=|\+CPWD=|\+CSIM=|\+CGLA=|\+CRSM=2(14|20|04|14)|\+CLCKW|\^CARDLOCK=|\+CPINC=",
        _UNLOCKS,
    ),
    (
        r"&[FWY]|\+IPR=|\+CSAS|\+CRES|\+CSCA=|\+EGMR|\+QPRTPARA|\^DATALOCK=|\^RESET|\+CLAC=|!RMARESET|!CUSTOM",
        _KEEPS,
    ),
    (
        rf"{_BASIC}([EQVZ]\d?|S\d)|\+CMGF=|\+CNMI=|\+CPMS=|\+CSMS=|\+CSCS=|\+CMEE=|\+C?E?G?REG=",
        _DRIVER,
    ),
    (r"\^U2DIAG|\^SETPORT|\^SYSCFG(EX)?=|\+CSDVC|\+QCFG=|\+CUSBPIDSWITCH|!UDUSBCOMP|\+ZCDRUN", _KEEPS),
)
_RULES = tuple((re.compile(pattern, re.IGNORECASE), code) for pattern, code in _BANNED)
_SHAPE = re.compile(r"AT[ -~]*", re.IGNORECASE)
_TEXTS = re.compile(r'"[^"]*"')


class BannedCommandError(Exception):
    """A command that the box gives no modem: the code of a sentence ``console.…``, with its arguments."""

    def __init__(self, code: str, **args_for_person: str) -> None:
        super().__init__(code, args_for_person)
        self.code = code
        self.args_for_person = args_for_person


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What a modem said to a command: its lines (a PDU is a line of its own), and how it ended."""

    lines: tuple[str, ...]
    final: str | None
    """``OK``, ``ERROR``, ``+CME ERROR: 10`` …; None where its time ran out."""


def check_command(command: str, bans: Iterable[Ban] = ()) -> str:
    """``command`` as it may be sent. BannedCommandError says why it may not."""
    command = command.strip()
    if len(command) > MAX_COMMAND or not _SHAPE.fullmatch(command):
        raise BannedCommandError("console.shape")
    bare = _TEXTS.sub('""', command).replace(" ", "")
    for pattern, code in _RULES:
        if pattern.search(bare):
            raise BannedCommandError(code)
    for ban in bans:
        if ban.pattern.search(command):
            raise BannedCommandError("console.profile", why=ban.why)
    return command
