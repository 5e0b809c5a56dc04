"""The messages that keep SIMs in use, step by step of the desk; the pool's rows are written by the test."""

from __future__ import annotations

import itertools
import json
import sqlite3
from dataclasses import replace

import pytest

from appliance.desk import keep_alive
from appliance.desk.keep_alive_round import CONFIRMED_WITHIN_MS, RECEIVED_WITHIN_MS, keep_alive_round
from appliance.desk.tools import Tools
from appliance.policy.keep_alive import KeepAliveRules
from appliance.sentences import sentence
from appliance.store import keep_alive as stored
from appliance.store import money
from appliance.store.errors import StoreError
from appliance.store.keep_alive import ProofState
from tests.money.desks import DAY_MS, HOUR_MS, NOON_MS, PERSON, Desk
from tests.store.stored import add_message, send

FIRST, SECOND = "+8613800000001", "+8613800000002"
LONG_AGO_MS = NOON_MS - 100 * DAY_MS
MINUTE_MS = 60_000


def go(desk: Desk, now_ms: int = NOON_MS, **rules: object) -> int | None:
    tools: Tools = desk.tools
    if rules:
        tools = replace(tools, keep_alive=replace(KeepAliveRules(), **rules))  # type: ignore[arg-type]
    return keep_alive_round(tools, desk.reader, now_ms)


def due_sim(desk: Desk, number: int = 1, msisdn: str | None = FIRST) -> int:
    """A SIM that should have spent something ten days ago."""
    sim_id = desk.add_sim(number, msisdn=msisdn, seen_ms=LONG_AGO_MS)
    assert keep_alive.set_every_days(desk.tools.writer, PERSON, sim_id, 90, now_ms=NOON_MS)
    return sim_id


def standing(desk: Desk, sim_id: int, now_ms: int = NOON_MS) -> keep_alive.KeepAliveStanding:
    tools = desk.tools
    found = keep_alive.standings(
        desk.reader,
        tools.keep_alive,
        home_region=tools.rules.home_region,
        default_plan=tools.plan,
        zone=tools.zone,
        now_ms=now_ms,
    )
    return next(each for each in found if each.sim.id == sim_id)


def test_a_message_goes_to_the_other_sim_and_its_arrival_is_the_proof(desk: Desk) -> None:
    sim_id, other = due_sim(desk), desk.add_sim(2, msisdn="13800000002")
    go(desk)
    [message] = desk.messages()
    assert (message["recipient"], message["source"]) == (SECOND, "keep-alive")
    assert (message["via_sim_id"], message["parts_total"], message["delivery_report"]) == (sim_id, 1, 1)
    go(desk)
    assert len(desk.messages()) == 1, "one is under way"
    desk.set_message("sent", NOON_MS + 1000)
    go(desk, NOON_MS + 1000)
    [proof] = keep_alive.proofs(desk.reader, sim_id)
    assert (proof.state, proof.sent_at_ms, proof.to_sim_id) == (ProofState.SENT, NOON_MS + 1000, other)
    seq = desk.receive(other, FIRST, message["text"], NOON_MS + 2000)
    go(desk, NOON_MS + 2000)
    [proof] = keep_alive.proofs(desk.reader, sim_id)
    assert (proof.state, proof.inbound_seq, proof.received_at_ms) == (
        ProofState.PROVED,
        seq,
        NOON_MS + 2000,
    )
    assert proof.message_id == message["id"]
    assert desk.events() == ["keep-alive.proved"]


def test_a_report_is_proof_where_the_other_sim_shows_nothing(desk: Desk) -> None:
    sim_id = due_sim(desk)
    desk.add_sim(2, msisdn=SECOND)
    go(desk)
    desk.set_message("delivered", NOON_MS + 1000)
    go(desk, NOON_MS + 2000)
    assert keep_alive.proofs(desk.reader, sim_id)[0].state is ProofState.SENT
    go(desk, NOON_MS + 2000 + RECEIVED_WITHIN_MS)
    proof = keep_alive.proofs(desk.reader, sim_id)[0]
    assert (proof.state, proof.delivered_at_ms) == (ProofState.PROVED, NOON_MS + 1000)


def test_what_nobody_confirms_is_called_so(desk: Desk) -> None:
    sim_id = due_sim(desk)
    go(desk, fallback="+8613912345678")
    desk.set_message("sent", NOON_MS)
    go(desk, NOON_MS + CONFIRMED_WITHIN_MS + 1)
    assert keep_alive.proofs(desk.reader, sim_id)[0].state is ProofState.UNCONFIRMED


def test_a_message_that_failed_is_tried_by_another_way(desk: Desk) -> None:
    sim_id = due_sim(desk)
    desk.add_sim(2, msisdn=SECOND)
    desk.add_sim(3, msisdn="+8613800000003", imsi="460010000000001")
    go(desk)
    desk.set_message("failed", NOON_MS + 1000)
    go(desk, NOON_MS + 1000)
    assert keep_alive.proofs(desk.reader, sim_id)[0].state is ProofState.FAILED
    go(desk, NOON_MS + HOUR_MS)
    assert len(desk.messages()) == 1, "not at once"
    go(desk, NOON_MS + 5 * HOUR_MS)
    assert [each["recipient"] for each in desk.messages()] == [SECOND, "+8613800000003"]


def test_what_can_not_be_done_is_told_once_and_shown(desk: Desk) -> None:
    sim_id = due_sim(desk)
    go(desk)
    go(desk, NOON_MS + HOUR_MS)
    assert desk.events() == ["keep-alive.no-number"]
    stuck = standing(desk, sim_id).stuck
    assert stuck is not None
    assert stuck.code == "keep-alive.no-number"
    desk.set_state(1, "no-network")
    go(desk, NOON_MS + 2 * HOUR_MS)
    assert desk.events() == ["keep-alive.no-number", "keep-alive.not-ready"]
    assert desk.messages() == []


def test_a_sim_that_rests_for_its_balance_is_not_made_to_spend(desk: Desk) -> None:
    sim_id = due_sim(desk)
    desk.add_sim(2, msisdn=SECOND)
    desk.write(lambda connection: money.rest_low(connection, sim_id, "0.10 CNY", NOON_MS))
    go(desk)
    assert desk.messages() == []
    assert desk.events() == ["keep-alive.low-balance"]


def test_it_is_told_before_the_date_passes(desk: Desk) -> None:
    sim_id = desk.add_sim(1, seen_ms=NOON_MS - 87 * DAY_MS)
    keep_alive.set_every_days(desk.tools.writer, PERSON, sim_id, 90, now_ms=NOON_MS)
    due_ms = standing(desk, sim_id).due_ms
    assert due_ms == NOON_MS + 3 * DAY_MS
    now_ms = NOON_MS
    while not desk.events():
        now_ms = go(desk, now_ms) or now_ms
    assert now_ms < due_ms - DAY_MS


def test_any_message_to_a_real_number_counts_as_spending(desk: Desk) -> None:
    sim_id = due_sim(desk)
    desk.add_sim(2, msisdn=SECOND)
    [port] = desk.rows("SELECT id FROM ports WHERE sim_id = ?", sim_id)

    def sent(connection: sqlite3.Connection, recipient: str, at_ms: int) -> None:
        add_message(connection, recipient=recipient)
        send(connection, (sim_id, port["id"]), 7, at_ms)

    desk.write(lambda connection: sent(connection, "10086", NOON_MS - DAY_MS))
    assert stored.last_spent_ms(desk.reader, sim_id) is None, "what is free keeps no SIM alive"
    desk.write(lambda connection: sent(connection, "+8613912345678", NOON_MS - 2 * DAY_MS))
    assert stored.last_spent_ms(desk.reader, sim_id) == NOON_MS - 2 * DAY_MS + 100
    due_ms = go(desk)
    assert due_ms is not None
    assert due_ms > NOON_MS + 80 * DAY_MS
    assert [each["source"] for each in desk.messages()] == ["cli", "cli"]


@pytest.mark.parametrize(
    ("own", "of_box", "holds"), [(None, 0, 0), (None, 180, 180), (0, 180, 0), (30, 180, 30)]
)
def test_what_a_person_says_of_a_sim_goes_before_the_settings(
    desk: Desk, own: int | None, of_box: int, holds: int
) -> None:
    sim_id = desk.add_sim(1)
    assert keep_alive.set_every_days(desk.tools.writer, PERSON, sim_id, own, now_ms=NOON_MS)
    found = keep_alive.standings(
        desk.reader,
        KeepAliveRules(every_days=of_box),
        home_region="CN",
        default_plan=desk.tools.plan,
        zone=desk.tools.zone,
        now_ms=NOON_MS,
    )
    assert found[0].every_days == holds
    assert (found[0].due_ms is None) == (holds == 0)


def test_there_is_no_such_sim(desk: Desk) -> None:
    assert not keep_alive.set_every_days(desk.tools.writer, PERSON, 99, 30, now_ms=NOON_MS)


def test_a_message_and_its_proof_are_stored_together_or_not_at_all(desk: Desk) -> None:
    due_sim(desk)
    desk.add_sim(2, msisdn=SECOND)
    desk.write(
        lambda connection: connection.execute(
            """
            CREATE TRIGGER no_note BEFORE UPDATE OF message_id ON keep_alive_proofs
            BEGIN SELECT raise(ABORT, 'stopped here'); END
            """
        )
    )
    with pytest.raises((sqlite3.Error, StoreError)):
        go(desk)
    assert desk.messages() == []
    assert desk.rows("SELECT 1 FROM keep_alive_proofs") == []


def test_who_set_how_often_a_sim_is_used_is_written_down(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    for days in (90, 0, None):
        keep_alive.set_every_days(desk.tools.writer, PERSON, sim_id, days, now_ms=NOON_MS)
    assert [code.removeprefix("event.technician.") for code, _ in desk.acts()] == [
        "keep-alive",
        "keep-alive-never",
        "keep-alive-as-carrier",
    ]
    assert all(args["who"] == "page" and "{" not in sentence(code, args) for code, args in desk.acts())


def test_a_try_whose_message_is_gone_makes_no_second_message(desk: Desk) -> None:
    sim_id = due_sim(desk)
    desk.add_sim(2, msisdn=SECOND)
    desk.write(
        lambda connection: stored.begin(
            connection, sim_id=sim_id, due_ms=NOON_MS, recipient=SECOND, to_sim_id=2, now_ms=NOON_MS
        )
    )
    go(desk, NOON_MS + MINUTE_MS)
    go(desk, NOON_MS + HOUR_MS)
    assert desk.messages() == []


def test_many_sims_are_used_one_after_the_other(desk: Desk) -> None:
    """An hour of rounds, each at the instant that the one before asked for."""
    for number in range(1, 9):
        due_sim(desk, number, f"+861380000{number:04d}")
    now_ms = NOON_MS
    sent_at: list[int] = []
    while now_ms < NOON_MS + HOUR_MS:
        before = len(desk.messages())
        due_ms = go(desk, now_ms)
        if len(desk.messages()) > before:
            sent_at.append(now_ms)
            desk.set_message("delivered", now_ms)
        assert due_ms is not None
        now_ms = max(due_ms, now_ms + 1)
    assert len(sent_at) == 6
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent_at)]
    assert min(gaps) >= 10 * MINUTE_MS
    assert len({json.dumps(each["text"]) for each in desk.messages()}) == 6
