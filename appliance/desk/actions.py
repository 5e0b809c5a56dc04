"""What a person or an application may still do to a message: take it back, or settle an uncertain one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from enum import StrEnum

from appliance.store import messages
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.store.writer import GroupCommitWriter


class Action(StrEnum):
    """The last piece of its path in the API."""

    CANCEL = "cancel"
    RESEND = "resend"
    MARK_SENT = "mark-sent"


_STEP: dict[Action, Callable[[sqlite3.Connection, str, int], bool]] = {
    Action.CANCEL: messages.cancel,
    Action.RESEND: messages.resend,
    Action.MARK_SENT: messages.mark_sent,
}


def possible_actions(state: MessageState) -> tuple[Action, ...]:
    """What may be done to a message in a state."""
    match state:
        case MessageState.QUEUED | MessageState.HELD:
            return (Action.CANCEL,)
        case MessageState.UNCERTAIN:
            return (Action.RESEND, Action.MARK_SENT)
        case _:
            return ()


def act(
    writer: GroupCommitWriter, message_id: str, action: Action, now_ms: int, ring: Callable[[], None]
) -> Message | None:
    """Do it; the message as it is then, or None where its state does not allow it (any more)."""

    def change(connection: sqlite3.Connection) -> Message | None:
        done = _STEP[action](connection, message_id, now_ms)
        return messages.get(connection, message_id) if done else None

    changed = writer.write_blocking(change)
    if changed is not None:
        ring()
    return changed
