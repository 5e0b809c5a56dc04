"""``/messages``: send, follow, list, take back. ``/message`` is what older clients call it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from appliance.desk.actions import MOST_AT_ONCE, Action, act_on_several
from appliance.store import message_lists
from appliance.store.keys import Scope
from appliance.store.life import MessageState
from appliance.store.message_lists import Filters
from appliance.store.messages import Message, new_id
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.android.entry import entered
from appliance.web.dialects.android.query import pages_of, span_of
from appliance.web.dialects.android.shapes import (
    STATES,
    Rejected,
    Request,
    checked_id,
    read,
    state_object,
    state_of,
    submission_of,
)
from appliance.web.dialects.parameters import query_of
from appliance.web.dialects.sending import once, send
from appliance.web.office import Office
from appliance.web.problem import Problem

SOURCE = "android"
MOST_RECIPIENTS = 1000
MOST_LOOKED_AT = 5000
_PAGE = 500


@entered(Scope.SEND)
def post_message(office: Office, asked: Asked) -> Answer:
    """202. An ``id`` that the client chose makes it be sent once, however often it is asked for."""
    request = read(asked, Request)
    if len(request.phone_numbers) > MOST_RECIPIENTS:
        raise Rejected(HTTPStatus.BAD_REQUEST, f"phoneNumbers: at most {MOST_RECIPIENTS}")
    message_id = checked_id(request.id) if request.id else new_id(office.now_ms())
    common = submission_of(request, office.zone, message_id)
    sent = send(
        office,
        asked,
        request.phone_numbers,
        common,
        once=once(SOURCE, message_id, msgspec.to_builtins(request)) if request.id else None,
    )
    return json_answer(state_object(office, asked, message_id, sent.messages), HTTPStatus.ACCEPTED)


@entered(None)
def get_message(office: Office, asked: Asked, message_id: str) -> Answer:
    """How it stands."""
    return json_answer(state_object(office, asked, message_id, _found(office, asked, message_id)))


@entered(None)
def list_messages(office: Office, asked: Asked) -> Answer:
    """Newest first, with ``from``, ``to``, ``state``, ``limit`` and ``offset``."""
    query = query_of(asked)
    wanted = query.get("state")
    if wanted is not None and wanted not in STATES:
        raise Rejected(HTTPStatus.BAD_REQUEST, f"state: one of {', '.join(STATES)}")
    after_ms, before_ms = span_of(query, office.zone)
    filters = Filters(source=SOURCE, accepted_after_ms=after_ms, accepted_before_ms=before_ms)
    groups: dict[str, list[Message]] = {}
    for each in _seen(asked, _walked(office, filters)):
        groups.setdefault(each.campaign or each.id, []).append(each)
    told = [
        (message_id, list(reversed(messages)))
        for message_id, messages in groups.items()
        if wanted is None or state_of(messages) == wanted
    ]
    if query.get("sort") == "created_at":
        told.reverse()
    page = told[pages_of(query)]
    return json_answer([state_object(office, asked, *each) for each in page])


@entered(Scope.SEND)
def delete_message(office: Office, asked: Asked, message_id: str) -> Answer:
    """Take back what no SIM has taken. 204; 409 where it is too late for all of it."""
    found = _found(office, asked, message_id)
    own = [each for each in found if asked.only_of_key(Scope.ADMIN) in (None, each.api_key_id)]
    if not own:
        raise Problem(HTTPStatus.FORBIDDEN, "missing-scope", {"scope": Scope.ADMIN.value})
    ids = [each.id for each in own]
    done = sum(
        len(
            act_on_several(
                office.writer,
                ids[begin : begin + MOST_AT_ONCE],
                Action.CANCEL,
                office.now_ms(),
                office.ring,
            ).done
        )
        for begin in range(0, len(ids), MOST_AT_ONCE)
    )
    if not done and not any(each.state is MessageState.CANCELLED for each in own):
        raise Rejected(HTTPStatus.CONFLICT, f"It is too late: {state_of(own)}")
    return Answer(b"", HTTPStatus.NO_CONTENT)


def _found(office: Office, asked: Asked, message_id: str) -> Sequence[Message]:
    found = _seen(asked, _walked(office, Filters(source=SOURCE, campaign=message_id)))
    if not found:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-message")
    return list(reversed(found))


def _seen(asked: Asked, found: Sequence[Message]) -> Sequence[Message]:
    """Of them those that who asks may see: what the key sent itself, and with ``read`` everybody's."""
    if asked.scopes.isdisjoint({Scope.READ, Scope.SEND}):
        raise Problem(HTTPStatus.FORBIDDEN, "missing-scope", {"scope": Scope.READ.value})
    only = asked.only_of_key(Scope.READ)
    return found if only is None else [each for each in found if each.api_key_id == only]


def _walked(office: Office, filters: Filters) -> Sequence[Message]:
    found: list[Message] = []
    before: int | None = None
    while len(found) < MOST_LOOKED_AT:
        page = message_lists.list_messages(office.reader(), filters, limit=_PAGE, before_seq=before)
        found += page.messages
        before = page.next_before
        if before is None:
            break
    return found
