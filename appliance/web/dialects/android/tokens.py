"""Bearer's tokens that a client makes of its API key: fewer scopes, an end of their own, and the limits of the key.

A token is sealed by the box and kept nowhere. It ends with its time, or with its key. It looks like a key, so that
whatever keeps keys out of logs and of the console keeps it out, too.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from http import HTTPStatus

import msgspec

from appliance.desk.webhook_secrets import Vault
from appliance.store import keys
from appliance.store.keys import KEY_PREFIX, ApiKey, Scope
from appliance.store.messages import new_id
from appliance.web.dialects.android.shapes import Rejected
from appliance.web.office import Office

PREFIX = f"{KEY_PREFIX}token_"
USUAL_TTL_S, LONGEST_TTL_S = 3600, 24 * 3600

_EVERYTHING = "all:any"
_SCOPES = {
    "messages:send": Scope.SEND,
    "messages:cancel": Scope.SEND,
    "messages:read": Scope.READ,
    "messages:list": Scope.READ,
    "messages:export": Scope.INBOX,
    "inbox:list": Scope.INBOX,
    "inbox:refresh": Scope.INBOX,
    "webhooks:list": Scope.ADMIN,
    "webhooks:write": Scope.ADMIN,
    "webhooks:delete": Scope.ADMIN,
    "devices:list": None,
}


class TokenRequest(msgspec.Struct, rename="camel", kw_only=True):
    """The body of ``POST /auth/token``."""

    scopes: list[str]
    ttl: int | None = None
    """Seconds."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed."""

    id: str
    key_id: int
    scopes: list[Scope]
    ends_at_ms: int


def token_of(request: TokenRequest, key: ApiKey, now_ms: int) -> Token:
    """Raises :class:`Rejected`: 400 for what is no scope or no time, 403 for a scope that the key does not have."""
    ttl_s = USUAL_TTL_S if request.ttl is None else request.ttl
    if not 1 <= ttl_s <= LONGEST_TTL_S:
        raise Rejected(HTTPStatus.BAD_REQUEST, f"ttl: from 1 to {LONGEST_TTL_S} seconds")
    wanted: set[Scope] = set()
    for name in request.scopes:
        if name == _EVERYTHING:
            wanted |= key.scopes
        elif name not in _SCOPES:
            raise Rejected(HTTPStatus.BAD_REQUEST, f"scopes: any of {', '.join((_EVERYTHING, *_SCOPES))}")
        elif (scope := _SCOPES[name]) is not None:
            wanted.add(scope)
    if not wanted <= key.scopes:
        raise Rejected(HTTPStatus.FORBIDDEN, "scopes: the API key itself does not have all of them")
    return Token(id=new_id(now_ms), key_id=key.id, scopes=sorted(wanted), ends_at_ms=now_ms + ttl_s * 1000)


def sealed(office: Office, token: Token) -> str:
    """As it is shown to the client."""
    octets = Vault(office.settings.data).seal(msgspec.json.encode(token).decode())
    return PREFIX + base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def key_of(office: Office, shown: str) -> ApiKey | None:
    """The key of a token, with the scopes of the token only; None for what is none that holds."""
    if not shown.startswith(PREFIX):
        return None
    try:
        octets = base64.urlsafe_b64decode(shown.removeprefix(PREFIX) + "==")
        opened = Vault(office.settings.data).open(octets)
        token = None if opened is None else msgspec.json.decode(opened, type=Token)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    if token is None or token.ends_at_ms <= office.now_ms():
        return None
    key = keys.key_of_id(office.reader(), token.key_id)
    if key is None or key.revoked_at_ms is not None:
        return None
    return replace(key, scopes=key.scopes & frozenset(token.scopes))
