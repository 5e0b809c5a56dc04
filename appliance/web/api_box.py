"""``/api/v1/inbox`` and the two health checks."""

from __future__ import annotations

import sqlite3
from http import HTTPStatus

from appliance.store import inbox
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.etag import unless_seen
from appliance.web.filters import INBOX_QUERY, inbox_filters
from appliance.web.objects import messages as objects
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.paging import slice_of, walked_page
from appliance.web.problem import Problem
from appliance.web.represent import inbox_object
from appliance.web.words import N_


@operation(
    N_("Received messages, newest first"),
    Group.INBOX,
    Page[objects.InboxMessage],
    query=INBOX_QUERY,
    headers=("If-None-Match",),
)
def list_inbox(office: Office, asked: Asked) -> Answer:
    """Received messages, newest first."""
    wanted = slice_of(asked.parameters)
    filters = inbox_filters(asked.parameters, office.settings.rules.home_region)

    def make() -> Answer:
        found = inbox.list_inbox(office.reader(), filters, limit=wanted.limit, before_seq=wanted.before_seq)
        return json_answer(
            walked_page([inbox_object(each) for each in found.messages], "i", found.next_before)
        )

    return unless_seen(office, asked, make)


@operation(N_("One received message"), Group.INBOX, objects.InboxMessage, problems=("no-such-message",))
def get_inbox_message(office: Office, asked: Asked, message_id: str) -> Answer:
    """One received message."""

    def make() -> Answer:
        message = inbox.get(office.reader(), message_id)
        if message is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no-such-message")
        return json_answer(inbox_object(message))

    return unless_seen(office, asked, make)


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
