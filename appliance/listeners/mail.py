"""A mail as octets → what of it can become a text message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser

from appliance.desk.charset import text_of
from appliance.desk.html_text import text_of_html
from appliance.listeners.header_text import decoded_words, field_of

DEEPEST_PARTS = 20
MOST_BOUNDARIES = 60
"""The parser compares each line with the boundaries of all parts that it is in."""
MOST_TEXT_OCTETS = 400_000
"""So much of one part is read as text."""

_PARSER = BytesParser(policy=policy.compat32)
# The newer policies parse every field by grammar, and raise at some of what devices write; here fields are raw.


class UnreadableMailError(ValueError):
    """Nothing can be made of it: parts within parts without an end."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What is used of a mail. All texts are decoded; nothing is cut yet."""

    subject: str
    body: str
    attachments: tuple[str, ...]
    """Their names, '' for one that has none; they go nowhere."""
    message_id: str
    date: str
    is_answer: bool
    """Whether it answers another mail, so that quotes of that one may be in it."""


def read_mail(octets: bytes) -> Mail:
    """Raises :class:`UnreadableMailError`."""
    if octets.lower().count(b"boundary") > MOST_BOUNDARIES:
        raise UnreadableMailError
    try:
        message = _PARSER.parsebytes(octets)
        attachments: list[str] = []
        body = "\n".join(_texts(message, attachments, 0))
    except RecursionError as error:
        raise UnreadableMailError from error
    return Mail(
        subject=field_of(message, "subject"),
        body=body,
        attachments=tuple(attachments),
        message_id=field_of(message, "message-id"),
        date=field_of(message, "date"),
        is_answer=bool(field_of(message, "in-reply-to") or field_of(message, "references")),
    )


def _texts(part: Message, attachments: list[str], depth: int) -> Iterator[str]:
    if depth > DEEPEST_PARTS:
        raise UnreadableMailError
    children = part.get_payload() if part.is_multipart() else None
    if part.get_content_type() == "message/rfc822" or _is_attachment(part):
        attachments.append(_file_name(part))
    elif isinstance(children, list):
        yield from _texts_of_several(
            part, [each for each in children if isinstance(each, Message)], attachments, depth
        )
    elif part.get_content_maintype() in ("text", "multipart"):
        # The latter where no part can be told from the next.
        yield _text(part)
    else:
        attachments.append(_file_name(part))


def _texts_of_several(
    part: Message, children: list[Message], attachments: list[str], depth: int
) -> Iterator[str]:
    match part.get_content_subtype():
        case "alternative":
            yield _best_alternative(children, attachments, depth)
        case "related" | "signed" | "report":
            # The first is the text; the others are its pictures, its signature, the mail that a report is about.
            for index, child in enumerate(children):
                if index == 0:
                    yield from _texts(child, attachments, depth + 1)
                elif part.get_content_subtype() == "related":
                    attachments.append(_file_name(child))
        case _:
            for child in children:
                yield from _texts(child, attachments, depth + 1)


def _best_alternative(children: list[Message], attachments: list[str], depth: int) -> str:
    """The plain form, or the first of the others that says something."""
    found: list[str] = []
    for child in sorted(children, key=lambda each: each.get_content_type() != "text/plain"):
        theirs: list[str] = []
        text = "\n".join(_texts(child, theirs, depth + 1))
        attachments += theirs
        if text.strip():
            found.append(text)
    return found[0] if found else ""


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    octets = payload[:MOST_TEXT_OCTETS] if isinstance(payload, bytes) else b""
    charset = part.get_param("charset")
    named = charset[2] if isinstance(charset, tuple) else charset
    text = text_of(octets, named)
    start = text[:500].lstrip().lower()
    is_html = part.get_content_subtype() == "html" or start.startswith(("<!doctype html", "<html"))
    return text_of_html(text) if is_html else text


def _is_attachment(part: Message) -> bool:
    disposition = part.get_content_disposition()
    if part.get_content_type() == "application/ms-tnef":
        return True
    return disposition == "attachment" or (disposition == "inline" and bool(_file_name(part)))


def _file_name(part: Message) -> str:
    name = part.get_filename("")
    return " ".join(decoded_words(name.encode("utf-8", "surrogateescape")).split())[:80]
