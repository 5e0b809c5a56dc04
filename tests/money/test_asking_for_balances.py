"""Questions to carriers, one step of the desk after the other; the pool's rows are written by the test."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime

import pytest

from appliance.desk import balance
from appliance.desk.balance_course import GIVES_UP_WAITING_MS
from appliance.desk.balance_round import MOST_AT_ONCE, balance_round
from appliance.desk.carriers import set_carrier
from appliance.policy.balance import BalanceRules
from appliance.sentences import sentence
from appliance.store import balance as stored
from appliance.store import sims
from appliance.store.balance import Cause
from appliance.store.errors import StoreError
from tests.money.desks import DAY_MS, HOUR_MS, NOON_MS, PERSON, ZONE, Desk

RUSSIAN = "250010000000001"
MINUTE_MS = 60_000


def go(desk: Desk, now_ms: int = NOON_MS) -> int | None:
    return balance_round(desk.tools, desk.reader, now_ms)


def ask(desk: Desk, sim_id: int, now_ms: int = NOON_MS) -> int:
    return balance.ask(desk.tools.writer, PERSON, desk.sim(sim_id), now_ms=now_ms).id


def open_asked(desk: Desk, sim_id: int, now_ms: int = NOON_MS) -> int:
    """A person's question that has just gone to the carrier."""
    question_id = ask(desk, sim_id, now_ms)
    go(desk, now_ms)
    return question_id


# -- by USSD ----------------------------------------------------------------------------------------------------


def test_a_code_is_asked_through_the_pool_and_its_answer_is_read(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    open_asked(desk, sim_id)
    [asked] = desk.rows("SELECT port_name, command, args, asked_by FROM port_commands")
    assert tuple(asked) == ("modem01", "ussd", '{"code": "*100#"}', "balance")
    assert len(desk.rings) == 1
    desk.answer_command("Balance:150.50r")
    go(desk)
    standing = balance.standing(desk.reader, desk.sim(sim_id))
    assert str(standing.amount) == "150.50 RUB"
    assert standing.question is not None
    assert standing.question.state == "answered"
    assert desk.rows("SELECT 1 FROM port_commands") == [], "an answer is deleted by who reads it"
    assert desk.messages() == []


def test_a_code_that_is_refused_says_why_and_is_tried_again_later(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    open_asked(desk, sim_id)
    desk.answer_command("", ok=False, code="ussd.not-supported")
    assert go(desk) == NOON_MS + 30 * MINUTE_MS
    [question] = desk.questions()
    assert (question["state"], question["reason"]) == ("wanted", "ussd.not-supported")
    for each in (1, 2):
        go(desk, NOON_MS + each * 31 * MINUTE_MS)
        desk.answer_command("", ok=False, code="ussd.not-supported")
        go(desk, NOON_MS + each * 31 * MINUTE_MS)
    [question] = desk.questions()
    assert (question["state"], question["tries"]) == ("failed", 3)
    assert go(desk, NOON_MS + 5 * HOUR_MS) is not None, "the next one is by the schedule"


def test_a_pool_that_never_answers_ends_the_try(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    question_id = ask(desk, sim_id)
    due_ms = go(desk)
    assert due_ms is not None
    assert go(desk, due_ms - 1) == due_ms
    go(desk, due_ms)
    question = stored.question(desk.reader, question_id)
    assert question is not None
    assert question.reason == "balance.no-answer"
    assert desk.rows("SELECT 1 FROM port_commands") == []


def test_an_answer_without_an_amount_is_kept_and_shown(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    open_asked(desk, sim_id)
    desk.answer_command("1. Tariffs 2. Services")
    go(desk)
    standing = balance.standing(desk.reader, desk.sim(sim_id))
    assert standing.amount is None
    assert standing.latest is not None
    assert standing.latest.raw == "1. Tariffs 2. Services"
    assert standing.reason is not None
    assert standing.reason.code == "balance.no-amount"


# -- by message -------------------------------------------------------------------------------------------------


def test_a_message_goes_through_the_one_door_pinned_to_its_sim(desk: Desk) -> None:
    desk.add_sim(2)
    sim_id = desk.add_sim(1)
    open_asked(desk, sim_id)
    [message] = desk.messages()
    assert (message["recipient"], message["text"], message["source"]) == ("10086", "YE", "balance")
    assert (message["via_sim_id"], message["pinned_sim_id"], message["state"]) == (sim_id, sim_id, "queued")
    assert message["expires_at_ms"] > NOON_MS
    go(desk)
    assert len(desk.messages()) == 1, "one question is one message"


def test_its_answer_is_known_by_sim_sender_and_time_and_stays_in_the_inbox(desk: Desk) -> None:
    sim_id, other = desk.add_sim(1), desk.add_sim(2)
    desk.receive(sim_id, "10086", "您的账户余额为99.99元", NOON_MS - 1000)
    open_asked(desk, sim_id)
    desk.set_message("sent", NOON_MS + 1000)
    desk.receive(other, "10086", "您的账户余额为88.88元", NOON_MS + 2000)
    desk.receive(sim_id, "10010", "您的账户余额为77.77元", NOON_MS + 2000)
    desk.receive(sim_id, "10086", "您的账户余额为6", NOON_MS + 2000, complete=False)
    desk.receive(sim_id, "10086", "【中国移动】优惠多多，回复KT开通", NOON_MS + 3000)
    assert go(desk, NOON_MS + 3000) == NOON_MS + 301_000
    seq = desk.receive(sim_id, "1008611", "您的账户余额为12.34元", NOON_MS + 4000)
    go(desk, NOON_MS + 4000)
    [reading] = balance.readings(desk.reader, sim_id)
    assert (reading.units, reading.inbound_seq, reading.raw) == (1234, seq, "您的账户余额为12.34元")
    assert len(desk.rows("SELECT 1 FROM inbound_messages")) == 6


def test_an_answer_that_is_not_understood_is_shown_when_the_time_is_over(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    open_asked(desk, sim_id)
    desk.set_message("sent", NOON_MS)
    desk.receive(sim_id, "10086", "尊敬的客户，系统繁忙", NOON_MS + 1000)
    go(desk, NOON_MS + 301_000)
    [reading] = balance.readings(desk.reader, sim_id)
    assert (reading.units, reading.raw) == (None, "尊敬的客户，系统繁忙")
    go(desk, NOON_MS + 301_000)
    assert [each["text"] for each in desk.messages()] == ["YE", "CXYE"], "the other code is tried at once"


@pytest.mark.parametrize("state", ["failed", "expired"])
def test_a_question_that_can_not_be_sent_is_tried_another_way(desk: Desk, state: str) -> None:
    sim_id = desk.add_sim(1)
    open_asked(desk, sim_id)
    desk.set_message(state, NOON_MS + 1000)
    assert go(desk, NOON_MS + 1000) == NOON_MS + 1000
    go(desk, NOON_MS + 1000)
    assert [each["text"] for each in desk.messages()] == ["YE", "CXYE"]


def test_no_question_is_asked_without_end(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    stored_id = ask(desk, sim_id)
    now_ms = NOON_MS
    for _ in range(40):
        go(desk, now_ms)
        [row] = desk.rows("SELECT state FROM messages ORDER BY seq DESC LIMIT 1")
        if row["state"] == "queued":
            desk.set_message("sent", now_ms)
        now_ms += 10 * MINUTE_MS
    assert len(desk.messages()) == 3
    question = stored.question(desk.reader, stored_id)
    assert question is not None
    assert (question.state, question.reason) == ("failed", "balance.no-answer")


def test_a_message_and_what_is_known_of_it_are_stored_together_or_not_at_all(desk: Desk) -> None:
    desk.write(
        lambda connection: connection.execute(
            """
            CREATE TRIGGER no_note BEFORE UPDATE OF message_id ON balance_questions
            WHEN new.message_id IS NOT NULL BEGIN SELECT raise(ABORT, 'stopped here'); END
            """
        )
    )
    sim_id = desk.add_sim(1)
    ask(desk, sim_id)
    with pytest.raises((sqlite3.Error, StoreError)):
        go(desk)
    assert desk.messages() == []
    assert [(row["state"], row["tries"]) for row in desk.questions()] == [("wanted", 0)]
    desk.write(lambda connection: connection.execute("DROP TRIGGER no_note"))
    go(desk)
    [message] = desk.messages()
    assert [row["message_id"] for row in desk.questions()] == [message["id"]]


def test_who_asked_for_a_balance_is_written_down(desk: Desk) -> None:
    ask(desk, desk.add_sim(1))
    [(code, args)] = desk.acts()
    assert code == "event.technician.balance-asked"
    assert args["who"] == "page"
    assert "{" not in sentence(code, args)


def test_a_message_whose_row_is_gone_is_not_asked_at_once_again(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    question_id = open_asked(desk, sim_id)
    desk.write(
        lambda connection: (
            connection.execute(
                "UPDATE balance_questions SET message_id = NULL WHERE id = ?", (question_id,)
            ).rowcount
        )
    )
    go(desk, NOON_MS + MINUTE_MS)
    assert len(desk.messages()) == 1
    seq = desk.receive(sim_id, "10086", "余额5.00元", NOON_MS + 2 * MINUTE_MS)
    go(desk, NOON_MS + 2 * MINUTE_MS)
    assert balance.readings(desk.reader, sim_id)[0].inbound_seq == seq


def test_the_pattern_of_the_table_reads_what_words_can_not(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    query = {"method": "sms", "to": "10086", "text": "YE", "pattern": "剩(?P<amount>[0-9.]+)块"}
    set_carrier(
        desk.tools.writer,
        PERSON,
        "china-mobile",
        {"name": "移动", "imsi": ["46000"], "queries": [query]},
        now_ms=NOON_MS,
    )
    open_asked(desk, sim_id)
    desk.set_message("sent", NOON_MS)
    desk.receive(sim_id, "10086", "话费还剩8.8块，余额宝有100元", NOON_MS)
    go(desk)
    assert balance.readings(desk.reader, sim_id)[0].units == 880


# -- when -------------------------------------------------------------------------------------------------------


def test_each_sim_is_asked_once_a_day_by_daylight(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN, seen_ms=NOON_MS - 2 * DAY_MS)
    go(desk)
    go(desk)
    desk.answer_command("Balance 100.00")
    go(desk)
    due_ms = go(desk)
    assert [each["cause"] for each in desk.questions()] == ["schedule"]
    assert due_ms == NOON_MS + DAY_MS
    go(desk, NOON_MS + 23 * HOUR_MS)
    assert len(desk.questions()) == 1
    go(desk, NOON_MS + DAY_MS)
    assert len(desk.questions()) == 2
    assert balance.standing(desk.reader, desk.sim(sim_id)).amount is not None


def test_a_new_sim_is_left_alone_for_a_day(desk: Desk) -> None:
    desk.add_sim(1)
    assert go(desk, NOON_MS + MINUTE_MS) == NOON_MS + DAY_MS
    assert desk.questions() == []


def test_the_box_does_not_ask_by_night_and_a_person_may(desk: Desk) -> None:
    sim_id = desk.add_sim(1, seen_ms=NOON_MS - 2 * DAY_MS)
    night_ms = NOON_MS + 11 * HOUR_MS
    due_ms = go(desk, night_ms)
    assert due_ms is not None
    assert datetime.fromtimestamp(due_ms / 1000, ZONE).hour == 8
    assert desk.questions() == []
    desk.write(lambda connection: stored.want_because_empty(connection, sim_id, night_ms))
    assert go(desk, night_ms) == due_ms
    assert desk.messages() == []
    ask(desk, sim_id, night_ms)
    go(desk, night_ms)
    assert len(desk.messages()) == 1
    assert len(desk.questions()) == 1, "the person's wish goes with the question that waited"


def test_not_all_sims_are_asked_in_one_minute(desk: Desk) -> None:
    for number in range(1, 9):
        desk.add_sim(number, seen_ms=NOON_MS - 2 * DAY_MS)
    go(desk)
    assert len(desk.questions()) == MOST_AT_ONCE


def test_a_schedule_of_nought_asks_nothing(desk: Desk) -> None:
    desk.add_sim(1, seen_ms=NOON_MS - 2 * DAY_MS)
    tools = replace(desk.tools, balance=BalanceRules(every_h=0))
    assert balance_round(tools, desk.reader, NOON_MS) is None
    assert desk.questions() == []


def test_a_sim_that_is_not_ready_is_waited_for_and_then_given_up(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    desk.set_state(1, "no-network")
    ask(desk, sim_id)
    assert go(desk) is not None
    assert desk.messages() == []
    go(desk, NOON_MS + GIVES_UP_WAITING_MS + 1)
    [question] = desk.questions()
    assert (question["state"], question["reason"]) == ("failed", "balance.not-ready")


def test_a_message_waits_for_the_end_of_a_rest_and_a_person_is_told(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    until_ms = NOON_MS + 15 * MINUTE_MS
    desk.write(
        lambda connection: sims.rest(
            connection, sim_id, until_ms=until_ms, reason="sim.rests-after-refusals", args={}
        )
    )
    desk.write(lambda connection: stored.want_because_empty(connection, sim_id, NOON_MS))
    assert go(desk) == until_ms
    assert desk.messages() == []
    go(desk, until_ms)
    assert [each["recipient"] for each in desk.messages()] == ["10086"]

    other = desk.add_sim(2)
    desk.write(
        lambda connection: sims.rest(connection, other, until_ms=sims.UNTIL_RESUMED_MS, reason="", args={})
    )
    question_id = ask(desk, other)
    go(desk)
    question = stored.question(desk.reader, question_id)
    assert question is not None
    assert (question.state, question.reason) == ("failed", "balance.resting")


def test_a_code_is_asked_while_the_sim_rests(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi=RUSSIAN)
    desk.write(
        lambda connection: sims.rest(connection, sim_id, until_ms=sims.UNTIL_RESUMED_MS, reason="", args={})
    )
    open_asked(desk, sim_id)
    assert len(desk.rows("SELECT 1 FROM port_commands")) == 1


def test_whose_sim_it_is_has_to_be_known(desk: Desk) -> None:
    sim_id = desk.add_sim(1, imsi="999990000000001")
    desk.write(
        lambda connection: connection.execute("UPDATE sims SET iccid = '8901000000000000001'").rowcount
    )
    ask(desk, sim_id)
    go(desk)
    reason = balance.standing(desk.reader, desk.sim(sim_id)).reason
    assert reason is not None
    assert reason.code == "balance.no-carrier"


def test_an_empty_sim_is_asked_once_an_hour_at_most(desk: Desk) -> None:
    sim_id = desk.add_sim(1)

    def refused(at_ms: int) -> bool:
        return desk.write(lambda connection: stored.want_because_empty(connection, sim_id, at_ms))

    assert refused(NOON_MS)
    assert not refused(NOON_MS + MINUTE_MS)
    [question] = desk.questions()
    assert question["cause"] == Cause.EMPTY
