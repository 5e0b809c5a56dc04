"""Wrong passwords and keys leave one line for each burst, and never fill the history."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from appliance.desk.bursts import MOST_NOTED_AN_HOUR, OVER_AFTER_S, Bursts, Guess
from appliance.store import events
from appliance.store.database import connect, prepare
from appliance.store.writer import GroupCommitWriter


def test_a_burst_is_one_event_and_many_addresses_fill_nothing(tmp_path: Path) -> None:
    database, now_s = tmp_path / "simloft.db", 0.0
    prepare(database)
    bursts = Bursts(clock=lambda: now_s)

    def noted() -> int:
        writer.write_blocking(lambda connection: None)
        with closing(connect(database, read_only=True)) as connection:
            return len(events.recent(connection, limit=200))

    with closing(GroupCommitWriter(database)) as writer:
        for second in range(0, 3600, 60):
            now_s = float(second)
            bursts.note(writer, Guess.PASSWORD, "192.0.2.1", 1)
        assert noted() == 1
        bursts.note(writer, Guess.KEY, "192.0.2.1", 1)
        assert noted() == 2
        now_s += OVER_AFTER_S
        bursts.note(writer, Guess.PASSWORD, "192.0.2.1", 1)
        assert noted() == 3
        for number in range(3000):
            bursts.note(writer, Guess.PASSWORD, f"198.51.100.{number}", 1)
        assert noted() <= 2 + MOST_NOTED_AN_HOUR
