"""The second form of an API key, for programs that sign as Aliyun's do: an AccessKeyId, and a secret shown once.

The box keeps no API key but its hash, and nobody can sign or check a signature with that. So a key gets a secret of
its own where a person wants it, sealed like those of webhooks. All else (scopes, networks, limits, expiry, sandbox,
revocation) is that of the API key.
"""

from __future__ import annotations

import secrets
import sqlite3
import string
from dataclasses import dataclass

from appliance.desk import audit
from appliance.desk.mistake import Because, Mistake, Refusal
from appliance.desk.webhook_secrets import Vault
from appliance.desk.who import Who
from appliance.store import aliyun, keys
from appliance.store.aliyun import AccessKey
from appliance.store.keys import Scope
from appliance.store.writer import GroupCommitWriter

ID_PREFIX = "SLAK"
_ID_LETTERS = string.ascii_uppercase + string.digits
_SECRET_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class MadePair:
    """What is typed into the program; ``secret`` is never shown again."""

    access_key_id: str
    secret: str


def make_pair(
    writer: GroupCommitWriter, vault: Vault, who: Who, may_give: frozenset[Scope], key_id: int, *, now_ms: int
) -> MadePair | Refusal:
    """A new pair for an API key in use; the one that it had is of no use any more.

    ``may_give``: what whoever makes it may do; nobody gets more by it.
    """
    made = MadePair(
        ID_PREFIX + "".join(secrets.choice(_ID_LETTERS) for _ in range(20)),
        "".join(secrets.choice(_SECRET_LETTERS) for _ in range(40)),
    )
    sealed = vault.seal(made.secret)

    def change(connection: sqlite3.Connection) -> MadePair | Refusal:
        key = keys.key_of_id(connection, key_id)
        if key is None or key.revoked_at_ms is not None:
            return Refusal((Mistake("", "problem.no-such-key"),))
        if key.scopes - may_give:
            scopes = ", ".join(sorted(key.scopes - may_give))
            return Refusal(
                (Mistake("", "problem.scope-not-yours", {"scopes": scopes}),), because=Because.FORBIDDEN
            )
        aliyun.put_access_key(connection, AccessKey(key_id, made.access_key_id, sealed, now_ms))
        audit.note(connection, who, "event.technician.aliyun-key-made", {"key": key.name}, now_ms=now_ms)
        return made

    return writer.write_blocking(change)


def remove_pair(writer: GroupCommitWriter, who: Who, key_id: int, *, now_ms: int) -> bool:
    """Take the pair from an API key, which stays; whether it had one."""

    def change(connection: sqlite3.Connection) -> bool:
        key = keys.key_of_id(connection, key_id)
        if key is None or not aliyun.drop_access_key(connection, key_id):
            return False
        audit.note(connection, who, "event.technician.aliyun-key-removed", {"key": key.name}, now_ms=now_ms)
        return True

    return writer.write_blocking(change)
