"""The secret that a client of a dialect shows in ``Authorization``: a bearer's token, or the password of Basic."""

from __future__ import annotations

import base64
import binascii

from appliance.web.asked import Asked


def shown_secret(asked: Asked) -> str:
    """What stands there, or nothing. The user name of Basic (RFC 7617) is free."""
    scheme, _, shown = asked.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return shown.strip()
        case "basic":
            return _password(shown.strip())
        case _:
            return ""


def _password(shown: str) -> str:
    try:
        pair = base64.b64decode(shown, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2]
