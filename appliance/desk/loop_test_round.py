"""The steps of loop tests by the clock: put the message into the queue, learn from what arrived, say how it ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from appliance.desk import audit
from appliance.desk.loop_test import LIMIT_MS
from appliance.desk.mistake import Refusal
from appliance.desk.numbers import read_recipient
from appliance.desk.sims import read_book, reason_of
from appliance.desk.submission import Submission
from appliance.desk.submit import submit
from appliance.desk.tools import Tools, first
from appliance.desk.who import Source, Who
from appliance.policy.reason import Reason
from appliance.store import events, loop_tests, messages, sims
from appliance.store.events import EventKind
from appliance.store.life import MessageState
from appliance.store.loop_tests import AlreadyBegunError, LoopTest
from appliance.store.messages import Message
from appliance.store.numbers import same_subscriber
from appliance.store.sims import NumberSource

REPORT_GRACE_MS = 15_000
"""So long the report is awaited of a message that has arrived."""

LOOK_AGAIN_MS = 1_000

EXPIRES_LATER_S = 60
"""A message that never went ends by itself so long after its test, which says before that what it waited for."""


def advance(tools: Tools, connection: sqlite3.Connection, now_ms: int) -> int | None:
    """Do what is due for the tests that are open; when to look again. A duty of the desk's rounds."""
    due = [_Step(tools, connection, test, now_ms).take() for test in loop_tests.open_tests(connection)]
    return first(*due)


@dataclass(frozen=True, slots=True)
class _Step:
    """One look at one test."""

    tools: Tools
    connection: sqlite3.Connection
    test: LoopTest
    now_ms: int

    def take(self) -> int | None:
        if self.test.message_seq is None:
            return self._begin()
        message = messages.of_seq(self.connection, self.test.message_seq)
        if message is None:
            return self._end("loop-test.not-sent", {})
        self._note(message)
        ended = judge(self.test, message, self.now_ms)
        return self.now_ms + LOOK_AGAIN_MS if ended is None else self._end(ended, self._args(ended, message))

    # -- beginning --------------------------------------------------------------------------------------------

    def _begin(self) -> int | None:
        test = self.test
        receiver = sims.get(self.connection, test.to_sim_id)
        if receiver.msisdn is None:
            teachers = [
                each for each in loop_tests.open_tests(self.connection) if each.from_sim_id == receiver.id
            ]
            if not teachers or self.now_ms >= test.ends_at_ms:
                return self._end("loop-test.number-unknown", {})
            return self.now_ms + LOOK_AGAIN_MS
        submission = Submission(
            to=receiver.msisdn,
            text=loop_tests.text_of(test.token),
            validity_s=LIMIT_MS // 1000 + EXPIRES_LATER_S,
            via_sim_id=test.from_sim_id,
        )
        number = receiver.msisdn

        def also(connection: sqlite3.Connection, message: Message) -> None:
            loop_tests.note_begun(
                connection,
                test.id,
                message_seq=message.seq,
                recipient=number,
                now_ms=self.now_ms,
                limit_ms=LIMIT_MS,
            )

        tools = self.tools
        try:
            sent = submit(
                tools.writer,
                tools.rules,
                submission,
                Who(Source.LOOP_TEST),
                now_ms=self.now_ms,
                ring=tools.ring,
                also=also,
            )
        except AlreadyBegunError:
            return self.now_ms + LOOK_AGAIN_MS
        if isinstance(sent, Refusal):
            mistake = sent.mistakes[0]
            plain = {key: str(value) for key, value in mistake.args.items()}
            return self._end("loop-test.refused", {**plain, "why": mistake.code})
        return self.now_ms + LOOK_AGAIN_MS

    # -- on its way -------------------------------------------------------------------------------------------

    def _note(self, message: Message) -> None:
        """What became of the message, and what was learnt from it."""
        test = self.test
        delivered_at_ms = message.finished_at_ms if message.state is MessageState.DELIVERED else None
        learns = test.received_at_ms is not None and self._can_learn()
        if (message.sent_at_ms, delivered_at_ms) == (test.sent_at_ms, test.delivered_at_ms) and not learns:
            return

        def change(connection: sqlite3.Connection) -> None:
            loop_tests.note_progress(
                connection, test.id, sent_at_ms=message.sent_at_ms, delivered_at_ms=delivered_at_ms
            )
            if learns:
                self._learn(connection)

        self.tools.writer.write_blocking(change)

    def _number_of_sender(self) -> str | None:
        """In E.164, as the network told it; None where it told no number."""
        number = read_recipient(self.test.sender or "", self.tools.rules.home_region)
        return number if isinstance(number, str) and number.startswith("+") else None

    def _can_learn(self) -> bool:
        sender = sims.get(self.connection, self.test.from_sim_id)
        return sender.msisdn is None and self._number_of_sender() is not None

    def _learn(self, connection: sqlite3.Connection) -> None:
        sender = sims.get(connection, self.test.from_sim_id)
        number = self._number_of_sender()
        if sender.msisdn is not None or number is None:
            return
        sims.set_number(connection, sender.id, number, NumberSource.LOOP_TEST)
        events.add(
            connection,
            EventKind.LOOP_TEST,
            "event.number-learnt",
            {"sim": f"…{sender.identity[-6:]}", "number": audit.masked_number(number)},
            at_ms=self.now_ms,
            sim_id=sender.id,
        )

    # -- its end ----------------------------------------------------------------------------------------------

    def _args(self, result: str, message: Message) -> dict[str, str | int]:
        test = self.test
        args: dict[str, str | int] = {}
        if result == "loop-test.never-began":
            why = self._why_waiting(message)
            args |= {**why.args, "why": why.code}
        elif result in ("loop-test.not-sent", "loop-test.not-delivered", "loop-test.unclear"):
            args |= {name: _plain(value) for name, value in message.reason_args.items()}
            args["why"] = message.reason
        if test.received_at_ms is not None:
            args["received_s"] = _seconds(test.began_at_ms, test.received_at_ms)
        if test.received_sim_id is not None:
            args["other"] = sims.get(self.connection, test.received_sim_id).name
        return args

    def _why_waiting(self, message: Message) -> Reason:
        book = read_book(self.connection, self.tools.plan, self.now_ms)
        return reason_of(self.connection, message, book, self.now_ms)

    def _end(self, result: str, args: Mapping[str, str | int]) -> int | None:
        test = self.test
        sender, receiver = (
            sims.get(self.connection, test.from_sim_id),
            sims.get(self.connection, test.to_sim_id),
        )
        told = self._number_of_sender()
        differs = told is not None and sender.msisdn is not None and not same_subscriber(told, sender.msisdn)
        if result == "loop-test.passed" and differs:
            result = "loop-test.passed-other-number"
        said = {**args, "from": sender.name, "to": receiver.name, "told": told or ""}
        self.tools.writer.write_blocking(partial(self._write_end, result=result, said=said))
        return None

    def _write_end(
        self, connection: sqlite3.Connection, *, result: str, said: Mapping[str, str | int]
    ) -> None:
        if not loop_tests.end(connection, self.test.id, result, said, self.now_ms):
            return
        shown = {name: value for name, value in said.items() if name != "told"}
        if result == "loop-test.passed-other-number":
            shown["told"] = audit.masked_number(str(said["told"]))
        for sim_id in {self.test.from_sim_id, self.test.to_sim_id}:
            events.add(connection, EventKind.LOOP_TEST, result, shown, at_ms=self.now_ms, sim_id=sim_id)


_NOT_SENT = frozenset({MessageState.FAILED, MessageState.EXPIRED, MessageState.CANCELLED})

_AT_THE_END: Mapping[MessageState, str] = {
    MessageState.HELD: "loop-test.never-began",
    MessageState.QUEUED: "loop-test.never-began",
    MessageState.SENDING: "loop-test.unclear",
    MessageState.UNCERTAIN: "loop-test.unclear",
    MessageState.SENT: "loop-test.not-received",
    MessageState.DELIVERED: "loop-test.delivered-elsewhere",
}
"""What a test says that is out of time, by the state of its message."""


def judge(test: LoopTest, message: Message, now_ms: int) -> str | None:
    """How a test has ended, as a code; None while it goes on. Pure."""
    if test.received_at_ms is not None:
        if test.received_sim_id != test.to_sim_id:
            return "loop-test.wrong-number"
        reported = message.state in (MessageState.DELIVERED, MessageState.UNDELIVERED)
        if reported or now_ms - test.received_at_ms >= REPORT_GRACE_MS:
            return "loop-test.passed"
        return None
    if message.state in _NOT_SENT:
        return "loop-test.not-sent"
    if message.state is MessageState.UNDELIVERED:
        return "loop-test.not-delivered"
    return _AT_THE_END[message.state] if now_ms >= test.ends_at_ms else None


def _seconds(begin_ms: int, end_ms: int) -> str:
    return f"{max(0, end_ms - begin_ms) / 1000:.1f}"


def _plain(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)
