"""A guided swap from the first step to the last, at a real pool whose simulated card is pulled and changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from appliance.desk.loop_test_round import advance as loop_tests_advance
from appliance.desk.mistake import Refusal
from appliance.desk.pins import OfPort, enter_pin
from appliance.desk.swap import advance, choose, start, view
from appliance.desk.swap_rows import SwapView
from appliance.desk.tools import Tools
from appliance.policy.blocking import Pattern, Run
from appliance.policy.breaker import Breaker, to_json
from appliance.policy.failure import Fault
from appliance.policy.swap import SwapAction, SwapStep
from appliance.pool.card import Card
from appliance.pool.dispatch import advance as advance_sim
from appliance.pool.outcome import Failed
from appliance.pool.scheduler import scheduler_of
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Submit
from appliance.pool.work import Finished
from appliance.sentences import sentence
from appliance.store import breakers, sims, swaps
from appliance.store.clock import now_ms
from appliance.store.database import connect
from appliance.store.sending import Refusal as PartRefusal
from tests.pool.pools import numbers
from tests.store.stored import add_message
from tests.technician.at_the_port import PERSON, Technician, at_the_port
from tests.technician.office import NOW_MS, Office


class Swapping:
    """One swap at the first modem, followed as the rounds of the desk do."""

    def __init__(self, person: Technician) -> None:
        self.person = person
        self.box = person.box
        self.tools = Tools(database=person.box.settings.database, writer=person.writer, ring=person.box.ring)
        self.id = self.begin()

    def begin(self) -> int:
        started = start(self.person.writer, self.box.ring, PERSON, self.person.bank.ports[0], now_ms=now_ms())
        assert isinstance(started, int), started
        return started

    def look(self) -> SwapView:
        connection = connect(self.box.settings.database, read_only=True)
        try:
            advance(self.tools, connection, now_ms())
            loop_tests_advance(self.tools, connection, now_ms())
            found = view(connection, self.id)
        finally:
            connection.close()
        assert found is not None
        assert sentence(*found.said) != found.said[0]
        return found

    def until(self, step: SwapStep, said: str | None = None) -> SwapView:
        def there() -> SwapView | None:
            found = self.look()
            fits = found.swap.step is step and (said is None or found.said[0] == said)
            return found if fits else None

        found = self.box.wait_for(there)
        assert found is not None
        return found

    def choose(self, action: SwapAction, **limits: int) -> SwapView:
        done = choose(
            self.person.writer,
            self.box.ring,
            PERSON,
            self.id,
            action,
            limits=limits,
            now_ms=now_ms(),
        )
        assert isinstance(done, SwapView), done
        return done

    def hand(self, action: str, **fields: object) -> dict[str, object]:
        done: dict[str, object] = self.person.bank.control("card", action=action, modem="modem01", **fields)
        return done

    def sim(self, sim_id: int) -> dict[str, object]:
        return dict(self.box.rows("SELECT * FROM sims WHERE id = ?", sim_id)[0])


@contextmanager
def swapping(tmp_path: Path, modems: int = 2) -> Iterator[Swapping]:
    with at_the_port(tmp_path, modems) as person:
        yield Swapping(person)


def test_a_card_is_swapped_with_its_plan_copied_and_tested_by_a_message(tmp_path: Path) -> None:
    with swapping(tmp_path) as at:
        old = int(at.box.port(0)["sim_id"])
        at.box.change("UPDATE sims SET parts_per_day = 77, parts_per_hour = 7 WHERE id = ?", old)
        at.until(SwapStep.PULL)
        assert at.sim(old)["resting_reason"] == "sim.draining"
        at.hand("pull")
        at.until(SwapStep.INSERT)
        at.hand("insert")
        at.box.wait_for(lambda: at.box.port(0)["state"] == "ready")
        fresh = int(at.box.port(0)["sim_id"])
        assert at.sim(fresh)["resting_reason"] == "sim.draining", "before anybody looks"
        found = at.until(SwapStep.PLAN)
        new = found.swap.new_sim_id
        assert new not in (None, old)
        assert at.sim(new or 0)["resting_reason"] == "sim.draining", "nothing goes before its plan is chosen"
        at.choose(SwapAction.PLAN_COPY)
        at.choose(SwapAction.TEST)
        done = at.until(SwapStep.DONE)
        card = at.sim(new or 0)
        assert (card["parts_per_day"], card["parts_per_hour"], card["resting_until_ms"]) == (77, 7, None)
        assert at.sim(old)["resting_until_ms"] is None
        assert [code for code, _ in done.swap.done] == [
            "swap.did.drained",
            "swap.did.pulled",
            "swap.did.found",
            "swap.did.plan-copy",
            "loop-test.passed",
        ]


def test_the_draining_sim_finishes_what_only_it_may_send_and_takes_nothing_new(tmp_path: Path) -> None:
    with swapping(tmp_path, modems=1) as at:
        old = int(at.box.port(0)["sim_id"])
        at.until(SwapStep.PULL)
        [other] = at.box.submit(numbers(1), "for any SIM")
        [own] = at.box.submit(numbers(1, "+86138"), "only this SIM", via_sim_id=old)
        at.box.wait_for_state(own, "delivered")
        assert at.box.state(other)[0] == "queued"
        at.choose(SwapAction.CANCEL)
        at.box.wait_for_state(other, "delivered")
        assert at.sim(old)["resting_until_ms"] is None


def test_the_same_card_again_is_said_and_a_pin_is_asked_for(tmp_path: Path) -> None:
    with swapping(tmp_path) as at:
        at.until(SwapStep.PULL)
        card = at.hand("pull")
        at.until(SwapStep.INSERT, "swap.insert")
        at.hand("insert", card=card["card"])
        at.until(SwapStep.INSERT, "swap.same-card")
        at.hand("pull")
        at.until(SwapStep.INSERT, "swap.insert")
        locked = at.person.bank.control("card", action="make", pin="4711")
        at.hand("insert", card=locked["card"])
        at.until(SwapStep.PIN)
        entered = enter_pin(
            at.person.writer,
            at.box.ring,
            PERSON,
            OfPort(at.person.bank.ports[0]),
            "4711",
            directory=at.box.directory,
            forced=True,
            now_ms=now_ms(),
        )
        assert not isinstance(entered, Refusal)
        found = at.until(SwapStep.PLAN)
        assert found.swap.new_sim_id is not None
        assert at.sim(found.swap.new_sim_id)["iccid"] == locked["iccid"]


def test_a_swap_goes_on_where_it_was_when_the_box_comes_back(office: Office) -> None:
    write: Callable[..., SwapView] = office.writer.write_blocking
    started = start(office.writer, office.ring, PERSON, "modem01", now_ms=NOW_MS)
    assert isinstance(started, int)
    again = start(office.writer, office.ring, PERSON, "modem01", now_ms=NOW_MS)
    assert isinstance(again, Refusal)
    assert again.mistakes[0].code == "problem.swap-under-way"
    tools = Tools(database=office.database, writer=office.writer, ring=office.ring)
    reader = connect(office.database, read_only=True)
    assert advance(tools, reader, NOW_MS) == NOW_MS + 1_000
    office.put("modem01", "no-sim")
    advance(tools, reader, NOW_MS)
    reader.close()
    found = write(partial(view, swap_id=started))
    assert found.swap.step is SwapStep.INSERT
    asked = [dict(row) for row in office.read("SELECT command, args FROM port_commands")]
    assert [each["command"] for each in asked] == ["identify"]
    rested = office.read("SELECT resting_reason FROM sims WHERE id = 1")[0][0]
    assert rested == "sim.draining"
    done = choose(office.writer, office.ring, PERSON, started, SwapAction.CANCEL, now_ms=NOW_MS)
    assert isinstance(done, SwapView)
    assert office.read("SELECT resting_reason FROM sims WHERE id = 1")[0][0] is None
    odd = choose(
        office.writer,
        office.ring,
        PERSON,
        started,
        SwapAction.PLAN_OWN,
        limits={"parts_per_day": -1},
        now_ms=NOW_MS,
    )
    assert isinstance(odd, Refusal)
    assert [each.code for each in odd.mistakes] == ["problem.field-range"]
    late = choose(office.writer, office.ring, PERSON, started, SwapAction.PLAN_BOX, now_ms=NOW_MS)
    assert isinstance(late, Refusal)


def test_a_card_that_is_found_in_a_swap_takes_nothing_before_anybody_looks_and_is_let_go_at_its_end(
    office: Office,
) -> None:
    def reason(sim_id: int) -> str | None:
        found: str | None = office.read("SELECT resting_reason FROM sims WHERE id = ?", sim_id)[0][0]
        return found

    hold = swaps.hold
    office.writer.write_blocking(partial(hold, port_name="modem01", sim_id=2, now_ms=NOW_MS))
    assert reason(2) is None, "no swap is under way"
    started = start(office.writer, office.ring, PERSON, "modem01", now_ms=NOW_MS)
    assert isinstance(started, int)
    office.writer.write_blocking(partial(hold, port_name="modem02", sim_id=2, now_ms=NOW_MS))
    assert reason(2) is None, "not at this port"
    office.writer.write_blocking(partial(hold, port_name="modem01", sim_id=2, now_ms=NOW_MS))
    assert reason(2) == "sim.draining"
    choose(office.writer, office.ring, PERSON, started, SwapAction.CANCEL, now_ms=NOW_MS)
    assert (reason(1), reason(2)) == (None, None)


def test_a_rest_after_refusals_that_came_meanwhile_holds_after_the_swap(office: Office) -> None:
    """The SIM sent what only it may send, and was refused that: cancelled or not, a swap is no way round the rest."""
    write = office.writer.write_blocking
    started = start(office.writer, office.ring, PERSON, "modem01", now_ms=NOW_MS)
    assert isinstance(started, int)
    write(lambda c: add_message(c, via_sim_id=1))
    settings = PoolSettings(database=office.database, doorbell=office.directory / "bell", port_patterns=())
    card = Card.of(write(partial(sims.get, sim_id=1)), office.port("modem01").id)
    step = partial(
        advance_sim,
        card=card,
        going_on=None,
        now_ms=NOW_MS,
        settings=settings,
        scheduler=scheduler_of(settings),
    )
    submit = write(partial(step, finished=None, take=True)).next
    assert isinstance(submit, Submit)
    run = Run(settings.breaker.blocking.refused - 1, (), NOW_MS)
    write(lambda c: breakers.store(c, 1, to_json(Breaker(runs={Pattern.REFUSED: run}))))
    refused = Failed(Fault.SIM, PartRefusal("cms", 41, "temporary failure"), went_out=True)
    write(partial(step, finished=Finished(submit.submitted, refused, NOW_MS), take=False))
    assert office.read("SELECT resting_reason FROM sims WHERE id = 1")[0][0] == "sim.draining"
    choose(office.writer, office.ring, PERSON, started, SwapAction.CANCEL, now_ms=NOW_MS)
    until_ms, reason = office.read("SELECT resting_until_ms, resting_reason FROM sims WHERE id = 1")[0]
    assert reason == "sim.rests-after-refusals"
    assert until_ms > NOW_MS


def test_a_test_that_two_begin_at_once_is_begun_once(office: Office) -> None:
    started = start(office.writer, office.ring, PERSON, "modem01", now_ms=NOW_MS)
    assert isinstance(started, int)
    office.writer.write_blocking(lambda c: c.execute("UPDATE sims SET msisdn = '+861380000000' || id"))
    office.writer.write_blocking(
        lambda c: c.execute("UPDATE swaps SET step = 'test', new_sim_id = 1 WHERE id = ?", (started,))
    )
    results: list[object] = []

    def begin() -> None:
        results.append(choose(office.writer, office.ring, PERSON, started, SwapAction.TEST, now_ms=NOW_MS))

    both = [threading.Thread(target=begin) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(type(each).__name__ for each in results) == ["Refusal", "SwapView"]
    assert len(office.read("SELECT 1 FROM loop_tests")) == 1


def test_a_rest_that_a_person_ordered_is_there_again_after_the_swap(office: Office) -> None:
    office.writer.write_blocking(
        lambda c: c.execute(
            "UPDATE sims SET resting_until_ms = 9, resting_reason = 'sim.rested-by-person' WHERE id = 1"
        )
    )
    started = start(office.writer, office.ring, PERSON, "modem01", now_ms=NOW_MS)
    assert isinstance(started, int)
    assert office.read("SELECT resting_reason FROM sims WHERE id = 1")[0][0] == "sim.draining"
    choose(office.writer, office.ring, PERSON, started, SwapAction.CANCEL, now_ms=NOW_MS)
    row = office.read("SELECT resting_until_ms, resting_reason FROM sims WHERE id = 1")[0]
    assert tuple(row) == (9, "sim.rested-by-person")
