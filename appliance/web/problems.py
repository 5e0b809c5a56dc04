"""Every refusal of the API by its slug: with which status it comes, and from which routes.

What each says is in :mod:`appliance.sentences` under ``problem.<slug>``. A test holds this table against the code.
"""

from __future__ import annotations

from collections.abc import Iterator

from appliance.web.access import Access
from appliance.web.operation import Operation

STATUS_OF: dict[str, int] = {
    "bad-parameter": 400,
    "broken-json": 400,
    "not-utf8": 400,
    "no-object": 400,
    "duplicate-member": 400,
    "too-deep": 400,
    "number-out-of-range": 400,
    "body-cut-short": 400,
    "idempotency-key-form": 400,
    "no-key": 401,
    "wrong-key": 401,
    "key-expired": 401,
    "not-logged-in": 401,
    "key-network": 403,
    "missing-scope": 403,
    "scope-not-yours": 403,
    "role-may-not": 403,
    "texts-hidden": 403,
    "other-site": 403,
    "not-in-sandbox": 403,
    "console-for-people": 403,
    "https-only": 403,
    "no-such-page": 404,
    "no-such-message": 404,
    "no-such-port": 404,
    "no-such-command": 404,
    "no-such-recording": 404,
    "no-such-sim": 404,
    "no-such-group": 404,
    "no-such-account": 404,
    "no-such-key": 404,
    "no-such-loop-test": 404,
    "no-such-swap": 404,
    "no-such-carrier": 404,
    "no-such-webhook": 404,
    "no-such-template": 404,
    "no-such-delivery": 404,
    "wrong-method": 405,
    "body-too-slow": 408,
    "conflict": 409,
    "not-possible-now.cancel": 409,
    "not-possible-now.resend": 409,
    "not-possible-now.mark-sent": 409,
    "not-possible-now.undo": 409,
    "idempotency-key-reused": 409,
    "body-too-large": 413,
    "not-json": 415,
    "invalid": 422,
    "too-many-guesses": 429,
    "too-many-requests": 429,
    "key-messages-per-minute": 429,
    "key-messages-per-day": 429,
    "key-allowance": 429,
    "our-fault": 500,
    "database-busy": 503,
    "database-failed": 503,
    "no-sandbox": 503,
    "disk-full": 507,
}

_OF_DOOR = (
    "no-key",
    "wrong-key",
    "key-expired",
    "not-logged-in",
    "key-network",
    "missing-scope",
    "role-may-not",
)
_OF_LIMITS = ("too-many-guesses", "too-many-requests")
_OF_BODY = (
    "broken-json",
    "not-utf8",
    "no-object",
    "duplicate-member",
    "too-deep",
    "number-out-of-range",
    "body-cut-short",
    "body-too-slow",
    "body-too-large",
    "not-json",
    "invalid",
)
_OF_EVERY_ROUTE = ("bad-parameter", "our-fault", "database-busy", "database-failed")
_OF_CHANGES = ("other-site", "disk-full")


def problems_of(method: str, path: str, access: Access, operation: Operation) -> Iterator[str]:
    """The slugs that a route may answer, its own ones first."""
    yield from operation.problems
    if "{" in path:
        yield "no-such-page"
    if operation.body is not None:
        yield from _OF_BODY
    if access is not Access.OPEN:
        yield from _OF_DOOR
        yield from _OF_LIMITS
        yield "no-sandbox"
    if method != "GET":
        yield from _OF_CHANGES
    yield from _OF_EVERY_ROUTE
