"""A queue as long as one likes, of accounts, campaigns, priorities, conversations and blocked recipients mixed."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from appliance.policy.plan import Plan
from appliance.pool.card import Card
from appliance.pool.dispatch import NextPartLater, advance
from appliance.pool.outcome import Taken
from appliance.pool.scheduler import Scheduler, scheduler_of
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Submit
from appliance.pool.work import Finished
from appliance.store import sims
from appliance.store.database import connect
from tests.store.stored import NOW_MS, add_sim

ACCOUNTS = 12
DESTINATIONS = ("cmcc", "unicom", "telecom", "abroad", "")
OFTEN_WRITTEN_TO = "+8613900000000"
"""Who got as many parts today as any plan allows."""

FILL = """
    INSERT INTO messages (id, recipient, text, alphabet, parts_total, priority, source, state, reason, accepted_at_ms,
        updated_at_ms, account_id, destination, sticky_sim_id, not_before_ms, is_due, expires_at_ms)
    VALUES (?, ?, 'hello', 'gsm7', ?, ?, 'api', 'queued', 'message.queued', ?, ?, ?, ?, ?, ?, ?, ?)
"""


def fill(connection: sqlite3.Connection, count: int, sim_ids: list[int], seed: int = 1) -> None:
    """Put ``count`` messages into the queue, in one transaction: campaigns by account, with all else between them."""
    chance = random.Random(seed)

    def rows() -> object:
        for index in range(count):
            account = 1 + index * ACCOUNTS // count  # One campaign after the other.
            if chance.random() < 0.2:
                account = chance.randrange(1, ACCOUNTS + 1)
            blocked = chance.random() < 0.01
            sticky = chance.choice(sim_ids) if chance.random() < 0.05 else None
            later_ms = NOW_MS + 3_600_000 if chance.random() < 0.1 else 0
            yield (
                f"m{seed}-{index}",
                OFTEN_WRITTEN_TO if blocked else f"+86138{index:08d}",
                1 if chance.random() < 0.9 else chance.randrange(2, 9),
                chance.choices((0, 1, 2), (1, 9, 90))[0],
                NOW_MS - count + index,
                NOW_MS,
                account,
                chance.choice(DESTINATIONS),
                sticky,
                later_ms,
                later_ms == 0,
                NOW_MS + 86_400_000 if chance.random() < 0.05 else None,
            )

    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT OR IGNORE INTO accounts (id, name, weight) VALUES (?, ?, ?)",
        [(account, f"account {account}", 1 + account % 3) for account in range(1, ACCOUNTS + 1)],
    )
    connection.executemany(FILL, rows())  # type: ignore[arg-type]
    connection.execute("COMMIT")


@dataclass(slots=True)
class Bank:
    """SIMs without modems: each takes a message, is answered at once, and takes the next."""

    connection: sqlite3.Connection
    settings: PoolSettings
    scheduler: Scheduler
    cards: list[Card]

    @classmethod
    def of(cls, path: Path, sims_count: int) -> Bank:
        """In a database that is there, with plans that hold back what is blocked and what is long."""
        connection = connect(path)
        plan = Plan(parts_per_minute=10_000, parts_per_recipient_per_day=1, reserve_percent=10)
        settings = PoolSettings(
            database=path, doorbell=path.with_suffix(".sock"), port_patterns=(), plan=plan
        )
        places = [add_sim(connection, number) for number in range(sims_count)]
        cards = [Card.of(sims.get(connection, sim_id), port_id) for sim_id, port_id in places]
        return cls(connection, settings, scheduler_of(settings), cards)

    def send(self, messages: int, now_ms: int = NOW_MS) -> list[int]:
        """Send so many; the seqs in their order. Each round of all SIMs is one transaction."""
        sent: list[int] = []
        finished: dict[int, Finished] = {}
        going_on: dict[int, NextPartLater] = {}
        while len(sent) < messages:
            now_ms += 40
            self.connection.execute("BEGIN IMMEDIATE")
            self.scheduler.begun(self.connection)
            before = len(sent)
            for card in self.cards:
                outcome = finished.pop(card.sim_id, None)
                if outcome is not None:
                    recipient = outcome.submitted.work.reservation.message.recipient
                    card.answered(recipient, now_ms, counts=True)
                step = advance(
                    self.connection,
                    card,
                    outcome,
                    going_on.pop(card.sim_id, None),
                    take=True,
                    now_ms=now_ms,
                    settings=self.settings,
                    scheduler=self.scheduler,
                )
                if isinstance(step.next, NextPartLater):
                    going_on[card.sim_id] = step.next
                elif isinstance(step.next, Submit):
                    submitted = step.next.submitted
                    finished[card.sim_id] = Finished(submitted, Taken(len(sent) % 256), now_ms)
                    if submitted.number == 1:
                        sent.append(submitted.work.reservation.message.seq)
            self.connection.execute("COMMIT")
            self.scheduler.committed()
            assert len(sent) > before or finished, "every SIM stands still"
        return sent
