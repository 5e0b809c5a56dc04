"""What is said between the pool and the helper: one line of JSON each way, and what may be in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_LINE = 512
"""Octets of a request or an answer."""

USB_PATH = re.compile(r"([1-9][0-9]{0,2})-([1-9][0-9]?(?:\.[1-9][0-9]?){0,6})")
"""Bus, then the port of each hub on the way: at most 7 tiers (USB 2.0 §4.1.1). No root hub, no interface, no path."""


class Op(StrEnum):
    REAUTHORIZE = "reauthorize"
    """The kernel forgets the device and sets it up anew; its power stays."""
    POWER_CYCLE = "power_cycle"
    """The hub takes the power off the device's port for two seconds."""


class Why(StrEnum):
    """Why a reset was not done."""

    NO_HELPER = "no-helper"
    """No helper answers, and this user may not do it."""
    BAD_REQUEST = "bad-request"
    NOT_ALLOWED = "not-allowed"
    """Whoever asked is not of the group."""
    NO_DEVICE = "no-device"
    NOT_OURS = "not-ours"
    """The device has no tty and had none: it is no modem."""
    TOO_OFTEN = "too-often"
    NO_UHUBCTL = "no-uhubctl"
    NO_POWER_SWITCH = "no-power-switch"
    """The hub can't switch the power of one port alone."""
    FAILED = "failed"


PASSING = frozenset({Why.NO_HELPER, Why.TOO_OFTEN, Why.NO_DEVICE, Why.FAILED})
"""What may be otherwise the next time; the rest stays as it is."""


@dataclass(frozen=True, slots=True)
class Done:
    """The device was reset; when its ttys are back is another matter."""


@dataclass(frozen=True, slots=True)
class NotPossible:
    """Nothing was done, or not all of it."""

    reason: Why
    detail: str = ""


Result = Done | NotPossible


@dataclass(frozen=True, slots=True)
class Request:
    """One reset."""

    op: Op
    usb_path: str

    @classmethod
    def from_line(cls, line: bytes) -> Request | NotPossible:
        """What was asked, if it is exactly a request."""
        try:
            asked = json.loads(line)
            op, usb_path = Op(asked.pop("op")), asked.pop("usb_path")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return NotPossible(Why.BAD_REQUEST)
        if asked or not isinstance(usb_path, str) or USB_PATH.fullmatch(usb_path) is None:
            return NotPossible(Why.BAD_REQUEST)
        return cls(op, usb_path)

    def to_line(self) -> bytes:
        return json.dumps({"op": self.op.value, "usb_path": self.usb_path}).encode() + b"\n"


def answer_to_line(result: Result) -> bytes:
    match result:
        case Done():
            return b'{"done": true}\n'
        case NotPossible(reason, detail):
            return (
                json.dumps({"done": False, "reason": reason.value, "detail": detail[:200]}).encode() + b"\n"
            )


def answer_from_line(line: bytes) -> Result:
    """An answer that is none counts as no helper."""
    try:
        told = json.loads(line)
        if told["done"] is True:
            return Done()
        return NotPossible(Why(told["reason"]), str(told.get("detail", "")))
    except (ValueError, KeyError, TypeError, RecursionError):
        return NotPossible(Why.NO_HELPER, "the helper's answer is none")


def hub_and_port(usb_path: str) -> tuple[str, int]:
    """``1-1.4.2`` hangs on port 2 of ``1-1.4``; ``1-2`` on port 2 of the root hub ``1``, in uhubctl's words."""
    parts = USB_PATH.fullmatch(usb_path)
    if parts is None:
        raise ValueError(usb_path)
    above, _, port = usb_path.rpartition(".")
    return (above, int(port)) if above else (parts[1], int(parts[2]))
