"""What a client says in the query and in a form, in whatever charset it writes; and the JSON of clients that forget to
say that it is JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from appliance.desk.charset import text_of
from appliance.web.asked import MOST_FORM_FIELDS, Asked
from appliance.web.body import read_object
from appliance.web.problem import Problem

FORM = "application/x-www-form-urlencoded"


def pairs_of(query: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and octets of an urlencoded query or form."""
    for pair in query.split(b"&"):
        name, equals, value = pair.partition(b"=")
        if equals:
            yield _unquoted(name).decode("latin-1"), _unquoted(value)


def query_of(asked: Asked) -> dict[str, str]:
    """The parameters of the query, the first of several of one name."""
    return _texts(list(pairs_of(asked.query_string.encode("latin-1", "replace"))))


def parameters_of(asked: Asked) -> dict[str, str]:
    """Those of the query and those of a form. Raises the :class:`Problem` of a body that was given up."""
    pairs = list(pairs_of(asked.query_string.encode("latin-1", "replace")))
    if asked.method == "POST":
        asked.check_body()
        pairs += pairs_of(asked.body)
    return _texts(pairs)


def json_of(asked: Asked) -> dict[str, object]:
    """The object of the body, whatever type it is said to be of. Raises :class:`Problem`."""
    asked.check_body()
    return read_object("application/json", asked.body)


def word(members: Mapping[str, object], name: str) -> str:
    """A member that is a text or a number, as text; empty where it is neither."""
    value = members.get(name)
    if isinstance(value, bool):
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int) else ""


def _texts(pairs: list[tuple[str, bytes]]) -> dict[str, str]:
    if len(pairs) > MOST_FORM_FIELDS:
        raise Problem(HTTPStatus.BAD_REQUEST, "broken-form")
    found: dict[str, str] = {}
    for name, octets in pairs:
        found.setdefault(name, text_of(octets, "utf-8"))
    return found


def _unquoted(octets: bytes) -> bytes:
    return unquote_to_bytes(octets.replace(b"+", b" "))
