"""When carriers are asked for balances: the desk's work by the clock.

The box asks each SIM once a day by daylight, when a SIM is refused like one that ran out, and when a person wants it.
"""

from __future__ import annotations

import sqlite3
from functools import partial

from appliance.desk.balance_course import LOOK_AGAIN_MS, Course
from appliance.desk.carriers import Table, carrier_of_sim, table
from appliance.desk.tools import Tools, first, ready_ports
from appliance.policy.balance import (
    asked_next_ms,
    daytime_from,
)
from appliance.store import balance, sims
from appliance.store.balance import Cause
from appliance.store.sims import Sim

MOST_AT_ONCE = 3
"""Questions of the box's own that are open at a time: the SIMs of a box need not all ask in one minute."""


def balance_round(tools: Tools, reader: sqlite3.Connection, now_ms: int) -> int | None:
    """Ask what is due, hear what was answered; when there is something to do next."""
    entries = table(reader)
    cards = {each.id: each for each in sims.list_sims(reader) if each.forgotten_at_ms is None}
    due = _schedule(tools, reader, entries, cards, now_ms)
    for each in balance.open_questions(reader):
        card = cards.get(each.sim_id)
        carrier = None if card is None else carrier_of_sim(entries, card)
        due = first(due, Course(tools, reader, each, card, carrier, now_ms).go_on())
    return due


def _schedule(
    tools: Tools, reader: sqlite3.Connection, entries: Table, cards: dict[int, Sim], now_ms: int
) -> int | None:
    """Want the balances that are due; when the next one is."""
    rules = tools.balance
    if rules.every_h <= 0:
        return None
    last = balance.last_wanted(reader)
    open_ones = {each.sim_id for each in balance.open_questions(reader)}
    free = MOST_AT_ONCE - len(open_ones)
    ready = ready_ports(reader)
    due: int | None = None
    for sim_id in ready:
        card = cards.get(sim_id)
        carrier = None if card is None else carrier_of_sim(entries, card)
        if card is None or sim_id in open_ones or carrier is None or not carrier.queries:
            continue
        at_most = min(each.at_most_every_h for each in carrier.queries)
        at_ms = asked_next_ms(last.get(sim_id), card.first_seen_at_ms, at_most, rules)
        if at_ms is None:
            continue
        at_ms = daytime_from(max(at_ms, now_ms), tools.zone, rules.from_hour, rules.to_hour)
        if at_ms > now_ms or free <= 0:
            due = first(due, max(at_ms, now_ms + LOOK_AGAIN_MS))
            continue
        free -= 1
        tools.writer.write_blocking(partial(balance.want, sim_id=sim_id, cause=Cause.SCHEDULE, now_ms=now_ms))
    return due
