"""One question to a carrier at one instant: asked by USSD or by message, heard, read, tried again, given up.

By USSD it goes through the pool, by message to the carrier's short number through the one door, pinned to the SIM and
counted by its plan. An answer by message stays in the inbox, labelled.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial

from appliance.desk.low_balance import judge
from appliance.desk.mistake import Refusal
from appliance.desk.patterns import PatternError, search
from appliance.desk.submission import Submission
from appliance.desk.submit import submit
from appliance.desk.tools import Tools, ready_ports
from appliance.desk.who import Source, Who
from appliance.policy.balance import (
    HOUR_MS,
    LONGEST_ANSWER,
    Amount,
    daytime_from,
    find_amount,
    read_amount,
)
from appliance.policy.carriers import BalanceQuery, Carrier, QueryMethod, is_among
from appliance.store import balance, commands, events, messages
from appliance.store.balance import Cause, Question, QuestionState
from appliance.store.commands import PortCommand
from appliance.store.events import EventKind
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.store.sims import Sim

BY = "balance"
"""Who asks, in the rows of the pool."""
GIVES_UP_WAITING_MS = 6 * HOUR_MS
"""So long a question waits for its SIM to be ready."""
LOOK_AGAIN_MS = 30_000
USSD_GRACE_MS = 180_000
"""On top of the time that the network has: the pool takes a command up between two sends."""
MESSAGE_VALID_S = 1800
"""So long a question by message may wait for its SIM's plan."""

_NOT_SENT = frozenset({MessageState.FAILED, MessageState.EXPIRED, MessageState.CANCELLED})
_UNDER_WAY = frozenset({MessageState.QUEUED, MessageState.HELD, MessageState.SENDING})


@dataclass(frozen=True, slots=True)
class Course:
    """One question at one instant: each step returns when the next one is due."""

    tools: Tools
    reader: sqlite3.Connection
    question: Question
    sim: Sim | None
    carrier: Carrier | None
    now_ms: int

    def go_on(self) -> int | None:
        if self.sim is None:
            return self._ended("balance.sim-forgotten")
        if self.carrier is None:
            return self._ended("balance.no-carrier")
        if not self.carrier.queries:
            return self._ended("balance.no-query", carrier=self.carrier.name)
        if self.question.state is QuestionState.WANTED:
            return self._begin(self.sim, self.carrier)
        if self.question.method == QueryMethod.USSD:
            return self._hear_ussd()
        return self._hear_message()

    # -- asking

    def _begin(self, sim: Sim, carrier: Carrier) -> int | None:
        question, now_ms = self.question, self.now_ms
        opens_ms = self._opens_ms()
        if opens_ms > now_ms:
            return opens_ms
        port = ready_ports(self.reader).get(sim.id)
        if port is None:
            if now_ms - question.wanted_at_ms > GIVES_UP_WAITING_MS:
                return self._ended("balance.not-ready")
            return now_ms + LOOK_AGAIN_MS
        query = carrier.queries[question.tries % len(carrier.queries)]
        if query.method is QueryMethod.USSD:
            return self._ask_by_ussd(port.name, query)
        resting_until_ms = sim.resting_until_ms or 0
        if resting_until_ms > now_ms:
            return self._wait_for_rest(resting_until_ms)
        return self._ask_by_message(sim, query)

    def _opens_ms(self) -> int:
        """From when on it may be asked: later tries wait, and the box itself asks by daylight."""
        rules = self.tools.balance
        at_ms = max(self.question.next_at_ms, self.now_ms)
        if self.question.cause is Cause.PERSON:
            return at_ms
        return daytime_from(at_ms, self.tools.zone, rules.from_hour, rules.to_hour)

    def _wait_for_rest(self, until_ms: int) -> int | None:
        """A message passes no rest but that for the balance itself, so none is written that would only expire."""
        latest_ms = self.question.wanted_at_ms + GIVES_UP_WAITING_MS
        if self.question.cause is Cause.PERSON or until_ms > latest_ms:
            return self._ended("balance.resting")
        return until_ms

    def _ask_by_ussd(self, port_name: str, query: BalanceQuery) -> int:
        deadline_ms = self.now_ms + query.wait_s * 1000 + USSD_GRACE_MS

        def change(connection: sqlite3.Connection) -> None:
            command_id = commands.ask(
                connection, port_name, PortCommand.USSD, self.now_ms, args={"code": query.to}, asked_by=BY
            )
            self._note_asking(connection, query, command_id, deadline_ms)

        self.tools.writer.write_blocking(change)
        self.tools.ring()
        return deadline_ms

    def _ask_by_message(self, sim: Sim, query: BalanceQuery) -> int | None:
        deadline_ms = self.now_ms + (MESSAGE_VALID_S + query.wait_s) * 1000
        writer = self.tools.writer
        note_asking = partial(self._note_asking, query=query, command_id=None, deadline_ms=deadline_ms)

        def also(connection: sqlite3.Connection, message: Message) -> None:
            # In one transaction, so that no crash leaves a message that nobody knows of, to be asked once more.
            note_asking(connection)
            balance.note_message(connection, self.question.id, message.id)

        submission = Submission(
            to=query.to,
            text=query.text,
            delivery_report=False,
            validity_s=MESSAGE_VALID_S,
            via_sim_id=sim.id,
        )
        sent = submit(
            writer,
            self.tools.rules,
            submission,
            Who(Source.BALANCE),
            now_ms=self.now_ms,
            ring=self.tools.ring,
            also=also,
        )
        if isinstance(sent, Refusal):
            writer.write_blocking(note_asking)
            mistake = sent.mistakes[0]
            return self._try_again(mistake.code, {key: str(value) for key, value in mistake.args.items()})
        return self.now_ms + LOOK_AGAIN_MS

    def _note_asking(
        self, connection: sqlite3.Connection, query: BalanceQuery, command_id: int | None, deadline_ms: int
    ) -> None:
        balance.note_asking(
            connection,
            self.question.id,
            method=query.method.value,
            asked_of=query.to,
            command_id=command_id,
            next_at_ms=deadline_ms,
            now_ms=self.now_ms,
        )

    @property
    def _query(self) -> BalanceQuery:
        """The one of the latest try; the table may have been edited since."""
        assert self.carrier is not None
        queries = self.carrier.queries
        asked = queries[(self.question.tries - 1) % len(queries)]
        same = (each for each in queries if each.to == self.question.asked_of)
        return asked if asked.to == self.question.asked_of else next(same, asked)

    # -- hearing

    def _hear_ussd(self) -> int | None:
        command_id = self.question.command_id
        course = None if command_id is None else commands.course_of(self.reader, command_id)
        if course is not None and course.answer is None and self.now_ms < self.question.next_at_ms:
            return self.question.next_at_ms
        if command_id is not None:
            self.tools.writer.write_blocking(partial(commands.withdraw, command_id=command_id))
        if course is None or course.answer is None:
            return self._try_again("balance.no-answer", {"asked_of": self.question.asked_of or ""})
        if not course.answer.ok or not course.answer.text.strip():
            return self._try_again(course.answer.said.code, dict(course.answer.said.args))
        return self._read(course.answer.text, None)

    def _hear_message(self) -> int | None:
        question, query = self.question, self._query
        message = None if question.message_id is None else messages.get(self.reader, question.message_id)
        arrived = balance.arrived_since(self.reader, question.sim_id, question.asked_at_ms or self.now_ms)
        answers = [each for each in arrived if is_among(each.sender, query)]
        for each in answers:
            if self._amount_in(each.text, query)[0] is not None:
                return self._read(each.text, each.seq)
        gives_up_ms = self._gives_up_ms(message)
        if self.now_ms < gives_up_ms:
            return gives_up_ms
        if answers:
            return self._read(answers[-1].text, answers[-1].seq)
        was_sent = message is None or message.state not in _NOT_SENT
        return self._try_again(
            "balance.no-answer" if was_sent else "balance.not-sent", {"asked_of": query.to}
        )

    def _gives_up_ms(self, message: Message | None) -> int:
        """Until when an answer to a question by message may still come."""
        if message is None or message.state in _UNDER_WAY:
            # A message whose row is gone may have been sent all the same.
            return self.question.next_at_ms
        if message.state in _NOT_SENT:
            return self.now_ms
        return (message.sent_at_ms or message.updated_at_ms) + self._query.wait_s * 1000

    def _amount_in(self, text: str, query: BalanceQuery) -> tuple[int | None, str]:
        """The amount in an answer; where there is none, the code that says why."""
        assert self.carrier is not None
        decimals = self.carrier.decimals
        if not query.pattern:
            return find_amount(text, decimals), "balance.no-amount"
        try:
            caught = search(query.pattern, text)
        except PatternError as error:
            return None, f"problem.pattern-{error.fault}"
        return (None if caught is None else read_amount(caught, decimals)), "balance.no-amount"

    def _read(self, text: str, inbound_seq: int | None) -> int | None:
        """Keep an answer, and what follows from it. One without an amount is kept too, and another way is tried."""
        assert self.carrier is not None
        assert self.sim is not None
        sim, carrier = self.sim, self.carrier
        units, trouble = self._amount_in(text, self._query)

        def change(connection: sqlite3.Connection) -> None:
            balance.add_reading(
                connection,
                sim_id=sim.id,
                question_id=self.question.id,
                units=units,
                currency=carrier.currency,
                decimals=carrier.decimals,
                raw=text[:LONGEST_ANSWER],
                inbound_seq=inbound_seq,
                at_ms=self.now_ms,
            )
            if units is not None:
                balance.end(
                    connection,
                    self.question.id,
                    QuestionState.ANSWERED,
                    reason="balance.answered",
                    args={"balance": str(Amount(units, carrier.currency, carrier.decimals))},
                    now_ms=self.now_ms,
                )
                judge(
                    connection,
                    sim,
                    carrier,
                    now_ms=self.now_ms,
                    warn_below=self.tools.balance.warn_below,
                )

        self.tools.writer.write_blocking(change)
        if units is None:
            return self._try_again(trouble, {"asked_of": self.question.asked_of or ""})
        self.tools.ring()
        return None

    # -- ends

    def _try_again(self, reason: str, args: dict[str, str | int]) -> int | None:
        """The next way at once, all of them again later, and no more often than is allowed."""
        assert self.carrier is not None
        current = balance.question(self.reader, self.question.id) or self.question
        rules = self.tools.balance
        if current.tries >= max(rules.tries, 1):
            return self._ended(reason, **args)
        has_another_way = current.tries % len(self.carrier.queries) != 0
        next_at_ms = self.now_ms if has_another_way else self.now_ms + rules.retry_after_min * 60_000
        self.tools.writer.write_blocking(
            lambda connection: balance.want_again(connection, self.question.id, reason, args, next_at_ms)
        )
        return next_at_ms

    def _ended(self, reason: str, **args: str | int) -> int | None:
        """Nothing more is tried for this question, so nothing is due either."""
        name = "" if self.sim is None else self.sim.name

        def change(connection: sqlite3.Connection) -> None:
            balance.end(
                connection,
                self.question.id,
                QuestionState.FAILED,
                reason=reason,
                args=args,
                now_ms=self.now_ms,
            )
            if self.question.cause is not Cause.PERSON:
                events.add(
                    connection,
                    EventKind.BALANCE,
                    reason,
                    {"sim": name, **args},
                    at_ms=self.now_ms,
                    sim_id=self.question.sim_id,
                )

        self.tools.writer.write_blocking(change)
        return None
