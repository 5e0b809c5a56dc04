"""Loop tests: which messages are sent, and real ones through a pool and a bank of simulated modems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.desk.loop_test import Candidate, pairs_for, start
from appliance.desk.loop_test_round import advance
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.tools import Tools
from appliance.desk.who import Source, Who
from appliance.sentences import SENTENCES, sentence
from appliance.store import loop_tests
from appliance.store.clock import now_ms
from appliance.store.loop_tests import LoopTest, text_of, token_in
from appliance.store.writer import GroupCommitWriter
from tests.bank import Bank, running_bank
from tests.pool.pools import Box, box

CLI = Who(Source.CLI)


def candidates(*known: bool) -> list[Candidate]:
    return [Candidate(number, f"SIM {number}", is_known) for number, is_known in enumerate(known, 1)]


@pytest.mark.parametrize(
    ("known", "wanted", "pairs"),
    [
        ((True, True, True), (None, None), ((1, 2), (2, 3), (3, 1))),
        ((True, False, False), (None, None), ((1, 2), (2, 3), (3, 1))),
        ((True, True), (1, 2), ((1, 2),)),
        ((True, False), (1, 2), ((2, 1), (1, 2))),
        ((False, False, True), (1, None), ((1, 3),)),
        ((True, True), (None, 2), ((1, 2),)),
        ((True,), (None, None), ((1, 1),)),
    ],
)
def test_which_messages_are_sent(
    known: tuple[bool, ...], wanted: tuple[int | None, int | None], pairs: tuple[tuple[int, int], ...]
) -> None:
    assert pairs_for(candidates(*known), *wanted) == pairs


@pytest.mark.parametrize("known", [(False,), (False, False), (False, False, False)])
def test_where_no_number_is_known_a_person_is_told_to_enter_one(known: tuple[bool, ...]) -> None:
    said = pairs_for(candidates(*known), None, None)
    assert isinstance(said, Mistake)
    assert said.code == "problem.loop-test-no-number"


def test_a_token_is_found_in_what_a_network_makes_of_the_text() -> None:
    assert token_in(f"[Carrier] {text_of('ABCDEFGHJK')} ") == "ABCDEFGHJK"
    assert token_in("Simloft loop test abc") is None


@dataclass
class Shop:
    """A running box with two SIMs."""

    box: Box
    bank: Bank
    writer: GroupCommitWriter
    tools: Tools

    def set_number(self, sim_id: int, number: str | None) -> None:
        source = None if number is None else "typed"
        self.box.change("UPDATE sims SET msisdn = ?, msisdn_source = ? WHERE id = ?", number, source, sim_id)

    def sim_of(self, modem: int) -> int:
        return int(self.box.port(modem)["sim_id"])

    def number(self, sim_id: int) -> str | None:
        return self.box.rows("SELECT msisdn FROM sims WHERE id = ?", sim_id)[0][0]

    def start(self, **which: int) -> str:
        run = start(self.writer, self.box.ring, CLI, now_ms=now_ms(), **which)
        assert isinstance(run, str), run
        return run

    def later_once(self, state: str) -> Callable[[], int]:
        """A clock that is beyond every limit as soon as a message is in a state."""
        return lambda: now_ms() + (400_000 if self.box.states()[state] else 0)

    def finished(self, run: str, clock: Callable[[], int] = now_ms) -> list[LoopTest]:
        def look() -> list[LoopTest] | None:
            connection = self.box.connection()
            try:
                advance(self.tools, connection, clock())
                tests = loop_tests.of_run(connection, run)
            finally:
                connection.close()
            return tests if all(each.done_at_ms is not None for each in tests) else None

        return self.box.wait_for(look) or []


@contextmanager
def shop(tmp_path: Path, modems: int = 2) -> Iterator[Shop]:
    with running_bank(tmp_path, modems=modems) as bank:
        made = box(tmp_path, bank)
        writer = GroupCommitWriter(made.settings.database)
        tools = Tools(database=made.settings.database, writer=writer, ring=made.ring)
        try:
            with made.running():
                made.wait_until_ready(modems)
                yield Shop(made, bank, writer, tools)
        finally:
            writer.close()


def test_a_ring_through_all_sims_passes_and_learns_the_numbers_that_are_missing(tmp_path: Path) -> None:
    with shop(tmp_path, modems=3) as at:
        ids = [at.sim_of(modem) for modem in range(3)]
        numbers = [at.number(sim_id) or at.bank.msisdn(modem) for modem, sim_id in enumerate(ids)]
        for sim_id in ids:
            at.set_number(sim_id, None)
        at.set_number(ids[1], numbers[1])
        tests = at.finished(at.start())
        assert [each.result for each in tests] == ["loop-test.passed"] * 3
        assert [at.number(sim_id) for sim_id in ids] == numbers
        sources = [row["msisdn_source"] for row in at.box.rows("SELECT msisdn_source FROM sims ORDER BY id")]
        assert sorted(sources) == ["loop-test", "loop-test", "typed"]
        assert all(each.delivered_at_ms and each.sent_at_ms and each.received_at_ms for each in tests)
        assert {row["sim_id"] for row in at.box.rows("SELECT sim_id FROM messages")} == set(ids)
        for each in tests:
            assert sentence(each.result or "", each.result_args) != each.result


def test_a_number_that_is_another_sims_is_found_out(tmp_path: Path) -> None:
    with shop(tmp_path, modems=3) as at:
        one, two, three = (at.sim_of(modem) for modem in range(3))
        at.set_number(two, at.bank.msisdn(2))
        [test] = at.finished(at.start(from_sim_id=one, to_sim_id=two))
        assert (test.result, test.received_sim_id) == ("loop-test.wrong-number", three)


def test_a_number_that_is_a_strangers_is_said_to_be_likely_wrong(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        one, two = at.sim_of(0), at.sim_of(1)
        at.set_number(two, "+8613900001111")
        [test] = at.finished(at.start(from_sim_id=one, to_sim_id=two), at.later_once("delivered"))
        at.bank.wait_for_messages("+8613900001111")
        assert test.result == "loop-test.delivered-elsewhere"


def test_the_senders_wrong_number_is_said_and_kept(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        one, two = at.sim_of(0), at.sim_of(1)
        at.set_number(one, "+8613900001111")
        at.set_number(two, at.bank.msisdn(1))
        [test] = at.finished(at.start(from_sim_id=one, to_sim_id=two))
        assert test.result == "loop-test.passed-other-number"
        assert test.result_args["told"] == at.bank.msisdn(0)
        assert at.number(one) == "+8613900001111"


def test_a_test_waits_for_its_own_sim_and_says_what_it_waited_for(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        one, two = at.sim_of(0), at.sim_of(1)
        at.set_number(two, at.bank.msisdn(1))
        at.box.change("UPDATE sims SET resting_until_ms = ? WHERE id = ?", now_ms() + 3_600_000, one)
        run = at.start(from_sim_id=one, to_sim_id=two)
        [test] = at.finished(run, at.later_once("queued"))
        assert test.result == "loop-test.never-began"
        assert test.result_args["why"] == "sim.resting"
        assert at.box.states() == {"queued": 1}, "no other SIM took it"


def test_a_sim_that_is_not_ready_is_refused_in_words(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        refused = start(at.writer, at.box.ring, CLI, from_sim_id=77, now_ms=now_ms())
        assert isinstance(refused, Refusal)
        assert refused.mistakes[0].code == "problem.no-such-sim"
        assert refused.mistakes[0].code in SENTENCES
