"""``/api/v1/messages`` and ``/api/v1/preview``."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk.actions import MOST_AT_ONCE, Action, act, act_on_several
from appliance.desk.fields import Choice, Kind, Strings, read_members
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.numbers import read_recipient
from appliance.desk.preview import preview
from appliance.desk.sims import reason_at_acceptance
from appliance.desk.submission import PREVIEW_FIELDS, read_submission
from appliance.desk.submit import submit
from appliance.store import messages
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.members import members_of
from appliance.web.objects import messages as objects
from appliance.web.office import Office
from appliance.web.paging import page_object, slice_from
from appliance.web.problem import Problem, bad_parameter, invalid
from appliance.web.represent import message_object, part_object, preview_object
from appliance.web.words import Words


def post_message(office: Office, asked: Asked) -> Answer:
    """Accept one message: 202 once it is on disk."""
    submission = read_submission(asked.json_object())
    if isinstance(submission, Refusal):
        raise invalid(submission)
    stored = submit(
        office.writer,
        office.settings.rules,
        submission,
        asked.who,
        now_ms=office.now_ms(),
        ring=office.ring,
    )
    if isinstance(stored, Refusal):
        raise invalid(stored)
    now_ms, book = office.now_ms(), office.book()
    reason = reason_at_acceptance(stored, book, now_ms)
    shown = message_object(stored, reason, book, Words(asked.language, office.zone, now_ms))
    return json_answer(shown, HTTPStatus.ACCEPTED, {"Location": f"/api/v1/messages/{stored.id}"})


def get_message(office: Office, asked: Asked, message_id: str) -> Answer:
    """One message with its parts."""
    asked.query()
    message = find_message(office, message_id)
    parts = messages.parts_of(office.reader(), message.seq)
    book = office.book()
    return json_answer(
        {**_shown(office, asked, message), "parts": [part_object(each, book) for each in parts]}
    )


def list_messages(office: Office, asked: Asked) -> Answer:
    """Messages, newest first."""
    query = asked.query("limit", "cursor", "state", "to")
    wanted = slice_from(query, "m")
    found = messages.page(
        office.reader(),
        limit=wanted.limit + 1,
        before_seq=wanted.before_seq,
        state=_state(query.get("state")),
        recipient=_recipient(query.get("to"), office.settings.rules.home_region),
    )
    return json_answer(
        page_object(
            found, wanted, "m", lambda message: message.seq, lambda message: _shown(office, asked, message)
        )
    )


def act_on_message(office: Office, asked: Asked, message_id: str, action: str) -> Answer:
    """Cancel a waiting message, or settle an uncertain one; 409 where its state does not allow it any more."""
    if asked.body:
        asked.check_body()
    settled = take_action(office, message_id, Action(action))
    return json_answer(_shown(office, asked, settled))


SEVERAL_FIELDS: dict[str, Kind] = {
    "action": Choice(
        {each.value: each for each in (Action.RESEND, Action.MARK_SENT, Action.UNDO)}, required=True
    ),
    "messages": Strings(MOST_AT_ONCE, required=True),
}
"""Every member of ``POST /api/v1/uncertain``."""


def act_on_several_messages(office: Office, asked: Asked) -> Answer:
    """Settle several uncertain messages at once: 200 with those that were, and those that were not uncertain."""
    members = members_of(asked, SEVERAL_FIELDS)
    acted = act_on_several(
        office.writer, members["messages"], members["action"], office.now_ms(), office.ring
    )
    return json_answer(
        {
            "done": list(acted.done),
            "too_late": [
                {"id": message_id, "state": None if state is None else state.value}
                for message_id, state in acted.too_late
            ],
        }
    )


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


def post_preview(office: Office, asked: Asked) -> Answer:
    """What would become of a text."""
    members = read_members(PREVIEW_FIELDS, asked.json_object())
    if isinstance(members, Refusal):
        raise invalid(members)
    seen = preview(
        members["text"],
        transliterate=members.get("transliterate", False),
        most_parts=office.settings.rules.most_parts,
    )
    if isinstance(seen, Mistake):
        raise invalid(Refusal((seen,)))
    return json_answer(preview_object(seen))


def find_message(office: Office, message_id: str) -> Message:
    """The message of an id, or 404."""
    message = messages.get(office.reader(), message_id)
    if message is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-message")
    return message


def _shown(office: Office, asked: Asked, message: Message) -> objects.Message:
    words = Words(asked.language, office.zone, office.now_ms())
    return message_object(message, office.reason(message), office.book(), words)


def _state(text: str | None) -> MessageState | None:
    if text is None:
        return None
    try:
        return MessageState(text)
    except ValueError as error:
        raise bad_parameter("state", "problem.field-choice", choices=", ".join(MessageState)) from error


def _recipient(text: str | None, home_region: str) -> str | None:
    if text is None:
        return None
    recipient = read_recipient(text, home_region)
    if isinstance(recipient, Mistake):
        raise bad_parameter("to", recipient.code, **recipient.args)
    return recipient
