"""What is said to a client of SMTP: a code, an enhanced code (RFC 3463), and why in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.desk.door import Shut
from appliance.desk.mistake import Because, Refusal
from appliance.sentences import sentence
from appliance.store.errors import StoreError, StoreFullError

_PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "–": "-", "—": "-"})
_LONGEST_WORDS = 400
"""A reply line has at most 512 octets (RFC 5321 §4.5.3.1.5)."""


def reply(code: str, words: str) -> str:
    """A reply of one line, in ASCII: few clients understand another one."""
    plain = " ".join(words.translate(_PLAIN).split()).encode("ascii", "replace").decode("ascii")
    return f"{code} {plain[:_LONGEST_WORDS]}"


def said(code: str, slug: str, args: Mapping[str, object] | None = None) -> str:
    """A reply in the words of a sentence."""
    return reply(code, sentence(slug, dict(args or {})))


def of_refusal(refusal: Refusal) -> str:
    """Why a mail can't become messages: 4xx where it may later, so that whoever sends mails tries again."""
    mistake = refusal.mistakes[0]
    match refusal.because:
        case Because.LIMIT:
            code = "452 4.7.1" if refusal.retry_after_s is not None else "554 5.7.1"
        case Because.FORBIDDEN:
            code = "554 5.7.1"
        case _:
            code = "554 5.6.0"
    return said(code, mistake.code, mistake.args)


def of_shut_door(shut: Shut) -> str:
    """Why somebody may not log in, or mail from where he does."""
    later = shut.retry_after_s is not None
    code = "454 4.7.0" if later else "535 5.7.8" if shut.slug == "wrong-key" else "535 5.7.1"
    return said(code, f"problem.{shut.slug}", shut.args)


def of_store(error: StoreError) -> str:
    """Why nothing could be stored now."""
    if isinstance(error, StoreFullError):
        return said("452 4.3.1", "problem.disk-full")
    return said("451 4.3.0", "problem.database-busy")
