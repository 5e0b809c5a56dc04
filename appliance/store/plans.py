"""What people give a SIM of its own: its plan; without any it has the box's."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from appliance.store.sims import Sim

COLUMNS = (
    "minimum_gap_ms",
    "gap_jitter_percent",
    "parts_per_minute",
    "parts_per_hour",
    "parts_per_day",
    "parts_per_month",
    "recipients_per_month",
    "parts_per_recipient_per_day",
    "sending_hours",
    "contract_day",
    "reserve_percent",
    "warm_up_days",
    "allowance_parts",
    "price_on_net_micros",
    "price_off_net_micros",
    "price_abroad_micros",
    "on_net_prefixes",
)

Own = Mapping[str, str | int | None]
"""By column; what is not there, or None, is as the box has it. Hours and prefixes as they are stored."""


def set_plan(connection: sqlite3.Connection, sim_id: int, own: Own) -> bool:
    """Replace all of what a SIM has of its own (None: the box's, 0: no limit); whether there is such a SIM."""
    cursor = connection.execute(
        f"UPDATE sims SET ({', '.join(COLUMNS)}) = ({', '.join('?' * len(COLUMNS))}) WHERE id = ?",
        [*(own.get(name) for name in COLUMNS), sim_id],
    )
    return cursor.rowcount == 1


def own_plan(sim: Sim) -> dict[str, str | int | None]:
    """What a SIM has of its own, as :func:`set_plan` takes it."""
    return {name: getattr(sim, name) for name in COLUMNS}
