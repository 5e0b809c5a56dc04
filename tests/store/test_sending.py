"""Reserving and recording: a message moves only as life allows, and no two SIMs ever have the same one."""

from __future__ import annotations

import sqlite3

import pytest

from appliance.store import overdue, queue, recovery, reports, sending, usage
from appliance.store.sending import NotInThatStateError, Refusal, Said
from tests.store.stored import (
    ALICE,
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


def next_seq(connection: Connection, sim: tuple[int, int], now_ms: int = NOW_MS) -> int | None:
    message = next_for(connection, sim[0], longest=None, now_ms=now_ms)
    return None if message is None else message.seq


def test_the_queue_goes_by_priority_and_then_by_age(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    bulk, notice, code, later_code = (add_message(connection, priority=each) for each in (2, 1, 0, 0))
    taken = [reserve_next(connection, sim)[0].message.seq for _ in range(4)]
    assert taken == [code, later_code, notice, bulk]
    assert next_seq(connection, sim) is None


def test_a_message_that_one_sim_took_is_there_for_no_other(connection: Connection) -> None:
    one, other = add_sim(connection, 1), add_sim(connection, 2)
    add_message(connection)
    message = next_for(connection, other[0], longest=None, now_ms=NOW_MS)
    assert message is not None
    reserve_next(connection, one)
    assert next_seq(connection, other) is None
    with pytest.raises(NotInThatStateError):
        sending.reserve(connection, message, sim_id=other[0], port_id=other[1], said=Said("x"), now_ms=NOW_MS)


def test_a_message_waits_for_its_time_and_not_beyond_its_end(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    seq = add_message(connection, expires_at_ms=NOW_MS + 50_000, not_before_ms=NOW_MS + 10_000)
    assert next_seq(connection, sim) is None
    assert queue.next_due_ms(connection) == NOW_MS + 10_000
    assert next_seq(connection, sim, NOW_MS + 10_000) == seq
    assert next_seq(connection, sim, NOW_MS + 50_000) is None


def test_a_message_that_a_sim_was_refused_is_left_to_others(connection: Connection) -> None:
    one, other = add_sim(connection, 1), add_sim(connection, 2)
    seq = add_message(connection)
    reservation, part_id = reserve_next(connection, one)
    sending.part_refused(connection, part_id, Refusal("cms", 50, "50"), went_out=True, now_ms=NOW_MS)
    sending.requeue(
        connection,
        seq,
        Said("message.again.sim-elsewhere"),
        not_before_ms=0,
        pinned_sim_id=None,
        excluded=frozenset({one[0]}),
        now_ms=NOW_MS,
    )
    assert next_seq(connection, one) is None
    assert next_seq(connection, other) == seq
    assert reservation.attempt == 1
    again, _ = reserve_next(connection, other)
    assert again.attempt == 2


def test_a_message_too_long_for_a_plan_blocks_nobody(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    add_message(connection, parts_total=4)
    short = add_message(connection)
    found = next_for(connection, sim[0], longest=3, now_ms=NOW_MS)
    assert found is not None
    assert found.seq == short


def test_all_parts_go_under_one_reference_that_the_next_long_message_does_not_have(
    connection: Connection,
) -> None:
    sim = add_sim(connection, 1)
    for _ in range(258):
        add_message(connection, parts_total=2)
    references = [reserve_next(connection, sim)[0].concat_reference for _ in range(258)]
    assert references == [*range(256), 0, 1]


def test_a_message_of_which_parts_went_goes_on_with_the_rest_through_its_sim_alone(
    connection: Connection,
) -> None:
    one, other = add_sim(connection, 1), add_sim(connection, 2)
    seq = add_message(connection, parts_total=3)
    first, part_id = reserve_next(connection, one)
    sending.part_accepted(connection, part_id, 7, NOW_MS)
    second_id = sending.begin_part(connection, first, 2, NOW_MS)
    sending.part_refused(connection, second_id, Refusal("cms", 38, "38"), went_out=True, now_ms=NOW_MS)
    sending.requeue(
        connection,
        seq,
        Said("message.again.network"),
        not_before_ms=0,
        pinned_sim_id=one[0],
        excluded=frozenset(),
        now_ms=NOW_MS,
    )
    assert next_seq(connection, other) is None
    again, _ = reserve_next(connection, one)
    assert again.numbers == (2, 3)
    assert again.concat_reference == first.concat_reference
    assert sending.parts_that_went(connection, seq) == 1


def test_a_reservation_of_which_nothing_was_given_leaves_no_trace(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    seq = add_message(connection)
    reservation, part_id = reserve_next(connection, sim)
    sending.unreserve(connection, reservation, part_id, Said("message.again.shutdown"), NOW_MS)
    assert state_of(connection, seq) == ("queued", "message.again.shutdown")
    assert parts_of(connection, seq) == []
    assert reserve_next(connection, sim)[0].attempt == 1


def test_the_plan_counts_what_went_out_and_nothing_else(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    for _ in range(4):
        add_message(connection)
    send(connection, sim, 1, NOW_MS)
    _, never_given = reserve_next(connection, sim, NOW_MS + 1_000)
    sending.part_refused(
        connection, never_given, Refusal("line", None, "no prompt"), went_out=False, now_ms=NOW_MS + 1_500
    )
    _, refused = reserve_next(connection, sim, NOW_MS + 2_000)
    sending.part_refused(connection, refused, Refusal("cms", 21, "21"), went_out=True, now_ms=NOW_MS + 2_500)
    reserve_next(connection, sim, NOW_MS + 3_000)
    since = NOW_MS - 1
    assert counted(connection, sim, since, 10) == [NOW_MS + 100, NOW_MS + 2_500, NOW_MS + 3_000]
    assert counted(connection, sim, since, 2) == [NOW_MS + 2_500, NOW_MS + 3_000]
    assert counted(connection, sim, NOW_MS + 2_500, 9) == [NOW_MS + 3_000]
    assert counted(connection, sim, since, 0) == []


def counted(connection: Connection, sim: tuple[int, int], since_ms: int, most: int) -> list[int]:
    wanted = usage.Wanted(now_ms=NOW_MS, since_ms=since_ms, most=most)
    return usage.read(connection, [sim[0]], wanted).counted


class TestAfterACrash:
    def recover(self, connection: Connection) -> recovery.Recovered:
        return recovery.recover(connection, NOW_MS + 60_000, resend_after_ms=120_000)

    def test_a_part_that_may_be_on_the_air_is_uncertain(self, connection: Connection) -> None:
        sim = add_sim(connection, 1)
        seq = add_message(connection)
        reserve_next(connection, sim)
        assert self.recover(connection) == recovery.Recovered(uncertain=1)
        assert state_of(connection, seq) == ("uncertain", "message.uncertain-after-restart")
        assert parts_of(connection, seq) == [(1, 1, "uncertain")]
        assert next_seq(connection, sim) is None, "never sent again by itself"
        kinds = [row[0] for row in connection.execute("SELECT kind FROM events")]
        assert kinds == ["message-uncertain"]
        assert counted(connection, sim, NOW_MS - 1, 9) == [NOW_MS + 60_000], (
            "the network may have taken it until now"
        )

    def test_a_message_between_two_parts_goes_on_through_its_sim(self, connection: Connection) -> None:
        one, other = add_sim(connection, 1), add_sim(connection, 2)
        seq = add_message(connection, parts_total=2)
        reservation, part_id = reserve_next(connection, one)
        sending.part_accepted(connection, part_id, 3, NOW_MS)
        assert self.recover(connection) == recovery.Recovered(continuing=1)
        assert state_of(connection, seq) == ("queued", "message.continues")
        assert next_seq(connection, other) is None
        again, _ = reserve_next(connection, one)
        assert (again.numbers, again.concat_reference) == ((2,), reservation.concat_reference)

    def test_a_message_of_which_nothing_was_begun_is_queued_for_all(self, connection: Connection) -> None:
        one, other = add_sim(connection, 1), add_sim(connection, 2)
        seq = add_message(connection)
        message = next_for(connection, one[0], longest=None, now_ms=NOW_MS)
        assert message is not None
        sending.reserve(
            connection, message, sim_id=one[0], port_id=one[1], said=Said("message.sending"), now_ms=NOW_MS
        )
        assert self.recover(connection) == recovery.Recovered(queued=1)
        assert next_seq(connection, other) == seq

    def test_it_says_when_it_is_sent_again_if_its_sender_asked_for_that(self, connection: Connection) -> None:
        sim = add_sim(connection, 1)
        seq = add_message(connection, on_uncertain="resend")
        reserve_next(connection, sim)
        self.recover(connection)
        assert state_of(connection, seq) == ("uncertain", "message.uncertain-resend")

    def test_the_report_that_came_before_the_crash_settles_it(self, connection: Connection) -> None:
        sim = add_sim(connection, 1)
        seq = add_message(connection)
        reserve_next(connection, sim)
        reports.keep(connection, sim[0], report(9))
        assert state_of(connection, seq)[0] == "sending"
        self.recover(connection)
        assert state_of(connection, seq) == ("delivered", "message.delivered")

    def test_one_sim_can_be_cleared_without_touching_the_others(self, connection: Connection) -> None:
        one, other = add_sim(connection, 1), add_sim(connection, 2)
        mine, theirs = add_message(connection), add_message(connection)
        reserve_next(connection, one)
        reserve_next(connection, other)
        recovery.recover(connection, NOW_MS, resend_after_ms=0, sim_id=one[0])
        assert state_of(connection, mine)[0] == "uncertain"
        assert state_of(connection, theirs)[0] == "sending"


class TestWhatTimeBringsAbout:
    def test_a_message_whose_time_is_over_expires_unsent(self, connection: Connection) -> None:
        seq = add_message(connection, expires_at_ms=NOW_MS + 1_000)
        assert overdue.expire(connection, NOW_MS + 999) == 0
        assert overdue.expire(connection, NOW_MS + 1_000) == 1
        assert state_of(connection, seq) == ("expired", "message.expired")

    def test_a_message_that_has_begun_does_not_expire(self, connection: Connection) -> None:
        sim = add_sim(connection, 1)
        seq = add_message(connection, parts_total=2, expires_at_ms=NOW_MS + 1_000)
        _, part_id = reserve_next(connection, sim)
        sending.part_accepted(connection, part_id, 3, NOW_MS)
        recovery.recover(connection, NOW_MS, resend_after_ms=0)
        assert overdue.expire(connection, NOW_MS + 5_000) == 0
        assert state_of(connection, seq)[0] == "queued"
        assert next_seq(connection, sim, NOW_MS + 5_000) == seq

    def test_only_a_sender_who_asked_for_it_gets_an_uncertain_message_sent_again(
        self, connection: Connection
    ) -> None:
        sim = add_sim(connection, 1)
        waits, resent = add_message(connection), add_message(connection, on_uncertain="resend")
        leave_uncertain(connection, sim)
        leave_uncertain(connection, sim)
        assert overdue.resend(connection, untouched_since_ms=NOW_MS, attempts=5, now_ms=NOW_MS + 1) == 0
        after = NOW_MS + 120_000
        assert overdue.resend(connection, untouched_since_ms=after, attempts=5, now_ms=after) == 1
        assert state_of(connection, waits)[0] == "uncertain"
        assert state_of(connection, resent) == ("queued", "message.again.resend")
        send(connection, sim, 5, after)
        assert parts_of(connection, resent) == [(1, 1, "uncertain"), (2, 1, "accepted")]

    def test_a_message_is_not_sent_again_for_ever(self, connection: Connection) -> None:
        sim = add_sim(connection, 1)
        seq = add_message(connection, on_uncertain="resend")
        leave_uncertain(connection, sim)
        assert overdue.resend(connection, untouched_since_ms=NOW_MS * 2, attempts=1, now_ms=NOW_MS) == 0
        assert state_of(connection, seq)[0] == "uncertain"

    def test_where_no_other_sim_is_left_the_refused_one_may_try_again(self, connection: Connection) -> None:
        one = add_sim(connection, 1)
        other = add_sim(connection, 2)
        seq = add_message(connection)
        connection.execute("UPDATE messages SET excluded_sim_ids = ?", (f"[{one[0]}]",))
        assert overdue.lift_exclusions(connection, NOW_MS) == 0
        connection.execute("UPDATE ports SET state = 'no-sim' WHERE id = ?", (other[1],))
        assert overdue.lift_exclusions(connection, NOW_MS) == 1
        assert next_seq(connection, one) == seq


def test_a_recipient_and_its_report_need_not_be_spelt_alike(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    seq = add_message(connection)
    send(connection, sim, 7)
    reports.keep(connection, sim[0], report(7, recipient=ALICE.removeprefix("+86")))
    assert state_of(connection, seq)[0] == "delivered"
