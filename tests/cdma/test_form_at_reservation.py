"""A message is planned anew by the form of each SIM that is to send it, as long as nothing of it may have gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.modem.messaging import CdmaOutgoing, SmsForm
from appliance.modem.sms import EncodedPdu, plan_text
from appliance.policy.failure import Fault
from appliance.policy.plan import Plan
from appliance.pool.card import Card
from appliance.pool.dispatch import Step, advance
from appliance.pool.outcome import Failed, PartOutcome, Taken, Unknown
from appliance.pool.scheduler import scheduler_of
from appliance.pool.sender import give_back
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Nothing, Submit
from appliance.pool.work import Finished, Submitted
from appliance.store import sending, sims
from appliance.store.database import connect
from appliance.store.sending import Refusal
from tests.store.stored import ALICE, NOW_MS, add_message, add_sim, parts_of, state_of, watched_database

TEXT = "字" * 134
"""Two parts where they are joined, three where they are not."""

NO_NETWORK = Failed(Fault.NETWORK, Refusal("cms", 38, "network out of order"), went_out=True)
NOBODY_KNOWS = Unknown("no final", None)


class Desk:
    """A CDMA SIM and one of a GSM modem, without any modem: a test says what they hear."""

    def __init__(self, path: Path) -> None:
        self.connection: sqlite3.Connection = connect(watched_database(path))
        self.settings = PoolSettings(database=path, doorbell=path.with_suffix(".sock"), port_patterns=())
        self.scheduler = scheduler_of(self.settings)
        cdma, gsm = add_sim(self.connection, 1), add_sim(self.connection, 2)
        self.cdma = Card.of(sims.get(self.connection, cdma[0]), cdma[1], SmsForm.CDMA_TEXT)
        self.gsm = Card.of(sims.get(self.connection, gsm[0]), gsm[1])
        self.now_ms = NOW_MS

    def step(self, card: Card, finished: Finished | None = None, *, take: bool = True) -> Step:
        self.now_ms += 10 * 60_000
        self.scheduler.outdate()
        return advance(
            self.connection,
            card,
            finished,
            None,
            take=take,
            now_ms=self.now_ms,
            settings=self.settings,
            scheduler=self.scheduler,
        )

    def submitted(self, card: Card) -> Submitted:
        step = self.step(card)
        assert isinstance(step.next, Submit), step
        return step.next.submitted

    def hear(self, card: Card, submitted: Submitted, outcome: PartOutcome, *, take: bool = False) -> Step:
        return self.step(card, Finished(submitted, outcome, self.now_ms + 1_000), take=take)

    def count(self, seq: int) -> int:
        row = self.connection.execute("SELECT parts_total FROM messages WHERE seq = ?", (seq,)).fetchone()
        return int(row[0])

    def add(self, text: str = TEXT, **fields: object) -> int:
        plan = plan_text(text)
        parts = len(plan.parts)
        return add_message(
            self.connection, text=text, alphabet=plan.alphabet.value, parts_total=parts, **fields
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "simloft.db")
    made.connection.isolation_level = None
    yield made
    made.connection.close()


def test_each_form_has_its_own_parts(desk: Desk) -> None:
    seq = desk.add()
    submitted = desk.submitted(desk.cdma)
    assert desk.count(seq) == 3
    assert submitted.work.reservation.concat_reference is None
    texts = [each.text for each in submitted.work.pdus if isinstance(each, CdmaOutgoing)]
    assert [text[:5] for text in texts] == ["(1/3)", "(2/3)", "(3/3)"]
    assert {each.number for each in submitted.work.pdus if isinstance(each, CdmaOutgoing)} == {ALICE[3:]}


def test_a_message_that_was_refused_goes_by_the_other_form_with_its_own_count(desk: Desk) -> None:
    seq = desk.add()
    desk.hear(desk.cdma, desk.submitted(desk.cdma), NO_NETWORK)
    assert state_of(desk.connection, seq)[0] == "queued"
    assert desk.count(seq) == 2, "as other SIMs look for it"
    again = desk.submitted(desk.gsm)
    assert desk.count(seq) == 2
    assert again.work.reservation.concat_reference is not None
    assert [type(each) for each in again.work.pdus] == [EncodedPdu] * 2
    desk.hear(desk.gsm, again, NO_NETWORK)
    assert len(desk.submitted(desk.cdma).work.pdus) == 3


def test_what_has_begun_visibly_goes_on_visibly_through_its_sim_only(desk: Desk) -> None:
    seq = desk.add()
    first = desk.submitted(desk.cdma)
    second = desk.hear(desk.cdma, first, Taken(1), take=True)
    assert isinstance(second.next, Submit)
    assert second.next.submitted.number == 2
    desk.hear(desk.cdma, second.next.submitted, NO_NETWORK)
    assert desk.count(seq) == 3
    assert isinstance(desk.step(desk.gsm).next, Nothing)
    third = desk.submitted(desk.cdma)
    assert (third.number, len(third.work.pdus)) == (2, 3)


def test_the_card_of_a_cdma_modem_in_a_gsm_modem_does_not_go_on_in_another_way(desk: Desk) -> None:
    seq = desk.add()
    first = desk.submitted(desk.cdma)
    second = desk.hear(desk.cdma, first, Taken(1), take=True)
    assert isinstance(second.next, Submit)
    desk.hear(desk.cdma, second.next.submitted, NO_NETWORK)
    desk.cdma.form = SmsForm.TPDU
    assert isinstance(desk.step(desk.cdma).next, Nothing)
    assert state_of(desk.connection, seq) == ("queued", "message.begun-otherwise")
    assert [state for _, _, state in parts_of(desk.connection, seq)] == ["accepted", "refused"]


def test_what_may_have_gone_is_not_sent_again_in_other_parts(desk: Desk) -> None:
    seq = desk.add(on_uncertain="resend")
    desk.hear(desk.cdma, desk.submitted(desk.cdma), NOBODY_KNOWS)
    sending.requeue(
        desk.connection,
        seq,
        sending.Said("message.again.resend"),
        not_before_ms=0,
        pinned_sim_id=None,
        excluded=frozenset(),
        now_ms=desk.now_ms,
    )
    assert isinstance(desk.step(desk.gsm).next, Nothing)
    assert desk.count(seq) == 3
    assert len(desk.submitted(desk.cdma).work.pdus) == 3


def test_one_that_no_window_of_the_plan_holds_is_left_to_others_and_holds_up_nobody(desk: Desk) -> None:
    desk.settings = PoolSettings(
        database=desk.settings.database,
        doorbell=desk.settings.doorbell,
        port_patterns=(),
        plan=Plan(parts_per_minute=2),
    )
    desk.scheduler = scheduler_of(desk.settings)
    long, short = desk.add(), desk.add("短")
    submitted = desk.submitted(desk.cdma)
    assert submitted.work.reservation.message.seq == short
    assert desk.submitted(desk.gsm).work.reservation.message.seq == long


def test_what_does_not_fit_the_plan_in_its_own_parts_holds_up_nobody(desk: Desk) -> None:
    """Two parts, as it was accepted, would fit; three don't for an hour."""
    desk.connection.execute("UPDATE sims SET parts_per_hour = 4 WHERE id = ?", (desk.cdma.sim_id,))
    sims.rest(
        desk.connection,
        desk.gsm.sim_id,
        until_ms=sims.UNTIL_RESUMED_MS,
        reason="sim.rested-by-person-without-reason",
        args={},
        by_person=True,
    )
    for _ in range(2):
        desk.add("短")
        submitted = desk.submitted(desk.cdma)
        desk.cdma.answered(ALICE, desk.now_ms, counts=True)
        desk.hear(desk.cdma, submitted, Taken(1))
    long, short = desk.add(), desk.add("短")
    assert desk.submitted(desk.cdma).work.reservation.message.seq == short
    assert state_of(desk.connection, long) == ("queued", "sim.at-limit.hour")
    waits = desk.connection.execute("SELECT is_due, not_before_ms FROM messages WHERE seq = ?", (long,))
    is_due, not_before_ms = waits.fetchone()
    assert not is_due
    assert desk.now_ms < not_before_ms <= desk.now_ms + 3_600_000


def test_what_a_sim_does_not_take_keeps_its_count_for_the_others(desk: Desk) -> None:
    """Its three parts fit no window of the other one, to which the two that were accepted are nothing."""
    desk.connection.execute("UPDATE sims SET parts_per_minute = 2 WHERE id = ?", (desk.gsm.sim_id,))
    sims.rest(
        desk.connection,
        desk.cdma.sim_id,
        until_ms=sims.UNTIL_RESUMED_MS,
        reason="sim.rested-by-person-without-reason",
        args={},
        by_person=True,
    )
    seq = desk.add()
    assert isinstance(desk.step(desk.cdma).next, Nothing)
    assert desk.count(seq) == 2
    assert desk.submitted(desk.gsm).work.reservation.message.seq == seq


def test_what_was_reserved_and_not_given_has_its_count_of_before(desk: Desk) -> None:
    seq = desk.add()
    give_back(desk.submitted(desk.cdma), desk.connection)
    assert desk.count(seq) == 2
    assert desk.submitted(desk.gsm).work.reservation.message.seq == seq


def test_a_message_meant_for_one_sim_that_can_t_send_it_holds_up_nobody(desk: Desk) -> None:
    abroad = desk.add("hello", recipient="+4915112345678")
    desk.connection.execute("UPDATE messages SET pinned_sim_id = ?", (desk.cdma.sim_id,))
    home = desk.add("hello")
    assert desk.submitted(desk.cdma).work.reservation.message.seq == home
    assert state_of(desk.connection, abroad) == ("queued", "message.cdma-abroad")
    again = desk.connection.execute("SELECT not_before_ms FROM messages WHERE seq = ?", (abroad,)).fetchone()
    assert again[0] > desk.now_ms


def test_control_characters_never_reach_a_prompt(desk: Desk) -> None:
    seq = desk.add("before\x1aafter")
    assert isinstance(desk.step(desk.cdma).next, Nothing)
    assert desk.submitted(desk.gsm).work.reservation.message.seq == seq
