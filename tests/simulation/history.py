"""What happened to each message and part, written by triggers into the box's own file, as durable as what it tells."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from appliance.store.database import prepare

_TRIGGERS = """
CREATE TABLE simulated_history (
    n INTEGER PRIMARY KEY, what TEXT NOT NULL, seq INTEGER NOT NULL, attempt INTEGER, number INTEGER,
    before TEXT, after TEXT, sim_id INTEGER, at_ms INTEGER, message_state TEXT,
    expires_at_ms INTEGER, resting_until_ms INTEGER, draining INTEGER
);
CREATE TRIGGER simulated_m1 AFTER INSERT ON messages BEGIN
    INSERT INTO simulated_history (what, seq, after) VALUES ('message', NEW.seq, NEW.state);
END;
CREATE TRIGGER simulated_m2 AFTER UPDATE OF state ON messages WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO simulated_history (what, seq, before, after) VALUES ('message', NEW.seq, OLD.state, NEW.state);
END;
CREATE TRIGGER simulated_p1 AFTER INSERT ON parts BEGIN
    INSERT INTO simulated_history (what, seq, attempt, number, after, sim_id, at_ms, message_state,
        expires_at_ms, resting_until_ms, draining)
    SELECT 'part', NEW.message_seq, NEW.attempt, NEW.number, NEW.state, NEW.sim_id, NEW.submitted_at_ms,
        messages.state, messages.expires_at_ms, sims.resting_until_ms,
        sims.resting_reason = 'sim.draining'
    FROM messages, sims WHERE messages.seq = NEW.message_seq AND sims.id = NEW.sim_id;
END;
CREATE TRIGGER simulated_p2 AFTER UPDATE OF state ON parts WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO simulated_history (what, seq, attempt, number, before, after, sim_id)
    VALUES ('part', NEW.message_seq, NEW.attempt, NEW.number, OLD.state, NEW.state, NEW.sim_id);
END;
CREATE TRIGGER simulated_p3 AFTER DELETE ON parts BEGIN
    INSERT INTO simulated_history (what, seq, attempt, number, before, sim_id)
    VALUES ('part', OLD.message_seq, OLD.attempt, OLD.number, OLD.state, OLD.sim_id);
END;
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a message or part. ``before`` None: it is new; ``after`` None: its row was deleted."""

    what: str
    seq: int
    attempt: int | None
    number: int | None
    before: str | None
    after: str | None
    sim_id: int | None
    at_ms: int | None
    """When its row says that it was submitted, by the box's own clock; the rest is as it was at that instant."""
    message_state: str | None
    expires_at_ms: int | None
    resting_until_ms: int | None
    draining: int | None

    def told(self) -> str:
        """In one line."""
        number = (
            "" if self.number is None else f" part {self.number} attempt {self.attempt} by SIM {self.sim_id}"
        )
        return f"message {self.seq}{number}: {self.before} → {self.after}"


@cache
def _template() -> Path:
    """A fresh database with the triggers; one for each process that runs simulations, since making it takes a while."""
    path = Path(tempfile.mkdtemp(prefix="simloft-template-", dir=fast_directory())) / "simloft.db"
    prepare(path)
    connection = sqlite3.connect(path)
    connection.executescript(_TRIGGERS)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def fast_directory() -> Path | None:
    """Where files cost no wear and no waiting; None: wherever the system has its temporary files."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


def new_database(path: Path) -> None:
    """A box as it is before its first start."""
    shutil.copyfile(_template(), path)


def read_history(connection: sqlite3.Connection) -> list[Change]:
    """All of it, oldest first."""
    rows = connection.execute("SELECT * FROM simulated_history ORDER BY n")
    return [Change(*tuple(row)[1:]) for row in rows]
