"""The limits that a person or an application sets for one SIM."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.desk.fields import Kind, WholeNumber
from appliance.store import plans
from appliance.store.writer import GroupCommitWriter

_LARGEST_LIMIT = 1_000_000

PLAN_FIELDS: dict[str, Kind] = {
    "minimum_gap_ms": WholeNumber(0, 24 * 3600 * 1000),
    "parts_per_minute": WholeNumber(0, _LARGEST_LIMIT),
    "parts_per_hour": WholeNumber(0, _LARGEST_LIMIT),
    "parts_per_day": WholeNumber(0, _LARGEST_LIMIT),
}
"""Every member of ``PUT /api/v1/sims/{id}/plan``. ``null``: what the box's settings say; 0: no limit."""


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
