"""A SIM with too little on it rests, tells so, may still ask its carrier, and goes on when there is more."""

from __future__ import annotations

import sqlite3

from appliance.desk import balance
from appliance.desk.balance_round import balance_round
from appliance.desk.carriers import reset_carrier, set_carrier
from appliance.desk.mistake import Refusal
from appliance.desk.sims import read_book, reason_of
from appliance.policy.choice import Allowed, SimStanding, Wait, WaitingMessage, verdict
from appliance.policy.plan import Plan
from appliance.policy.reason import Reason
from appliance.policy.usage import Usage
from appliance.policy.why import why_waiting
from appliance.pool.card import Card
from appliance.pool.dispatch import advance
from appliance.pool.scheduler import scheduler_of
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Nothing, Submit
from appliance.sentences import sentence
from appliance.store import messages, money, sims
from tests.money.desks import NOON_MS, PERSON, Desk
from tests.store.stored import add_message

RUSSIAN = "250010000000001"
LOW = Reason("sim.low-balance", {"sim": "A"})
HOURLY = Plan(parts_per_hour=1)


def read(desk: Desk, sim_id: int, said: str, now_ms: int = NOON_MS) -> None:
    """The carrier says what is on a SIM."""
    balance.ask(desk.tools.writer, PERSON, desk.sim(sim_id), now_ms=now_ms)
    balance_round(desk.tools, desk.reader, now_ms)
    desk.answer_command(said)
    balance_round(desk.tools, desk.reader, now_ms)


def set_below(desk: Desk, sim_id: int, below: int | None, *, never_rests: bool = False) -> None:
    assert balance.set_low_balance(
        desk.tools.writer, PERSON, sim_id, below=below, never_rests=never_rests, now_ms=NOON_MS
    )


def rests(desk: Desk, sim_id: int) -> bool:
    return money.low_rest(desk.reader, sim_id) is not None


def test_below_its_threshold_it_rests_and_above_it_goes_on(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    set_below(desk, sim_id, 500)
    read(desk, sim_id, "Balance 4.99")
    assert rests(desk, sim_id)
    read(desk, sim_id, "Balance 4.00", NOON_MS + 1000)
    assert rests(desk, sim_id)
    assert desk.events() == ["sim.low-balance"], "told once"
    read(desk, sim_id, "Balance 5.00", NOON_MS + 2000)
    assert not rests(desk, sim_id)
    assert desk.events() == ["sim.low-balance", "balance.enough-again"]


def test_who_set_a_threshold_or_edited_the_table_is_written_down(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    set_below(desk, sim_id, 500)
    set_below(desk, sim_id, None)
    set_below(desk, sim_id, None, never_rests=True)
    set_carrier(desk.tools.writer, PERSON, "mine", {"name": "Mine", "imsi": ["99999"]}, now_ms=NOON_MS)
    reset_carrier(desk.tools.writer, PERSON, "mine", now_ms=NOON_MS)
    told = desk.acts()
    assert [code.removeprefix("event.technician.") for code, _ in told] == [
        "low-balance",
        "low-balance-as-carrier",
        "low-balance-never",
        "carrier",
        "carrier-reset",
    ]
    assert told[0][1]["amount"] == "5.00 RUB"
    assert all(args["who"] == "page" and "{" not in sentence(code, args) for code, args in told)


def test_it_says_what_is_left_since_when_and_what_to_do(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    set_below(desk, sim_id, 500)
    read(desk, sim_id, "Balance 1.20")
    seq = desk.write(lambda connection: add_message(connection, recipient="+8613912345678"))
    message = messages.page(desk.reader, limit=1)[0]
    assert message.seq == seq
    reason = reason_of(desk.reader, message, read_book(desk.reader, Plan(), NOON_MS), NOON_MS)
    assert reason.code == "sim.low-balance"
    said = sentence(reason.code, reason.args)
    assert "1.20 RUB" in said
    assert "Top it up" in said
    assert "{" not in said


def test_the_threshold_of_the_carrier_counts_for_sims_without_one_of_their_own(desk: Desk) -> None:
    first, second = desk.add_sim(1, imsi=RUSSIAN), desk.add_sim(2, imsi=RUSSIAN)
    set_below(desk, second, 100)
    for sim_id in (first, second):
        read(desk, sim_id, "Balance 3.00")
    assert desk.events() == ["balance.low-warning"], "without any threshold it only warns"
    members = {"name": "MTS", "imsi": ["25001"], "currency": "RUB", "low_balance": "5"}
    set_carrier(desk.tools.writer, PERSON, "mts-ru", members, now_ms=NOON_MS)
    assert rests(desk, first), "what was read last counts at once"
    assert not rests(desk, second)
    set_below(desk, first, None, never_rests=True)
    assert not rests(desk, first)


def test_an_answer_that_is_not_clear_changes_nothing(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    set_below(desk, sim_id, 500)
    read(desk, sim_id, "Balance 1.00")
    read(desk, sim_id, "1. Tariffs 2. Services", NOON_MS + 1000)
    assert rests(desk, sim_id)


def test_an_amount_is_read_as_people_write_it() -> None:
    assert balance.read_threshold("5", None) == 500
    assert balance.read_threshold("-3.5", None) == -350
    assert isinstance(balance.read_threshold("five", None), Refusal)


# -- nothing passes the rest but the question that ends it ------------------------------------------------------


def test_only_a_question_passes_only_that_rest() -> None:
    low = SimStanding(sim_id=1, name="A", low_balance=LOW)
    question = WaitingMessage(parts=1, pinned_sim_id=1, asks_balance=True)
    assert verdict(low, question, NOON_MS) == Allowed()
    assert verdict(low, WaitingMessage(parts=1), NOON_MS) == Wait(LOW)
    assert verdict(low, WaitingMessage(parts=1, pinned_sim_id=1), NOON_MS) == Wait(LOW)
    resting = SimStanding(sim_id=1, name="A", low_balance=LOW, resting_until_ms=NOON_MS + 1)
    assert isinstance(verdict(resting, question, NOON_MS), Wait)
    away = SimStanding(sim_id=1, name="A", low_balance=LOW, port_state="no-network")
    assert isinstance(verdict(away, question, NOON_MS), Wait)
    full = SimStanding(
        sim_id=1, name="A", low_balance=LOW, plan=HOURLY, usage=Usage(HOURLY, [NOON_MS - 1000])
    )
    held = verdict(full, question, NOON_MS)
    assert isinstance(held, Wait)
    assert held.reason.code == "sim.at-limit.hour"


def test_where_all_are_low_it_is_said_of_all() -> None:
    low = [SimStanding(sim_id=each, name=str(each), low_balance=LOW) for each in (1, 2)]
    assert why_waiting(WaitingMessage(parts=1), low, NOON_MS).code == "message.all-low-balance"
    assert why_waiting(WaitingMessage(parts=1), low[:1], NOON_MS) == LOW
    mixed = [low[0], SimStanding(sim_id=2, name="2")]
    assert why_waiting(WaitingMessage(parts=1), mixed, NOON_MS).code == "message.next"


def _take(desk: Desk, sim_id: int, settings: PoolSettings) -> object:
    def change(connection: sqlite3.Connection) -> object:
        card = Card.of(sims.get(connection, sim_id), 1)
        step = advance(
            connection,
            card,
            None,
            None,
            take=True,
            now_ms=NOON_MS,
            settings=settings,
            scheduler=scheduler_of(settings),
        )
        return step.next

    return desk.write(change)


def test_the_pool_sends_the_question_and_holds_all_else(desk: Desk) -> None:
    settings = PoolSettings(
        database=desk.tools.database,
        doorbell=desk.tools.database.parent / "pool.sock",
        port_patterns=(),
    )
    sim_id = desk.add_sim(1)
    desk.write(lambda connection: money.rest_low(connection, sim_id, "1.20 CNY", NOON_MS))
    assert sims.rests_for_balance(desk.reader, sim_id)
    desk.write(lambda connection: add_message(connection, recipient="+8613912345678", priority=0))
    desk.write(lambda connection: add_message(connection, via_sim_id=sim_id, source="keep-alive", priority=0))
    waiting = _take(desk, sim_id, settings)
    assert isinstance(waiting, Nothing)
    assert waiting.others_may
    balance.ask(desk.tools.writer, PERSON, desk.sim(sim_id), now_ms=NOON_MS)
    balance_round(desk.tools, desk.reader, NOON_MS)
    taken = _take(desk, sim_id, settings)
    assert isinstance(taken, Submit)
    assert taken.submitted.work.reservation.message.recipient == "10086"


def test_another_sim_is_no_help_while_it_rests_for_its_balance(desk: Desk) -> None:
    first, second = desk.add_sim(1), desk.add_sim(2)
    assert sims.others_ready(desk.reader, frozenset({first}), NOON_MS)
    desk.write(lambda connection: money.rest_low(connection, second, "0.00 CNY", NOON_MS))
    assert not sims.others_ready(desk.reader, frozenset({first}), NOON_MS)
