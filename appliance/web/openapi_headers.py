"""Headers that the API takes and gives, as OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from appliance.desk.fields import Schema
from appliance.web.operation import Operation
from appliance.web.words import N_

REQUEST_HEADERS: Mapping[str, tuple[Schema, str]] = {
    "Idempotency-Key": (
        {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"},
        N_(
            "A word of your own for this request, such as the number of an order. Sent again with the same body "
            "within 24 hours it gets the same answer and nothing is sent twice; with another body 409."
        ),
    ),
    "If-None-Match": (
        {"type": "string"},
        N_("The ETag of the answer before: 304 without a body where nothing has changed since."),
    ),
    "Last-Event-ID": (
        {"type": "string", "pattern": "^[0-9]{1,15}$"},
        N_("The id of the last event that was read: the stream goes on after it."),
    ),
}

_LIMITS = ("RateLimit", "RateLimit-Policy")

ANSWER_HEADERS: Mapping[str, tuple[Schema, str]] = {
    "Location": ({"type": "string"}, N_("Where it is followed.")),
    "ETag": ({"type": "string"}, N_("Changes with the answer; for If-None-Match.")),
    "Retry-After": ({"type": "integer", "minimum": 0}, N_("In so many seconds it is worth another try.")),
    "WWW-Authenticate": ({"type": "string"}, N_("How to show a key: Bearer.")),
    "Idempotency-Replayed": (
        {"type": "string", "enum": ["true"]},
        N_("This is the answer that was given before; nothing was done now."),
    ),
    "RateLimit": ({"type": "string"}, N_("What is left of the limits of the key; only where it has any.")),
    "RateLimit-Policy": ({"type": "string"}, N_("The limits of the key; only where it has any.")),
}


def headers_of(operation: Operation, status: int) -> Iterator[str]:
    """The headers that an answer of a status may have beside the usual ones."""
    if status in (201, 202):
        yield "Location"
    if status < 300 and "Idempotency-Key" in operation.headers:
        yield "Idempotency-Replayed"
    if status in (200, 304) and "If-None-Match" in operation.headers:
        yield "ETag"
    if status == 401:
        yield "WWW-Authenticate"
    if status in (429, 503):
        yield "Retry-After"
    yield from _LIMITS
