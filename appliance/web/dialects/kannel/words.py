"""Kannel's own words, which its clients look for. Bare text that is called HTML, as Kannel sends it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from appliance.desk.mistake import Because, Refusal
from appliance.sentences import sentence
from appliance.web.answer import Answer

ACCEPTED = "0: Accepted for delivery"
"""To all that is stored, also what goes later: Kannel as a client counts any other answer as a refusal for good."""

DENIED = "Number(s) has/have been denied by white- and/or black-lists."
NOT_ROUTABLE = "Not routable. Do not try again."
LATER = "Temporal failure, try again later."
FORBIDDEN = "Authorization failed for sendsms"


class Rejected(Exception):  # noqa: N818 - Kannel's own word
    """A request that Kannel would turn down too: the status, and its words with ours behind them."""

    def __init__(self, status: int, words: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.retry_after_s = retry_after_s

    def answer(self) -> Answer:
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return answer_with(self.words, self.status, headers)


def misformed(field: str, why: str = "") -> Rejected:
    """One parameter is wrong."""
    return Rejected(HTTPStatus.BAD_REQUEST, f"{field} misformed, rejected" + (f"\n{why}" if why else ""))


def answer_with(words: str, status: int, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer as Kannel gives it."""
    return Answer(words.encode("utf-8", "replace"), status, "text/html", headers or {})


def of_refusal(refusal: Refusal) -> Rejected:
    """What the door of the queue said, as Kannel says it; the reason stands in a second line."""
    mistake = refusal.mistakes[0]
    why = sentence(mistake.code, dict(mistake.args))
    match refusal.because:
        case Because.LIMIT if refusal.retry_after_s is not None:
            return Rejected(
                HTTPStatus.SERVICE_UNAVAILABLE, f"{LATER}\n{why}", retry_after_s=refusal.retry_after_s
            )
        case Because.INVALID if mistake.pointer.endswith("/to"):
            return Rejected(HTTPStatus.BAD_REQUEST, f"{DENIED}\n{why}")
        case Because.INVALID if mistake.pointer.endswith("/text"):
            return misformed("Charset or body", why)
        case Because.INVALID if mistake.pointer.endswith("/expires_at"):
            return misformed("Validity field", why)
        case Because.INVALID if mistake.pointer.endswith("/not_before"):
            return misformed("Deferred field", why)
        case _:
            return Rejected(HTTPStatus.FORBIDDEN, f"{NOT_ROUTABLE}\n{why}")
