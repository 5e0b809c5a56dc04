"""``/api/v1/conversations``: who was written to or wrote, and what, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from appliance.desk.fields import Kind, Schema, WrongValue
from appliance.desk.mistake import Mistake
from appliance.desk.numbers import read_recipient
from appliance.store import conversations
from appliance.store.conversations import Conversation, Entry, Place
from appliance.store.keys import Scope
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.etag import unless_seen
from appliance.web.filters import spellings
from appliance.web.objects import messages as objects
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.paging import DEFAULT_LIMIT, Limit
from appliance.web.problem import Problem
from appliance.web.represent import inbox_object, message_object
from appliance.web.words import N_, Words


@dataclass(frozen=True, slots=True)
class Places:
    """A cursor of some places: ``c`` and two numbers for each."""

    letter: str
    count: int
    required: bool = False

    def read(self, value: object) -> tuple[Place, ...]:
        if not isinstance(value, str) or not re.fullmatch(self._pattern, value):
            raise WrongValue("problem.parameter-cursor")
        numbers = [int(each, 16) for each in value[1:].split(".")]
        return tuple(Place(*numbers[index : index + 2]) for index in range(0, len(numbers), 2))

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{self._pattern}$"}

    def write(self, *places: Place) -> str:
        return self.letter + ".".join(f"{each.below_out:x}.{each.below_in:x}" for each in places)

    @property
    def _pattern(self) -> str:
        return self.letter + r"[0-9a-f]{1,15}" + rf"(?:\.[0-9a-f]{{1,15}}){{{2 * self.count - 1}}}"


LIST_CURSOR, TALK_CURSOR = Places("c", 2), Places("v", 1)
LIST_QUERY: dict[str, Kind] = {"limit": Limit(), "cursor": LIST_CURSOR}
TALK_QUERY: dict[str, Kind] = {"limit": Limit(), "cursor": TALK_CURSOR}


@operation(
    N_("Conversations, the one with the newest message first"),
    Group.INBOX,
    Page[objects.Conversation],
    query=LIST_QUERY,
    headers=("If-None-Match",),
)
def list_conversations(office: Office, asked: Asked) -> Answer:
    """One entry for each number that was written to or wrote."""
    _check_may_read(asked)
    limit = asked.parameters.get("limit", DEFAULT_LIMIT)
    cursor = asked.parameters.get("cursor")

    def make() -> Answer:
        with _snapshot(office):
            begin, place = cursor or 2 * (conversations.newest(office.reader()),)
            found = conversations.list_conversations(office.reader(), limit=limit, begin=begin, place=place)
            items = [_conversation_object(office, asked, each) for each in found.found]
        after = found.next_place
        return _page(items, None if after is None else LIST_CURSOR.write(begin, after))

    return unless_seen(office, asked, make)


@operation(
    N_("A conversation, both ways, newest first"),
    Group.INBOX,
    Page[objects.Entry],
    query=TALK_QUERY,
    headers=("If-None-Match",),
)
def list_talk(office: Office, asked: Asked, number: str) -> Answer:
    """What was sent to a number and came from it."""
    _check_may_read(asked)
    limit = asked.parameters.get("limit", DEFAULT_LIMIT)
    cursor = asked.parameters.get("cursor")
    home_region = office.settings.rules.home_region
    recipient = read_recipient(number, home_region)

    def make() -> Answer:
        with _snapshot(office):
            (place,) = cursor or (conversations.newest(office.reader()),)
            found = conversations.talk(
                office.reader(),
                number if isinstance(recipient, Mistake) else recipient,
                spellings(number, home_region),
                limit=limit,
                place=place,
            )
            items = [_entry_object(office, asked, each) for each in found.entries]
        after = found.next_place
        return _page(items, None if after is None else TALK_CURSOR.write(after))

    return unless_seen(office, asked, make)


def _check_may_read(asked: Asked) -> None:
    """The route asks for ``inbox``; half of it is what was sent."""
    if asked.key is not None and Scope.READ not in asked.key.scopes:
        raise Problem(HTTPStatus.FORBIDDEN, "missing-scope", {"scope": Scope.READ.value})


@contextmanager
def _snapshot(office: Office) -> Iterator[None]:
    """Nothing is deleted between two steps of what is read within."""
    connection = office.reader()
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _page(items: list[dict[str, object]], cursor: str | None) -> Answer:
    return json_answer({"items": items, "next_cursor": cursor})


def _conversation_object(office: Office, asked: Asked, each: Conversation) -> dict[str, object]:
    return {
        "number": each.number,
        "last": _entry_object(office, asked, each.last),
        "sent": each.sent,
        "received": each.received,
        "links": {"messages": f"/api/v1/conversations/{quote(each.number, safe='')}/messages"},
    }


def _entry_object(office: Office, asked: Asked, entry: Entry) -> dict[str, object]:
    words = Words(asked.language, office.zone, office.now_ms())
    sent, received = None, None
    if entry.sent is not None:
        sent = message_object(entry.sent, office.reason(entry.sent), office.book(), words)
    if entry.received is not None:
        received = inbox_object(entry.received)
    return {
        "direction": "in" if sent is None else "out",
        "at": words.rfc3339(entry.at_ms),
        "sent": sent,
        "received": received,
    }
