"""What the desk and the pool ask again and again walks an index."""

from __future__ import annotations

import pytest

from appliance.store import keep_alive, queue, sims
from tests.money.desks import Desk


@pytest.mark.parametrize(
    ("query", "values", "index"),
    [
        (keep_alive.LAST_SPENT, (1,), "parts_of_sim"),
        (queue.HEADS_PINNED, (1, True, 1), "messages_pinned"),
        (sims.TERMS, (1,), "low_balance_rests"),
    ],
)
def test_no_table_is_walked_and_nothing_is_sorted(desk: Desk, query: str, values: object, index: str) -> None:
    plan = [row["detail"] for row in desk.reader.execute(f"EXPLAIN QUERY PLAN {query}", values)]  # type: ignore[arg-type]
    assert any(index in each for each in plan)
    assert not [each for each in plan if each.startswith("SCAN") or "TEMP B-TREE" in each], plan
