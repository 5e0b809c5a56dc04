"""What time it is on the box, and a person's word that the clock of the system is right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from appliance.desk.audit import note
from appliance.desk.who import Who
from appliance.store import clock, clock_marks
from appliance.store.clock_follower import reading
from appliance.store.clock_judgement import Trust
from appliance.store.writer import GroupCommitWriter

_SENTENCES = {
    Trust.BELIEVED: "clock.good",
    Trust.PROVED: "clock.proved",
    Trust.DOUBTED: "clock.doubted",
}


@dataclass(frozen=True, slots=True)
class BoxClock:
    """How the clocks stand."""

    at_ms: int
    """What time it is on the box."""
    wall_ms: int
    """What the clock of the system says."""
    trust: Trust

    @property
    def is_doubted(self) -> bool:
        """Whether a person is needed, or a time server."""
        return self.trust is Trust.DOUBTED

    @property
    def code(self) -> str:
        """The sentence that says it; it takes :attr:`args`."""
        return _SENTENCES[self.trust]

    @property
    def args(self) -> dict[str, int]:
        return {"box_ms": self.at_ms, "wall_ms": self.wall_ms}


def box_clock(connection: sqlite3.Connection) -> BoxClock:
    """As the pool marked it last."""
    mark, now = clock_marks.latest(connection), reading()
    if mark is None or not mark.is_of(now):
        return BoxClock(clock.now_ms(), now.wall_ms, Trust.BELIEVED if mark is None else mark.trust)
    return BoxClock(mark.reckoned_ms(now), now.wall_ms, mark.trust)


def confirm(writer: GroupCommitWriter, ring: Callable[[], object], who: Who) -> int:
    """Say that the clock of the system is right as it is now; the pool goes by it as soon as it has seen that.

    Returns what that clock says.
    """
    now = reading()

    def change(connection: sqlite3.Connection) -> None:
        clock_marks.confirm(connection, now, who.source.value)
        note(connection, who, "event.clock-confirmed", {}, now_ms=clock.now_ms())

    writer.write_blocking(change)
    ring()
    return now.wall_ms
