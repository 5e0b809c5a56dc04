"""The limits that a person or an application sets for one SIM."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.store import plans
from appliance.store.writer import GroupCommitWriter


def set_plan(
    writer: GroupCommitWriter, sim_id: int, limits: Mapping[str, int], ring: Callable[[], None]
) -> bool:
    """Replace the limits of a SIM (see ``PLAN_FIELDS``); whether there is such a SIM.

    What was sent before counts against the new limits at once.
    """
    changed = writer.write_blocking(
        lambda connection: plans.set_plan(
            connection,
            sim_id,
            minimum_gap_ms=limits.get("minimum_gap_ms"),
            parts_per_minute=limits.get("parts_per_minute"),
            parts_per_hour=limits.get("parts_per_hour"),
            parts_per_day=limits.get("parts_per_day"),
        )
    )
    if changed:
        ring()
    return changed
