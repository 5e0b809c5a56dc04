"""What clients send and what they are answered: JSON in the names of the Android app."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from appliance.desk.submission import LONGEST_VALIDITY_S, Priority, Submission
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.sending import why
from appliance.web.moment import rfc3339
from appliance.web.office import Office
from appliance.web.problem import Problem
from appliance.web.words import Words

DEVICE = "simloft"
"""The box is one device, whatever the number of its SIMs."""
BYPASS = 100
"""From this priority on the app sends beyond its limits. Here it only goes first."""
LONGEST_ID = 60
_ID = re.compile(rf"[A-Za-z0-9_.:@+=~-]{{1,{LONGEST_ID}}}")

S = TypeVar("S", bound=msgspec.Struct)


class Rejected(Exception):  # noqa: N818 - a no, and no error
    """A status, and a sentence for the developer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class TextMessage(msgspec.Struct):
    """``textMessage``."""

    text: str


class Request(msgspec.Struct, rename="camel", kw_only=True):
    """The body of ``POST /messages``. What is not named here changes nothing (``simNumber``, ``deviceId``)."""

    phone_numbers: list[str]
    text_message: TextMessage | None = None
    message: str | None = None
    """The text, as clients wrote it before 2025."""
    data_message: Any = None
    mms_message: Any = None
    id: str | None = None
    is_encrypted: bool | None = None
    ttl: int | None = None
    valid_until: str | None = None
    schedule_at: str | None = None
    with_delivery_report: bool | None = None
    sim_number: int | None = None
    priority: int | None = None


class Hook(msgspec.Struct, rename="camel", kw_only=True):
    """The body of ``POST /webhooks``."""

    url: str
    event: str
    id: str | None = None


def read(asked: Asked, kind: type[S]) -> S:
    """The body as an object. Raises :class:`Rejected`, and the Problem of a body that was given up."""
    asked.check_body()
    try:
        return msgspec.json.decode(asked.body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Rejected(HTTPStatus.BAD_REQUEST, f"The body can't be read: {error}"[:300]) from error


def checked_id(given: str) -> str:
    """An id that fits into a path."""
    if not _ID.fullmatch(given):
        raise Rejected(
            HTTPStatus.BAD_REQUEST, f"id: at most {LONGEST_ID} letters, digits and any of _ . : @ + = ~ -"
        )
    return given


def submission_of(request: Request, zone: tzinfo, message_id: str) -> Submission:
    """What is to be sent, to whomever. Raises :class:`Rejected`."""
    if request.is_encrypted:
        raise Rejected(
            HTTPStatus.BAD_REQUEST, "isEncrypted: this box has no passphrase; send the text as it is"
        )
    if request.data_message is not None or request.mms_message is not None:
        raise Rejected(HTTPStatus.BAD_REQUEST, "This box sends texts only: no dataMessage, no mmsMessage")
    text = request.message if request.text_message is None else request.text_message.text
    if text is None:
        raise Rejected(HTTPStatus.BAD_REQUEST, "textMessage.text is missing")
    if request.ttl is not None and request.valid_until is not None:
        raise Rejected(HTTPStatus.BAD_REQUEST, "ttl and validUntil exclude each other")
    if request.ttl is not None and not 1 <= request.ttl <= LONGEST_VALIDITY_S:
        raise Rejected(HTTPStatus.BAD_REQUEST, f"ttl: from 1 to {LONGEST_VALIDITY_S} seconds")
    return Submission(
        to="",
        text=text,
        delivery_report=request.with_delivery_report is not False,
        priority=_priority(request.priority or 0),
        validity_s=request.ttl,
        expires_at_ms=instant(request.valid_until, zone, "validUntil"),
        not_before_ms=instant(request.schedule_at, zone, "scheduleAt"),
        campaign=message_id,
    )


def _priority(given: int) -> Priority:
    if given >= BYPASS:
        return Priority.OTP
    return Priority.BULK if given < 0 else Priority.NOTICE


def instant(given: str | None, zone: tzinfo, name: str) -> int | None:
    """An instant of ISO 8601; one without a zone is by the clock on the wall here."""
    if given is None:
        return None
    try:
        when = datetime.fromisoformat(given)
        return int((when if when.tzinfo else when.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Rejected(HTTPStatus.BAD_REQUEST, f"{name}: no time of RFC 3339") from error


PENDING, PROCESSED, SENT, DELIVERED, FAILED, CANCELLED = (
    "Pending",
    "Processed",
    "Sent",
    "Delivered",
    "Failed",
    "Cancelled",
)
STATES = (PENDING, PROCESSED, SENT, DELIVERED, CANCELLED, FAILED)
"""The state of a message to several is the first of these that any of them is in."""

STATE_OF = {
    MessageState.HELD: PENDING,
    MessageState.QUEUED: PENDING,
    MessageState.SENDING: PROCESSED,
    # It was given to a SIM, and nobody knows what became of it: a person says so.
    MessageState.UNCERTAIN: PROCESSED,
    MessageState.SENT: SENT,
    MessageState.DELIVERED: DELIVERED,
    MessageState.UNDELIVERED: FAILED,
    MessageState.FAILED: FAILED,
    MessageState.EXPIRED: FAILED,
    MessageState.CANCELLED: CANCELLED,
}


def state_of(messages: Sequence[Message]) -> str:
    """Of a message to several."""
    found = {STATE_OF[each.state] for each in messages}
    return next(each for each in STATES if each in found)


def state_object(
    office: Office, asked: Asked, message_id: str, messages: Sequence[Message]
) -> dict[str, object]:
    """``MessageState`` of the clients; there is at least one message."""
    words = Words(asked.language, office.zone, office.now_ms())
    recipients = []
    for each in messages:
        told: dict[str, object] = {"phoneNumber": each.recipient, "state": STATE_OF[each.state]}
        if told["state"] == FAILED:
            told["error"] = words.reason(office.reason(each))
        recipients.append(told)
    times = {PENDING: min(each.accepted_at_ms for each in messages)}
    state = state_of(messages)
    if state not in (PENDING, PROCESSED):
        sent_ms = max((each.sent_at_ms for each in messages if each.sent_at_ms), default=None)
        if sent_ms is not None:
            times[SENT] = sent_ms
        if state != SENT:
            times[state] = max(each.finished_at_ms or each.updated_at_ms for each in messages)
    return {
        "id": message_id,
        "deviceId": DEVICE,
        "state": state,
        "isHashed": False,
        "isEncrypted": False,
        "recipients": recipients,
        "states": {name: rfc3339(at_ms) for name, at_ms in times.items()},
        "createdAt": rfc3339(times[PENDING]),
    }


def refusal(office: Office, asked: Asked, problem: Problem) -> Answer:
    """How the clients want to be told: a status that they know, and a message."""
    is_wrong = problem.status == HTTPStatus.UNPROCESSABLE_ENTITY or problem.slug == "conflict"
    status = HTTPStatus.BAD_REQUEST if is_wrong else problem.status
    return json_answer({"message": why(problem, asked)}, status, problem.headers)
