"""The last requests of each API key, with what was answered, for the developer's console. In memory only.

A note costs some microseconds and is made for each request of a program. What must not be known later is taken out
before it is kept: keys, passwords, PINs and other secrets, wherever in an address or a body they stand; of a request
without a valid key nothing is kept but its address without the query.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from itertools import count
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

MOST_CALLS = 100
MOST_OCTETS = 256 * 1024
"""Of one key."""
MOST_KEYS = 32
"""Those that were used last; so at most 8 MB are kept in all."""
LONGEST_BODY = 8 * 1024
LONGEST_ADDRESS = 2 * 1024
NOBODY = 0
"""In place of the number of a key: no key, or none that is valid."""
REMOVED = "***"

_SECRET_NAMES = (
    r"password|passwd|passwort|pass|pwd|pin|puk|secret|token|access[-_]?token|api[-_]?key|apikey|key|login[-_]?pass|"
    r"signature|access[-_]?key[-_]?secret|authorization|private[-_]?key|passphrase"
)
_IS_SECRET = re.compile(rf"(?:.*[-_.])?(?:{_SECRET_NAMES})", re.IGNORECASE)
_KEY = re.compile(rb"sl_[A-Za-z0-9_-]{8,}")
_WEBHOOK_SECRET = re.compile(rb"whsec_[A-Za-z0-9+/=_-]{8,}")
_JSON_MEMBER = re.compile(
    rf'("(?:[^"\\]*[-_.])?(?:{_SECRET_NAMES})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,\}}\]]+)'.encode(),
    re.IGNORECASE,
)
_FORM_FIELD = re.compile(rf"(^|&)([^=&]*(?:{_SECRET_NAMES})=)[^&]*".encode(), re.IGNORECASE)
_MARKS = (b"pass", b"pin", b"puk", b"pwd", b"secret", b"token", b"key", b"signature", b"authorization")
"""Where none of these stands in a body, no secret is named in it: the costly look is for the few others."""
_HAS_SECRETS = re.compile("/(?:pin|keys|people|tls|password|login)").search
"""Paths of which no body is kept."""
_OCTETS_BESIDES = 500
"""What a call takes without its texts."""


class Call(NamedTuple):
    """One request and its answer. Bodies are cut at :data:`LONGEST_BODY`; their true sizes are told."""

    number: int
    at_ms: int
    took_us: int
    method: str
    path: str
    query: str
    """Both without secrets."""
    status: int
    remote: str
    request: bytes
    request_type: str
    request_size: int
    answer: bytes
    answer_type: str
    answer_size: int

    octets: int
    """About what it takes in memory."""


class _Ring:
    def __init__(self) -> None:
        self.calls: deque[Call] = deque()
        self.octets = 0

    def add(self, call: Call) -> None:
        self.calls.append(call)
        self.octets += call.octets
        while len(self.calls) > MOST_CALLS or self.octets > MOST_OCTETS:
            self.octets -= self.calls.popleft().octets


class Calls:
    """One for the process; safe for its threads."""

    def __init__(self) -> None:
        self._rings: dict[int, _Ring] = {}
        """By number of key, the one that was used last at the end."""
        self._lock = threading.Lock()
        self._numbers = count(1)

    def note(
        self,
        key_id: int,
        *,
        at_ms: int,
        began_ns: int,
        method: str,
        path: str,
        query: str,
        remote: str,
        status: int,
        request: bytes,
        request_type: str,
        answer: bytes,
        answer_type: str,
    ) -> None:
        """Keep a request, which began by ``time.perf_counter_ns()``, without its secrets."""
        took_us = (time.perf_counter_ns() - began_ns) // 1000
        kept_request = kept_answer = b""
        if key_id == NOBODY:
            query = ""
        elif not _HAS_SECRETS(path):
            kept_request = without_secrets(request, request_type)
            kept_answer = without_keys(answer)
        call = Call(
            next(self._numbers),
            at_ms,
            took_us,
            method,
            _path_told(path) if "sl_" in path or len(path) > LONGEST_ADDRESS else path,
            _told(query) if query else "",
            status,
            remote,
            kept_request,
            request_type,
            len(request),
            kept_answer,
            answer_type,
            len(answer),
            _OCTETS_BESIDES + len(path) + len(query) + len(kept_request) + len(kept_answer),
        )
        with self._lock:
            ring = self._rings.pop(key_id, None) or _Ring()
            self._rings[key_id] = ring
            ring.add(call)
            if len(self._rings) > MOST_KEYS:
                del self._rings[next(iter(self._rings))]

    def of_key(self, key_id: int) -> list[Call]:
        """What is kept of one, newest first."""
        with self._lock:
            ring = self._rings.get(key_id)
            return [] if ring is None else list(reversed(ring.calls))

    def newest(self, key_id: int) -> int:
        """The number of the last one; 0: there is none."""
        with self._lock:
            ring = self._rings.get(key_id)
            return ring.calls[-1].number if ring is not None and ring.calls else 0


def without_secrets(body: bytes, content_type: str) -> bytes:
    """The beginning of a body, with ``***`` for each secret that is named as one or looks like a key of the box."""
    kept = without_keys(body)
    lower = kept.lower()
    if any(mark in lower for mark in _MARKS):
        if "form-urlencoded" in content_type:
            kept = _FORM_FIELD.sub(rb"\1\2" + REMOVED.encode(), kept)
        kept = _JSON_MEMBER.sub(rb'\1"' + REMOVED.encode() + b'"', kept)
    return kept


def without_keys(body: bytes) -> bytes:
    """The beginning of a body, with ``***`` for what looks like a key of the box or a secret of a webhook."""
    kept = body if len(body) <= LONGEST_BODY else body[:LONGEST_BODY]
    if b"sl_" in kept:
        kept = _KEY.sub(REMOVED.encode(), kept)
    if b"whsec_" in kept:
        kept = _WEBHOOK_SECRET.sub(REMOVED.encode(), kept)
    return kept


def _path_told(path: str) -> str:
    return without_keys(path[:LONGEST_ADDRESS].encode("utf-8", "replace")).decode("utf-8", "replace")


def _told(query: str) -> str:
    """A query without secrets; one that can't be read is left out."""
    try:
        pairs = parse_qsl(query[:LONGEST_ADDRESS], keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return "…"
    return urlencode(
        [(name, REMOVED if _is_secret(name, value) else _value_told(value)) for name, value in pairs],
        safe="*,:+/",
    )


def _value_told(value: str) -> str:
    """A value that may be an address with a query of its own, such as Kannel's ``dlr-url``, without its secrets."""
    if "=" not in value and "sl_" not in value:
        return value
    kept = without_keys(value.encode("utf-8", "replace"))
    return _FORM_FIELD.sub(rb"\1\2" + REMOVED.encode(), kept).decode("utf-8", "replace")


def _is_secret(name: str, value: str) -> bool:
    return bool(_IS_SECRET.fullmatch(name)) or value.startswith("sl_")
