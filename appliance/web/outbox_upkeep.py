"""What the outbox writes beside what came of its tries: rows of what was not told, and what nobody wants any more."""

from __future__ import annotations

import sqlite3

from appliance.store import changes, deliveries, webhooks
from appliance.store.deliveries import NewDelivery
from appliance.web.outbox_lane import Job
from appliance.web.outbox_try import Tried


def keep_house(connection: sqlite3.Connection, now_ms: int, give_up_ms: int, most_changes: int) -> None:
    """Drop what nobody wants any more: callbacks of messages that ended, changes that were told, the feed itself."""
    day_ms = 86_400_000
    webhooks.forget_callbacks(
        connection, over_before_ms=now_ms - day_ms, silent_before_ms=now_ms - 8 * day_ms
    )
    deliveries.give_up(connection, give_up_ms, now_ms)
    changes.trim(connection, most_changes)
    if changes.is_recording(connection) and not changes.wants(connection, now_ms):
        changes.stop_recording(connection)


def new_row(job: Job, first_ms: int, *, next_ms: int | None, tried: Tried | None = None) -> NewDelivery:
    """The row of what is to be told at ``next_ms`` (None: never), after a try or untried."""
    return NewDelivery(
        webhook_id=None if job.target.webhook is None else job.target.webhook.id,
        callback_id=None if job.target.callback is None else job.target.callback.id,
        change_id=job.change.id,
        subject=job.change.subject,
        first_at_ms=first_ms,
        next_try_at_ms=next_ms or first_ms,
        tries=0 if tried is None else 1,
        is_dead=next_ms is None,
        tried_at_ms=None if tried is None else tried.at_ms,
        status=None if tried is None else tried.status,
        reason=None if tried is None else tried.reason,
        answer=None if tried is None else tried.answer,
    )
