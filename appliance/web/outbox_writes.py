"""What the outbox has to write, gathered for one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from appliance.desk.webhooks import called
from appliance.store import deliveries, events, webhooks
from appliance.store.deliveries import Failed, NewDelivery
from appliance.store.events import EventKind
from appliance.store.webhooks import Webhook
from appliance.web.outbox_lane import Lane

GATHER_MS = 1_000
"""What came of tries is written so much later, together. Until then a crash makes them be told again."""
RARELY_MS = 60_000
"""So often it is noted how far the feed was read where nobody wanted what was in it."""
RETRY_MS = 5_000
HOUR_MS = 3_600_000
MOST_GATHERED = 200
"""So much is written at once."""


@dataclass(slots=True)
class Writes:
    """Emptied by a transaction that succeeds."""

    gather_ms: int = GATHER_MS

    put_aside: list[NewDelivery] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    told_rows: list[int] = field(default_factory=list)
    let_go: list[int] = field(default_factory=list)
    """Rows that are in nobody's hand once this is written."""
    postponed: list[tuple[int, int]] = field(default_factory=list)
    """Rows, and until when."""
    back: set[int] = field(default_factory=set)
    """Subscriptions whose endpoint answers again."""
    gone: set[int] = field(default_factory=set)
    """Those that said that they want nothing any more."""
    stopped: dict[int, str] = field(default_factory=dict)
    """Those whose key does not hold any more, and why."""
    alarming: set[int] = field(default_factory=set)
    """Those that have failed for so long that people are told, once."""
    standings: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)
    told_id: int = 0
    noted_id: int = 0
    """What is on disk of it."""
    written_ms: int = 0
    due_ms: int | None = None
    is_refused: bool = False
    """Whether the disk refused it."""

    def soon(self, now_ms: int) -> None:
        """There is something to write."""
        if self.due_ms is None:
            self.due_ms = now_ms + self.gather_ms

    def later(self, now_ms: int) -> None:
        """The disk refused."""
        self.due_ms, self.is_refused = now_ms + RETRY_MS, True

    def are_due(self, now_ms: int) -> bool:
        """Whether to write now."""
        if self.due_ms is not None:
            gathered = len(self.told_rows) + len(self.put_aside) + len(self.failed)
            if gathered > MOST_GATHERED and not self.is_refused:
                return True
            return now_ms >= self.due_ms or now_ms < self.due_ms - RETRY_MS
        return self.told_id > self.noted_id and abs(now_ms - self.written_ms) >= RARELY_MS

    def note_standing(self, lane: Lane) -> None:
        """How an endpoint stands, to be written with the rest."""
        if lane.webhook_id is not None:
            self.standings[lane.webhook_id] = (lane.told_at_ms, lane.failing_since_ms)

    def write(self, connection: sqlite3.Connection, now_ms: int) -> None:
        """Within a transaction."""
        known = {each.id: each for each in webhooks.list_webhooks(connection)}
        deliveries.put_aside(
            connection,
            [each for each in self.put_aside if each.webhook_id is None or each.webhook_id in known],
        )
        deliveries.note_failed(connection, self.failed)
        deliveries.note_told(connection, self.told_id, self.told_rows)
        for row_id, until_ms in self.postponed:
            deliveries.postpone(connection, [row_id], until_ms)
        for webhook_id in self.back:
            deliveries.bring_forward(connection, webhook_id, now_ms)
        for webhook_id, (told_at_ms, failing_since_ms) in self.standings.items():
            webhooks.note_standing(
                connection, webhook_id, told_at_ms=told_at_ms, failing_since_ms=failing_since_ms
            )
        for webhook_id in self.gone & known.keys():
            webhooks.switch_off(connection, webhook_id, "push.gone")
            _tell_people(connection, "event.webhook-gone", known[webhook_id], now_ms)
        for webhook_id in self.stopped.keys() & known.keys():
            webhooks.switch_off(connection, webhook_id, self.stopped[webhook_id])
        for webhook_id in self.alarming & known.keys():
            webhook = known[webhook_id]
            if webhooks.note_alarm(connection, webhook_id, now_ms):
                _tell_people(connection, "event.webhook-failing", webhook, now_ms)


def _tell_people(connection: sqlite3.Connection, code: str, webhook: Webhook, now_ms: int) -> None:
    since_ms = webhook.failing_since_ms or now_ms
    args: dict[str, str | int] = {"webhook": called(webhook), "hours": max(1, (now_ms - since_ms) // HOUR_MS)}
    events.add(connection, EventKind.WEBHOOK, code, args, at_ms=now_ms)
