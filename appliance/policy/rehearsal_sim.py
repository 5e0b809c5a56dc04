"""One SIM of a rehearsal while it runs: how it stands, what it does, and when it is away."""

from __future__ import annotations

from datetime import UTC, date, datetime

from appliance.policy.breaker import Breaker
from appliance.policy.choice import GroupStanding, SimStanding
from appliance.policy.rehearsal_load import random_of
from appliance.policy.rehearsal_plan import DescribedSim, Rehearsal
from appliance.policy.rehearsal_result import AWAY, NOTHING, RESTS, SimCourse
from appliance.policy.usage import Usage


class RehearsedSim:
    """One SIM while it runs."""

    def __init__(self, described: DescribedSim, standing: SimStanding, rehearsal: Rehearsal) -> None:
        self.described = described
        self.standing = standing
        self.course = SimCourse(described)
        self.random = random_of(rehearsal, f"sim {described.name}")
        self.breaker = Breaker()
        self.failures_in_a_row = 0
        self.is_busy = False
        self.asked = 0
        """Counts its looks for work: one that was planned before the last is not needed any more."""
        self.looks_again_ms = 0
        """When it may find something among what it passed by."""
        self.doing = NOTHING
        self.since_ms = rehearsal.begins_at_ms

    def now(self, doing: str, at_ms: int) -> None:
        """What it does from here on."""
        self.course.spent_ms[self.doing] += at_ms - self.since_ms
        self.doing, self.since_ms = doing, at_ms
        self.course.first_held.setdefault(doing, at_ms)

    def away_until(self, at_ms: int) -> tuple[int, str] | None:
        """Until when it is not there or rests, and which."""
        for spans, doing in ((self.described.outages, AWAY), (self.described.rests, RESTS)):
            for span in spans:
                if span.from_ms <= at_ms < span.until_ms:
                    return span.until_ms, doing
        return None


def standing_of(described: DescribedSim, groups: dict[str, GroupStanding], begins_ms: int) -> SimStanding:
    """A SIM as it stands at the beginning."""
    return SimStanding(
        sim_id=described.sim_id,
        name=described.name,
        plan=described.plan,
        usage=Usage(described.plan, now_ms=begins_ms, first_sent_at_ms=described.sends_since_ms or None),
        group=groups.get(described.group or ""),
        carrier_id=described.carrier,
    )


class Days:
    """The day of an instant, looked up once in a quarter of an hour: no zone changes its day within one."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._zone = rehearsal.zone
        self._known: dict[int, date] = {}

    def __call__(self, at_ms: int) -> date:
        quarter = at_ms // 900_000
        day = self._known.get(quarter)
        if day is None:
            day = datetime.fromtimestamp(quarter * 900, UTC).astimezone(self._zone).date()
            self._known[quarter] = day
        return day
