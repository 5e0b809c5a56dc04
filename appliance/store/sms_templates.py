"""Texts with gaps, which programs send by their code and with what belongs into the gaps."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsTemplate:
    """A text with ``${name}`` for each gap."""

    id: int
    code: str
    """What programs call it."""
    name: str
    text: str
    priority: int
    """Of what is sent with it, as in ``messages.priority``."""
    made_at_ms: int
    changed_at_ms: int


def list_templates(connection: sqlite3.Connection) -> list[SmsTemplate]:
    """Every one, oldest first."""
    return [SmsTemplate(**dict(row)) for row in connection.execute("SELECT * FROM sms_templates ORDER BY id")]


def find(connection: sqlite3.Connection, code: str) -> SmsTemplate | None:
    """The one of a code."""
    row = connection.execute("SELECT * FROM sms_templates WHERE code = ?", (code,)).fetchone()
    return None if row is None else SmsTemplate(**dict(row))


def add(connection: sqlite3.Connection, template: SmsTemplate) -> int:
    """A new one; its id. ``template.id`` is not looked at. IntegrityError: its code is taken."""
    cursor = connection.execute(
        """
        INSERT INTO sms_templates (code, name, text, priority, made_at_ms, changed_at_ms) VALUES (?, ?, ?, ?, ?, ?)
        """,
        (
            template.code,
            template.name,
            template.text,
            template.priority,
            template.made_at_ms,
            template.changed_at_ms,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def put(connection: sqlite3.Connection, template: SmsTemplate) -> None:
    """Another name, text or priority; what was sent stays as it was."""
    connection.execute(
        "UPDATE sms_templates SET name = ?, text = ?, priority = ?, changed_at_ms = ? WHERE id = ?",
        (template.name, template.text, template.priority, template.changed_at_ms, template.id),
    )


def remove(connection: sqlite3.Connection, template_id: int) -> None:
    """Nothing can be sent with it any more."""
    connection.execute("DELETE FROM sms_templates WHERE id = ?", (template_id,))
