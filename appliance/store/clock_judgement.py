"""What time it is on the box, by clocks of which one may be set to anything at any time. Pure.

The system has a wall clock, which people, programs and an empty battery set, and one that counts since its start and
that nobody sets. Within one start of the system the second tells exactly how much time has passed, so the box goes by
it and takes a step of the wall clock over only where something speaks for it. How long the system was off nobody
knows but the wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EARLIEST_MS = 1_704_067_200_000
"""2024: this program is younger, so a clock that is before was never set."""

STEP_BELIEVED_MS = 120_000
"""A step of the wall clock of up to so much is a correction that needs no witness."""

OFF_BELIEVED_MS = 86_400_000
"""So long a box may have been without power by the word of its wall clock alone."""

SAME_MS = 1_000
"""Two readings that differ by so little are one."""


class Trust(StrEnum):
    """What speaks for the wall clock."""

    BELIEVED = "believed"
    """Nothing speaks against it."""
    PROVED = "proved"
    """The kernel calls it synchronised, or a network's time agrees, or a person said so."""
    DOUBTED = "doubted"
    """It leapt, and nobody has said that it was right to. The box goes on by the time that has passed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The clocks at one instant."""

    boot_id: str
    """Which start of the system; "" where it tells none, which is like no other one."""
    boottime_ms: int
    wall_ms: int
    is_proved: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What time it was on the box at a reading, as it is kept in the database."""

    boot_id: str
    boottime_ms: int
    at_ms: int
    """The time of the box."""
    wall_ms: int
    trust: Trust

    def is_of(self, reading: Reading) -> bool:
        """Whether the time that passed since is known exactly."""
        return bool(self.boot_id) and self.boot_id == reading.boot_id

    def reckoned_ms(self, reading: Reading) -> int:
        """The time of the box at a later reading of the same start of the system."""
        return self.at_ms + reading.boottime_ms - self.boottime_ms


@dataclass(frozen=True, slots=True)
class Judged:
    """What time it is."""

    at_ms: int
    trust: Trust
    step_ms: int = 0
    """By so much everything that counts on is to be moved, because the time of the box itself is set."""


def at_start(
    mark: Mark | None, last_ms: int | None, reading: Reading, *, guessed_ms: int | None = None
) -> Judged:
    """What time it is for a process that begins. ``last_ms`` is the last instant that is known of the box.

    ``guessed_ms``: since then, by the clock of the box, starts of the system went on from where the one before ended,
    because they had no clock to believe. For how long the box was off before them is not known, so what was told since
    counts as of now, the latest that it can have been.
    """
    if mark is not None and mark.is_of(reading):
        return while_running(mark, reading)
    floor_ms = max(last_ms or 0, EARLIEST_MS)
    ahead_ms = reading.wall_ms - floor_ms
    behind_ms = ahead_ms if guessed_ms is not None else 0
    if reading.is_proved:
        return Judged(reading.wall_ms, Trust.PROVED, min(behind_ms, ahead_ms) if last_ms else 0)
    # The first start of all has nothing that a clock could be ahead of.
    longest_ms = None if mark is None else reading.boottime_ms + OFF_BELIEVED_MS
    if ahead_ms >= 0 and (longest_ms is None or ahead_ms <= longest_ms):
        return Judged(reading.wall_ms, Trust.BELIEVED, behind_ms)
    return Judged(floor_ms, Trust.DOUBTED)


def while_running(mark: Mark, reading: Reading) -> Judged:
    """What time it is at a later reading of the same start of the system."""
    reckoned_ms = mark.reckoned_ms(reading)
    step_ms = reading.wall_ms - reckoned_ms
    if abs(step_ms) <= SAME_MS:
        kept = Trust.BELIEVED if mark.trust is Trust.DOUBTED else mark.trust
        return Judged(reckoned_ms, Trust.PROVED if reading.is_proved else kept)
    if reading.is_proved:
        return Judged(reading.wall_ms, Trust.PROVED, step_ms)
    if abs(step_ms) <= STEP_BELIEVED_MS:
        return Judged(reading.wall_ms, Trust.BELIEVED, step_ms)
    return Judged(reckoned_ms, Trust.DOUBTED)
