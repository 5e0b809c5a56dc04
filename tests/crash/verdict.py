"""What the network took against what the box says, by brute force on the network's own ledger.

It knows tables and states, and nothing of how the pool works.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from appliance.modem.simulator.ledger import HandsetText, LedgerEvent, LedgerRecord, handset_texts

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000

CAME = frozenset({"sent", "delivered", "undelivered"})
PERHAPS = frozenset({"uncertain"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a SIM may do, in the network's own clock. 0: no limit."""

    gap_ms: int = 0
    minute: int = 0
    hour: int = 0
    day: int = 0


def rows(database: Path, query: str, *values: object) -> list[sqlite3.Row]:
    """What a query reads."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query, values).fetchall()


def assert_none_lost_and_none_doubled(
    database: Path, ledger: Iterable[LedgerRecord], submitted: Mapping[str, str]
) -> Counter[str]:
    """What was accepted (recipient → text) against the database, and the database against what handsets got.

    Returns how many messages are in each state. What is called sent came whole and once; what is called uncertain once
    or not at all; what is called anything else not at all.
    """
    by_recipient: dict[str, list[HandsetText]] = defaultdict(list)
    for text in handset_texts(ledger):
        by_recipient[text.recipient].append(text)
    stored = rows(database, "SELECT recipient, text, state, reason FROM messages WHERE source = 'api'")
    known = Counter(row["recipient"] for row in stored)
    assert dict.fromkeys(submitted, 1) == known, "what was answered with 202 is there, once"
    for row in stored:
        came = by_recipient.pop(row["recipient"], [])
        whole = [each.text for each in came if not each.missing]
        told = (row["recipient"], row["state"], row["reason"], whole)
        assert row["text"] == submitted[row["recipient"]], told
        assert not [each for each in came if each.doubled], told
        if row["state"] in CAME:
            assert whole == [row["text"]], told
        elif row["state"] in PERHAPS:
            assert len(came) <= 1, told
        else:
            assert not whole, told
    assert not by_recipient, "the network took what the database does not know"
    return Counter(row["state"] for row in stored)


def taken(ledger: Iterable[LedgerRecord]) -> dict[str, list[int]]:
    """When the network took each part, by the card that it came through; ascending."""
    instants: dict[str, list[int]] = defaultdict(list)
    for record in ledger:
        if record.event is LedgerEvent.ACCEPTED:
            instants[record.iccid].append(record.at_ms)
    return {iccid: sorted(each) for iccid, each in instants.items()}


def most_in(instants: list[int], window_ms: int) -> int:
    """The most that any closed window of that length holds."""
    most, first = 0, 0
    for last, at_ms in enumerate(instants):
        while at_ms - instants[first] > window_ms:
            first += 1
        most = max(most, last - first + 1)
    return most


def assert_no_plan_exceeded(ledger: Iterable[LedgerRecord], limits: Mapping[str, Limits]) -> None:
    """Each window and gap of each card (by ICCID) against the instants at which the network took its parts."""
    for iccid, instants in taken(ledger).items():
        plan = limits[iccid]
        for window_ms, most in ((MINUTE_MS, plan.minute), (HOUR_MS, plan.hour), (DAY_MS, plan.day)):
            assert not most or most_in(instants, window_ms) <= most, (iccid, window_ms, most)
        shortest = min((after - before for before, after in pairwise(instants)), default=plan.gap_ms)
        assert shortest >= plan.gap_ms, (iccid, shortest, plan.gap_ms)
