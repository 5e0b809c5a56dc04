"""What is particular about a family of modems, as one value; `appliance.modem.profiles` finds the right one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

GENERIC = "generic"


class Technology(StrEnum):
    """How short messages are spoken of with a modem of the family."""

    GSM = "3gpp"
    """TPDUs, in any network of 3GPP."""
    CDMA_TEXT_HUAWEI = "cdma-text-huawei"
    CDMA_TEXT_QUALCOMM = "cdma-text-qualcomm"
    CDMA_TEXT_STANDARD = "cdma-text-standard"
    CDMA_PDU = "cdma-pdu"


class SentFlag(StrEnum):
    """When a message that is sent from the memory (``+CMSS``) is marked there as sent (<stat>, TS 27.005 §3.1)."""

    NONE = "none"
    """Never, or nobody knows: such modems are given messages by ``+CMGS``."""
    AFTER_ANSWER = "after-answer"
    """When the network has answered. What is marked was sent; what is not may have been sent, as a modem may lose
    its current between the two."""
    BEFORE_SENDING = "before-sending"
    """Before anything goes on the air. What is not marked was not sent; what is may have been."""


class UssdEncoding(StrEnum):
    """How a code is written in ``+CUSD=1,"…"``. Answers are read in every form, whatever it is."""

    PLAIN = "plain"
    GSM7_PACKED_HEX = "gsm7-packed-hex"
    """Septets packed into octets (TS 23.038 §6.1.2.3), as hexadecimal digits."""
    UCS2_HEX = "ucs2-hex"
    BY_CSCS = "by-cscs"
    """In the character set that ``+CSCS`` is set to, as TS 27.007 §7.15 has it."""


class CardChange(StrEnum):
    """What a line says of the card."""

    REMOVED = "removed"
    INSERTED = "inserted"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class UsbRule:
    """Which of a USB device's interfaces is the AT port."""

    ids: tuple[str, ...]
    """``vvvv:pppp`` in lower case hexadecimal; ``vvvv:*`` for every product of a vendor."""
    at_interface: int | None = None
    """bInterfaceNumber."""
    at_protocols: tuple[int, ...] = ()
    """bInterfaceProtocol, best first."""
    is_bare_bridge: bool = False
    """A USB-serial chip: each tty may be a modem of its own, or none."""


@dataclass(frozen=True, slots=True)
class UsbPorts:
    """A USB id of the table, with the profile that it hints at."""

    profile_name: str
    at_interface: int | None = None
    at_protocols: tuple[int, ...] = ()
    is_bare_bridge: bool = False


@dataclass(frozen=True, slots=True)
class SimLine:
    """A line that the modem says of its own accord about the card (``pattern`` is to match all of it)."""

    pattern: re.Pattern[str]
    change: CardChange


@dataclass(frozen=True, slots=True)
class TriesCommand:
    """A command that tells how often the PIN may be tried; ``field`` of its answer, counted from 0."""

    command: str
    field: int


@dataclass(frozen=True, slots=True)
class Ban:
    """A command that is never sent, and why."""

    pattern: re.Pattern[str]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One family of modems."""

    name: str
    title: str = ""
    technology: Technology = Technology.GSM
    manufacturer: re.Pattern[str] | None = None
    """Is to be found in what ``AT+CGMI`` answers, whatever the case."""
    model: re.Pattern[str] | None = None
    """The same for ``AT+CGMM``."""
    usb: tuple[UsbRule, ...] = ()
    init: tuple[str, ...] = ()
    """Sent once the modem is known; none of them writes to its permanent memory."""
    imei: tuple[str, ...] = ("AT+CGSN", "AT+GSN")
    iccid: tuple[str, ...] = ()
    """In order; EF-ICCID by ``+CRSM`` comes after them by itself."""
    pin_tries: tuple[TriesCommand, ...] = ()
    card_check: str | None = None
    """Looks at the card itself, not at what the modem remembers of it; None: EF-ICCID by ``+CRSM``."""
    card_busy: tuple[re.Pattern[str], ...] = ()
    """Errors that say that the card is starting still, besides those of the standard."""
    sim_enable: tuple[str, ...] = ()
    """Make the modem tell of its card. ``AT+X=1`` is sent only where ``AT+X?`` doesn't say 1 already: some makers keep
    it in flash. Refused ones are done without."""
    sim_lines: tuple[SimLine, ...] = ()
    storage_full: tuple[re.Pattern[str], ...] = ()
    """Lines that say that a memory is full; a group ``memory`` names it."""
    limits: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Seconds by command, with ``prompt`` and ``submit`` for those two."""
    registration: tuple[str, ...] = ("AT+CREG?", "AT+CEREG?", "AT+CGREG?")
    memories: tuple[str, ...] = ("SM", "ME", "MT")
    """For messages, best first."""
    cnmi: tuple[tuple[int, ...], ...] = ()
    """Settings of ``+CNMI`` to try before those that ``+CNMI=?`` offers."""
    sent_flag: SentFlag = SentFlag.NONE
    """Where it is not NONE, messages are written into the card's memory and sent from there: a send that was broken
    off may then be settled by what the memory says. Each part costs two or three commands more."""
    ussd: UssdEncoding = UssdEncoding.BY_CSCS
    hang_up: str = "AT+CHUP"
    reset: str = "AT+CFUN=1,1"
    """Restarts the radio with its processor."""
    identify: tuple[str, ...] = ()
    """Switch the light of the modem, given in turn, a second apart; the last one leaves it as it should be. Only what
    is forgotten without current. None: the light blinks by the traffic that other commands make."""
    bans: tuple[Ban, ...] = ()
