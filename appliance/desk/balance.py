"""Balances as pages and commands see them: what is known of each SIM, asking anew, thresholds.

The asking itself is :mod:`appliance.desk.balance_round`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance.desk import audit
from appliance.desk.carriers import Table, carrier_of_sim, table
from appliance.desk.low_balance import amount_of, judge, low_balance, threshold
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.who import Who
from appliance.policy.balance import Amount, read_amount
from appliance.policy.carriers import Carrier
from appliance.policy.reason import Reason
from appliance.store import balance, money, sims
from appliance.store.balance import Cause, Question, QuestionState, Reading
from appliance.store.money import LowRest, OwnMoney
from appliance.store.sims import Sim
from appliance.store.writer import GroupCommitWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceStanding:
    """What is known of the money on one SIM."""

    sim: Sim
    carrier: Carrier | None
    amount: Amount | None
    """The newest that could be read."""
    amount_at_ms: int | None
    latest: Reading | None
    """The newest answer, whose text is shown where no amount was found in it."""
    question: Question | None
    """The newest question, open or over."""
    own: OwnMoney
    low_below: int | None
    """The threshold that holds, in smallest units; None: a low balance only warns."""
    low: LowRest | None
    """Since when it rests for its balance."""

    @property
    def reason(self) -> Reason | None:
        """Why it rests, or what became of the newest question where that is no answer."""
        if self.low is not None:
            return low_balance(self.sim, self.low)
        if self.question is None or self.question.state is QuestionState.ANSWERED:
            return None
        return Reason(self.question.reason, {"sim": self.sim.name, **self.question.reason_args})


def standing(connection: sqlite3.Connection, sim: Sim, entries: Table | None = None) -> BalanceStanding:
    """The money of one SIM; ``entries`` spares reading the carriers again for each of many."""
    carrier = carrier_of_sim(table(connection) if entries is None else entries, sim)
    latest = next(iter(balance.readings(connection, sim.id, limit=1)), None)
    known = balance.latest_amount(connection, sim.id)
    own = money.own_money(connection, sim.id)
    return BalanceStanding(
        sim=sim,
        carrier=carrier,
        amount=None if known is None else amount_of(known),
        amount_at_ms=None if known is None else known.at_ms,
        latest=latest,
        question=balance.latest_question(connection, sim.id),
        own=own,
        low_below=threshold(own, carrier),
        low=money.low_rest(connection, sim.id),
    )


def standings(connection: sqlite3.Connection) -> tuple[BalanceStanding, ...]:
    """The same of every SIM that is not forgotten."""
    entries = table(connection)
    return tuple(
        standing(connection, each, entries)
        for each in sims.list_sims(connection)
        if each.forgotten_at_ms is None
    )


def readings(connection: sqlite3.Connection, sim_id: int, *, limit: int = 20) -> list[Reading]:
    """What was read of a SIM, newest first, with what the carrier said."""
    return balance.readings(connection, sim_id, limit=limit)


def ask(writer: GroupCommitWriter, who: Who, sim: Sim, *, now_ms: int) -> Question:
    """A person wants the balance: at once, by day or night. Who wants it while a question is open gets that one."""

    def change(connection: sqlite3.Connection) -> Question:
        by = audit.name_of(connection, who)
        question_id = balance.want(connection, sim.id, cause=Cause.PERSON, by=by, now_ms=now_ms)
        args = {"sim": sim.name}
        audit.note(connection, who, "event.technician.balance-asked", args, now_ms=now_ms, sim_id=sim.id)
        wanted = balance.question(connection, question_id)
        assert wanted is not None
        return wanted

    return writer.write_blocking(change)


def question(connection: sqlite3.Connection, question_id: int) -> Question | None:
    """How far a question is."""
    return balance.question(connection, question_id)


def amount_in(carrier: Carrier | None, units: int) -> Amount:
    """Smallest units as the money of a carrier; of one that is not known, as yuan."""
    return Amount(units, "CNY", 2) if carrier is None else Amount(units, carrier.currency, carrier.decimals)


def read_threshold(text: str, carrier: Carrier | None) -> int | Refusal:
    """An amount as people write it ("5", "5.00"), in smallest units."""
    units = read_amount(text, 2 if carrier is None else carrier.decimals)
    return Refusal((Mistake("/below", "problem.amount", {"value": text[:60]}),)) if units is None else units


def set_low_balance(
    writer: GroupCommitWriter,
    who: Who,
    sim_id: int,
    *,
    below: int | None,
    never_rests: bool = False,
    now_ms: int,
) -> bool:
    """The threshold of a SIM in smallest units; None: its carrier's. ``never_rests``: a low balance only warns.

    What was read last counts at once. False: there is no such SIM.
    """

    def change(connection: sqlite3.Connection) -> bool:
        sim = sims.find(connection, sim_id)
        if sim is None:
            return False
        carrier = carrier_of_sim(table(connection), sim)
        money.set_low_balance(connection, sim_id, low_below=below, never_rests=never_rests)
        code, args = "event.technician.low-balance-as-carrier", {"sim": sim.name}
        if never_rests:
            code = "event.technician.low-balance-never"
        elif below is not None:
            code = "event.technician.low-balance"
            args["amount"] = str(amount_in(carrier, below))
        audit.note(connection, who, code, args, now_ms=now_ms, sim_id=sim_id)
        judge(connection, sim, carrier, now_ms=now_ms)
        return True

    return writer.write_blocking(change)
