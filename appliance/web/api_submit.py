"""``POST /api/v1/messages``: one message, one text to many, or many messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus

from appliance.desk.mistake import Refusal
from appliance.desk.request import Request, read_request, request_schema
from appliance.desk.sims import SimBook, reason_at_acceptance
from appliance.desk.submit import Batch, Once, submit_many, submit_many_in_loop
from appliance.store.messages import Message
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.objects import messages as objects
from appliance.web.office import Office
from appliance.web.once import REPLAYED, once_of
from appliance.web.operation import AsGiven, Group, operation
from appliance.web.problem import as_json, invalid, refused
from appliance.web.represent import message_object
from appliance.web.words import N_, Words

LARGEST_BODY_BYTES = 8 * 1024 * 1024
"""10,000 messages of 800 octets each."""

MOST_IN_LOOP = 20
"""More messages take a thread: judging so many takes a millisecond."""


@operation(
    N_("Send one message, one text to many, or many messages"),
    Group.MESSAGES,
    {HTTPStatus.ACCEPTED: objects.Message | objects.Accepted},
    body=AsGiven(request_schema),
    headers=("Idempotency-Key",),
    problems=("idempotency-key-form", "idempotency-key-reused"),
)
def post_messages(office: Office, asked: Asked) -> Answer:
    """Accept them: 202 once all are on disk, and none where one is wrong."""
    request = _request(asked)
    return _answered(office, asked, request, _submit(office, asked, request, office.book()))


async def post_messages_in_loop(office: Office, asked: Asked) -> Answer:
    """The same without a thread, which waiting for the disk would hold."""
    asked.query()
    request = _request(asked)
    book = office.book_at_hand()
    if book is None:
        book = await asyncio.to_thread(office.book)
    if len(request.submissions) > MOST_IN_LOOP:
        stored = await asyncio.to_thread(_submit, office, asked, request, book)
    else:
        stored = await submit_many_in_loop(
            office.loop_writer,
            office.settings.rules,
            request.submissions,
            asked.who,
            now_ms=office.now_ms(),
            ring=office.ring_from_loop,
            once=_once(office, asked, request, book),
            place=request.place,
        )
    return _answered(office, asked, request, stored, book)


def _request(asked: Asked) -> Request:
    request = read_request(asked.json_object())
    if isinstance(request, Refusal):
        raise invalid(request)
    return request


def _submit(office: Office, asked: Asked, request: Request, book: SimBook) -> Batch | Refusal:
    return submit_many(
        office.writer,
        office.settings.rules,
        request.submissions,
        asked.who,
        now_ms=office.now_ms(),
        ring=office.ring,
        once=_once(office, asked, request, book),
        place=request.place,
    )


def _once(office: Office, asked: Asked, request: Request, book: SimBook) -> Once | None:
    return once_of(asked, partial(_one, office, asked, book) if request.is_one else None)


def _answered(
    office: Office, asked: Asked, request: Request, stored: Batch | Refusal, book: SimBook | None = None
) -> Answer:
    if isinstance(stored, Refusal):
        raise refused(stored)
    headers = dict(REPLAYED) if stored.is_repeat else {}
    if not request.is_one:
        ids = [each.id for each in stored.messages]
        return json_answer({"accepted": len(ids), "ids": ids}, HTTPStatus.ACCEPTED, headers)
    headers["Location"] = f"/api/v1/messages/{stored.messages[0].id}"
    body = stored.answer or _one(office, asked, book or office.book(), stored.messages)
    return Answer(body, HTTPStatus.ACCEPTED, headers=headers)


def _one(office: Office, asked: Asked, book: SimBook, accepted: Sequence[Message]) -> bytes:
    message, now_ms = accepted[0], office.now_ms()
    reason = reason_at_acceptance(message, book, now_ms)
    return as_json(message_object(message, reason, book, Words(asked.language, office.zone, now_ms)))
