"""What only Aliyun's dialect needs: the second form of an API key, and what a message was called when it was sent."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The AccessKeyId of an API key, with its sealed secret (:class:`appliance.desk.webhook_secrets.Vault`).

    It is another form of the same key: whatever holds for that key holds for it.
    """

    api_key_id: int
    access_key_id: str
    secret: bytes
    made_at_ms: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What a message was called by the program that sent it."""

    message_seq: int
    biz_id: str
    """Of all messages of one request."""
    out_id: str
    """The program's own word for it; '' where it has none."""
    template_code: str


def put_access_key(connection: sqlite3.Connection, access_key: AccessKey) -> None:
    """The one of an API key, in place of the one that it had."""
    connection.execute(
        """
        INSERT INTO aliyun_keys (api_key_id, access_key_id, secret, made_at_ms) VALUES (?, ?, ?, ?)
        ON CONFLICT (api_key_id) DO UPDATE SET access_key_id = excluded.access_key_id, secret = excluded.secret,
            made_at_ms = excluded.made_at_ms
        """,
        (access_key.api_key_id, access_key.access_key_id, access_key.secret, access_key.made_at_ms),
    )


def drop_access_key(connection: sqlite3.Connection, api_key_id: int) -> bool:
    """Take it from an API key; whether it had one."""
    return connection.execute("DELETE FROM aliyun_keys WHERE api_key_id = ?", (api_key_id,)).rowcount == 1


def find_access_key(connection: sqlite3.Connection, access_key_id: str) -> AccessKey | None:
    """The one of an AccessKeyId."""
    return _access_key(connection, "access_key_id = ?", access_key_id)


def access_key_of(connection: sqlite3.Connection, api_key_id: int) -> AccessKey | None:
    """The one of an API key."""
    return _access_key(connection, "api_key_id = ?", api_key_id)


def _access_key(connection: sqlite3.Connection, condition: str, value: str | int) -> AccessKey | None:
    row = connection.execute(
        f"SELECT api_key_id, access_key_id, secret, made_at_ms FROM aliyun_keys WHERE {condition}", (value,)
    ).fetchone()
    return None if row is None else AccessKey(*row)


def note_sent(connection: sqlite3.Connection, sent: Sent) -> None:
    """To be called in the transaction that stores the message."""
    connection.execute(
        "INSERT INTO aliyun_sent (message_seq, biz_id, out_id, template_code) VALUES (?, ?, ?, ?)",
        (sent.message_seq, sent.biz_id, sent.out_id, sent.template_code),
    )


def sent_of(connection: sqlite3.Connection, message_seq: int) -> Sent | None:
    """What a message was called; None where it did not come in this way."""
    row = connection.execute(
        "SELECT message_seq, biz_id, out_id, template_code FROM aliyun_sent WHERE message_seq = ?",
        (message_seq,),
    ).fetchone()
    return None if row is None else Sent(*row)


MOST_COUNTED = 10_000


def count_and_find(
    connection: sqlite3.Connection,
    recipient: str,
    *,
    from_ms: int,
    until_ms: int,
    biz_id: str | None,
    api_key_id: int | None,
    limit: int,
    offset: int,
) -> tuple[int, list[Sent]]:
    """What went to a number within a time, newest first, and how many there are (up to :data:`MOST_COUNTED`).

    ``api_key_id``: only what that key sent.
    """
    found = """
        FROM messages JOIN aliyun_sent ON message_seq = seq
        WHERE recipient = :recipient AND accepted_at_ms >= :from_ms AND accepted_at_ms < :until_ms
            AND (:biz_id IS NULL OR biz_id = :biz_id) AND (:api_key_id IS NULL OR api_key_id = :api_key_id)
        ORDER BY seq DESC
    """
    values = {
        "recipient": recipient,
        "from_ms": from_ms,
        "until_ms": until_ms,
        "biz_id": biz_id,
        "api_key_id": api_key_id,
        "limit": limit,
        "offset": offset,
        "most": MOST_COUNTED,
    }
    (count,) = connection.execute(f"SELECT count(*) FROM (SELECT 1 {found} LIMIT :most)", values).fetchone()
    rows = connection.execute(
        f"SELECT message_seq, biz_id, out_id, template_code {found} LIMIT :limit OFFSET :offset", values
    )
    return int(count), [Sent(*row) for row in rows]
