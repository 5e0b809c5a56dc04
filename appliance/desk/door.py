"""Who shows an API key: whether it opens, for what, from where, how often. The same door for each way in.

In every dialect the password or token is the API key; what stands for a user name is free.
"""

from __future__ import annotations

import contextlib
import logging
import math
import sqlite3
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from appliance.desk.buckets import Taken
from appliance.desk.bursts import Guess
from appliance.desk.tools import Tools
from appliance.store import keys
from appliance.store.errors import StoreError
from appliance.store.keys import ApiKey, Network, Scope
from appliance.values import value

log = logging.getLogger("simloft.door")


@dataclass(frozen=True, slots=True)
class Shut:
    """The door stays shut: ``slug`` names the sentence ``problem.<slug>``."""

    slug: str
    args: Mapping[str, object] = field(default_factory=dict)
    retry_after_s: int | None = None
    key_id: int = 0
    """Of the key that was shown and may not; 0: none that is valid was."""


@value
class Opened:
    """A key that may do what it is shown for."""

    key: ApiKey
    requests: Taken | None
    """What is left of its requests; None where they are not limited."""


def open_door(  # noqa: PLR0917 - who, with what, for what, from where, when
    tools: Tools,
    reader: sqlite3.Connection,
    shown_secret: str,
    scope: Scope | None,
    remote: str,
    now_ms: int,
    *,
    other_scope: Scope | None = None,
) -> ApiKey | Shut:
    """The key that was shown, where it may do ``scope`` (None: whatever it may do) from the address ``remote``.

    ``other_scope`` opens too. Guesses are slowed down by address; the use is noted.
    """
    opened = try_door(
        tools, reader, shown_secret, scope, remote=remote, now_ms=now_ms, other_scope=other_scope
    )
    return opened if isinstance(opened, Shut) else opened.key


def try_door(
    tools: Tools,
    reader: sqlite3.Connection,
    shown_secret: str,
    scope: Scope | None,
    *,
    remote: str,
    now_ms: int,
    other_scope: Scope | None = None,
) -> Opened | Shut:
    """The same, with what is left of the requests of the key."""
    key = keys.find_key(reader, shown_secret)
    if key is None:
        # What does not even look like a key is a mistake in a program's settings, and nobody's guess.
        return (
            guessed(tools, remote, now_ms) if shown_secret.startswith(keys.KEY_PREFIX) else Shut("wrong-key")
        )
    opened = _try_key(tools, key, scope, remote=remote, now_ms=now_ms, other_scope=other_scope)
    return replace(opened, key_id=key.id) if isinstance(opened, Shut) else opened


def try_remembered(
    tools: Tools,
    key: ApiKey,
    scope: Scope | None,
    *,
    remote: str,
    now_ms: int,
    other_scope: Scope | None = None,
) -> Opened | Shut:
    """The same for a key that was read of late. What it sends is judged by the key as it is when it is stored
    (:func:`appliance.desk.key_limits.check`); who is shut out may knock again and have it read."""
    return _try_key(tools, key, scope, remote=remote, now_ms=now_ms, other_scope=other_scope)


def open_known(tools: Tools, key: ApiKey, scope: Scope | None, remote: str, now_ms: int) -> ApiKey | Shut:
    """The same for one who shows no secret, because the settings say for which key he counts. It is in use."""
    opened = _try_key(tools, key, scope, remote=remote, now_ms=now_ms, other_scope=None)
    return opened if isinstance(opened, Shut) else opened.key


def _try_key(
    tools: Tools, key: ApiKey, scope: Scope | None, *, remote: str, now_ms: int, other_scope: Scope | None
) -> Opened | Shut:
    if key.expires_at_ms is not None and key.expires_at_ms <= now_ms:
        return Shut("key-expired", {"key": key.name})
    if key.networks and not is_within(remote, key.networks):
        return Shut("key-network", {"address": remote[:60]})
    taken = None
    if key.requests_per_minute is not None:
        taken = tools.guard.buckets.take(key.id, key.requests_per_minute)
        if not taken.is_allowed:
            return Shut(
                "too-many-requests",
                {"limit": key.requests_per_minute, "seconds": taken.wait_s},
                taken.wait_s,
            )
    if scope is not None and scope not in key.scopes and other_scope not in key.scopes:
        return Shut("missing-scope", {"scope": scope.value})
    _note_use(tools, key, remote, now_ms)
    return Opened(key, taken)


def guessed(tools: Tools, remote: str, now_ms: int, slug: str = "wrong-key") -> Shut:
    """A secret that is none was shown; from many of an address on it is told to wait."""
    tools.guard.bursts.note(tools.writer, Guess.KEY, remote, now_ms)
    wait_s = math.ceil(tools.guard.guesses.failed(remote))
    return Shut("too-many-guesses", {"seconds": wait_s}, wait_s) if wait_s > 0 else Shut(slug)


def is_within(remote: str, networks: tuple[Network, ...]) -> bool:
    """Whether a client's address is in one of the networks; one that can't be read is in none."""
    address = address_of(remote)
    return address is not None and any(
        address in network for network in networks if network.version == address.version
    )


@lru_cache(256)
def address_of(remote: str) -> IPv4Address | IPv6Address | None:
    """The address of a client. One of IPv4 that comes through an IPv6 socket (``::ffff:192.0.2.1``) is that of IPv4."""
    try:
        address = ip_address(remote.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _note_use(tools: Tools, key: ApiKey, remote: str, now_ms: int) -> None:
    if not tools.guard.should_note(key, now_ms):
        return

    def noted(writing: Future[None]) -> None:
        # Knowing the last use is worth less than the answer that was asked for.
        if writing.exception() is not None:
            log.warning("the use of API key %d could not be noted", key.id)

    with contextlib.suppress(StoreError):
        tools.writer.write_later(
            lambda connection: keys.note_use(connection, key.id, now_ms, remote[:60] or None)
        ).add_done_callback(noted)
