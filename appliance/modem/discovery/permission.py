"""``[discovery] allow`` and ``deny``: which devices the box may open, in the words of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from appliance.modem.discovery.facts import Tty

_WILD = r"[0-9a-f*?\[\]-]"
_USB_ID = re.compile(rf"({_WILD}+):({_WILD}+)")
_USB_PATH = re.compile(r"(usb-)?[0-9*?]+-[0-9.*?\[\]-]+(:[0-9]+\.[0-9*?]+)?")
_TTY = re.compile(r"(/dev/)?tty[A-Za-z0-9_*?\[\]-]+")


class Kind(Enum):
    USB_ID = "a USB id such as 10c4:ea60"
    USB_PATH = "a place on the USB such as 1-1.4 or 1-1.4.*"
    TTY = "the name of a tty such as ttyUSB3"


class PatternError(ValueError):
    """An entry of a list is none of the kinds; the text says which those are."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One entry, whose ``*``, ``?`` and ``[…]`` stand for what they do in names of files."""

    kind: Kind
    text: str

    @classmethod
    def from_text(cls, text: str) -> Pattern:
        """Raises :class:`PatternError`."""
        entry = text.strip()
        if _USB_ID.fullmatch(entry.lower()):
            return cls(Kind.USB_ID, entry.lower())
        if _USB_PATH.fullmatch(entry):
            return cls(Kind.USB_PATH, entry.removeprefix("usb-"))
        if _TTY.fullmatch(entry):
            return cls(Kind.TTY, entry.removeprefix("/dev/"))
        kinds = ", ".join(kind.value for kind in Kind)
        raise PatternError(f"“{text}” is none of: {kinds}")

    def matches(self, tty: Tty) -> bool:
        match self.kind:
            case Kind.USB_ID:
                return fnmatchcase(tty.device.usb_id, self.text)
            case Kind.USB_PATH:
                names = (tty.device.usb_path, tty.interface_path)
                return any(fnmatchcase(name, self.text) for name in names)
            case Kind.TTY:
                return fnmatchcase(tty.name, self.text)


@dataclass(frozen=True, slots=True)
class Permission:
    """Both lists; what is denied stays denied, whoever allows it."""

    allow: tuple[Pattern, ...] = ()
    deny: tuple[Pattern, ...] = ()

    @classmethod
    def from_texts(cls, allow: Iterable[str], deny: Iterable[str]) -> Permission:
        """Raises :class:`PatternError`."""
        return cls(tuple(map(Pattern.from_text, allow)), tuple(map(Pattern.from_text, deny)))

    def denies(self, tty: Tty) -> bool:
        return any(pattern.matches(tty) for pattern in self.deny)

    def allows(self, tty: Tty) -> Kind | None:
        """The narrowest kind of entry that allows this tty."""
        kinds = [pattern.kind for pattern in self.allow if pattern.matches(tty)]
        return next((kind for kind in (Kind.TTY, Kind.USB_PATH, Kind.USB_ID) if kind in kinds), None)
