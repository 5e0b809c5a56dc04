"""``/api/v1/inbox`` and the two health checks."""

from __future__ import annotations

import sqlite3
from http import HTTPStatus

from appliance.store import inbox
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.paging import page_object, slice_from
from appliance.web.problem import Problem
from appliance.web.represent import inbox_object


def list_inbox(office: Office, asked: Asked) -> Answer:
    """Received messages, newest first."""
    query = asked.query("limit", "cursor", "from")
    wanted = slice_from(query, "i")
    found = inbox.page(
        office.reader(), limit=wanted.limit + 1, before_seq=wanted.before_seq, sender=query.get("from")
    )
    return json_answer(page_object(found, wanted, "i", lambda message: message.seq, inbox_object))


def get_inbox_message(office: Office, asked: Asked, message_id: str) -> Answer:
    """One received message."""
    asked.query()
    message = inbox.get(office.reader(), message_id)
    if message is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-message")
    return json_answer(inbox_object(message))


def healthz(office: Office, asked: Asked) -> Answer:
    """The process answers."""
    return json_answer({"status": "ok"})


def readyz(office: Office, asked: Asked) -> Answer:
    """The process can do its work: the database answers. 503 where it does not."""
    try:
        office.reader().execute("SELECT 1 FROM messages LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "database-failed") from error
    return json_answer({"status": "ready"})
