"""Delivery reports: early, late, twice, interim, for a reference that came round again, for an uncertain part."""

from __future__ import annotations

import sqlite3

import pytest

from appliance.store import clock_marks, late, messages, reports, sending, settling
from appliance.store.clock_judgement import Mark, Trust
from appliance.store.life import MessageState
from appliance.store.numbers import masked, same_subscriber
from appliance.store.sending import Said
from tests.store.stored import (
    NOW_MS,
    add_message,
    add_sim,
    leave_uncertain,
    next_for,
    parts_of,
    report,
    reserve_next,
    send,
    state_of,
)

Connection = sqlite3.Connection
HOUR_MS = 3_600_000
MINUTE_MS = 60_000


@pytest.fixture
def sim(connection: Connection) -> tuple[int, int]:
    return add_sim(connection, 1)


def unmatched(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM delivery_reports WHERE part_id IS NULL").fetchone()
    return int(row[0])


def test_a_report_delivers(connection: Connection, sim: tuple[int, int]) -> None:
    seq = add_message(connection)
    send(connection, sim, 7)
    reports.keep(connection, sim[0], report(7))
    assert state_of(connection, seq) == ("delivered", "message.delivered")
    row = connection.execute("SELECT finished_at_ms FROM messages").fetchone()
    assert row[0] == NOW_MS + 1_000


def test_a_report_that_nobody_asked_for_finds_its_part(connection: Connection, sim: tuple[int, int]) -> None:
    seq = add_message(connection, delivery_report=False)
    send(connection, sim, 7)
    assert not reports.keep(connection, sim[0], report(7)).is_waiting
    assert state_of(connection, seq) == ("delivered", "message.delivered")


def test_a_report_before_the_answer_waits_for_it(connection: Connection, sim: tuple[int, int]) -> None:
    seq = add_message(connection)
    reservation, part_id = reserve_next(connection, sim)
    reports.keep(connection, sim[0], report(7))
    assert state_of(connection, seq)[0] == "sending"
    sending.part_accepted(connection, part_id, 7, NOW_MS + 2_000)
    sending.message_sent(connection, reservation.message.seq, Said("message.sent"), NOW_MS + 2_000)
    reports.match_early_ones(connection, sim[0], 7, NOW_MS, NOW_MS + 2_000)
    assert state_of(connection, seq)[0] == "delivered"
    assert unmatched(connection) == 0


def test_an_old_report_without_a_part_is_not_taken_for_one_of_a_later_part(
    connection: Connection, sim: tuple[int, int]
) -> None:
    reports.keep(connection, sim[0], report(7))
    seq = add_message(connection)
    send(connection, sim, 7, NOW_MS + 5_000)
    assert state_of(connection, seq)[0] == "sent"
    assert unmatched(connection) == 1


@pytest.mark.parametrize("back_ms", [3_600_000, 26 * 3_600_000])
def test_a_report_finds_its_part_after_our_clock_was_set_back(
    connection: Connection, sim: tuple[int, int], back_ms: int
) -> None:
    seq = add_message(connection)
    send(connection, sim, 7)
    then_ms = NOW_MS - back_ms
    reports.keep(connection, sim[0], report(7, scts_at_ms=then_ms, received_at_ms=then_ms + 3_000))
    assert state_of(connection, seq)[0] == "delivered"


def test_the_same_report_twice_is_one(connection: Connection, sim: tuple[int, int]) -> None:
    add_message(connection)
    send(connection, sim, 7)
    for _ in range(2):
        reports.keep(connection, sim[0], report(7))
    assert connection.execute("SELECT count(*) FROM delivery_reports").fetchone()[0] == 1


def test_a_second_report_with_another_time_is_the_same_part_s(
    connection: Connection, sim: tuple[int, int]
) -> None:
    add_message(connection)
    send(connection, sim, 7)
    reports.keep(connection, sim[0], report(7))
    uncertain = add_message(connection)
    leave_uncertain(connection, sim, NOW_MS + 2_000)
    reports.keep(connection, sim[0], report(7, pdu="another", received_at_ms=NOW_MS + 3_000))
    assert state_of(connection, uncertain)[0] == "uncertain", "it is not about this one"
    assert unmatched(connection) == 0


def test_still_trying_is_not_final(connection: Connection, sim: tuple[int, int]) -> None:
    seq = add_message(connection)
    send(connection, sim, 7)
    reports.keep(connection, sim[0], report(7, 0x20))
    assert state_of(connection, seq) == ("sent", "message.still-trying")
    reports.keep(connection, sim[0], report(7))
    assert state_of(connection, seq)[0] == "delivered"


def test_a_failure_that_is_delivered_after_all(connection: Connection, sim: tuple[int, int]) -> None:
    seq = add_message(connection)
    send(connection, sim, 7)
    reports.keep(connection, sim[0], report(7, 0x40))
    assert state_of(connection, seq) == ("undelivered", "message.undelivered.failed")
    reports.keep(connection, sim[0], report(7))
    assert state_of(connection, seq)[0] == "delivered"


def test_a_delivered_part_never_becomes_undelivered(connection: Connection, sim: tuple[int, int]) -> None:
    seq = add_message(connection)
    send(connection, sim, 7)
    reports.keep(connection, sim[0], report(7))
    reports.keep(connection, sim[0], report(7, 0x40))
    assert state_of(connection, seq)[0] == "delivered"


def test_a_report_of_another_sim_or_recipient_is_not_ours(
    connection: Connection, sim: tuple[int, int]
) -> None:
    seq = add_message(connection)
    send(connection, sim, 7)
    reports.keep(connection, add_sim(connection, 2)[0], report(7))
    reports.keep(connection, sim[0], report(7, recipient="+8613800000000"))
    reports.keep(connection, sim[0], report(8))
    assert state_of(connection, seq)[0] == "sent"
    assert unmatched(connection) == 3


class TestAReferenceThatCameRoundAgain:
    def test_the_latest_part_is_meant(self, connection: Connection, sim: tuple[int, int]) -> None:
        old, new = add_message(connection), add_message(connection)
        send(connection, sim, 7, NOW_MS - HOUR_MS * 5)
        send(connection, sim, 7, NOW_MS)
        reports.keep(connection, sim[0], report(7))
        assert [state_of(connection, seq)[0] for seq in (old, new)] == ["sent", "delivered"]

    def test_the_stamp_of_a_late_report_tells_the_older_part(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        old, new = add_message(connection), add_message(connection)
        send(connection, sim, 7, NOW_MS - HOUR_MS * 5)
        send(connection, sim, 7, NOW_MS)
        reports.keep(connection, sim[0], report(7, scts_at_ms=NOW_MS - HOUR_MS * 5))
        assert [state_of(connection, seq)[0] for seq in (old, new)] == ["delivered", "sent"]

    def test_a_network_whose_clock_is_wrong_is_understood_all_the_same(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seq = add_message(connection)
        send(connection, sim, 7)
        reports.keep(connection, sim[0], report(7, scts_at_ms=315_532_800_000))
        assert state_of(connection, seq)[0] == "delivered"

    def test_of_two_that_agree_with_the_stamp_the_nearer_one_is_meant(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        old, new = add_message(connection), add_message(connection)
        send(connection, sim, 7, NOW_MS - MINUTE_MS * 20)
        send(connection, sim, 7, NOW_MS)
        failed = report(7, 0x40, scts_at_ms=NOW_MS - MINUTE_MS * 20 + 1_000)
        reports.keep(connection, sim[0], failed)
        assert [state_of(connection, seq)[0] for seq in (old, new)] == ["undelivered", "sent"]

    @pytest.mark.parametrize(
        ("stamp_ms", "states"),
        [
            pytest.param(-MINUTE_MS * 5, ["delivered", "sent"], id="stamped late, but before the newer one"),
            pytest.param(-3_000, ["sent", "delivered"], id="the network's clock is some seconds slow"),
            pytest.param(+3_000, ["sent", "delivered"], id="after both"),
        ],
    )
    def test_a_part_that_was_submitted_before_the_stamp_is_meant_rather_than_one_after_it(
        self, connection: Connection, sim: tuple[int, int], stamp_ms: int, states: list[str]
    ) -> None:
        seqs = [add_message(connection), add_message(connection)]
        send(connection, sim, 7, NOW_MS - MINUTE_MS * 20)
        send(connection, sim, 7, NOW_MS)
        reports.keep(connection, sim[0], report(7, scts_at_ms=NOW_MS + stamp_ms))
        assert [state_of(connection, seq)[0] for seq in seqs] == states

    def test_a_second_report_of_a_part_is_not_given_to_the_next_one_of_its_reference(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        old, new = add_message(connection), add_message(connection)
        stamp_ms = NOW_MS - MINUTE_MS * 20
        send(connection, sim, 7, stamp_ms)
        reports.keep(connection, sim[0], report(7, scts_at_ms=stamp_ms, received_at_ms=stamp_ms + 1_000))
        send(connection, sim, 7, NOW_MS)
        reports.keep(connection, sim[0], report(7, scts_at_ms=stamp_ms, pdu="another"))
        assert [state_of(connection, seq)[0] for seq in (old, new)] == ["delivered", "sent"]

    def test_an_early_report_is_not_given_to_an_older_part_of_its_reference(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        old, new = add_message(connection), add_message(connection)
        send(connection, sim, 7, NOW_MS - HOUR_MS * 5)
        reservation, part_id = reserve_next(connection, sim)
        reports.keep(connection, sim[0], report(7))
        sending.part_accepted(connection, part_id, 7, NOW_MS + 2_000)
        sending.message_sent(connection, reservation.message.seq, Said("message.sent"), NOW_MS + 2_000)
        reports.match_early_ones(connection, sim[0], 7, NOW_MS, NOW_MS + 2_000)
        assert [state_of(connection, seq)[0] for seq in (old, new)] == ["sent", "delivered"]

    def test_a_report_of_an_uncertain_part_is_not_given_to_an_older_one_of_its_reference(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        old, lost = add_message(connection), add_message(connection)
        send(connection, sim, 7, NOW_MS - HOUR_MS * 5)
        leave_uncertain(connection, sim)
        reports.keep(connection, sim[0], report(7))
        assert [state_of(connection, seq)[0] for seq in (old, lost)] == ["sent", "delivered"]

    def test_within_one_second_two_reports_read_the_same(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seqs = [add_message(connection) for _ in range(2)]
        send(connection, sim, 7, NOW_MS)
        send(connection, sim, 7, NOW_MS + 700)
        for _ in range(3):
            reports.keep(connection, sim[0], report(7))
        assert [state_of(connection, seq)[0] for seq in seqs] == ["delivered", "delivered"]
        assert connection.execute("SELECT count(*) FROM delivery_reports").fetchone()[0] == 2


class TestAnUncertainPart:
    def test_its_report_settles_it(self, connection: Connection, sim: tuple[int, int]) -> None:
        seq = add_message(connection)
        leave_uncertain(connection, sim)
        assert not reports.keep(connection, sim[0], report(99)).is_queued
        assert state_of(connection, seq) == ("delivered", "message.delivered")
        assert parts_of(connection, seq) == [(1, 1, "delivered")]

    @pytest.mark.parametrize("stamp_ms", [-3 * 24 * 3_600_000, -2 * 3_600_000, +2 * 3_600_000])
    def test_a_report_that_is_stamped_at_another_time_is_not_its_own(
        self, connection: Connection, sim: tuple[int, int], stamp_ms: int
    ) -> None:
        seq = add_message(connection)
        leave_uncertain(connection, sim)
        reports.keep(connection, sim[0], report(200, scts_at_ms=NOW_MS + stamp_ms))
        reports.match_to_uncertain(connection, sim[0], NOW_MS + 5_000)
        assert state_of(connection, seq)[0] == "uncertain"
        assert unmatched(connection) == 1

    @pytest.mark.parametrize(
        ("errors_h", "state"),
        [
            pytest.param([8, 8, 8], "delivered", id="a wrong time zone"),
            pytest.param([8, 8], "uncertain", id="too few to tell"),
            pytest.param([8, 5, 8], "uncertain", id="now so, now so"),
            pytest.param([0, 0, 0], "uncertain", id="a clock that is right"),
        ],
    )
    def test_a_clock_that_is_evidently_wrong_is_allowed_for(
        self, connection: Connection, sim: tuple[int, int], errors_h: list[int], state: str
    ) -> None:
        for tp_mr, error_h in enumerate(errors_h, 10):
            add_message(connection)
            send(connection, sim, tp_mr, NOW_MS - MINUTE_MS)
            reports.keep(connection, sim[0], report(tp_mr, scts_at_ms=NOW_MS - MINUTE_MS + error_h * HOUR_MS))
        seq = add_message(connection)
        leave_uncertain(connection, sim)
        reports.keep(connection, sim[0], report(99, scts_at_ms=NOW_MS + 8 * HOUR_MS + 1_000))
        assert state_of(connection, seq)[0] == state

    def test_a_stamp_that_is_right_by_a_wrong_clock_is_not_its_own(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        for tp_mr in (10, 11, 12):
            add_message(connection)
            send(connection, sim, tp_mr, NOW_MS - MINUTE_MS)
            reports.keep(connection, sim[0], report(tp_mr, scts_at_ms=NOW_MS - MINUTE_MS + 8 * HOUR_MS))
        seq = add_message(connection)
        leave_uncertain(connection, sim)
        reports.keep(connection, sim[0], report(99))
        assert state_of(connection, seq)[0] == "uncertain"

    def test_a_report_without_a_stamp_settles_it_if_nothing_else_waits_for_one(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        before, seq = add_message(connection), add_message(connection)
        send(connection, sim, 7, NOW_MS - HOUR_MS * 5)
        leave_uncertain(connection, sim)
        reports.keep(connection, sim[0], report(99, scts_at_ms=None))
        assert state_of(connection, seq)[0] == "uncertain", "it may be about the other one"
        reports.keep(connection, sim[0], report(7, scts_at_ms=NOW_MS - HOUR_MS * 5))
        assert state_of(connection, before)[0] == "delivered"
        reports.match_to_uncertain(connection, sim[0], NOW_MS + 5_000)
        assert state_of(connection, seq)[0] == "delivered"

    def test_while_our_own_clock_is_doubted_a_stamp_is_no_proof_that_no_other_part_is_meant(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        uncertain, sent = add_message(connection), add_message(connection)
        leave_uncertain(connection, sim)
        send(connection, sim, 7, NOW_MS + 2 * HOUR_MS)
        clock_marks.add(connection, Mark("this start", 0, NOW_MS, NOW_MS + 1, Trust.DOUBTED))
        reports.keep(connection, sim[0], report(7, received_at_ms=NOW_MS + 2 * HOUR_MS + 3_000))
        assert (state_of(connection, uncertain)[0], state_of(connection, sent)[0]) == (
            "uncertain",
            "delivered",
        )

    def test_a_report_without_a_stamp_that_came_before_it_is_not_its_own(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        reports.keep(connection, sim[0], report(99, scts_at_ms=None))
        seq = add_message(connection)
        leave_uncertain(connection, sim, NOW_MS + 5_000)
        reports.match_to_uncertain(connection, sim[0], NOW_MS + 9_000)
        assert state_of(connection, seq)[0] == "uncertain"

    def test_no_report_is_about_one_for_which_none_was_asked(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seq = add_message(connection, delivery_report=False)
        leave_uncertain(connection, sim)
        reports.keep(connection, sim[0], report(99))
        assert state_of(connection, seq)[0] == "uncertain"

    def test_an_interim_report_proves_that_it_went(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seq = add_message(connection)
        leave_uncertain(connection, sim)
        reports.keep(connection, sim[0], report(99, 0x20))
        assert state_of(connection, seq)[0] == "sent"
        reports.keep(connection, sim[0], report(99))
        assert state_of(connection, seq)[0] == "delivered"

    def test_a_report_that_fits_two_of_them_settles_none(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seqs = [add_message(connection) for _ in range(2)]
        for _ in seqs:
            leave_uncertain(connection, sim)
        reports.keep(connection, sim[0], report(99))
        assert [state_of(connection, seq)[0] for seq in seqs] == ["uncertain", "uncertain"]

    def test_a_report_is_not_given_to_it_while_it_may_be_that_of_the_part_on_the_line(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        lost, sent = add_message(connection), add_message(connection)
        leave_uncertain(connection, sim)
        reservation, part_id = reserve_next(connection, sim)
        reports.keep(connection, sim[0], report(42))
        assert state_of(connection, lost)[0] == "uncertain"
        sending.part_accepted(connection, part_id, 42, NOW_MS + 2_000)
        sending.message_sent(connection, reservation.message.seq, Said("message.sent"), NOW_MS + 2_000)
        reports.match_early_ones(connection, sim[0], 42, NOW_MS, NOW_MS + 2_000)
        assert [state_of(connection, seq)[0] for seq in (lost, sent)] == ["uncertain", "delivered"]

    def test_a_report_that_was_held_back_for_that_is_given_to_it_later(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        lost, sent = add_message(connection), add_message(connection)
        leave_uncertain(connection, sim)
        reservation, part_id = reserve_next(connection, sim)
        reports.keep(connection, sim[0], report(41))
        sending.part_accepted(connection, part_id, 42, NOW_MS + 2_000)
        sending.message_sent(connection, reservation.message.seq, Said("message.sent"), NOW_MS + 2_000)
        assert reports.sims_with_both(connection) == [sim[0]]
        reports.match_to_uncertain(connection, sim[0], NOW_MS + 3_000)
        assert [state_of(connection, seq)[0] for seq in (lost, sent)] == ["delivered", "sent"]
        assert reports.sims_with_both(connection) == []

    def test_a_late_answer_settles_it(self, connection: Connection, sim: tuple[int, int]) -> None:
        seq = add_message(connection)
        _, part_id = leave_uncertain(connection, sim)
        assert late.accepted_after_all(connection, part_id, 17, NOW_MS + 9_000) is MessageState.SENT
        assert state_of(connection, seq) == ("sent", "message.sent")
        assert late.accepted_after_all(connection, part_id, 17, NOW_MS + 9_000) is None
        reports.keep(connection, sim[0], report(17))
        assert state_of(connection, seq)[0] == "delivered"

    def test_the_rest_of_its_message_goes_on_through_its_sim_once_it_is_settled(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seq = add_message(connection, parts_total=3)
        leave_uncertain(connection, sim)
        assert reports.keep(connection, sim[0], report(99)).is_queued
        assert state_of(connection, seq) == ("queued", "message.continues")
        again, _ = reserve_next(connection, sim)
        assert again.numbers == (2, 3)

    def test_its_report_saves_a_message_that_waits_to_be_sent_again(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seq = add_message(connection, on_uncertain="resend")
        leave_uncertain(connection, sim)
        sending.requeue(
            connection,
            seq,
            Said("message.again.resend"),
            not_before_ms=0,
            pinned_sim_id=None,
            excluded=frozenset(),
            now_ms=NOW_MS,
        )
        reports.keep(connection, sim[0], report(99))
        assert state_of(connection, seq)[0] == "delivered"
        assert next_for(connection, sim[0], longest=None, now_ms=NOW_MS) is None

    def test_its_report_delivers_one_that_a_person_marked_as_sent(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seq = add_message(connection)
        leave_uncertain(connection, sim)
        [(message_id,)] = connection.execute("SELECT id FROM messages").fetchall()
        assert messages.mark_sent(connection, message_id, NOW_MS + 500)
        assert state_of(connection, seq)[0] == "sent"
        reports.keep(connection, sim[0], report(99))
        assert state_of(connection, seq) == ("delivered", "message.delivered")

    def test_only_an_unmistakable_one_is_settled_by_an_answer_to_a_pool_that_was_killed(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        add_message(connection)
        add_message(connection)
        _, first = leave_uncertain(connection, sim)
        assert late.only_uncertain_part(connection, *sim, NOW_MS + 60_000) == first
        assert late.only_uncertain_part(connection, *sim, NOW_MS + HOUR_MS) is None
        leave_uncertain(connection, sim)
        assert late.only_uncertain_part(connection, *sim, NOW_MS + 60_000) is None

    @pytest.mark.parametrize("state", ["accepted", "delivered", "undelivered"])
    def test_no_answer_can_come_once_another_part_went_from_the_same_port(
        self, connection: Connection, sim: tuple[int, int], state: str
    ) -> None:
        add_message(connection)
        add_message(connection)
        leave_uncertain(connection, sim)
        _, second = leave_uncertain(connection, sim, NOW_MS + 30_000)
        connection.execute("UPDATE parts SET state = ?, tp_mr = 9 WHERE id = ?", (state, second))
        assert late.only_uncertain_part(connection, *sim, NOW_MS + 60_000) is None


class TestALongMessage:
    def sent(self, connection: Connection, sim: tuple[int, int], parts: int = 3) -> int:
        seq = add_message(connection, parts_total=parts)
        reservation, part_id = reserve_next(connection, sim)
        for number in reservation.numbers:
            if number > 1:
                part_id = sending.begin_part(connection, reservation, number, NOW_MS)
            sending.part_accepted(connection, part_id, 10 + number, NOW_MS)
        sending.message_sent(connection, seq, Said("message.sent"), NOW_MS)
        settling.settle(connection, seq, NOW_MS)
        return seq

    def test_it_is_delivered_when_all_of_it_is(self, connection: Connection, sim: tuple[int, int]) -> None:
        seq = self.sent(connection, sim)
        for tp_mr in (13, 11, 12):
            assert state_of(connection, seq)[0] == "sent"
            reports.keep(connection, sim[0], report(tp_mr))
        assert state_of(connection, seq) == ("delivered", "message.delivered")

    def test_it_is_undelivered_when_one_part_is(self, connection: Connection, sim: tuple[int, int]) -> None:
        seq = self.sent(connection, sim)
        reports.keep(connection, sim[0], report(11))
        reports.keep(connection, sim[0], report(12, 0x40))
        assert state_of(connection, seq) == ("undelivered", "message.undelivered.failed")

    def test_reports_that_came_for_all_parts_before_the_last_answer_deliver_it(
        self, connection: Connection, sim: tuple[int, int]
    ) -> None:
        seq = add_message(connection, parts_total=2)
        reservation, part_id = reserve_next(connection, sim)
        sending.part_accepted(connection, part_id, 11, NOW_MS)
        reports.keep(connection, sim[0], report(11))
        part_id = sending.begin_part(connection, reservation, 2, NOW_MS)
        reports.keep(connection, sim[0], report(12))
        sending.part_accepted(connection, part_id, 12, NOW_MS)
        sending.message_sent(connection, seq, Said("message.sent"), NOW_MS)
        reports.match_early_ones(connection, sim[0], 12, NOW_MS, NOW_MS)
        settling.settle(connection, seq, NOW_MS)
        assert state_of(connection, seq)[0] == "delivered"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+8613912345678", "13912345678", True),
        ("+8613912345678", "8613912345678", True),
        ("+4915123456789", "015123456789", True),
        ("10086", "10086", True),
        ("+8613912345678", "+8613812345678", False),
        ("345678", "+8613912345678", True),
        ("78", "+8613912345678", False),
        ("", "", True),
        ("", "10086", False),
    ],
)
def test_spellings_of_one_subscriber(one: str, other: str, same: bool) -> None:
    assert same_subscriber(one, other) is same
    assert same_subscriber(other, one) is same


def test_numbers_in_logs_are_masked() -> None:
    assert masked("+8613912345678") == "+86139****5678"
    assert masked("10086") == "****"
