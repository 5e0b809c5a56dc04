"""The handsets of a simulated box, reached through the control socket of its bank (JSON lines over AF_UNIX).

They stand for the outside world: nothing here touches the pool or the database.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT_S = 3.0
LONGEST_ANSWER_BYTES = 8 << 20
SHOWN_MESSAGES = 200


class BankError(Exception):
    """The bank did not do what it was asked for."""


class BankSilentError(BankError):
    """It does not run, or its answer can't be understood; the text is for the log."""


class BankRefusedError(BankError):
    """It said no; the text is its reason, for who asked. It may have a number in it: not for the log."""


@dataclass(frozen=True, slots=True)
class Handset:
    """One simulated telephone."""

    number: str
    received: int = 0
    unread: int = 0
    last_at_ms: int = 0
    last_text: str = ""
    auto_reply: str | None = None


@dataclass(frozen=True, slots=True)
class HandsetMessage:
    """A text on a handset. ``incoming`` seen from the handset: the box sent it."""

    incoming: bool
    peer: str
    text: str
    at_ms: int
    complete: bool


class Bank:
    """A client of the control socket: one connection for each question, so that it survives a restart."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path

    def handsets(self) -> list[Handset]:
        """Every handset that ever got or sent a message, last heard of first."""
        return [
            Handset(
                number=str(each.get("number", "")),
                received=_number(each.get("received")),
                unread=_number(each.get("unread")),
                last_at_ms=_number(each.get("last_at_ms")),
                last_text=str(each.get("last_text") or ""),
                auto_reply=_text_or_none(each.get("auto_reply")),
            )
            for each in _items(self._ask("handsets"))
        ]

    def messages(self, number: str) -> list[HandsetMessage]:
        """What a handset has, oldest first."""
        answer = self._ask("handset_messages", number=number, limit=SHOWN_MESSAGES)
        found = answer.get("messages") if isinstance(answer, dict) else None
        return [
            HandsetMessage(
                incoming=each.get("direction") == "in",
                peer=str(each.get("from" if each.get("direction") == "in" else "to", "")),
                text=str(each.get("text") or ""),
                at_ms=_number(each.get("at_ms")),
                complete=each.get("complete") is not False,
            )
            for each in _items(found)
        ]

    def reply(self, number: str, to: str, text: str) -> None:
        """Send ``text`` from a handset to a SIM of the box."""
        self._ask("handset_reply", number=number, to=to, text=text)

    def set_auto_reply(self, number: str, text: str | None) -> None:
        """Let a handset answer everything with ``text``; None switches it off."""
        self._ask("auto_reply", number=number, text=text)

    def _ask(self, op: str, **arguments: object) -> object:
        request = json.dumps({"op": op, **arguments}).encode() + b"\n"
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(TIME_LIMIT_S)
                line.connect(str(self._path))
                line.sendall(request)
                with line.makefile("rb") as lines:
                    answer = json.loads(lines.readline(LONGEST_ANSWER_BYTES))
        except (OSError, ValueError) as error:
            raise BankSilentError(f"the simulated bank does not answer ({type(error).__name__})") from error
        if not isinstance(answer, dict):
            raise BankSilentError("the simulated bank does not answer as it should")
        if answer.get("ok") is not True:
            raise BankRefusedError(str(answer.get("error")))
        return answer.get("result")


def _items(found: object) -> list[dict[str, object]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
