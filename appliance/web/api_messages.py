"""``/api/v1/messages`` as they are followed, listed, taken back and settled; ``/api/v1/preview``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from appliance.desk.actions import MOST_AT_ONCE, Acted, Action, act, act_on_several
from appliance.desk.fields import Choice, Kind, Strings
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.preview import preview
from appliance.desk.submission import PREVIEW_FIELDS
from appliance.desk.submit import MOST_MESSAGES
from appliance.store import message_lists, messages
from appliance.store.keys import Scope
from appliance.store.messages import Message
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.etag import unless_seen
from appliance.web.filters import MESSAGE_QUERY, message_filters
from appliance.web.masking import check_filters, shown_message
from appliance.web.objects import messages as objects
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.paging import slice_of, walked_page
from appliance.web.problem import Problem, invalid
from appliance.web.represent import message_object, part_object, preview_object
from appliance.web.words import N_, Words

LARGEST_BODY_BYTES = 1024 * 1024
"""Of a list of ids."""


@operation(
    N_("One message with its parts"), Group.MESSAGES, objects.MessageWithParts, problems=("no-such-message",)
)
def get_message(office: Office, asked: Asked, message_id: str) -> Answer:
    """One message with its parts."""

    def make() -> Answer:
        message = find_message(office, message_id, asked)
        parts = messages.parts_of(office.reader(), message.seq)
        book = office.book()
        return json_answer(
            {**_shown(office, asked, message), "parts": [part_object(each, book) for each in parts]}
        )

    return unless_seen(office, asked, make)


@operation(
    N_("Messages, newest first"),
    Group.MESSAGES,
    Page[objects.Message],
    query=MESSAGE_QUERY,
    problems=("texts-hidden",),
    headers=("If-None-Match",),
)
def list_messages(office: Office, asked: Asked) -> Answer:
    """Messages, newest first."""
    check_filters(asked, asked.parameters)
    wanted = slice_of(asked.parameters)
    filters = message_filters(asked.parameters, office.settings.rules.home_region)

    def make() -> Answer:
        found = message_lists.list_messages(
            office.reader(), filters, limit=wanted.limit, before_seq=wanted.before_seq
        )
        words = Words(asked.language, office.zone, office.now_ms())
        book = office.book()
        shown = (shown_message(asked, each) for each in found.messages)
        items = [message_object(each, office.reason(each), book, words) for each in shown]
        return json_answer(walked_page(items, "m", found.next_before))

    return unless_seen(office, asked, make)


@operation(
    N_("Take a message back, or settle an uncertain one"),
    Group.MESSAGES,
    objects.Message,
    problems=("no-such-message", *(f"not-possible-now.{each}" for each in Action)),
)
def act_on_message(office: Office, asked: Asked, message_id: str, action: str) -> Answer:
    """Cancel a waiting message, or settle an uncertain one; 409 where its state does not allow it any more."""
    if not _may_touch(asked, find_message(office, message_id, asked)):
        raise Problem(HTTPStatus.FORBIDDEN, "missing-scope", {"scope": Scope.ADMIN.value})
    settled = take_action(office, message_id, Action(action))
    return json_answer(_shown(office, asked, settled))


SEVERAL_FIELDS: dict[str, Kind] = {
    "action": Choice(
        {each.value: each for each in (Action.RESEND, Action.MARK_SENT, Action.UNDO)}, required=True
    ),
    "messages": Strings(MOST_AT_ONCE, required=True),
}
"""Every member of ``POST /api/v1/uncertain``."""

CANCEL_FIELDS: Mapping[str, Kind] = {"messages": Strings(MOST_MESSAGES, required=True)}
"""Every member of ``POST /api/v1/cancel``."""


@operation(
    N_("Settle several uncertain messages at once"), Group.MESSAGES, objects.Settled, body=SEVERAL_FIELDS
)
def act_on_several_messages(office: Office, asked: Asked) -> Answer:
    """Settle several uncertain messages at once: 200 with those that were, and those that were not uncertain."""
    return _act_on_several(office, asked, asked.members["messages"], asked.members["action"])


@operation(
    N_("Take several messages back at once"),
    Group.MESSAGES,
    objects.Settled,
    body=CANCEL_FIELDS,
)
def cancel_several(office: Office, asked: Asked) -> Answer:
    """Take back those that no SIM has taken: 200 with those that were, and those for which it was too late."""
    return _act_on_several(office, asked, asked.members["messages"], Action.CANCEL)


def _act_on_several(office: Office, asked: Asked, message_ids: Sequence[str], action: Action) -> Answer:
    seen = [each for each in message_ids if _is_touchable(office, asked, each)]
    unseen = set(message_ids) - set(seen)
    # Others write in between: each slice is a transaction of its own.
    slices = [seen[begin : begin + MOST_AT_ONCE] for begin in range(0, len(seen), MOST_AT_ONCE)]
    acted: list[Acted] = [
        act_on_several(office.writer, each, action, office.now_ms(), office.ring) for each in slices
    ]
    too_late = [{"id": each, "state": None} for each in message_ids if each in unseen]
    too_late += [
        {"id": message_id, "state": None if state is None else state.value}
        for each in acted
        for message_id, state in each.too_late
    ]
    return json_answer({"done": [done for each in acted for done in each.done], "too_late": too_late})


def _is_touchable(office: Office, asked: Asked, message_id: str) -> bool:
    if asked.only_of_key(Scope.ADMIN) is None:
        return True
    message = messages.get(office.reader(), message_id)
    return message is not None and _may_touch(asked, message)


def _may_touch(asked: Asked, message: Message) -> bool:
    """A key takes back and settles what it sent itself; what others sent only where it administers the box."""
    return asked.only_of_key(Scope.ADMIN) in (None, message.api_key_id)


def take_action(office: Office, message_id: str, action: Action, *, time_to_undo_ms: int = 0) -> Message:
    """Do it, race-free against the pool. Raises 404 and 409."""
    before = find_message(office, message_id)
    after = act(
        office.writer, before.id, action, office.now_ms(), office.ring, time_to_undo_ms=time_to_undo_ms
    )
    if after is None:
        state = find_message(office, message_id).state
        raise Problem(HTTPStatus.CONFLICT, f"not-possible-now.{action}", {"state": state.value})
    return after


@operation(N_("Count before you send"), Group.MESSAGES, objects.Preview, body=PREVIEW_FIELDS)
def post_preview(office: Office, asked: Asked) -> Answer:
    """What would become of a text."""
    members = asked.members
    seen = preview(
        members["text"],
        transliterate=members.get("transliterate", False),
        most_parts=office.settings.rules.most_parts,
    )
    if isinstance(seen, Mistake):
        raise invalid(Refusal((seen,)))
    return json_answer(preview_object(seen))


def find_message(office: Office, message_id: str, asked: Asked | None = None) -> Message:
    """The message of an id, or 404: also where who asks may see only what it sent itself, and did not send it."""
    message = messages.get(office.reader(), message_id)
    if message is None or (asked is not None and not _may_see(asked, message)):
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-message")
    return message


def _shown(office: Office, asked: Asked, message: Message) -> objects.Message:
    words = Words(asked.language, office.zone, office.now_ms())
    return message_object(shown_message(asked, message), office.reason(message), office.book(), words)


def _may_see(asked: Asked, message: Message) -> bool:
    return asked.only_of_key(Scope.READ) in (None, message.api_key_id)
