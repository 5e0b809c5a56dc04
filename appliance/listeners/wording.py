"""From a mail to the words of a text message: what is said once, and nothing that only mails need."""

from __future__ import annotations

import re
from enum import StrEnum

from appliance.listeners.mail import Mail


class Wanted(StrEnum):
    """What of a mail is sent."""

    BOTH = "subject-and-body"
    SUBJECT = "subject"
    BODY = "body"


MOST_SIGNATURE_LINES = 8
"""More lines behind '--' are no signature but the second half of a report."""

_ANSWER = re.compile(r"(?:re|aw|回复|答复|回覆)\s*[:：]", re.IGNORECASE)
_QUOTE_BEGINS = re.compile(
    r"(?:-{3,}\s*(?:original message|原始邮件|原邮件|原始郵件).*|on .{5,150} wrote:|在.{5,150}写道[:：]|"
    r".{0,100}于.{5,60}写道[:：])",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(r"(?:sent from my |发自我的|從我的).{1,40}", re.IGNORECASE)
_UNWANTED = re.compile(
    # Controls but line ends and tabs (NUL among them), lone surrogates, and what has no width: marks, soft hyphens.
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u00ad\u200b\u2060\ufeff\ufffe\uffff]"
)


def words_of(mail: Mail, wanted: Wanted) -> str:
    """The text, not cut to any length; empty where the mail says nothing.

    Of a mail that has only attachments their names are said.
    """
    subject = " ".join(_clean(mail.subject).split())
    body = body_of(mail)
    if wanted is Wanted.SUBJECT and subject:
        return subject
    if wanted is Wanted.BODY and body:
        return body
    return _joined(subject, body) or ", ".join(filter(None, map(_clean, mail.attachments)))


def body_of(mail: Mail) -> str:
    """The body without empty lines, signature, and what it quotes of the mail that it answers."""
    # U+2028 and form feeds end lines, too; U+00A0 is a space.
    lines = [" ".join(line.split()) for line in _clean(mail.body.replace("\f", "\n")).splitlines()]
    kept = [line for line in lines if line]
    if mail.is_answer or _ANSWER.match(mail.subject):
        kept = _without_quotes(kept)
    return "\n".join(_without_signature(kept))


def _joined(subject: str, body: str) -> str:
    if not subject or not body:
        return subject or body
    # Many devices say in the first line what they said in the subject.
    if body == subject or body.startswith((subject + "\n", subject + " ")):
        return body
    return f"{subject}\n{body}"


def _without_quotes(lines: list[str]) -> list[str]:
    for index, line in enumerate(lines):
        if index and _QUOTE_BEGINS.fullmatch(line):
            lines = lines[:index]
            break
    said = [line for line in lines if not line.startswith(">")]
    return said or lines


def _without_signature(lines: list[str]) -> list[str]:
    for index in range(max(1, len(lines) - MOST_SIGNATURE_LINES - 1), len(lines)):
        if lines[index] == "--":
            lines = lines[:index]
            break
    return lines[:-1] if len(lines) > 1 and _SENT_FROM.fullmatch(lines[-1]) else lines


def _clean(text: str) -> str:
    return _UNWANTED.sub("", text)
