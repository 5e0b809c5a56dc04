"""The forecast of a batch from the box as it is: a few bounded questions to the database, then the policy in virtual
time (:mod:`appliance.policy.forecast_run`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace

from appliance.desk.carriers import table
from appliance.desk.sims import SimBook
from appliance.policy.forecast import BatchToSend, Forecast
from appliance.policy.forecast_queue import Pile
from appliance.policy.forecast_run import ForecastSim, forecast
from appliance.store import accounts, waiting
from appliance.store.waiting import Sampled, Waiting

USUAL_PART_MS = 3_000
"""From the submission of a part to its answer where a box has sent nothing of late."""

OF_LATE_MS = 7 * 86_400_000
MOST_TRIES = 5.0
"""A SIM of which more is refused rests soon, and is judged no worse here."""

MOST_PILES = 60
"""Lanes that are told apart; of more, the smallest are taken together by priority and account."""


def forecast_batch(
    connection: sqlite3.Connection, book: SimBook, batch: BatchToSend, now_ms: int
) -> Forecast:
    """What would become of ``batch`` if it were put into the queue at ``now_ms``."""
    return forecast(
        sims_of(connection, book, now_ms),
        piles_of_queue(connection, book, now_ms),
        batch,
        now_ms,
        weights=accounts.weights(connection),
    )


def sims_of(connection: sqlite3.Connection, book: SimBook, now_ms: int) -> list[ForecastSim]:
    """The SIMs in the box, and how they fared of late; one without a sending of late as the others."""
    currencies = {each.carrier.id: each.carrier.currency for each in table(connection)}
    fared = {
        each.sim_id: waiting.fared(connection, each.sim_id, now_ms - OF_LATE_MS) for each in book.standings
    }
    known = [each.mean_ms for each in fared.values() if each.mean_ms is not None]
    usual_ms = sum(known) // len(known) if known else USUAL_PART_MS
    found = []
    for standing in book.standings:
        its = fared[standing.sim_id]
        found.append(
            ForecastSim(
                standing=standing,
                part_ms=max(1, usual_ms if its.mean_ms is None else its.mean_ms),
                tries=min(MOST_TRIES, its.parts / its.took) if its.took else 1.0,
                currency=currencies.get(standing.carrier_id, ""),
            )
        )
    return found


def piles_of_queue(connection: sqlite3.Connection, book: SimBook, now_ms: int) -> list[Pile]:
    """What waits, in piles of like messages."""
    sim_ids = [each.sim_id for each in book.standings]
    piles = [pile for found in waiting.due(connection) for pile in _piles(found, now_ms)]
    piles += [pile for found in waiting.pinned(connection, sim_ids) for pile in _piles(found, now_ms)]
    piles += [pile for found in waiting.later(connection) for pile in _piles(found, now_ms)]
    return _few(piles)


def _piles(found: Waiting, now_ms: int) -> Iterator[Pile]:
    """The messages of a lane, those with a deadline apart: by how many of the sample have one."""
    sample = found.sample
    if not sample:
        return
    limited = [each for each in sample if each.expires_at_ms is not None]
    free = [each for each in sample if each.expires_at_ms is None]
    expiring = round(found.count * len(limited) / len(sample))
    for messages, some in ((expiring, limited), (found.count - expiring, free)):
        if messages and some:
            yield _pile(messages, found.priority, some, now_ms)


def _pile(messages: int, priority: int, sample: Sequence[Sampled], now_ms: int) -> Pile:
    first, last = sample[0], sample[-1]
    deadlines = sorted(each.expires_at_ms for each in sample if each.expires_at_ms is not None)
    due_at_ms = max(0, min(each.not_before_ms for each in sample))
    return Pile(
        messages=messages,
        # Whole parts of each: the sum over a long pile is what matters, and rounding up is on the safe side.
        parts=max(1, round(sum(each.parts_total for each in sample) / len(sample))),
        priority=priority,
        account_id=first.account_id,
        destination=first.destination,
        since_ms=max(first.accepted_at_ms, first.not_before_ms),
        newest_ms=max(last.accepted_at_ms, last.not_before_ms),
        due_at_ms=due_at_ms if due_at_ms > now_ms else 0,
        expires_at_ms=deadlines[len(deadlines) // 2] if deadlines else None,
        sticky_sim_id=first.sticky_sim_id,
        pinned_sim_id=first.pinned_sim_id,
        is_to_known=first.sticky_sim_id is not None,
    )


def _few(piles: list[Pile]) -> list[Pile]:
    """Many small piles as fewer, without their destination, conversation and deadline."""
    if len(piles) <= MOST_PILES:
        return piles
    piles.sort(key=lambda each: -each.messages)
    kept, rest = piles[:MOST_PILES], piles[MOST_PILES:]
    joined: dict[tuple[int, int, int | None, int], Pile] = {}
    for pile in rest:
        key = (pile.priority, pile.account_id, pile.pinned_sim_id, pile.due_at_ms)
        same = joined.get(key)
        joined[key] = (
            replace(pile, destination="", sticky_sim_id=None, expires_at_ms=None)
            if same is None
            else replace(same, messages=same.messages + pile.messages)
        )
    return kept + list(joined.values())
