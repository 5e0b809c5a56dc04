"""Answers that go on for hours: whoever was let in at their beginning may be shut out since."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

from appliance.store import keys, sessions
from appliance.web.access import SESSION_COOKIE
from appliance.web.answer import BodySource
from appliance.web.asked import Asked
from appliance.web.office import Office

JUDGED_S = 1.0
"""So long after a look at a key the next one is due; who is shut out is told nothing that comes later."""


def while_let_in(office: Office, asked: Asked, source: BodySource) -> BodySource:
    """The same answer, which ends when its key was revoked, expired or may do other things, or its person logged out.

    ``office``: the one of the box, where keys are. A client whose key still may comes back and is judged anew.
    """

    async def pieces() -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        judged_s = loop.time()
        given = source()
        try:
            async for piece in given:
                if loop.time() - judged_s >= JUDGED_S:
                    if not is_still_let_in(office, asked):
                        return
                    judged_s = loop.time()
                yield piece
        finally:
            close = getattr(given, "aclose", None)
            if close is not None:
                await close()

    return pieces


def is_still_let_in(office: Office, asked: Asked) -> bool:
    """Whether the key or the session that was let in is what it was. One look at a row: it may run in the loop."""
    try:
        if asked.key is not None:
            return _is_as_it_was(office, asked.key)
        if asked.session is None:
            return True
        token = asked.cookies.get(SESSION_COOKIE, "")
        return sessions.find_session(office.reader(), token, office.now_ms()) == asked.session
    except sqlite3.Error:
        # Nobody knows; who may still comes back.
        return False


def _is_as_it_was(office: Office, before: keys.ApiKey) -> bool:
    now = keys.key_of_id(office.reader(), before.id)
    if now is None or now.revoked_at_ms is not None:
        return False
    if now.expires_at_ms is not None and now.expires_at_ms <= office.now_ms():
        return False
    return (now.scopes, now.networks, now.is_sandbox) == (before.scopes, before.networks, before.is_sandbox)
