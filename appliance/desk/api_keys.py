"""Making, changing and revoking API keys, for API, page and command line; each act is an event.

Who makes or changes a key gives it no scope that it has not itself, so a key can't be used to get more than it was
given. Limits, networks and dates are not compared: whoever administers the box may lift them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from appliance.desk import audit
from appliance.desk.fields import Flag, Instant, Kind, Strings, Text, WholeNumber
from appliance.desk.mistake import Because, Mistake, Refusal
from appliance.desk.names import NAME_SHAPE, free_name
from appliance.desk.networks import PLAIN_NETWORK, read_network
from appliance.desk.who import Who
from appliance.store import accounts, keys
from appliance.store.accounts import BOX
from appliance.store.keys import ApiKey, Network, Scope, Terms
from appliance.store.writer import GroupCommitWriter

MOST_KEYS = 500
MOST_NETWORKS = 32
HIGHEST = 10_000_000

_NUMBERS: dict[str, Kind] = {
    "messages_per_minute": WholeNumber(1, HIGHEST),
    "messages_per_day": WholeNumber(1, HIGHEST),
    "requests_per_minute": WholeNumber(1, HIGHEST),
    "test_allowance": WholeNumber(0, HIGHEST),
}
_SCOPE = {"enum": [each.value for each in Scope]}
CHANGED_KEY_FIELDS: dict[str, Kind] = {
    "name": Text(required=False, shape=NAME_SHAPE),
    "account_id": WholeNumber(1, 1_000_000_000),
    "scopes": Strings(len(Scope), least=1, shape=_SCOPE),
    **_NUMBERS,
    "networks": Strings(MOST_NETWORKS, shape={"pattern": PLAIN_NETWORK}),
    "expires_at": Instant(),
}
"""Every member of ``PATCH /api/v1/keys/{id}``; ``null`` takes a limit, the networks or the date away."""

KEY_FIELDS: dict[str, Kind] = {
    **CHANGED_KEY_FIELDS,
    "name": Text(shape=NAME_SHAPE),
    "scopes": Strings(len(Scope), required=True, least=1, shape=_SCOPE),
    "sandbox": Flag(),
}
"""Every member of ``POST /api/v1/keys``. A key stays in its world: ``sandbox`` can't be changed later."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new key; ``secret`` is shown to whoever made it, and to nobody ever after."""

    key: ApiKey
    secret: str


def make_key(
    writer: GroupCommitWriter,
    who: Who,
    may_give: frozenset[Scope],
    members: Mapping[str, Any],
    *,
    now_ms: int,
) -> Made | Refusal:
    """A key with the terms of :data:`KEY_FIELDS`; ``may_give``: what whoever makes it may do."""
    secret = keys.new_key()

    def change(connection: sqlite3.Connection) -> Made | Refusal:
        known = [each for each in keys.list_keys(connection) if each.revoked_at_ms is None]
        if len(known) >= MOST_KEYS:
            return Refusal((Mistake("", "problem.key-too-many", {"most": MOST_KEYS}),))
        begun = Terms(name="", scopes=frozenset(), is_sandbox=bool(members.get("sandbox")))
        terms = _changed(connection, begun, members, known, None, now_ms)
        if isinstance(terms, Refusal):
            return terms
        beyond = _beyond(terms.scopes - may_give)
        if beyond is not None:
            return beyond
        key_id = keys.add(connection, terms, secret, now_ms)
        said = {"key": terms.name, "scopes": words_of(terms.scopes)}
        audit.note(connection, who, "event.technician.key-made", said, now_ms=now_ms)
        made = keys.key_of_id(connection, key_id)
        assert made is not None
        return Made(made, secret)

    return writer.write_blocking(change)


def change_key(
    writer: GroupCommitWriter,
    who: Who,
    may_give: frozenset[Scope],
    key_id: int,
    members: Mapping[str, Any],
    *,
    now_ms: int,
) -> ApiKey | Refusal:
    """Other terms: of :data:`CHANGED_KEY_FIELDS` those that are given, None for none. They hold from now on."""

    def change(connection: sqlite3.Connection) -> ApiKey | Refusal:
        known = [each for each in keys.list_keys(connection) if each.revoked_at_ms is None]
        key = next((each for each in known if each.id == key_id), None)
        if key is None:
            return Refusal((Mistake("", "problem.no-such-key"),))
        terms = _changed(connection, key, members, known, key_id, now_ms)
        if isinstance(terms, Refusal):
            return terms
        beyond = _beyond((terms.scopes | key.scopes) - may_give)
        if beyond is not None:
            return beyond
        keys.put(connection, key_id, terms)
        said = {"key": terms.name, "fields": ", ".join(sorted(members)) or "-"}
        audit.note(connection, who, "event.technician.key-changed", said, now_ms=now_ms)
        return keys.key_of_id(connection, key_id) or key

    return writer.write_blocking(change)


def revoke_key(writer: GroupCommitWriter, who: Who, key_id: int, *, now_ms: int) -> ApiKey | Refusal:
    """Make a key useless from now on, for ever; the key as it was."""

    def change(connection: sqlite3.Connection) -> ApiKey | Refusal:
        key = keys.key_of_id(connection, key_id)
        if key is None or not keys.revoke_key(connection, key_id, now_ms):
            return Refusal((Mistake("", "problem.no-such-key"),))
        audit.note(connection, who, "event.technician.key-revoked", {"key": key.name}, now_ms=now_ms)
        return key

    return writer.write_blocking(change)


def words_of(scopes: Iterable[Scope]) -> str:
    """Scopes in their usual order, joined."""
    given = set(scopes)
    return ", ".join(each.value for each in Scope if each in given)


def _beyond(scopes: frozenset[Scope]) -> Refusal | None:
    if not scopes:
        return None
    mistake = Mistake("", "problem.scope-not-yours", {"scopes": words_of(scopes)})
    return Refusal((mistake,), because=Because.FORBIDDEN)


def _changed(  # noqa: PLR0917 - one call for each of the two above
    connection: sqlite3.Connection,
    terms: Terms,
    members: Mapping[str, Any],
    known: Iterable[ApiKey],
    key_id: int | None,
    now_ms: int,
) -> Terms | Refusal:
    """The terms with what is given, or every mistake in it."""
    mistakes: list[Mistake] = []
    values: dict[str, Any] = {name: members[name] for name in _NUMBERS if name in members}
    if members.get("name") is not None or key_id is None:
        values["name"] = free_name(members.get("name") or "", known, key_id)
    if "account_id" in members:
        values["account_id"] = _account(connection, members["account_id"])
    if members.get("scopes") is not None or key_id is None:
        values["scopes"] = read_scopes(members.get("scopes") or ())
    if "networks" in members:
        values["networks"] = read_networks(members["networks"] or ())
    if "expires_at" in members:
        values["expires_at_ms"] = _end(members["expires_at"], now_ms)
    mistakes = [each for each in values.values() if isinstance(each, Mistake)]
    if mistakes:
        return Refusal(tuple(mistakes))
    given = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    return replace(Terms(**given), **values)


def _account(connection: sqlite3.Connection, account_id: int | None) -> int | Mistake:
    if account_id is None:
        return BOX
    found = accounts.find(connection, account_id)
    return Mistake("/account_id", "problem.no-such-account") if found is None else account_id


def read_scopes(given: Iterable[str]) -> frozenset[Scope] | Mistake:
    """At least one of them."""
    known = {each.value: each for each in Scope}
    wanted = list(given)
    if not wanted or any(each not in known for each in wanted):
        return Mistake("/scopes", "problem.key-scopes", {"scopes": ", ".join(known)})
    return frozenset(known[each] for each in wanted)


def read_networks(given: Iterable[str]) -> tuple[Network, ...] | Mistake:
    """Each once, as it is kept."""
    read = {}
    for index, each in enumerate(given):
        network = read_network(each)
        if network is None:
            return Mistake(f"/networks/{index}", "problem.key-networks", {"network": each[:45]})
        read[network] = True
    return tuple(read)


def _end(at_ms: int | None, now_ms: int) -> int | Mistake | None:
    if at_ms is not None and at_ms <= now_ms:
        return Mistake("/expires_at", "problem.key-expires-in-the-past")
    return at_ms
