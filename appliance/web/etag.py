"""``ETag`` and ``If-None-Match`` (RFC 9110 §8.8.3, §13.1.2): who polls is told in a few octets that nothing changed.

A tag is made of the very octets of the answer, so it never says that nothing changed when something did. Whether the
answer has to be made at all to know it is remembered with the mark of the database that it was made of
(:mod:`appliance.web.marker`): while that stays, and for no longer than what is known of the SIMs may be old, the answer
would be the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from http import HTTPStatus
from weakref import WeakKeyDictionary

from appliance.web.answer import JSON, Answer
from appliance.web.asked import Asked
from appliance.web.office import BOOK_LIFETIME_MS, Office

MOST_REMEMBERED = 256

MAY_BE_KEPT = {"Cache-Control": "private, no-cache"}
"""By whoever asked, who asks each time whether it still holds."""


@dataclass(frozen=True, slots=True)
class _Known:
    mark: str
    at_ms: int
    tag: str


class _Tags:
    """Of the answers of late."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, asked_for: tuple[str, ...]) -> _Known | None:
        with self._lock:
            return self._known.get(asked_for)

    def put(self, asked_for: tuple[str, ...], known: _Known) -> None:
        with self._lock:
            self._known[asked_for] = known
            self._known.move_to_end(asked_for)
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)


_TAGS: WeakKeyDictionary[Office, _Tags] = WeakKeyDictionary()


def unless_seen(office: Office, asked: Asked, make: Callable[[], Answer]) -> Answer:
    """The answer with its tag; 304 where the one who asks has it (a handler of GET calls this)."""
    shown = asked.headers.get("if-none-match")
    tags = _TAGS.setdefault(office, _Tags())
    asked_for = (
        asked.path,
        asked.query_string,
        asked.language.tag,
        str(asked.sees_texts) if asked.key is None else str(asked.key.id),
    )
    mark, now_ms = office.marker.now(office.now_ms()), office.now_ms()
    known = tags.get(asked_for)
    if (
        known is not None
        and known.mark == mark
        and 0 <= now_ms - known.at_ms < BOOK_LIFETIME_MS
        and _names(shown, known.tag)
    ):
        return _not_modified(known.tag)
    answer = make()
    if answer.status != HTTPStatus.OK:
        return answer
    tag = tag_of(answer.body)
    tags.put(asked_for, _Known(mark, now_ms, tag))
    return _with(tag, shown, answer)


def tagged(asked: Asked, answer: Answer) -> Answer:
    """Any answer of the API that may be polled, with its tag; 304 where the one who asks has it."""
    is_polled = asked.is_api and asked.method == "GET" and answer.status == HTTPStatus.OK
    if not is_polled or answer.content_type != JSON or answer.source is not None or "ETag" in answer.headers:
        return answer
    return _with(tag_of(answer.body), asked.headers.get("if-none-match"), answer)


def _with(tag: str, shown: str | None, answer: Answer) -> Answer:
    if _names(shown, tag):
        return _not_modified(tag)
    return replace(answer, headers={**answer.headers, **MAY_BE_KEPT, "ETag": tag})


def tag_of(body: bytes) -> str:
    """The tag of an answer."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def _names(shown: str | None, tag: str) -> bool:
    if shown is None:
        return False
    named = {each.strip().removeprefix("W/") for each in shown.split(",")}
    return tag in named or "*" in named


def _not_modified(tag: str) -> Answer:
    return Answer(b"", HTTPStatus.NOT_MODIFIED, headers={**MAY_BE_KEPT, "ETag": tag})
