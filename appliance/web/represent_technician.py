"""What a technician sees, as the objects of the API."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.desk.balance import BalanceStanding
from appliance.desk.carriers import Entry
from appliance.desk.keep_alive import KeepAliveStanding
from appliance.desk.low_balance import amount_of
from appliance.desk.sims import SimBook, SimOnWall
from appliance.desk.swap_rows import SwapView
from appliance.policy.balance import Amount
from appliance.policy.reason import Reason
from appliance.store.balance import Reading
from appliance.store.commands import Course, Said
from appliance.store.keep_alive import Proof
from appliance.store.loop_tests import LoopTest
from appliance.store.pins import PinStatus
from appliance.store.ports import Port
from appliance.web.breaker import breaker_object, breaker_of
from appliance.web.moment import rfc3339
from appliance.web.objects import common, sims
from appliance.web.represent import reason_object, sim_object, sim_on_wall_object
from appliance.web.words import Words


def command_object(command_id: int, course: Course, words: Words) -> sims.Command:
    """A command of a port: ``state`` is waiting, running, done or failed."""
    answer = course.answer
    state = "running" if course.began else "waiting"
    if answer is not None:
        state = "done" if answer.ok else "failed"
    return {
        "id": command_id,
        "command": course.command.value,
        "port": course.port_name,
        "state": state,
        "progress": None if course.progress is None else said_object(course.progress, words),
        "reason": None if answer is None else said_object(answer.said, words),
        "text": None if answer is None else answer.text,
        "links": {"self": f"/api/v1/commands/{command_id}"},
    }


def said_object(said: Said, words: Words) -> common.Said:
    """A sentence."""
    return {"code": said.code, "text": words.sentence(said.code, said.args)}


def pin_object(status: PinStatus, words: Words) -> sims.Pin:
    """How a PIN stands; itself it is never given back."""
    args = {
        "at_ms": status.at_ms,
        "tries_left": "?" if status.tries_left is None else status.tries_left,
    }
    return {
        "state": status.state.value,
        "text": words.sentence(f"pin.{status.state}", args),
        "tries_left": status.tries_left,
        "at": rfc3339(status.at_ms),
    }


def sim_in_full(sim: SimOnWall, port: Port | None, money: BalanceStanding, words: Words) -> sims.Sim:
    """A SIM with where it is and what is on it."""
    return {
        **sim_on_wall_object(sim, words),
        "port": None
        if port is None
        else {"id": port.id, "port": port.name, "label": port.label, "state": port.state},
        "carrier": None if money.carrier is None else {"id": money.carrier.id, "name": money.carrier.name},
        "balance": None if money.amount is None else amount_object(money.amount, money.amount_at_ms),
        "rests_for_balance": money.low is not None,
        "breaker": breaker_object(breaker_of(sim.card, words)),
        "first_seen_at": rfc3339(sim.card.first_seen_at_ms),
        "last_seen_at": rfc3339(sim.card.last_seen_at_ms),
        "links": {"self": f"/api/v1/sims/{sim.card.id}"},
    }


def amount_object(amount: Amount, at_ms: int | None) -> sims.Amount:
    """Money: ``units`` of the smallest unit, of which ``decimals`` digits stand after the point."""
    return {
        "units": amount.units,
        "decimals": amount.decimals,
        "currency": amount.currency,
        "text": str(amount),
        "at": rfc3339(at_ms),
    }


def balance_object(money: BalanceStanding, readings: Iterable[Reading], words: Words) -> sims.Balance:
    """The balance of a SIM, the question that is open, and what was read before."""
    question = money.question
    return {
        "balance": None if money.amount is None else amount_object(money.amount, money.amount_at_ms),
        "low_below_units": money.low_below,
        "rests": money.low is not None,
        "never_rests": money.own.never_rests,
        "reason": _reason(money.reason, words),
        "question": None
        if question is None
        else {
            "id": question.id,
            "state": question.state.value,
            "cause": question.cause.value,
            "tries": question.tries,
            "wanted_at": rfc3339(question.wanted_at_ms),
            "done_at": rfc3339(question.done_at_ms),
        },
        "readings": [
            {
                "at": rfc3339(each.at_ms),
                "amount": None if (amount := amount_of(each)) is None else amount_object(amount, each.at_ms),
                "text": each.raw,
            }
            for each in readings
        ],
    }


def keep_alive_object(standing: KeepAliveStanding, proofs: Iterable[Proof], words: Words) -> sims.KeepAlive:
    """By when a SIM must spend something, and the proofs that it did."""
    return {
        "every_days": standing.every_days,
        "last_spent_at": rfc3339(standing.last_spent_ms),
        "due_at": rfc3339(standing.due_ms),
        "planned_at": rfc3339(standing.planned_ms),
        "stuck": _reason(standing.stuck, words),
        "proofs": [
            {
                "state": each.state.value,
                "message": each.message_id,
                "to": each.recipient,
                "due_at": rfc3339(each.due_ms),
                "tried_at": rfc3339(each.tried_at_ms),
                "sent_at": rfc3339(each.sent_at_ms),
                "delivered_at": rfc3339(each.delivered_at_ms),
                "received_at": rfc3339(each.received_at_ms),
                "reason": {"code": each.reason, "text": words.sentence(each.reason, each.reason_args)},
            }
            for each in proofs
        ],
    }


def loop_test_object(test: LoopTest, book: SimBook, words: Words) -> sims.LoopTest:
    """One message of a loop test; ``passed`` is null until it is over."""
    return {
        "id": test.id,
        "run": test.run,
        "from": sim_object(test.from_sim_id, book),
        "to": sim_object(test.to_sim_id, book),
        "began_at": rfc3339(test.began_at_ms),
        "sent_at": rfc3339(test.sent_at_ms),
        "delivered_at": rfc3339(test.delivered_at_ms),
        "received_at": rfc3339(test.received_at_ms),
        "done_at": rfc3339(test.done_at_ms),
        "passed": None if test.done_at_ms is None else test.passed,
        "reason": None
        if test.result is None
        else {"code": test.result, "text": words.sentence(test.result, test.result_args)},
    }


def swap_object(view: SwapView, book: SimBook, words: Words) -> sims.Swap:
    """A guided swap: ``reason`` says what is the case and what to do now, ``actions`` what may be chosen."""
    swap = view.swap
    port = next((each for each in book.ports if each.name == swap.port_name), None)
    code, args = view.said
    return {
        "id": view.id,
        "port": None if port is None else port.id,
        "step": swap.step.value,
        "reason": {"code": code, "text": words.sentence(code, args)},
        "actions": [each.value for each in swap.actions],
        "old_sim": sim_object(swap.old_sim_id, book),
        "new_sim": sim_object(swap.new_sim_id, book),
        "loop_test": swap.test_run,
        "done": [{"code": code, "text": words.sentence(code, args)} for code, args in swap.done],
        "began_at": rfc3339(view.began_at_ms),
        "ended_at": rfc3339(view.ended_at_ms),
        "links": {"self": f"/api/v1/swaps/{view.id}"},
    }


def carrier_object(entry: Entry) -> dict[str, object]:
    """An entry of the table of carriers, with its fields as they are written."""
    return {
        "id": entry.carrier.id,
        "is_built_in": entry.is_built_in,
        "is_edited": entry.is_edited,
        **entry.members,
    }


def _reason(reason: Reason | None, words: Words) -> common.Reason | None:
    return None if reason is None else reason_object(reason, words)
