"""Sender and receiver over a line that a test plays: what no simulated modem does at the right moment."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.modem.errors import modem_error
from appliance.modem.session import (
    Accepted,
    CardPresence,
    DeliverArrived,
    IncomingCall,
    LateAccepted,
    LateRefused,
    LineError,
    MessageStored,
    PortState,
    Refused,
    ReportArrived,
    SendOutcome,
    StoredPdu,
    Unanswered,
)
from appliance.modem.sms import EncodedPdu
from appliance.pool.calls import MissedCalls
from appliance.pool.card import Card
from appliance.pool.durable import DurableWriter
from appliance.pool.filing import file_received
from appliance.pool.gate import FULL_MEMORY, REGISTRATION, Gate
from appliance.pool.intake import ReportIntake
from appliance.pool.received import ReceivedPart
from appliance.pool.receiver import MOST_ANNOUNCED, Receiver
from appliance.pool.scheduler import scheduler_of
from appliance.pool.sender import Sender
from appliance.pool.settings import PoolSettings
from appliance.pool.turns import Turns
from appliance.store import messages, sims
from appliance.store.database import connect
from appliance.store.loop_writer import LoopCommitWriter
from tests.pool.pools import QUICK_BREAKER, QUICK_RETRIES, QUICK_TIMINGS
from tests.pool.test_receiving import deliver, pdu
from tests.store.stored import add_message, add_sim, parts_of, state_of, watched_database


@dataclass
class PlayedModem:
    """Answers as it is told; ``log`` has what was asked of it, in order."""

    answers: list[SendOutcome] = field(default_factory=list)
    memory: dict[int, str] = field(default_factory=dict)
    deletes: bool = True
    lost: bool = False
    presence: CardPresence = CardPresence.PRESENT
    log: list[str] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)

    def _gone(self) -> None:
        if self.lost:
            raise LineError(PortState.LINE_LOST, detail="played")

    async def send(self, pdu: EncodedPdu) -> SendOutcome:
        self.log.append("send")
        await asyncio.sleep(0)
        return self.answers.pop(0) if self.answers else Accepted(len(self.log))

    def hurry(self, limit_s: float) -> None:
        pass

    async def check(self) -> None:
        self.log.append("check")
        self._gone()

    async def card(self) -> CardPresence:
        self.log.append("card")
        self._gone()
        return self.presence

    async def stored(self) -> list[StoredPdu]:
        self._gone()
        return [StoredPdu("SM", index, 1, octets) for index, octets in self.memory.items()]

    async def read(self, memory: str, index: int) -> StoredPdu | None:
        self.reads.append(index)
        self._gone()
        octets = self.memory.get(index)
        return None if octets is None else StoredPdu(memory, index, 0, octets)

    async def delete(self, memory: str, index: int) -> bool:
        self.log.append(f"delete {index}")
        self._gone()
        if self.deletes:
            del self.memory[index]
        return self.deletes

    async def acknowledge(self) -> None:
        self.log.append("acknowledge")
        self._gone()


@dataclass
class Line:
    """A played modem in service."""

    modem: PlayedModem
    sender: Sender
    receiver: Receiver
    gate: Gate
    path: Path

    def rows(self, query: str) -> list[sqlite3.Row]:
        reader = connect(self.path, read_only=True)
        try:
            return reader.execute(query).fetchall()
        finally:
            reader.close()

    def state(self, seq: int) -> str:
        reader = connect(self.path, read_only=True)
        try:
            return state_of(reader, seq)[0]
        finally:
            reader.close()

    def id_of(self, seq: int) -> str:
        return str(self.rows(f"SELECT id FROM messages WHERE seq = {seq}")[0][0])

    def change(self, change: Callable[[sqlite3.Connection], object]) -> None:
        """What a person or another process writes meanwhile."""
        connection = connect(self.path)
        try:
            change(connection)
        finally:
            connection.close()

    async def until(self, look: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not look():  # noqa: ASYNC110 - a commit of another connection tells nobody
                await asyncio.sleep(0.005)


@asynccontextmanager
async def line(
    tmp_path: Path,
    modem: PlayedModem,
    messages: int = 0,
    on_listed: Callable[[bool], None] = lambda _is_freed: None,
) -> AsyncIterator[Line]:
    path = watched_database(tmp_path / "simloft.db")
    connection = connect(path)
    sim_id, port_id = add_sim(connection, 1)
    for _ in range(messages):
        add_message(connection)
    sim = sims.get(connection, sim_id)
    connection.close()
    settings = PoolSettings(
        database=path,
        doorbell=tmp_path / "pool.sock",
        port_patterns=(),
        retry=QUICK_RETRIES,
        breaker=QUICK_BREAKER,
        timings=QUICK_TIMINGS,
    )
    writer = LoopCommitWriter(path)
    durable, turns, gate = DurableWriter(writer, QUICK_TIMINGS), Turns(), Gate()
    scheduler = scheduler_of(settings)
    durable.watched_by(scheduler, scheduler.pace.expected)
    sender = Sender(
        modem,
        Card.of(sim, port_id),
        writer=durable,
        turns=turns,
        gate=gate,
        drain_memory=lambda: receiver.look_into_memory(),  # noqa: PLW0108 - it comes to be below
        settings=settings,
        scheduler=scheduler,
    )
    receiver = Receiver(
        modem,
        sim_id=sim_id,
        port_id=port_id,
        port_name="modem01",
        sender=sender,
        writer=durable,
        turns=turns,
        gate=gate,
        intake=ReportIntake(durable, turns),
        settings=settings,
        on_listed=on_listed,
    )
    tasks = [asyncio.create_task(sender.run()), asyncio.create_task(receiver.run())]
    try:
        yield Line(modem, sender, receiver, gate, path)
    finally:
        sender.stop()
        receiver.stop()
        await asyncio.wait_for(asyncio.wait(tasks), 30)
        for task in tasks:
            task.exception()
        await receiver.finish()
        await writer.close()
        turns.cancel_alarm()


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))  # type: ignore[arg-type]


def _left_by_an_earlier_pool(connection: sqlite3.Connection) -> None:
    """The second message is uncertain; it was sent before the part that the first one has."""
    connection.execute("UPDATE messages SET state = 'uncertain', sim_id = 1 WHERE seq = 2")
    connection.execute(
        """
        INSERT INTO parts (message_seq, attempt, number, sim_id, port_id, state, submitted_at_ms, answered_at_ms)
        SELECT 2, 1, 1, sim_id, port_id, 'uncertain', submitted_at_ms - 60000, answered_at_ms - 50000
        FROM parts WHERE id = 1
        """
    )


class TestLateAnswers:
    def test_a_late_refusal_means_that_it_did_not_go_and_may_be_sent_again(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem([Unanswered("error.no-final")])
            async with line(tmp_path, modem, messages=1) as played:
                await played.until(lambda: played.state(1) == "uncertain")
                played.receiver.hear(LateRefused(modem_error("+CMS ERROR: 38")))
                await played.until(lambda: played.state(1) == "sent")
            assert [tuple(row) for row in played.rows("SELECT attempt, state FROM parts ORDER BY id")] == [
                (1, "refused"),
                (2, "accepted"),
            ]

        run(test)

    def test_a_late_refusal_of_what_was_sent_again_meanwhile_ends_nobody(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem([Unanswered("error.no-final")], {3: pdu(deliver("hello"))})
            async with line(tmp_path, modem, messages=1) as played:
                await played.until(lambda: played.state(1) == "uncertain")
                played.change(lambda each: messages.resend(each, played.id_of(1), 1))
                played.sender._turns.ring()
                await played.until(lambda: played.state(1) == "sent")
                played.receiver.hear(LateRefused(modem_error("+CMS ERROR: 38")))
                played.receiver.hear(MessageStored("SM", 3))
                await played.until(lambda: not modem.memory)
                assert played.state(1) == "sent"
            assert [tuple(row) for row in played.rows("SELECT attempt, state FROM parts ORDER BY id")] == [
                (1, "refused"),
                (2, "accepted"),
            ]

        run(test)

    def test_a_late_answer_that_fits_two_parts_settles_none(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem([Unanswered("error.no-final"), Unanswered("error.no-final")])
            async with line(tmp_path, modem, messages=2) as played:
                await played.until(lambda: played.state(1) == played.state(2) == "uncertain")
                played.receiver.hear(LateAccepted(5))
                await asyncio.sleep(0.05)
                assert played.state(1) == played.state(2) == "uncertain"

        run(test)

    @pytest.mark.parametrize("answer", [LateAccepted(5), LateRefused(modem_error("+CMS ERROR: 38"))])
    def test_a_late_answer_that_may_be_of_the_session_before_settles_none(
        self, tmp_path: Path, answer: LateAccepted | LateRefused
    ) -> None:
        async def test() -> None:
            modem = PlayedModem([Unanswered("error.no-final"), Unanswered("error.no-final")])
            async with line(tmp_path, modem, messages=2) as played:
                await played.until(lambda: played.state(1) == played.state(2) == "uncertain")
                del played.sender._late._unanswered[0]  # Of a session before, only the database knows.
                played.receiver.hear(answer)
                await asyncio.sleep(0.1)
                assert played.state(1) == played.state(2) == "uncertain"

        run(test)

    def test_a_late_answer_is_not_that_of_a_part_that_was_settled_before(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem([Unanswered("error.no-final"), Unanswered("error.no-final")])
            async with line(tmp_path, modem, messages=1) as played:
                await played.until(lambda: played.state(1) == "uncertain")
                played.change(lambda each: messages.mark_sent(each, played.id_of(1), 1))
                played.change(add_message)
                played.sender._turns.ring()
                await played.until(lambda: played.state(2) == "uncertain")
                played.receiver.hear(LateAccepted(5))
                await played.until(lambda: played.state(2) == "sent")
            rows = played.rows("SELECT message_seq, tp_mr FROM parts ORDER BY id")
            assert [tuple(row) for row in rows] == [(1, None), (2, 5)]

        run(test)

    def test_a_late_answer_to_what_its_report_settled_is_not_that_of_an_older_part(
        self, tmp_path: Path
    ) -> None:
        async def test() -> None:
            modem = PlayedModem([Unanswered("error.no-final")])
            async with line(tmp_path, modem, messages=1) as played:
                await played.until(lambda: played.state(1) == "uncertain")
                played.change(
                    lambda each: each.execute(
                        "UPDATE parts SET state = 'delivered', tp_mr = 101 WHERE id = 1"
                    )
                )
                # Left by the pool before this one, on whose modem it never went.
                played.change(add_message)
                played.change(_left_by_an_earlier_pool)
                played.receiver.hear(LateAccepted(101))
                await asyncio.sleep(0.1)
            assert played.state(2) == "uncertain"

        run(test)

    def test_a_reference_that_was_heard_without_its_ok_finds_its_report(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem([Unanswered("error.no-ok", 214)])
            async with line(tmp_path, modem, messages=1) as played:
                await played.until(lambda: played.state(1) == "uncertain")
            row = played.rows("SELECT tp_mr, state FROM parts")[0]
            assert tuple(row) == (214, "uncertain")

        run(test)


class TestGate:
    def test_nothing_is_taken_while_the_network_has_lost_the_sim(self, tmp_path: Path) -> None:
        async def test() -> None:
            async with line(tmp_path, PlayedModem()) as played:
                await asyncio.sleep(0.02)
                played.gate.set(REGISTRATION, stands=True)
                connection = connect(played.path)
                add_message(connection)
                connection.close()
                played.sender._turns.ring()
                await asyncio.sleep(0.05)
                assert played.modem.log == []
                played.gate.set(REGISTRATION, stands=False)
                await played.until(lambda: played.state(1) == "sent")

        run(test)

    def test_one_obstacle_that_goes_does_not_open_it_for_another(self) -> None:
        gate = Gate()
        gate.set(REGISTRATION, stands=True)
        gate.set(FULL_MEMORY, stands=True)
        gate.set(REGISTRATION, stands=False)
        assert not gate.is_open
        gate.set(FULL_MEMORY, stands=False)
        gate.set(FULL_MEMORY, stands=False)
        assert gate.is_open

    def test_a_full_memory_is_emptied_before_the_next_send(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem([Refused(modem_error("+CMS ERROR: 322"))], {3: pdu(deliver("hello"))})
            async with line(tmp_path, modem, messages=1) as played:
                await played.until(lambda: played.state(1) == "sent")
            assert modem.log == ["send", "delete 3", "send"]
            assert [row["text"] for row in played.rows("SELECT text FROM inbound_messages")] == ["hello"]

        run(test)


class TestReceiver:
    def test_it_is_stored_before_it_is_deleted_or_acknowledged(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem(memory={4: pdu(deliver("stored"))})
            stored_when: list[int] = []
            delete, acknowledge = modem.delete, modem.acknowledge

            async with line(tmp_path, modem) as played:

                async def watched_delete(memory: str, index: int) -> bool:
                    stored_when.append(len(played.rows("SELECT 1 FROM inbound_messages")))
                    return await delete(memory, index)

                async def watched_acknowledge() -> None:
                    stored_when.append(len(played.rows("SELECT 1 FROM inbound_messages")))
                    await acknowledge()

                modem.delete, modem.acknowledge = watched_delete, watched_acknowledge  # type: ignore[method-assign]
                played.receiver.hear(MessageStored("SM", 4))
                await played.until(lambda: "delete 4" in modem.log)
                played.receiver.hear(DeliverArrived(pdu(deliver("direct")), must_acknowledge=True))
                await played.until(lambda: "acknowledge" in modem.log)
            assert stored_when == [1, 2]

        run(test)

    def test_no_place_is_freed_once_the_card_may_be_another(self, tmp_path: Path) -> None:
        """A card that is pulled ends the service: the same place of the next one may hold what nobody has read."""

        async def test() -> None:
            modem = PlayedModem(memory={place: pdu(deliver(f"text {place}")) for place in (1, 2, 3)})
            async with line(tmp_path, modem) as played:
                delete = modem.delete

                async def pulled_meanwhile(memory: str, index: int) -> bool:
                    played.receiver.stop()
                    return await delete(memory, index)

                modem.delete = pulled_meanwhile  # type: ignore[method-assign]
                played.receiver.look_into_memory()
                await played.until(lambda: modem.log)
                await asyncio.sleep(0.05)
                assert len(played.rows("SELECT 1 FROM inbound_messages")) == 3
            assert modem.log == ["delete 1"]

        run(test)

    def test_a_modem_that_does_not_delete_is_told_of_once_and_its_message_kept_once(
        self, tmp_path: Path
    ) -> None:
        async def test() -> None:
            modem = PlayedModem(memory={4: pdu(deliver("hello"))}, deletes=False)
            listed: list[bool] = []
            async with line(tmp_path, modem, on_listed=listed.append) as played:
                for _ in range(3):
                    played.receiver.look_into_memory()
                    await asyncio.sleep(0.02)
            assert modem.log == ["delete 4", "card", "delete 4", "delete 4"]
            assert len(played.rows("SELECT 1 FROM inbound_messages")) == 1
            assert len(played.rows("SELECT 1 FROM events WHERE kind = 'delete-refused'")) == 1
            assert listed == [False] * 3

        run(test)

    def test_a_delete_that_finds_no_card_is_no_fault_of_the_modem(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem(
                memory={4: pdu(deliver("hello"))}, deletes=False, presence=CardPresence.REMOVED
            )
            async with line(tmp_path, modem) as played:
                played.receiver.look_into_memory()
                await played.until(lambda: "card" in modem.log)
            assert played.rows("SELECT 1 FROM events") == []

        run(test)

    def test_a_place_that_is_announced_again_and_again_is_read_once(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem(memory={4: pdu(deliver("hello"))})
            async with line(tmp_path, modem) as played:
                for index in range(5 * MOST_ANNOUNCED):
                    played.receiver.hear(MessageStored("SM", index % 3 + 4))
                await played.until(lambda: "delete 4" in modem.log)
                await asyncio.sleep(0.02)
            assert modem.reads == [4, 5, 6]

        run(test)

    def test_more_places_than_any_memory_has_are_looked_for_by_listing(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem(memory={9999: pdu(deliver("hello"))})
            async with line(tmp_path, modem) as played:
                for index in range(MOST_ANNOUNCED + 1000):
                    played.receiver.hear(MessageStored("SM", index))
                await played.until(lambda: "delete 9999" in modem.log)
            assert len(modem.reads) == MOST_ANNOUNCED
            assert len(played.rows("SELECT 1 FROM inbound_messages")) == 1

        run(test)

    def test_what_was_read_does_not_wait_for_reads_that_take_long(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("appliance.pool.receiver.LONGEST_UNSTORED_S", 0.0)

        async def test() -> None:
            modem = PlayedModem(memory={index: pdu(deliver(f"number {index}")) for index in range(3)})
            async with line(tmp_path, modem) as played:
                may_read = asyncio.Event()
                read = modem.read

                async def slow_read(memory: str, index: int) -> StoredPdu | None:
                    if index == 2:
                        await may_read.wait()
                    return await read(memory, index)

                modem.read = slow_read  # type: ignore[method-assign]
                for index in range(3):
                    played.receiver.hear(MessageStored("SM", index))
                await played.until(lambda: "delete 1" in modem.log)
                assert len(played.rows("SELECT 1 FROM inbound_messages")) == 2
                may_read.set()
                await played.until(lambda: "delete 2" in modem.log)
            assert len(played.rows("SELECT 1 FROM inbound_messages")) == 3

        run(test)

    def test_what_came_directly_is_stored_though_the_line_is_gone(self, tmp_path: Path) -> None:
        async def test() -> None:
            modem = PlayedModem(lost=True)
            async with line(tmp_path, modem) as played:
                played.receiver.hear(MessageStored("SM", 1))
                played.receiver.hear(DeliverArrived(pdu(deliver("with the first"))))
                await asyncio.sleep(0.05)
                played.receiver.hear(DeliverArrived(pdu(deliver("after the end", hours=1))))
                played.receiver.hear(ReportArrived("not even a report"))
            texts = [row["text"] for row in played.rows("SELECT text FROM inbound_messages ORDER BY seq")]
            assert texts == ["with the first", "after the end", None]

        run(test)

    def test_one_that_can_t_be_filed_is_kept_as_it_came_and_holds_up_nobody(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poison = pdu(deliver("poison"))

        def fail_on_poison(
            connection: sqlite3.Connection, sim_id: int, received: ReceivedPart, *rest: object
        ) -> bool:
            if received.part.pdu == poison and received.user_data is not None:
                raise ZeroDivisionError
            return file_received(connection, sim_id, received, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr("appliance.pool.receiver.file_received", fail_on_poison)

        async def test() -> None:
            modem = PlayedModem(memory={1: pdu(deliver("one")), 2: poison, 3: pdu(deliver("three"))})
            async with line(tmp_path, modem) as played:
                played.receiver.look_into_memory()
                await played.until(lambda: not modem.memory)
            rows = played.rows("SELECT text, kind, data FROM inbound_messages ORDER BY seq")
            assert [tuple(row) for row in rows] == [
                ("one", "text", None),
                (None, "unreadable", poison),
                ("three", "text", None),
            ]

        run(test)

    def test_a_place_that_is_empty_is_no_message(self, tmp_path: Path) -> None:
        async def test() -> None:
            async with line(tmp_path, PlayedModem()) as played:
                played.receiver.hear(MessageStored("SM", 9))
                await asyncio.sleep(0.02)
            assert played.modem.log == []

        run(test)


def test_the_parts_of_a_message_wait_for_the_gap_and_a_stop_leaves_the_rest_to_its_sim(
    tmp_path: Path,
) -> None:
    async def test() -> None:
        modem = PlayedModem()
        async with line(tmp_path, modem) as played:
            connection = connect(played.path)
            connection.execute("UPDATE sims SET minimum_gap_ms = 60000")
            seq = add_message(connection, text="x" * 200, parts_total=2)
            connection.close()
            played.sender._turns.ring()
            await played.until(lambda: played.rows("SELECT 1 FROM parts WHERE state = 'accepted'"))
        reader = connect(played.path)
        assert state_of(reader, seq) == ("queued", "message.continues")
        assert parts_of(reader, seq) == [(1, 1, "accepted")]
        pinned = reader.execute("SELECT pinned_sim_id FROM messages").fetchone()[0]
        assert pinned == 1
        reader.close()

    run(test)


def test_a_sim_that_waits_for_its_gap_inside_a_message_hears_that_the_gap_is_another(tmp_path: Path) -> None:
    async def test() -> None:
        async with line(tmp_path, PlayedModem()) as played:
            played.change(lambda each: each.execute("UPDATE sims SET minimum_gap_ms = 3600000"))
            played.change(lambda each: add_message(each, text="x" * 200, parts_total=2))
            played.sender._turns.ring()
            await played.until(lambda: played.rows("SELECT 1 FROM parts WHERE state = 'accepted'"))
            played.sender._turns.ring()
            await asyncio.sleep(0.05)
            assert played.state(1) == "sending"
            played.change(lambda each: each.execute("UPDATE sims SET minimum_gap_ms = 0"))
            played.sender._turns.ring_all()
            await played.until(lambda: played.state(1) == "sent")

    run(test)


def test_the_rest_of_a_message_that_a_lowered_plan_can_never_hold_holds_up_nobody(tmp_path: Path) -> None:
    async def test() -> None:
        modem = PlayedModem()
        async with line(tmp_path, modem) as played:
            connection = connect(played.path)
            connection.execute("UPDATE sims SET parts_per_day = 2")
            pinned = add_message(connection, text="x" * 600, parts_total=4)
            connection.execute("UPDATE messages SET pinned_sim_id = 1 WHERE seq = ?", (pinned,))
            other = add_message(connection)
            connection.close()
            played.sender._turns.ring()
            await played.until(lambda: played.state(other) == "sent")
            assert played.state(pinned) == "queued"

    run(test)


class TestMissedCalls:
    @pytest.mark.parametrize(
        ("rings", "noted"),
        [
            ([None, None, None], [None]),
            ([None, "+8613912345678", None], ["+8613912345678"]),
            (["+8613912345678", "+8613800000001"], ["+8613912345678", "+8613800000001"]),
            ([], []),
        ],
    )
    def test_a_call_is_noted_once_with_its_number(
        self, rings: list[str | None], noted: list[str | None]
    ) -> None:
        async def test() -> None:
            missed: list[str | None] = []
            calls = MissedCalls(0.05, missed.append)
            for number in rings:
                calls.hear(IncomingCall(number))
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.1)
            assert missed == noted

        run(test)

    def test_a_call_that_rings_when_the_port_closes_is_noted(self) -> None:
        async def test() -> None:
            missed: list[str | None] = []
            calls = MissedCalls(60, missed.append)
            calls.hear(IncomingCall("10086"))
            calls.end()
            calls.end()
            assert missed == ["10086"]

        run(test)
