"""Swaps as they are kept and as they are shown."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from appliance.desk.technician import port_named
from appliance.policy.swap import Line, Swap, SwapStep
from appliance.store import sims, swaps
from appliance.store.ports import Port
from appliance.store.swaps import Rest, SwapRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapView:
    """A swap as a person is shown it."""

    id: int
    swap: Swap
    said: Line
    """What is the case, and what to do now."""
    began_at_ms: int
    ended_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored swap with how its SIMs rested before."""

    id: int
    swap: Swap
    rests: Mapping[int, Rest]
    began_at_ms: int
    ended_at_ms: int | None


def shown(connection: sqlite3.Connection, swap_id: int) -> SwapView:
    kept = kept_swap(connection, swap_id)
    assert kept is not None
    swap = kept.swap
    port = port_named(connection, swap.port_name)
    names = {
        role: "" if sim_id is None else sims.get(connection, sim_id).name
        for role, sim_id in (("old", swap.old_sim_id), ("new", swap.new_sim_id))
    }
    args: dict[str, str | int] = {"port": swap.port_name if port is None else called(port), **names}
    code, more = swap.said or (f"swap.{swap.step}", {})
    return SwapView(
        id=kept.id,
        swap=swap,
        said=(code, {**args, **more}),
        began_at_ms=kept.began_at_ms,
        ended_at_ms=kept.ended_at_ms,
    )


def kept_swap(connection: sqlite3.Connection, swap_id: int) -> Kept | None:
    row = swaps.get(connection, swap_id)
    return None if row is None else of_row(row)


def of_row(row: SwapRow) -> Kept:
    state: dict[str, Any] = json.loads(row.state)
    said = state["said"]
    swap = Swap(
        port_name=row.port_name,
        step=SwapStep(row.step),
        old_sim_id=row.old_sim_id,
        new_sim_id=row.new_sim_id,
        said=None if said is None else (said[0], said[1]),
        test_run=state["test_run"],
        done=tuple([(code, args) for code, args in state["done"]]),
    )
    rests = {int(sim_id): Rest(**rest) for sim_id, rest in state["rests"].items()}
    return Kept(row.id, swap, rests, row.began_at_ms, row.ended_at_ms)


def state_of(swap: Swap, rests: Mapping[int, Rest]) -> str:
    return swaps.as_json(
        {
            "said": swap.said,
            "test_run": swap.test_run,
            "done": swap.done,
            "rests": {str(sim_id): asdict(rest) for sim_id, rest in rests.items()},
        }
    )


def called(port: Port) -> str:
    return port.label or port.name
