"""Kinds of values in a profile file: each function takes what TOML gave, or raises ValueError with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from appliance.modem.profile import SentFlag, Technology, UssdEncoding

T = TypeVar("T")
W = TypeVar("W", Technology, UssdEncoding, SentFlag)

_COMMAND = re.compile(r"AT[ -~]{0,200}", re.IGNORECASE)
_USB_ID = re.compile(r"[0-9a-f]{4}:([0-9a-f]{4}|\*)")
_LIMIT_NAME = re.compile(r"[+^$*%!#&][A-Z0-9_]+|prompt|submit")
_WRITES = re.compile(r"AT&[FW]|AT\+IPR=|AT\+CMGD=\d+,[1-4]", re.IGNORECASE)
_MAX_LIMIT_S = 300.0
_MAX_PATTERN = 500


def text_of(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text in quotes")
    return value


def whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number")
    return value


def octet(value: object) -> int:
    number = whole(value)
    if not 0 <= number <= 255:
        raise ValueError("must be from 0 to 255")
    return number


def truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number of seconds")
    if not 0 < value <= _MAX_LIMIT_S:
        raise ValueError(f"must be more than 0 and at most {_MAX_LIMIT_S:.0f} seconds")
    return float(value)


def command(value: object) -> str:
    command = text_of(value)
    if not _COMMAND.fullmatch(command):
        raise ValueError(f"{command!r} is no command: it must begin with AT, in ASCII, without line end")
    if _WRITES.match(command):
        raise ValueError(f"{command} changes what the modem keeps, which the box never does")
    return command


def regular_expression(value: object) -> re.Pattern[str]:
    text = text_of(value)
    if len(text) > _MAX_PATTERN:
        raise ValueError(f"is longer than {_MAX_PATTERN} characters")
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}") from error


def usb_id(value: object) -> str:
    text = text_of(value)
    if not _USB_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no USB id such as '12d1:1001' (lower case; '*' for every product)")
    return text


def list_of(read: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    def read_all(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list in [ ]")
        return tuple([read(each) for each in value])

    return read_all


def one_of(words: type[W]) -> Callable[[object], W]:
    def read(value: object) -> W:
        for word in words:
            if word == value:
                return word
        raise ValueError(f"must be one of {', '.join(words)}")

    return read


def routing(value: object) -> tuple[int, ...]:
    setting = list_of(whole)(value)
    if not 1 <= len(setting) <= 5 or not all(0 <= number <= 9 for number in setting):
        raise ValueError("must be 1 to 5 numbers of one digit, as in [2, 1, 0, 1, 0]")
    return setting


def memory(value: object) -> str:
    memory = text_of(value)
    if not re.fullmatch(r"[A-Z]{2}", memory):
        raise ValueError(f"{memory!r} is no memory such as 'SM'")
    return memory


def limit_name(value: object) -> str:
    name = text_of(value)
    if not _LIMIT_NAME.fullmatch(name):
        raise ValueError("is neither a command such as '+CMGD' nor 'prompt' or 'submit'")
    return name
