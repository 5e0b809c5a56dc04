"""A message that was sent again through another SIM while its first SIM may still answer: what each of them may do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.modem.messaging import SmsForm
from appliance.policy.failure import Fault
from appliance.pool.card import Card
from appliance.pool.encoding import planned
from appliance.pool.outcome import Failed, PartOutcome, Taken, Unknown
from appliance.pool.recording import Recorder, Recording
from appliance.pool.settings import PoolSettings
from appliance.pool.work import Finished, Submitted, Work
from appliance.store import late, messages, overdue, recovery, reports, sending, sims
from appliance.store.database import connect
from appliance.store.sending import Refusal
from tests.store.stored import (
    NOW_MS,
    add_message,
    add_sim,
    next_for,
    parts_of,
    report,
    reserve_next,
    state_of,
    watched_database,
)

UNKNOWN = Unknown("no final", None)
OUT_OF_ORDER = Failed(Fault.NETWORK, Refusal("cms", 38, "network out of order"), went_out=True)
UNKNOWN_SUBSCRIBER = Failed(Fault.MESSAGE, Refusal("cms", 28, "unidentified subscriber"), went_out=True)


class Box:
    """Two SIMs, `one` and `other`, without any modem: a test says what they hear and when."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(watched_database(path))
        self.one, self.other = add_sim(self.connection, 1), add_sim(self.connection, 2)
        for _ in range(5):
            # So that the two give their long messages different references.
            sims.next_concat_reference(self.connection, self.other[0])
        self.settings = PoolSettings(database=path, doorbell=path.with_suffix(".sock"), port_patterns=())
        self.now_ms = NOW_MS

    def recorder(self, sim: tuple[int, int]) -> Recorder:
        return Recorder(self.connection, Card.of(sims.get(self.connection, sim[0]), sim[1]), self.settings)

    def submit(self, sim: tuple[int, int]) -> Submitted:
        self.now_ms += 10_000
        reservation, part_id = reserve_next(self.connection, sim, self.now_ms)
        pdus = planned(reservation.message, SmsForm.TPDU).encoded(reservation.concat_reference, self.now_ms)
        return Submitted(Work(reservation, pdus), part_id, reservation.numbers[0], self.now_ms)

    def next_part(self, before: Submitted) -> Submitted:
        number = before.number + 1
        part_id = sending.begin_part(self.connection, before.work.reservation, number, self.now_ms)
        return Submitted(before.work, part_id, number, self.now_ms)

    def hear(self, submitted: Submitted, outcome: PartOutcome) -> Recording:
        self.now_ms += 1_000
        recorder = self.recorder((submitted.work.reservation.sim_id, submitted.work.reservation.port_id))
        return recorder.record(Finished(submitted, outcome, self.now_ms))

    def hear_late_refusal(self, submitted: Submitted, failed: Failed) -> Recording:
        self.now_ms += 1_000
        recorder = self.recorder((submitted.work.reservation.sim_id, submitted.work.reservation.port_id))
        return recorder.refused_late(submitted, failed, self.now_ms)

    def resend(self) -> None:
        [(message_id,)] = self.connection.execute("SELECT id FROM messages").fetchall()
        self.now_ms += 1_000
        assert messages.resend(self.connection, message_id, self.now_ms)

    def hear_late(self, submitted: Submitted, tp_mr: int) -> None:
        self.now_ms += 1_000
        late.accepted_after_all(self.connection, submitted.part_id, tp_mr, self.now_ms)

    def cancel(self) -> None:
        [(message_id,)] = self.connection.execute("SELECT id FROM messages").fetchall()
        assert messages.cancel(self.connection, message_id, self.now_ms)

    def resend_what_is_due(self) -> int:
        self.now_ms += 3_600_000
        assert not overdue.expire(self.connection, self.now_ms)
        return overdue.resend(
            self.connection, untouched_since_ms=self.now_ms - 1, attempts=5, now_ms=self.now_ms
        )

    def pinned_to(self) -> int | None:
        [(sim_id,)] = self.connection.execute("SELECT pinned_sim_id FROM messages").fetchall()
        return None if sim_id is None else int(sim_id)

    def goes_on(self, submitted: Submitted) -> tuple[tuple[int, ...], int | None]:
        """The parts that an attempt sends, and under which reference."""
        reservation = submitted.work.reservation
        return reservation.numbers, reservation.concat_reference

    def taken_by(self, sim: tuple[int, int]) -> bool:
        later_ms = self.now_ms + 3_600_000
        return next_for(self.connection, sim[0], longest=None, now_ms=later_ms) is not None


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    opened = Box(tmp_path / "simloft.db")
    yield opened
    opened.connection.close()


def long_message(box: Box, **fields: object) -> int:
    return add_message(box.connection, text="x" * 400, parts_total=3, **fields)


class TestALateRefusal:
    @pytest.mark.parametrize("failed", [OUT_OF_ORDER, UNKNOWN_SUBSCRIBER])
    def test_of_an_earlier_attempt_takes_nothing_from_the_sim_that_sends_now(
        self, box: Box, failed: Failed
    ) -> None:
        seq = add_message(box.connection)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        second = box.submit(box.other)
        assert box.hear_late_refusal(first, failed) == Recording()
        assert state_of(box.connection, seq)[0] == "sending"
        assert not box.taken_by(box.one)
        box.hear(second, Taken(9))
        assert state_of(box.connection, seq)[0] == "sent"
        assert parts_of(box.connection, seq) == [(1, 1, "refused"), (2, 1, "accepted")]

    def test_of_one_that_waits_to_be_sent_again_changes_nothing_but_the_part(self, box: Box) -> None:
        seq = add_message(box.connection)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        box.hear_late_refusal(first, UNKNOWN_SUBSCRIBER)
        assert state_of(box.connection, seq) == ("queued", "message.resend-by-person")
        assert box.taken_by(box.other)

    def test_of_an_earlier_attempt_does_not_queue_what_a_later_one_left_uncertain(self, box: Box) -> None:
        seq = add_message(box.connection)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        box.hear(box.submit(box.other), UNKNOWN)
        box.hear_late_refusal(first, OUT_OF_ORDER)
        assert state_of(box.connection, seq)[0] == "uncertain"

    def test_of_the_attempt_that_is_waited_for_queues_the_message(self, box: Box) -> None:
        seq = add_message(box.connection)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        assert box.hear_late_refusal(first, OUT_OF_ORDER).queued_until_ms is not None
        assert state_of(box.connection, seq) == ("queued", "message.again.network")

    @pytest.mark.parametrize(
        ("failed", "expected"),
        [
            (OUT_OF_ORDER, ("queued", "message.again.network")),
            (UNKNOWN_SUBSCRIBER, ("failed", "message.failed.partly")),
        ],
    )
    def test_of_a_later_part_is_judged_as_one_in_time(
        self, box: Box, failed: Failed, expected: tuple[str, str]
    ) -> None:
        seq = long_message(box)
        first = box.submit(box.one)
        box.hear(first, Taken(1))
        second = box.next_part(first)
        box.hear(second, UNKNOWN)
        box.hear_late_refusal(second, failed)
        assert state_of(box.connection, seq) == expected


class TestALongMessage:
    """All its parts go through one SIM under one reference, or the phone never joins them."""

    def test_whose_first_part_went_after_all_waits_for_its_sim_and_keeps_its_reference(
        self, box: Box
    ) -> None:
        seq = long_message(box)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        assert box.pinned_to() is None
        box.hear_late(first, 17)
        assert state_of(box.connection, seq) == ("queued", "message.continues")
        assert not box.taken_by(box.other)
        rest = box.submit(box.one)
        assert box.goes_on(rest) == ((2, 3), first.work.reservation.concat_reference)

    def test_goes_on_with_the_part_that_went_and_not_with_the_sim_that_tried_last(self, box: Box) -> None:
        long_message(box)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        box.hear(box.submit(box.other), UNKNOWN)
        reports.keep(box.connection, box.one[0], report(17, received_at_ms=box.now_ms))
        assert box.pinned_to() == box.one[0]
        assert not box.taken_by(box.other)
        rest = box.submit(box.one)
        assert box.goes_on(rest) == ((2, 3), first.work.reservation.concat_reference)

    @pytest.mark.parametrize("outcome", [UNKNOWN, OUT_OF_ORDER])
    def test_goes_on_with_a_part_that_was_heard_of_while_another_sim_tried(
        self, box: Box, outcome: PartOutcome
    ) -> None:
        long_message(box)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        second = box.submit(box.other)
        box.hear_late(first, 17)
        assert box.hear(second, outcome).queued_until_ms is not None
        assert box.pinned_to() == box.one[0]

    def test_is_sent_whole_by_the_sim_that_took_it_anew(self, box: Box) -> None:
        seq = long_message(box)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        second = box.submit(box.other)
        assert box.goes_on(second)[0] == (1, 2, 3)
        box.hear_late(first, 17)
        assert box.hear(second, Taken(1)).goes_on
        box.hear(box.next_part(second), UNKNOWN)
        assert state_of(box.connection, seq)[0] == "uncertain"
        box.resend()
        assert box.pinned_to() == box.other[0]
        rest = box.submit(box.other)
        assert box.goes_on(rest) == ((2, 3), second.work.reservation.concat_reference)

    def test_of_parts_through_two_sims_is_not_called_sent(self, box: Box) -> None:
        seq = long_message(box)
        first = box.submit(box.one)
        box.hear(first, Taken(1))
        box.hear(box.next_part(first), Taken(2))
        last = Submitted(
            first.work,
            sending.begin_part(box.connection, first.work.reservation, 3, box.now_ms),
            3,
            box.now_ms,
        )
        box.hear(last, UNKNOWN)
        # As a database of an earlier version may have it: the last part alone, through another SIM.
        box.connection.execute(
            "UPDATE parts SET sim_id = ?, concat_reference = 77 WHERE id = ?", (box.other[0], last.part_id)
        )
        box.hear_late(last, 17)
        assert state_of(box.connection, seq)[0] != "sent"

    def test_that_a_person_marked_goes_on_where_its_parts_went(self, box: Box) -> None:
        seq = long_message(box)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        [(message_id,)] = box.connection.execute("SELECT id FROM messages").fetchall()
        assert messages.mark_sent(box.connection, message_id, box.now_ms)
        assert state_of(box.connection, seq) == ("queued", "message.continues-by-person")
        assert box.pinned_to() == box.one[0]

    def test_that_a_crash_interrupted_goes_on_where_its_parts_went(self, box: Box) -> None:
        long_message(box)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        box.submit(box.other)
        box.hear_late(first, 17)
        recovery.recover(box.connection, box.now_ms, resend_after_ms=60_000)
        assert box.pinned_to() == box.one[0]


class TestAFirstTryThatWentAfterAll:
    """… and is heard of while another SIM has the message on the air: it goes no third time."""

    @pytest.mark.parametrize("outcome", [UNKNOWN, OUT_OF_ORDER, UNKNOWN_SUBSCRIBER])
    def test_ends_the_message_as_sent_whatever_becomes_of_the_second(
        self, box: Box, outcome: PartOutcome
    ) -> None:
        seq = add_message(box.connection)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        second = box.submit(box.other)
        box.hear_late(first, 17)
        assert box.hear(second, outcome) == Recording()
        assert state_of(box.connection, seq)[0] == "sent"

    def test_ends_the_message_as_sent_after_a_crash(self, box: Box) -> None:
        seq = add_message(box.connection)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        box.submit(box.other)
        box.hear_late(first, 17)
        recovery.recover(box.connection, box.now_ms, resend_after_ms=60_000)
        assert state_of(box.connection, seq)[0] == "sent"


class TestADeadline:
    def test_is_kept_by_what_is_sent_again_by_itself(self, box: Box) -> None:
        seq = add_message(box.connection, on_uncertain="resend", expires_at_ms=NOW_MS + 60_000)
        box.hear(box.submit(box.one), UNKNOWN)
        assert state_of(box.connection, seq) == ("uncertain", "message.uncertain")
        assert box.resend_what_is_due() == 0
        assert state_of(box.connection, seq) == ("uncertain", "message.uncertain-time-over")
        assert not overdue.is_anything_due(
            box.connection,
            now_ms=box.now_ms,
            untouched_since_ms=box.now_ms,
            incomplete_before_ms=0,
            attempts=5,
        )

    def test_is_kept_by_what_a_person_would_send_again(self, box: Box) -> None:
        seq = add_message(box.connection, expires_at_ms=NOW_MS + 60_000)
        box.hear(box.submit(box.one), UNKNOWN)
        [(message_id,)] = box.connection.execute("SELECT id FROM messages").fetchall()
        assert not messages.resend(box.connection, message_id, NOW_MS + 60_000)
        assert state_of(box.connection, seq) == ("uncertain", "message.uncertain-time-over")
        assert messages.mark_sent(box.connection, message_id, NOW_MS + 60_001)

    def test_ends_what_waits_to_be_sent_again_and_nobody_says_that_nothing_was_sent(self, box: Box) -> None:
        seq = add_message(box.connection, expires_at_ms=NOW_MS + 60_000)
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        assert overdue.expire(box.connection, NOW_MS + 60_000) == 1
        assert state_of(box.connection, seq) == ("expired", "message.expired-uncertain")
        assert not box.taken_by(box.one)
        box.hear_late(first, 17)
        assert state_of(box.connection, seq) == ("expired", "message.expired-sent")

    def test_does_not_tear_a_message_of_which_a_part_certainly_went(self, box: Box) -> None:
        seq = long_message(box, on_uncertain="resend", expires_at_ms=NOW_MS + 60_000)
        first = box.submit(box.one)
        box.hear(first, Taken(1))
        box.hear(box.next_part(first), UNKNOWN)
        assert state_of(box.connection, seq) == ("uncertain", "message.uncertain-resend")
        assert box.resend_what_is_due() == 1
        assert overdue.expire(box.connection, box.now_ms) == 0
        assert box.goes_on(box.submit(box.one))[0] == (2, 3)


class TestTakenBack:
    """What is said of a message that was taken back while nobody knew whether a try had sent it."""

    def taken_back(self, box: Box) -> Submitted:
        first = box.submit(box.one)
        box.hear(first, UNKNOWN)
        box.resend()
        box.cancel()
        return first

    def test_nobody_says_that_nothing_was_sent(self, box: Box) -> None:
        seq = add_message(box.connection)
        self.taken_back(box)
        assert state_of(box.connection, seq) == ("cancelled", "message.cancelled-uncertain")

    def test_a_late_refusal_says_that_nothing_was(self, box: Box) -> None:
        seq = add_message(box.connection)
        assert box.hear_late_refusal(self.taken_back(box), OUT_OF_ORDER) == Recording()
        assert state_of(box.connection, seq) == ("cancelled", "message.cancelled")

    def test_a_report_says_that_it_was(self, box: Box) -> None:
        seq = add_message(box.connection)
        self.taken_back(box)
        reports.keep(box.connection, box.one[0], report(17, received_at_ms=box.now_ms))
        assert state_of(box.connection, seq) == ("cancelled", "message.cancelled-sent")
        assert parts_of(box.connection, seq) == [(1, 1, "delivered")]

    def test_a_late_answer_says_which_part_was(self, box: Box) -> None:
        seq = long_message(box)
        box.hear_late(self.taken_back(box), 17)
        assert state_of(box.connection, seq) == ("cancelled", "message.cancelled-partly")


def test_what_is_said_not_to_be_sent_again_is_not(box: Box) -> None:
    seq = add_message(box.connection, on_uncertain="resend")
    box.hear(box.submit(box.one), UNKNOWN)
    assert box.resend_what_is_due() == 1
    box.hear(box.submit(box.other), UNKNOWN_SUBSCRIBER)
    assert state_of(box.connection, seq) == ("uncertain", "message.uncertain-not-resent")
    assert box.resend_what_is_due() == 0
