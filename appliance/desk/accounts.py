"""Accounts: in whose name messages go, and what share each gets while several wait in one priority."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from appliance.desk import audit
from appliance.desk.fields import Kind, Text, WholeNumber
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.names import NAME_SHAPE, free_name
from appliance.desk.news import change_and_ring
from appliance.desk.who import Who
from appliance.store import accounts, backlog, keys, queue
from appliance.store.accounts import BOX, Account
from appliance.store.keys import ApiKey
from appliance.store.writer import GroupCommitWriter

MOST_ACCOUNTS = 200
MOST_LANES = 1_000
HEAVIEST = 1000

ACCOUNT_FIELDS: dict[str, Kind] = {"name": Text(shape=NAME_SHAPE), "weight": WholeNumber(1, HEAVIEST)}
"""Every member of ``POST /api/v1/accounts``."""

CHANGED_ACCOUNT_FIELDS: dict[str, Kind] = {
    "name": Text(required=False, shape=NAME_SHAPE),
    "weight": WholeNumber(1, HEAVIEST),
}
"""Every member of ``PATCH /api/v1/accounts/{id}``."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account with its keys that are in use, and what it has waiting (up to a limit)."""

    account: Account
    keys: tuple[ApiKey, ...]
    waiting: int


def standings(connection: sqlite3.Connection, most: int) -> list[Standing]:
    """Every account, the box's first; what waits and may go is counted up to ``most`` for each."""
    waiting: Counter[int] = Counter()
    for key, _ in islice(queue.lanes(connection), MOST_LANES):
        room = most - waiting[key.account_id]
        if room > 0:
            waiting[key.account_id] += backlog.count_lane(connection, key, room)
    known = [each for each in keys.list_keys(connection) if each.revoked_at_ms is None]
    return [
        Standing(
            account,
            tuple(each for each in known if each.account_id == account.id),
            waiting[account.id],
        )
        for account in accounts.list_accounts(connection)
    ]


def create_account(
    writer: GroupCommitWriter,
    ring: Callable[[], object],
    who: Who,
    name: str,
    weight: int = 1,
    *,
    now_ms: int,
) -> Account | Refusal:
    """A new account, of no key yet."""

    def change(connection: sqlite3.Connection) -> Account | Refusal:
        known = accounts.list_accounts(connection)
        if len(known) >= MOST_ACCOUNTS:
            return Refusal((Mistake("", "problem.account-too-many", {"most": MOST_ACCOUNTS}),))
        read = free_name(name, known, None)
        if isinstance(read, Mistake):
            return Refusal((read,))
        account = Account(accounts.add(connection, read, weight), read, weight)
        audit.note(
            connection,
            who,
            "event.technician.account-made",
            {"account": read, "weight": weight},
            now_ms=now_ms,
        )
        return account

    return change_and_ring(writer, ring, change)


def change_account(
    writer: GroupCommitWriter,
    ring: Callable[[], object],
    who: Who,
    account_id: int,
    members: Mapping[str, Any],
    *,
    now_ms: int,
) -> Account | Refusal:
    """Another name or weight (:data:`CHANGED_ACCOUNT_FIELDS`); what is not given stays."""

    def change(connection: sqlite3.Connection) -> Account | Refusal:
        account = accounts.find(connection, account_id)
        if account is None:
            return Refusal((Mistake("", "problem.no-such-account"),))
        name = free_name(members.get("name", account.name), accounts.list_accounts(connection), account_id)
        if isinstance(name, Mistake):
            return Refusal((name,))
        changed = replace(account, name=name, weight=members.get("weight", account.weight))
        accounts.put(connection, changed)
        audit.note(
            connection,
            who,
            "event.technician.account-changed",
            {"account": changed.name, "weight": changed.weight},
            now_ms=now_ms,
        )
        return changed

    return change_and_ring(writer, ring, change)


def remove_account(
    writer: GroupCommitWriter, ring: Callable[[], object], who: Who, account_id: int, *, now_ms: int
) -> Account | Refusal:
    """Its keys go on working, in the name of the box; the account as it was. The box's own stays."""

    def change(connection: sqlite3.Connection) -> Account | Refusal:
        account = accounts.find(connection, account_id)
        if account is None:
            return Refusal((Mistake("", "problem.no-such-account"),))
        if account_id == BOX:
            return Refusal((Mistake("", "problem.account-of-the-box"),))
        accounts.remove(connection, account_id)
        audit.note(
            connection, who, "event.technician.account-removed", {"account": account.name}, now_ms=now_ms
        )
        return account

    return change_and_ring(writer, ring, change)


def give_key(
    writer: GroupCommitWriter, who: Who, key_id: int, account_id: int, *, now_ms: int
) -> Account | Refusal:
    """From now on messages of a key go in the name of another account; those that wait stay where they are."""

    def change(connection: sqlite3.Connection) -> Account | Refusal:
        account = accounts.find(connection, account_id)
        if account is None:
            return Refusal((Mistake("/account", "problem.no-such-account"),))
        name = keys.give_key(connection, key_id, account_id)
        if name is None:
            return Refusal((Mistake("/key", "problem.no-such-key"),))
        audit.note(
            connection,
            who,
            "event.technician.key-given",
            {"key": name, "account": account.name},
            now_ms=now_ms,
        )
        return account

    return writer.write_blocking(change)
