"""What a person does about uncertain messages, and what is heard of them afterwards."""

from __future__ import annotations

import sqlite3

from appliance.store import late, messages, reports, sending
from appliance.store.sending import Said
from tests.store.stored import (
    NOW_MS,
    add_message,
    add_sim,
    leave_uncertain,
    parts_of,
    report,
    reserve_next,
    send,
    state_of,
)


def id_of(connection: sqlite3.Connection, seq: int) -> str:
    message = messages.of_seq(connection, seq)
    assert message is not None
    return message.id


def states(connection: sqlite3.Connection, seq: int) -> list[tuple[int, str]]:
    """SIM and state of each part row, oldest first."""
    return [
        (row[0], row[1])
        for row in connection.execute(
            "SELECT sim_id, state FROM parts WHERE message_seq = ? ORDER BY id", (seq,)
        )
    ]


class TestMarkedAsSent:
    def test_by_two_sims_only_the_latest_try_is_believed(self, connection: sqlite3.Connection) -> None:
        one, other = add_sim(connection, 1), add_sim(connection, 2)
        seq = add_message(connection)
        leave_uncertain(connection, one)
        assert messages.resend(connection, id_of(connection, seq), NOW_MS + 200)
        leave_uncertain(connection, other, NOW_MS + 300)
        assert messages.mark_sent(connection, id_of(connection, seq), NOW_MS + 500)
        assert states(connection, seq) == [(one[0], "uncertain"), (other[0], "accepted")]
        assert state_of(connection, seq) == ("sent", "message.marked-sent")

    def test_by_one_sim_twice_one_try_is_believed(self, connection: sqlite3.Connection) -> None:
        sim = add_sim(connection, 1)
        seq = add_message(connection)
        leave_uncertain(connection, sim)
        assert messages.resend(connection, id_of(connection, seq), NOW_MS + 200)
        leave_uncertain(connection, sim, NOW_MS + 300)
        assert messages.mark_sent(connection, id_of(connection, seq), NOW_MS + 500)
        assert parts_of(connection, seq) == [(1, 1, "uncertain"), (2, 1, "accepted")]

    def test_of_a_long_message_the_set_that_has_begun_is_believed(
        self, connection: sqlite3.Connection
    ) -> None:
        one, other = add_sim(connection, 1), add_sim(connection, 2)
        seq = add_message(connection, parts_total=2)
        # The first SIM gave up at its first part, the other one at its second.
        leave_uncertain(connection, one)
        assert messages.resend(connection, id_of(connection, seq), NOW_MS + 200)
        reservation, part_id = reserve_next(connection, other, NOW_MS + 300)
        sending.part_accepted(connection, part_id, 9, NOW_MS + 400)
        second = sending.begin_part(connection, reservation, 2, NOW_MS + 400)
        sending.part_uncertain(connection, second, tp_mr=None, detail="no final", now_ms=NOW_MS + 500)
        sending.message_uncertain(connection, seq, Said("message.uncertain"), NOW_MS + 500)
        assert messages.mark_sent(connection, id_of(connection, seq), NOW_MS + 600)
        assert states(connection, seq) == [
            (one[0], "uncertain"),
            (other[0], "accepted"),
            (other[0], "accepted"),
        ]
        assert state_of(connection, seq)[0] == "sent"

    def test_a_report_about_the_other_try_is_understood_after_that(
        self, connection: sqlite3.Connection
    ) -> None:
        one, other = add_sim(connection, 1), add_sim(connection, 2)
        seq = add_message(connection)
        leave_uncertain(connection, one)
        messages.resend(connection, id_of(connection, seq), NOW_MS + 200)
        leave_uncertain(connection, other, NOW_MS + 300)
        messages.mark_sent(connection, id_of(connection, seq), NOW_MS + 500)
        reports.keep(connection, one[0], report(7))
        assert states(connection, seq) == [(one[0], "delivered"), (other[0], "accepted")]
        assert state_of(connection, seq) == ("delivered", "message.sent-twice")


class TestHeardOfAfterItWasSentAgain:
    def again(self, connection: sqlite3.Connection) -> tuple[int, tuple[int, int], int]:
        """A message of which nobody knew, sent again by another SIM: seq, the first SIM, the first part."""
        one, other = add_sim(connection, 1), add_sim(connection, 2)
        seq = add_message(connection)
        _, part_id = leave_uncertain(connection, one)
        assert messages.resend(connection, id_of(connection, seq), NOW_MS + 200)
        assert send(connection, other, 40, NOW_MS + 300) == seq
        return seq, one, part_id

    def told(self, connection: sqlite3.Connection) -> list[str]:
        return [row[0] for row in connection.execute("SELECT reason FROM events ORDER BY id")]

    def test_by_a_report_it_says_so(self, connection: sqlite3.Connection) -> None:
        seq, sim, _ = self.again(connection)
        reports.keep(connection, sim[0], report(7))
        assert state_of(connection, seq) == ("delivered", "message.sent-twice")
        assert self.told(connection) == ["message.sent-twice"]

    def test_by_a_late_answer_it_says_so(self, connection: sqlite3.Connection) -> None:
        seq, _, part_id = self.again(connection)
        late.accepted_after_all(connection, part_id, 7, NOW_MS + 900)
        assert state_of(connection, seq) == ("sent", "message.sent-twice")
        assert self.told(connection) == ["message.sent-twice"]

    def test_before_any_sim_took_it_nothing_is_doubled(self, connection: sqlite3.Connection) -> None:
        one = add_sim(connection, 1)
        seq = add_message(connection)
        leave_uncertain(connection, one)
        messages.resend(connection, id_of(connection, seq), NOW_MS + 200)
        reports.keep(connection, one[0], report(7))
        assert state_of(connection, seq) == ("delivered", "message.delivered")
        assert self.told(connection) == []
