"""What a person or an application may still do to a message: take it back, or settle an uncertain one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from appliance.store import messages, undo
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.store.writer import GroupCommitWriter

MOST_AT_ONCE = 500

TIME_TO_UNDO_MS = 10_000
"""What a person has sent again on a page goes after this, so that a slip of the finger can be taken back."""


class Action(StrEnum):
    """The last piece of its path in the API."""

    CANCEL = "cancel"
    RESEND = "resend"
    MARK_SENT = "mark-sent"
    UNDO = "undo"
    """Of the last two: uncertain again."""


def possible_actions(message: Message) -> tuple[Action, ...]:
    """What may be done to a message as it is."""
    match message.state:
        case MessageState.QUEUED if message.reason in (undo.RESENT, undo.RESENT_SOON):
            return (Action.UNDO, Action.CANCEL)
        case MessageState.QUEUED | MessageState.HELD:
            return (Action.CANCEL,)
        case MessageState.UNCERTAIN:
            return (Action.RESEND, Action.MARK_SENT)
        case MessageState.SENT if message.reason == undo.MARKED_SENT:
            return (Action.UNDO,)
        case _:
            return ()


def act(
    writer: GroupCommitWriter,
    message_id: str,
    action: Action,
    now_ms: int,
    ring: Callable[[], None],
    *,
    time_to_undo_ms: int = 0,
) -> Message | None:
    """Do it; the message as it is then, or None where its state does not allow it (any more)."""

    def change(connection: sqlite3.Connection) -> Message | None:
        done = _step(connection, message_id, action, now_ms, time_to_undo_ms)
        return messages.get(connection, message_id) if done else None

    changed = writer.write_blocking(change)
    if changed is not None:
        ring()
    return changed


@dataclass(frozen=True, slots=True)
class Acted:
    """What became of several messages, in the order in which they were named."""

    done: tuple[str, ...]
    too_late: tuple[tuple[str, MessageState | None], ...]
    """With the state that each is in; None: there is no such message."""


def act_on_several(
    writer: GroupCommitWriter,
    message_ids: Iterable[str],
    action: Action,
    now_ms: int,
    ring: Callable[[], None],
    *,
    time_to_undo_ms: int = 0,
) -> Acted:
    """Do it to all that allow it, in one transaction; of :data:`MOST_AT_ONCE` at most."""

    def change(connection: sqlite3.Connection) -> Acted:
        done: list[str] = []
        too_late: list[tuple[str, MessageState | None]] = []
        for message_id in dict.fromkeys(message_ids):
            if _step(connection, message_id, action, now_ms, time_to_undo_ms):
                done.append(message_id)
            else:
                message = messages.get(connection, message_id)
                too_late.append((message_id, None if message is None else message.state))
        return Acted(tuple(done), tuple(too_late))

    acted = writer.write_blocking(change)
    if acted.done:
        ring()
    return acted


def _step(
    connection: sqlite3.Connection, message_id: str, action: Action, now_ms: int, time_to_undo_ms: int
) -> bool:
    match action:
        case Action.CANCEL:
            return messages.cancel(connection, message_id, now_ms)
        case Action.RESEND:
            not_before_ms = now_ms + time_to_undo_ms if time_to_undo_ms else 0
            return messages.resend(connection, message_id, now_ms, not_before_ms=not_before_ms)
        case Action.MARK_SENT:
            return messages.mark_sent(connection, message_id, now_ms)
        case Action.UNDO:
            return undo.undo(connection, message_id, now_ms)
