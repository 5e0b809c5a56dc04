"""Cancel, send again, mark as sent: along the life of a message, and race-free against the pool."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.desk.actions import Action, act, act_on_several, possible_actions
from appliance.desk.submission import Submission
from appliance.desk.submit import Rules, submit
from appliance.desk.who import Source, Who
from appliance.store import messages, ports, sending, sims
from appliance.store.database import connect, prepare
from appliance.store.life import MessageState, may_step
from appliance.store.messages import Message
from appliance.store.sending import Said
from appliance.store.undo import MARKED_SENT, RESENT, RESENT_SOON
from appliance.store.writer import GroupCommitWriter
from tests.store.stored import next_for

NOW_MS = 1_760_000_000_000
THREE_PARTS = "第一段" * 50


class Desk:
    """A box with one SIM, and the two sides that write to its database."""

    def __init__(self, database: Path) -> None:
        prepare(database)
        self.office = GroupCommitWriter(database)
        self.pool = connect(database)
        with self.in_the_pool():
            condition = ports.Condition(state="ready", reason="port.ready")
            self.port_id = ports.declare(self.pool, "port 1", condition, simulated=True, now_ms=NOW_MS)
            self.sim_id = sims.register(
                self.pool, iccid="8986001", imsi=None, msisdn=None, port_name="port 1", now_ms=NOW_MS
            ).id
        self.rings = 0

    def in_the_pool(self) -> sqlite3.Connection:
        """A transaction of the other process."""
        self.pool.execute("BEGIN IMMEDIATE")
        return self.pool

    def post(self, text: str) -> Message:
        stored = submit(
            self.office,
            Rules(),
            Submission(to="10086", text=text),
            Who(Source.PAGE),
            now_ms=NOW_MS,
            ring=lambda: None,
        )
        assert isinstance(stored, Message)
        return stored

    def begin(self) -> tuple[sending.Reservation, int]:
        """The SIM takes the next message and submits its first open part."""
        with self.in_the_pool():
            queued = next_for(self.pool, self.sim_id, longest=None, now_ms=NOW_MS)
            assert queued is not None
            reservation = sending.reserve(
                self.pool,
                queued,
                sim_id=self.sim_id,
                port_id=self.port_id,
                said=Said("message.sending"),
                now_ms=NOW_MS,
            )
            part = sending.begin_part(self.pool, reservation, reservation.numbers[0], NOW_MS)
        return reservation, part

    def lose_the_answer(self, message: Message, part: int) -> None:
        with self.in_the_pool():
            sending.part_uncertain(self.pool, part, tp_mr=None, detail="no answer", now_ms=NOW_MS)
            sending.message_uncertain(self.pool, message.seq, Said("message.uncertain"), NOW_MS)

    def act(self, message: Message, action: Action) -> Message | None:
        return act(self.office, message.id, action, NOW_MS + 1, self._ring)

    def state(self, message: Message) -> MessageState:
        found = messages.get(self.pool, message.id)
        assert found is not None
        return found.state

    def _ring(self) -> None:
        self.rings += 1

    def close(self) -> None:
        self.office.close()
        self.pool.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(tmp_path / "simloft.db")) as opened:
        yield opened


def test_a_waiting_message_is_cancelled_and_no_sim_takes_it(desk: Desk) -> None:
    message = desk.post("x")
    cancelled = desk.act(message, Action.CANCEL)
    assert cancelled is not None
    assert (cancelled.state, cancelled.reason) == (MessageState.CANCELLED, "message.cancelled")
    assert cancelled.finished_at_ms == NOW_MS + 1
    assert next_for(desk.pool, desk.sim_id, longest=None, now_ms=NOW_MS) is None
    assert desk.rings == 1


def test_a_message_that_a_sim_has_taken_is_not_cancelled(desk: Desk) -> None:
    message = desk.post("x")
    desk.begin()
    assert desk.act(message, Action.CANCEL) is None
    assert desk.state(message) is MessageState.SENDING
    assert desk.rings == 0


def test_the_pool_does_not_take_what_was_cancelled_after_it_looked(desk: Desk) -> None:
    message = desk.post("x")
    queued = next_for(desk.pool, desk.sim_id, longest=None, now_ms=NOW_MS)
    assert queued is not None
    assert desk.act(message, Action.CANCEL) is not None
    with pytest.raises(sending.NotInThatStateError), desk.in_the_pool():
        sending.reserve(
            desk.pool,
            queued,
            sim_id=desk.sim_id,
            port_id=desk.port_id,
            said=Said("message.sending"),
            now_ms=NOW_MS,
        )
    assert desk.state(message) is MessageState.CANCELLED


def test_an_uncertain_message_is_sent_again_as_a_whole_if_nothing_of_it_went(desk: Desk) -> None:
    message = desk.post(THREE_PARTS)
    _, part = desk.begin()
    desk.lose_the_answer(message, part)
    again = desk.act(message, Action.RESEND)
    assert again is not None
    assert (again.state, again.pinned_sim_id) == (MessageState.QUEUED, None)
    reservation, _ = desk.begin()
    assert (reservation.attempt, reservation.numbers) == (2, (1, 2, 3))


def test_parts_that_went_are_not_sent_again(desk: Desk) -> None:
    message = desk.post(THREE_PARTS)
    reservation, first = desk.begin()
    with desk.in_the_pool():
        sending.part_accepted(desk.pool, first, 40, NOW_MS)
        second = sending.begin_part(desk.pool, reservation, 2, NOW_MS)
    desk.lose_the_answer(message, second)
    again = desk.act(message, Action.RESEND)
    assert again is not None
    assert again.pinned_sim_id == desk.sim_id
    assert desk.begin()[0].numbers == (2, 3)


def test_a_message_whose_unclear_part_was_the_last_is_marked_as_sent(desk: Desk) -> None:
    message = desk.post("x")
    _, part = desk.begin()
    desk.lose_the_answer(message, part)
    settled = desk.act(message, Action.MARK_SENT)
    assert settled is not None
    assert (settled.state, settled.sent_at_ms) == (MessageState.SENT, NOW_MS + 1)
    assert [each.state for each in messages.parts_of(desk.pool, message.seq)] == ["accepted"]


def test_the_rest_goes_when_an_unclear_part_in_the_middle_was_sent(desk: Desk) -> None:
    message = desk.post(THREE_PARTS)
    _, part = desk.begin()
    desk.lose_the_answer(message, part)
    settled = desk.act(message, Action.MARK_SENT)
    assert settled is not None
    assert (settled.state, settled.pinned_sim_id) == (MessageState.QUEUED, desk.sim_id)
    assert desk.begin()[0].numbers == (2, 3)


@pytest.mark.parametrize("action", [Action.RESEND, Action.MARK_SENT])
def test_only_an_uncertain_message_is_settled(desk: Desk, action: Action) -> None:
    message = desk.post("x")
    assert desk.act(message, action) is None
    desk.begin()
    assert desk.act(message, action) is None
    assert desk.state(message) is MessageState.SENDING


def test_the_possible_actions_are_steps_of_a_message_s_life(desk: Desk) -> None:
    leads_to = {
        Action.CANCEL: MessageState.CANCELLED,
        Action.RESEND: MessageState.QUEUED,
        Action.MARK_SENT: MessageState.SENT,
        Action.UNDO: MessageState.UNCERTAIN,
    }
    message = desk.post("x")
    for state in MessageState:
        for reason in ("message.queued", RESENT, RESENT_SOON, MARKED_SENT):
            for action in possible_actions(replace(message, state=state, reason=reason)):
                assert may_step(state, leads_to[action])
    assert possible_actions(replace(message, state=MessageState.SENDING)) == ()


def test_sending_again_is_taken_back_as_long_as_no_sim_took_it(desk: Desk) -> None:
    message = desk.post("x")
    _, part = desk.begin()
    desk.lose_the_answer(message, part)
    assert act(desk.office, message.id, Action.RESEND, NOW_MS + 1, lambda: None, time_to_undo_ms=10_000)
    waiting = messages.get(desk.pool, message.id)
    assert waiting is not None
    assert (waiting.not_before_ms, waiting.reason) == (NOW_MS + 10_001, RESENT_SOON)
    assert next_for(desk.pool, desk.sim_id, longest=None, now_ms=NOW_MS + 10_000) is None
    undone = desk.act(message, Action.UNDO)
    assert undone is not None
    assert (undone.state, undone.reason) == (MessageState.UNCERTAIN, "message.uncertain-again")
    assert desk.act(message, Action.UNDO) is None


def test_what_a_sim_has_taken_again_is_not_taken_back(desk: Desk) -> None:
    message = desk.post("x")
    _, part = desk.begin()
    desk.lose_the_answer(message, part)
    assert desk.act(message, Action.RESEND)
    desk.begin()
    assert desk.act(message, Action.UNDO) is None
    assert desk.state(message) is MessageState.SENDING


def test_that_it_was_sent_is_taken_back_with_the_very_parts_that_were_believed(desk: Desk) -> None:
    message = desk.post(THREE_PARTS)
    reservation, first = desk.begin()
    with desk.in_the_pool():
        sending.part_accepted(desk.pool, first, 40, NOW_MS)
        second = sending.begin_part(desk.pool, reservation, 2, NOW_MS)
        sending.part_accepted(desk.pool, second, 41, NOW_MS)
        third = sending.begin_part(desk.pool, reservation, 3, NOW_MS)
    desk.lose_the_answer(message, third)
    marked = desk.act(message, Action.MARK_SENT)
    assert marked is not None
    assert marked.state is MessageState.SENT
    assert possible_actions(marked) == (Action.UNDO,)
    undone = desk.act(message, Action.UNDO)
    assert undone is not None
    assert (undone.state, undone.sent_at_ms, undone.finished_at_ms) == (MessageState.UNCERTAIN, None, None)
    states = [each.state for each in messages.parts_of(desk.pool, message.seq)]
    assert states == ["accepted", "accepted", "uncertain"]


def test_several_are_settled_at_once_and_those_that_were_not_uncertain_are_told(desk: Desk) -> None:
    uncertain = desk.post("x")
    _, part = desk.begin()
    desk.lose_the_answer(uncertain, part)
    waiting = desk.post("y")
    acted = act_on_several(
        desk.office,
        [uncertain.id, waiting.id, "nothing", uncertain.id],
        Action.MARK_SENT,
        NOW_MS + 1,
        lambda: None,
    )
    assert acted.done == (uncertain.id,)
    assert acted.too_late == ((waiting.id, MessageState.QUEUED), ("nothing", None))
