"""Who is told of changes by HTTP: subscriptions, and callbacks of one message. What could not be told at once is in
:mod:`appliance.store.deliveries`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from appliance.store import changes

Options = Mapping[str, object]
"""What a dialect wants to know again when it renders: written once, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A subscription. Its secret is sealed: :class:`appliance.desk.webhook_secrets.Vault` opens it."""

    id: int
    dialect: str
    name: str
    url: str
    secret: bytes
    old_secret: bytes | None = None
    old_secret_until_ms: int | None = None
    """Until then both sign."""
    kinds: tuple[str, ...] = ()
    """Types or their families ('message', 'message.delivered'); none: everything."""
    account_id: int | None = None
    """Messages of this account only; None: of all."""
    api_key_id: int | None = None
    """The key that made it; None: a person."""
    options: Options = field(default_factory=dict)
    is_on: bool = True
    off_reason: str | None = None
    """Why the box switched it off by itself, a code of the sentences."""
    since_id: int = 0
    """Changes up to this one are not told."""
    made_at_ms: int
    failing_since_ms: int | None = None
    """When the first try failed since the last that did not; None: it works, or was not tried."""
    told_at_ms: int | None = None
    """When it was told something last."""
    alarmed_at_ms: int | None = None
    """When people were told that it fails; None: not since it works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Who is told of one message."""

    id: int
    message_seq: int
    dialect: str
    url: str
    options: Options = field(default_factory=dict)


def add_callback(
    connection: sqlite3.Connection,
    message_seq: int,
    dialect: str,
    url: str,
    options: Options | None = None,
    *,
    now_ms: int,
) -> int:
    """Tell ``url`` of every further step of a message, as the renderer of ``dialect`` says it; the callback's id.

    To be called in the transaction that stores the message, as ``submit(also=…)`` lets one do, so that no message is
    stored without it. Its first state is in the answer to the request and is not told.
    """
    changes.record(connection, now_ms)
    cursor = connection.execute(
        "INSERT INTO callbacks (message_seq, dialect, url, options) VALUES (?, ?, ?, ?)",
        (message_seq, dialect, url, json.dumps(dict(options or {}), ensure_ascii=False)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def callbacks_of(connection: sqlite3.Connection, message_seq: int) -> list[Callback]:
    """Who is told of a message, in the order in which they were named."""
    rows = connection.execute("SELECT * FROM callbacks WHERE message_seq = ? ORDER BY id", (message_seq,))
    return [_callback(row) for row in rows]


def callback(connection: sqlite3.Connection, callback_id: int) -> Callback | None:
    """The callback of a row of another table."""
    row = connection.execute("SELECT * FROM callbacks WHERE id = ?", (callback_id,)).fetchone()
    return None if row is None else _callback(row)


def has_callbacks(connection: sqlite3.Connection) -> bool:
    """Whether any message has one: asked before each of many is."""
    return connection.execute("SELECT 1 FROM callbacks LIMIT 1").fetchone() is not None


def forget_callbacks(connection: sqlite3.Connection, *, over_before_ms: int, silent_before_ms: int) -> int:
    """Drop those of messages of which nothing more is to be told: ended before the one instant, or sent before the
    other and without a report; how many went."""
    return connection.execute(
        """
        DELETE FROM callbacks WHERE id NOT IN (SELECT callback_id FROM deliveries WHERE callback_id IS NOT NULL)
            AND NOT EXISTS (
                SELECT 1 FROM messages WHERE seq = message_seq AND (
                    (finished_at_ms IS NULL AND state <> 'sent') OR finished_at_ms > ?
                    OR (finished_at_ms IS NULL AND updated_at_ms > ?)))
        """,
        (over_before_ms, silent_before_ms),
    ).rowcount


def list_webhooks(connection: sqlite3.Connection) -> list[Webhook]:
    """Every subscription, oldest first."""
    return [_webhook(row) for row in connection.execute("SELECT * FROM webhooks ORDER BY id")]


def find(connection: sqlite3.Connection, webhook_id: int) -> Webhook | None:
    """The subscription of an id."""
    row = connection.execute("SELECT * FROM webhooks WHERE id = ?", (webhook_id,)).fetchone()
    return None if row is None else _webhook(row)


def add(
    connection: sqlite3.Connection,
    *,
    dialect: str,
    name: str,
    url: str,
    secret: bytes,
    kinds: Iterable[str] = (),
    account_id: int | None = None,
    api_key_id: int | None = None,
    options: Options | None = None,
    now_ms: int,
) -> int:
    """Tell ``url`` of every change from this transaction on; the subscription's id."""
    changes.record(connection, now_ms)
    cursor = connection.execute(
        """
        INSERT INTO webhooks (dialect, name, url, secret, kinds, account_id, api_key_id, options, since_id, made_at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            dialect,
            name,
            url,
            secret,
            json.dumps(list(kinds)),
            account_id,
            api_key_id,
            json.dumps(dict(options or {}), ensure_ascii=False),
            changes.newest_id(connection),
            now_ms,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def put(connection: sqlite3.Connection, webhook: Webhook) -> None:
    """What people decide about a subscription: name, address, kinds, account, options."""
    connection.execute(
        "UPDATE webhooks SET name = ?, url = ?, kinds = ?, account_id = ?, options = ? WHERE id = ?",
        (
            webhook.name,
            webhook.url,
            json.dumps(list(webhook.kinds)),
            webhook.account_id,
            json.dumps(dict(webhook.options), ensure_ascii=False),
            webhook.id,
        ),
    )


def switch_on(
    connection: sqlite3.Connection, webhook_id: int, now_ms: int, *, api_key_id: int | None = None
) -> None:
    """Tell it of what changes from now on; what it missed while it was off is not told.

    Where it is off because its key does not hold any more, ``api_key_id`` is whose it is from now on.
    """
    changes.record(connection, now_ms)
    connection.execute(
        """
        UPDATE webhooks SET is_on = 1, off_reason = NULL, failing_since_ms = NULL, alarmed_at_ms = NULL, since_id = ?,
            api_key_id = iif(off_reason IN ('push.key-revoked', 'push.key-expired'), ?, api_key_id)
        WHERE id = ? AND NOT is_on
        """,
        (changes.newest_id(connection), api_key_id, webhook_id),
    )


def switch_off(connection: sqlite3.Connection, webhook_id: int, reason: str | None) -> None:
    """Tell it of nothing more; ``reason`` where the box does it by itself. What waits for it stays, and waits."""
    connection.execute("UPDATE webhooks SET is_on = 0, off_reason = ? WHERE id = ?", (reason, webhook_id))


def rotate(
    connection: sqlite3.Connection, webhook_id: int, secret: bytes, *, old_until_ms: int | None
) -> None:
    """Sign with another secret; with the one that it had too, until then (None: not)."""
    connection.execute(
        """
        UPDATE webhooks SET old_secret = CASE WHEN :until IS NULL THEN NULL ELSE secret END,
            old_secret_until_ms = :until, secret = :secret WHERE id = :id
        """,
        {"id": webhook_id, "until": old_until_ms, "secret": secret},
    )


def remove(connection: sqlite3.Connection, webhook_id: int) -> None:
    """With all that it was not told yet."""
    connection.execute("DELETE FROM deliveries WHERE webhook_id = ?", (webhook_id,))
    connection.execute("DELETE FROM webhooks WHERE id = ?", (webhook_id,))


def note_standing(
    connection: sqlite3.Connection, webhook_id: int, *, told_at_ms: int | None, failing_since_ms: int | None
) -> None:
    """How an endpoint stands after some tries; a ``told_at_ms`` of None leaves what is known."""
    connection.execute(
        """
        UPDATE webhooks SET told_at_ms = coalesce(?1, told_at_ms), failing_since_ms = ?2,
            alarmed_at_ms = iif(?2 IS NULL, NULL, alarmed_at_ms)
        WHERE id = ?3
        """,
        (told_at_ms, failing_since_ms, webhook_id),
    )


def note_alarm(connection: sqlite3.Connection, webhook_id: int, now_ms: int) -> bool:
    """People are told that it fails; whether they were not yet."""
    return (
        connection.execute(
            """
            UPDATE webhooks SET alarmed_at_ms = ?
            WHERE id = ? AND is_on AND failing_since_ms IS NOT NULL AND alarmed_at_ms IS NULL
            """,
            (now_ms, webhook_id),
        ).rowcount
        == 1
    )


def _webhook(row: sqlite3.Row) -> Webhook:
    return Webhook(
        **{
            **dict(row),
            "kinds": tuple(json.loads(row["kinds"])),
            "options": json.loads(row["options"]),
            "is_on": bool(row["is_on"]),
        }
    )


def _callback(row: sqlite3.Row) -> Callback:
    return Callback(**{**dict(row), "options": json.loads(row["options"])})
