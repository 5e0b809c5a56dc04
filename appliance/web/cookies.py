"""Cookies of this box: for itself alone, out of the reach of scripts, and over TLS only where the page is."""

from __future__ import annotations

from appliance.store import sessions
from appliance.web.access import SESSION_COOKIE
from appliance.web.asked import Asked


def cookie(asked: Asked, name: str, value: str, lifetime_s: int) -> str:
    """A whole Set-Cookie value."""
    secure = "; Secure" if asked.scheme == "https" else ""
    return f"{name}={value}; Path=/; Max-Age={lifetime_s}; HttpOnly; SameSite=Strict{secure}"


def session_cookie(asked: Asked, token: str) -> str:
    """That of a browser that is logged in."""
    return cookie(asked, SESSION_COOKIE, token, sessions.SESSION_LIFETIME_MS // 1000)


def no_session_cookie(asked: Asked) -> str:
    """What makes a browser forget it."""
    return cookie(asked, SESSION_COOKIE, "", 0)
