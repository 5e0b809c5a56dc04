"""``/api/v1/events``: what happened on the box, for people; and the feed of changes, as a stream or by polls."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from http import HTTPStatus

from appliance.desk.change_types import FAMILIES, GAP, TYPES, unknown_kinds
from appliance.desk.fields import Kind, Strings, WholeNumber
from appliance.desk.technician_fields import LARGEST_ID
from appliance.store import events
from appliance.store.events import Event
from appliance.store.keys import Scope
from appliance.web.answer import JSON, Answer, json_answer, stream_answer
from appliance.web.asked import Asked
from appliance.web.masking import feed_scopes
from appliance.web.moment import rfc3339
from appliance.web.objects import box
from appliance.web.objects.common import Page
from appliance.web.objects.webhooks import Feed
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.paging import Cursor, Limit, page_object, slice_of
from appliance.web.problem import Problem, bad_parameter
from appliance.web.represent import sim_object
from appliance.web.sse import (
    HUBS,
    Entry,
    Start,
    Viewer,
    gap_body,
    next_page,
    note_reader,
    page_body,
    read_page,
    start_at,
)
from appliance.web.sse import Page as FeedPage
from appliance.web.sse import (
    events as event_stream,
)
from appliance.web.words import N_, Words

LONGEST_WAIT_S = 60
_FEED = frozenset({Scope.READ, Scope.SEND, Scope.INBOX, Scope.MODEMS})
_LAST_EVENT_ID = re.compile(r"[0-9]{1,15}", re.ASCII)

EVENTS_QUERY: dict[str, Kind] = {
    "limit": Limit(),
    "cursor": Cursor("e"),
    "port": WholeNumber(1, LARGEST_ID),
    "sim": WholeNumber(1, LARGEST_ID),
    "after": WholeNumber(0, LARGEST_ID),
    "wait_s": WholeNumber(0, LONGEST_WAIT_S),
    "kinds": Strings(len(TYPES) + len(FAMILIES), shape={"enum": [*TYPES, *FAMILIES]}),
}
"""Every parameter of ``GET /api/v1/events``."""


@operation(
    N_("What happened on the box, newest first"),
    Group.WEBHOOKS,
    Page[box.Event] | Feed,
    query=EVENTS_QUERY,
    about=N_(
        "With “Accept: text/event-stream” it is a stream of what changes from now on, or after “Last-Event-ID”. With "
        "“after” it is what changed after that, at most 200 changes, awaited for “wait_s” seconds where there is "
        "nothing yet; “wait_s” alone tells where the feed is now. A key sees what its scopes let it read."
    ),
)
def list_events(office: Office, asked: Asked) -> Answer:
    """The list for people, the stream, or the next changes."""
    is_stream = "text/event-stream" in asked.headers.get("accept", "").lower()
    if is_stream or "after" in asked.parameters or "wait_s" in asked.parameters:
        return _feed(office, asked, is_stream=is_stream)
    if Scope.READ not in asked.scopes:
        raise Problem(HTTPStatus.FORBIDDEN, "missing-scope", {"scope": Scope.READ.value})
    return _list(office, asked)


def _feed(office: Office, asked: Asked, *, is_stream: bool) -> Answer:
    if not asked.scopes & _FEED:
        raise Problem(HTTPStatus.FORBIDDEN, "missing-scope", {"scope": Scope.READ.value})
    kinds = tuple(asked.parameters.get("kinds", ()))
    unknown = unknown_kinds(kinds)
    if unknown:
        raise bad_parameter("kinds", "problem.webhook-kind", kind=unknown[0][:60], known=", ".join(TYPES))
    viewer = Viewer(
        scopes=feed_scopes(asked), api_key_id=asked.who.api_key_id, language=asked.language, kinds=kinds
    )
    note_reader(office)
    after: int | None = asked.parameters.get("after")
    if is_stream and _LAST_EVENT_ID.fullmatch(asked.headers.get("last-event-id", "")):
        after = int(asked.headers["last-event-id"])
    start = start_at(office.reader(), after)
    hub = HUBS.of(office)
    if is_stream:
        return stream_answer(lambda: event_stream(hub, viewer, start, gap_body(office)))
    if after is None:
        return Answer(page_body(FeedPage((), start.position)))
    return _poll(office, viewer, start, int(asked.parameters.get("wait_s", 0)))


def _poll(office: Office, viewer: Viewer, start: Start, wait_s: int) -> Answer:
    """At once where there is something, or nothing to be waited for; else the loop waits, and no thread."""
    if start.has_gap:
        gap = Entry(start.position, GAP, None, gap_body(office))
        return Answer(page_body(FeedPage((gap,), start.position)))
    page = read_page(office, start.position, viewer.language)
    found = FeedPage(tuple(each for each in page.entries if viewer.sees(each)), page.last_id)
    if found.entries or not wait_s:
        return Answer(page_body(found))

    async def awaited() -> AsyncIterator[bytes]:
        yield page_body(await next_page(HUBS.of(office), viewer, found.last_id, wait_s))

    return stream_answer(awaited, JSON)


def _list(office: Office, asked: Asked) -> Answer:
    """Newest first; those of one port or of one SIM where that is given."""
    wanted = slice_of(asked.parameters)
    found = events.recent(
        office.reader(),
        limit=wanted.limit + 1,
        before_id=wanted.before_seq,
        port_id=asked.parameters.get("port"),
        sim_id=asked.parameters.get("sim"),
    )
    words = Words(asked.language, office.zone, office.now_ms())
    return json_answer(
        page_object(
            found, wanted, "e", lambda event: event.id, lambda event: _event_object(office, event, words)
        )
    )


def _event_object(office: Office, event: Event, words: Words) -> box.Event:
    return {
        "id": event.id,
        "at": rfc3339(event.at_ms),
        "kind": event.kind,
        "port": event.port_id,
        "sim": sim_object(event.sim_id, office.book()),
        "reason": {
            "code": event.reason,
            "text": words.sentence(event.reason, event.reason_args),
            "args": event.reason_args,
        },
    }
