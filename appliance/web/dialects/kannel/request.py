"""One request to ``sendsms`` → what is to be sent to whom, and who is told of it; or Kannel's words against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from appliance.desk.mistake import Mistake
from appliance.desk.numbers import read_recipient
from appliance.desk.push_address import read_place
from appliance.desk.submission import LONGEST_VALIDITY_S, Priority, Submission
from appliance.sentences import sentence
from appliance.web.dialects.kannel.fields import Fields
from appliance.web.dialects.kannel.text import read_text
from appliance.web.dialects.kannel.words import Rejected, misformed

MOST_RECIPIENTS = 1000
_MOST_MINUTES = LONGEST_VALIDITY_S // 60

_PRIORITIES = {0: Priority.BULK, 1: Priority.NOTICE, 2: Priority.NOTICE, 3: Priority.OTP}
"""Kannel's highest is 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Who is told what becomes of the messages."""

    url: str
    """With escapes."""
    mask: int
    """The events that are told: :mod:`appliance.web.dialects.kannel.report`."""
    options: Mapping[str, str]
    """What the request said that its escapes may ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What a request asks for."""

    recipients: tuple[str, ...]
    """As the client spelt them, none twice."""
    submissions: tuple[Submission, ...]
    """One for each."""
    report: Report | None


def read_request(fields: Fields, now_ms: int, home_region: str) -> Sending:
    """Raises :class:`Rejected`.

    Parameters that are unknown change nothing, and neither does ``smsc``: SIMs are chosen by the box.
    """
    recipients = _recipients(fields, home_region)
    coding = _number(fields, "coding", "Coding field", 0, 2)
    if coding == 1:
        raise misformed("Coding field", "This box sends texts, no 8-bit data.")
    _refuse_what_no_text_has(fields)
    validity_min = _number(fields, "validity", "Validity field", -1, _MOST_MINUTES) or 0
    deferred_min = _number(fields, "deferred", "Deferred field", -1, _MOST_MINUTES) or 0
    priority = _number(fields, "priority", "Priority field", 0, 3)
    common = Submission(
        to="",
        text=_text(fields, coding),
        flash=_number(fields, "mclass", "MClass field", 0, 1) == 0,
        priority=Priority.NOTICE if priority is None else _PRIORITIES[priority],
        not_before_ms=now_ms + deferred_min * 60_000 if deferred_min > 0 else None,
        expires_at_ms=now_ms + validity_min * 60_000 if validity_min > 0 else None,
    )
    return Sending(
        recipients=recipients,
        submissions=tuple(_to(common, each) for each in recipients),
        report=_report(fields),
    )


def _to(common: Submission, recipient: str) -> Submission:
    return Submission(
        to=recipient,
        text=common.text,
        flash=common.flash,
        priority=common.priority,
        not_before_ms=common.not_before_ms,
        expires_at_ms=common.expires_at_ms,
    )


def word(fields: Fields, name: str) -> str:
    """A parameter as text, without spaces around it; empty where it is not given."""
    return fields.get(name, b"").decode("utf-8", "replace").strip()


def _recipients(fields: Fields, home_region: str) -> tuple[str, ...]:
    # Several are divided by spaces, which a '+' that nobody escaped is, too: what is before a number falls away.
    typed = word(fields, "to").replace(",", " ").replace(";", " ").split()
    if len(typed) > MOST_RECIPIENTS:
        raise misformed("Receiver number", f"At most {MOST_RECIPIENTS} numbers at once.")
    by_number: dict[str, str] = {}
    for each in typed:
        number = read_recipient(each, home_region)
        # What is no number is refused where the numbers of all ways in are.
        by_number.setdefault(number if isinstance(number, str) else each, each)
    recipients = tuple(by_number.values())
    if not recipients:
        raise Rejected(HTTPStatus.BAD_REQUEST, "Missing receiver number, rejected")
    return recipients


def _text(fields: Fields, coding: int | None) -> str:
    text = read_text(fields.get("text", b""), coding, word(fields, "charset") or None)
    if text is None:
        raise misformed("Charset or body")
    return text.replace("\r\n", "\n")


def _refuse_what_no_text_has(fields: Fields) -> None:
    """What would make another message of it, and can't be done, is refused and not left out."""
    if word(fields, "udh"):
        raise misformed("UDH field", "This box makes the headers of messages itself.")
    for name, field, harmless in (
        ("mwi", "MWI field", ("", "-1")),
        ("compress", "Compress field", ("", "0", "-1")),
        ("rpi", "RPI field", ("", "0", "-1")),
        ("pid", "PID field", ("", "0", "-1")),
    ):
        if word(fields, name) not in harmless:
            raise misformed(field, "This box can't do that.")


def _report(fields: Fields) -> Report | None:
    mask = _number(fields, "dlr-mask", "DLR-Mask field", -1, 63) or 0
    url = word(fields, "dlr-url")
    if url:
        _check_url(url)
    if not url or mask <= 0:
        return None
    kept = ("from", "smsc", "account", "binfo", "meta-data", "charset", "coding")
    return Report(
        url=url, mask=mask, options={name: word(fields, name)[:500] for name in kept if name in fields}
    )


def _check_url(url: str) -> None:
    place = read_place(url)
    if isinstance(place, Mistake):
        raise misformed("DLR-URL field", sentence(place.code, dict(place.args)))


def _number(fields: Fields, name: str, field: str, least: int, most: int) -> int | None:
    given = word(fields, name)
    if not given:
        return None
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9 or not least <= int(given) <= most:
        raise misformed(field)
    return int(given)
