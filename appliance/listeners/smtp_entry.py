"""Who may mail: whoever shows an API key as his password, and devices that can't, from networks that are named."""

from __future__ import annotations

from appliance.desk.door import Shut, is_within, open_door, open_known
from appliance.listeners.counter import Counter
from appliance.listeners.settings import SmtpRules
from appliance.store import keys
from appliance.store.keys import ApiKey, Scope


def log_in(counter: Counter, secret: bytes, remote: str) -> ApiKey | Shut:
    """The key that stands for a password; the user name is free. Blocking."""
    shown = secret.decode("utf-8", "replace")
    return open_door(counter.tools, counter.reader(), shown, Scope.SEND, remote, counter.now_ms())


def enter_again(counter: Counter, key: ApiKey, remote: str) -> ApiKey | Shut:
    """The key of a log-in for one more mail, as it is now: it may have ended meanwhile, or ask too often. Blocking."""
    now = keys.key_of_id(counter.reader(), key.id)
    if now is None or now.revoked_at_ms is not None:
        return Shut("wrong-key")
    return open_known(counter.tools, now, Scope.SEND, remote, counter.now_ms())


def as_it_is(counter: Counter, key: ApiKey, remote: str) -> ApiKey | Shut:
    """The key of a mail that has come: who is slow may log in with one that may do other things since. Blocking."""
    now, now_ms = keys.key_of_id(counter.reader(), key.id), counter.now_ms()
    if now is None or now.revoked_at_ms is not None:
        return Shut("wrong-key")
    is_as_it_was = _ways(now) == _ways(key) and (now.expires_at_ms is None or now.expires_at_ms > now_ms)
    return now if is_as_it_was else open_known(counter.tools, now, Scope.SEND, remote, now_ms)


def _ways(key: ApiKey) -> tuple[object, ...]:
    return key.scopes, key.networks, key.expires_at_ms


def enter(counter: Counter, settings: SmtpRules, remote: str) -> ApiKey | Shut | None:
    """The key that a device counts for which shows none; None where it has to. Blocking."""
    if not settings.key or not is_within(remote, settings.networks):
        return None
    named = [
        each
        for each in keys.list_keys(counter.reader())
        if each.name == settings.key and each.revoked_at_ms is None
    ]
    if len(named) != 1:
        return Shut("smtp-key", {"name": settings.key[:60]})
    return open_known(counter.tools, named[0], Scope.SEND, remote, counter.now_ms())
