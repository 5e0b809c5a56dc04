"""The forecast of a batch from the box as it is: a few bounded questions to the database, then the policy in virtual
time (:mod:`appliance.policy.forecast_run`)."""

from __future__ import annotations

import sqlite3

from appliance.desk.sims import SimBook
from appliance.policy.forecast import BatchToSend, Forecast


def forecast_batch(
    connection: sqlite3.Connection, book: SimBook, batch: BatchToSend, now_ms: int
) -> Forecast:
    """What would become of ``batch`` if it were put into the queue at ``now_ms``."""
    return Forecast(asked_at_ms=now_ms, batch=batch, unsent=batch.messages)
