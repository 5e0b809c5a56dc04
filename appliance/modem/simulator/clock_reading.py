"""The clock of one modem: right, as someone set it, or in the year in which the make begins until it is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from appliance.modem.simulator.clock import WallClock
from appliance.modem.simulator.habits import ClockHabits

LOCAL_ZONE = timezone(timedelta(hours=8))
ZONE = "+32"
FORMAT = "%y/%m/%d,%H:%M:%S"


class ClockReading:
    """`offset_s` is how far it stands from the true time, which a scenario or +CCLK= may change."""

    def __init__(self, habits: ClockHabits, wall: WallClock, is_on: Callable[[str], bool]) -> None:
        self._habits = habits
        self._wall = wall
        self._is_on = is_on
        self._unset_since: float | None = None
        self.offset_s = 0.0

    def power_on(self) -> None:
        """It knows nothing, where this make keeps no time without power."""
        if self._habits.unset:
            self._unset_since = self._wall()

    def told_by_network(self) -> None:
        """Registered: the network tells the time (NITZ, 22.042), and who wants to hear it does."""
        if not self._habits.switch or self._is_on(self._habits.switch):
            self._unset_since = None

    def shown(self) -> str:
        """<time> of +CCLK (27.007 clause 8.15): local time, zone in quarters of an hour."""
        if self._unset_since is not None and not self.offset_s:
            begun = datetime.strptime(self._habits.unset[:17], FORMAT).replace(tzinfo=UTC)
            moment = begun + timedelta(seconds=self._wall() - self._unset_since)
            return f"{moment:{FORMAT}}{self._habits.unset[17:]}"
        local = datetime.fromtimestamp(self._wall() + self.offset_s, UTC).astimezone(LOCAL_ZONE)
        return f"{local:{FORMAT}}{ZONE if self._habits.zone else ''}"

    def set(self, text: str) -> None:
        """+CCLK=. ValueError for what is no time."""
        moment = datetime.strptime(text[:17], FORMAT).replace(tzinfo=UTC)
        quarters = int(text[17:] or "0")
        self.offset_s = moment.timestamp() - quarters * 900 - self._wall()
        self._unset_since = None
