"""``Idempotency-Key``: a request that may be made again is done once (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from http import HTTPStatus

from appliance.desk.submit import Once
from appliance.store.messages import Message
from appliance.web.asked import Asked
from appliance.web.problem import Problem

REPLAYED = {"Idempotency-Replayed": "true"}
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


def once_of(asked: Asked, answer: Callable[[Sequence[Message]], bytes] | None = None) -> Once | None:
    """The key of a request and what it stands for; None where it has none. Raises 400 for one of another form.

    The draft has the key in quotes, and many clients send it without: what is within is the same key.
    """
    shown = asked.headers.get("idempotency-key")
    if shown is None:
        return None
    key = shown.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not _KEY.fullmatch(key):
        raise Problem(HTTPStatus.BAD_REQUEST, "idempotency-key-form")
    asked_for = sha256(f"{asked.method} {asked.path}\n".encode("utf-8", "surrogateescape"))
    asked_for.update(asked.body)
    return Once(key, asked_for.digest(), answer)
