"""Banks and batches of which both is asked: what the forecast says, and what a rehearsal makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from appliance.policy.choice import GroupStanding, SimStanding
from appliance.policy.forecast import BatchToSend
from appliance.policy.forecast_queue import Pile
from appliance.policy.forecast_run import ForecastSim
from appliance.policy.plan import Plan
from appliance.policy.rehearsal_plan import (
    BULK,
    Batch,
    DescribedAccount,
    DescribedGroup,
    DescribedSim,
    Kind,
    Load,
    Rehearsal,
)
from appliance.policy.sending_hours import parse_sending_hours
from appliance.policy.usage import Usage

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_MS = 86_400_000


def instant(local: str, zone: ZoneInfo = SHANGHAI) -> int:
    """A local time such as '2026-03-02 09:00' in milliseconds."""
    return int(datetime.fromisoformat(local).replace(tzinfo=zone).timestamp() * 1000)


def plan(zone: ZoneInfo = SHANGHAI, **own: Any) -> Plan:
    """A plan of a zone; ``sending_hours`` as people write them."""
    if "sending_hours" in own:
        own["sending_hours"] = parse_sending_hours(own["sending_hours"])
    return Plan(zone=zone, **own)


def bank(count: int, *, first: int = 1, **of_each: Any) -> tuple[DescribedSim, ...]:
    """So many SIMs that are alike; what is no field of a SIM is one of its plan."""
    described = {name: of_each.pop(name) for name in tuple(of_each) if name in _FIELDS}
    of_all = plan(**of_each)
    return tuple(
        DescribedSim(sim_id=number, name=f"sim-{number}", plan=of_all, **described)
        for number in range(first, first + count)
    )


_FIELDS = frozenset(DescribedSim.__dataclass_fields__) - {"plan"}


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A batch that is given to a bank at an instant, behind what waits there already."""

    sims: tuple[DescribedSim, ...]
    messages: int
    parts: int = 1
    to: dict[str, int] = field(default_factory=dict)
    begins_at_ms: int = instant("2026-03-02 09:00")
    days: int = 90
    groups: tuple[DescribedGroup, ...] = ()
    waiting: int = 0
    """Messages of another account that wait already, of the same priority."""
    weight: int = 1
    """Of that account."""
    expires_after_ms: int = 0
    seed: int = 1
    zone: ZoneInfo = SHANGHAI

    def rehearsal(self) -> Rehearsal:
        """The same as a load of a rehearsal."""
        at = (self.begins_at_ms,)
        loads: list[Load] = []
        if self.waiting:
            loads.append(
                Batch(kind=Kind(name="waiting", priority=BULK, account_id=2), at_ms=at, messages=self.waiting)
            )
        kind = Kind(
            name="batch", priority=BULK, parts=self.parts, to=self.to, expires_after_ms=self.expires_after_ms
        )
        loads.append(Batch(kind=kind, at_ms=at, messages=self.messages))
        return Rehearsal(
            seed=self.seed,
            begins_at_ms=self.begins_at_ms,
            ends_at_ms=self.begins_at_ms + self.days * DAY_MS,
            zone=self.zone,
            sims=self.sims,
            groups=self.groups,
            accounts=(
                DescribedAccount(account_id=1, name="box"),
                DescribedAccount(account_id=2, name="other", weight=self.weight),
            ),
            loads=tuple(loads),
        )

    def batch(self) -> BatchToSend:
        """The same as it is asked about."""
        return BatchToSend(
            messages=self.messages,
            parts=self.parts,
            priority=BULK,
            destinations=self.to,
            expires_at_ms=self.begins_at_ms + self.expires_after_ms if self.expires_after_ms else None,
        )

    def forecast_sims(self) -> list[ForecastSim]:
        """The SIMs as the forecast takes them, with nothing used yet."""
        groups = {
            each.name: GroupStanding(
                id=number,
                name=each.name,
                strategy=each.strategy,
                usage=Usage(each.plan, now_ms=self.begins_at_ms),
            )
            for number, each in enumerate(self.groups, 1)
        }
        return [
            ForecastSim(
                standing=SimStanding(
                    sim_id=each.sim_id,
                    name=each.name,
                    plan=each.plan,
                    usage=Usage(
                        each.plan,
                        now_ms=self.begins_at_ms,
                        first_sent_at_ms=each.sends_since_ms or None,
                    ),
                    group=groups.get(each.group or ""),
                    carrier_id=each.carrier,
                ),
                part_ms=each.latency_ms,
                tries=100 / (100 - each.error_percent),
            )
            for each in self.sims
        ]

    def queue(self) -> list[Pile]:
        """What waits already."""
        if not self.waiting:
            return []
        return [Pile(messages=self.waiting, priority=BULK, account_id=2, since_ms=self.begins_at_ms)]
