"""The circuit breaker: every way through it, and what holds whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.policy.blocking import Evidence, Pattern
from appliance.policy.breaker import (
    Breaker,
    BreakerRules,
    BreakerState,
    attempts_used,
    delivered,
    from_json,
    is_probe_due,
    not_delivered,
    pause_after,
    probing,
    refused,
    resumed,
    silent,
    taken,
    to_json,
)
from appliance.policy.failure import Fault
from appliance.sentences import SENTENCES, sentence

NOW_MS = 1_764_000_000_000
MINUTE_MS = 60_000
RULES = BreakerRules()
SILENCE = Evidence(Pattern.SILENT, 20, 18, before_percent=94)


def number(index: int) -> str:
    return f"+86138{index:08d}"


def refuse(
    breaker: Breaker,
    fault: Fault,
    code: int | None,
    recipient: str,
    now_ms: int = NOW_MS,
    *,
    others: bool = False,
) -> Breaker:
    return refused(
        breaker,
        fault,
        code=code,
        detail=f"{code} no",
        recipient=recipient,
        now_ms=now_ms,
        rules=RULES,
        others_sent_since=lambda _: others,
    )


REFUSALS = [
    (Fault.SIM, 21),
    (Fault.NETWORK, 38),
    (Fault.MESSAGE, 304),
    (Fault.MODEM, 500),
    (Fault.MESSAGE, 1),
]


def after(
    fault: Fault, code: int | None, count: int, breaker: Breaker | None = None, *, others: bool = False
) -> Breaker:
    """A breaker after so many refusals for different numbers, a second apart."""
    breaker = breaker or Breaker()
    for index in range(count):
        at_ms = NOW_MS + index * 1_000
        breaker = refuse(breaker, fault, code, number(index), at_ms, others=others)
    return breaker


@pytest.mark.parametrize(
    ("fault", "code", "others", "opens_at"),
    [
        (Fault.SIM, 21, False, 3),
        (Fault.SIM, 50, False, 3),
        (Fault.NETWORK, 38, True, 10),
        (Fault.NETWORK, 38, False, None),
        (Fault.MESSAGE, 304, True, 5),
        (Fault.MESSAGE, 304, False, None),
        (Fault.MESSAGE, 1, True, None),
        (Fault.MESSAGE, 196, True, None),
        (Fault.MODEM, 500, True, None),
    ],
)
def test_how_many_refusals_open_it(fault: Fault, code: int, others: bool, opens_at: int | None) -> None:
    states = [after(fault, code, count, others=others).state for count in range(1, 40)]
    opened = next((count for count, state in enumerate(states, 1) if state is BreakerState.OPEN), None)
    assert opened == opens_at


def test_one_recipient_that_refuses_again_and_again_does_not_open_it() -> None:
    breaker = Breaker()
    for _ in range(9):
        breaker = refuse(breaker, Fault.SIM, 21, number(1))
    assert breaker.state is BreakerState.CLOSED


def test_a_message_that_went_between_begins_the_count_anew() -> None:
    breaker = taken(after(Fault.SIM, 21, 2), 1, NOW_MS, RULES)
    assert after(Fault.SIM, 21, 2, breaker).state is BreakerState.CLOSED


def test_each_rest_in_vain_is_longer_until_a_person_is_needed() -> None:
    breaker = after(Fault.SIM, 21, 3)
    rests_min, quarantined = [], []
    for index in range(8):
        rests_min.append((breaker.until_ms - NOW_MS) // MINUTE_MS)
        quarantined.append(breaker.is_quarantined(RULES))
        why = breaker.why("A", RULES)
        assert why is not None
        assert (why.code == "sim.quarantined") is quarantined[-1]
        breaker = probing(replace(breaker, until_ms=NOW_MS), NOW_MS)
        breaker = refuse(breaker, Fault.SIM, 21, number(index))
    assert rests_min == [15, 30, 60, 360, 720, 1440, 1440, 1440]
    assert quarantined == [False] * 3 + [True] * 5


def test_one_message_that_goes_closes_it() -> None:
    opened = after(Fault.SIM, 21, 3)
    assert not is_probe_due(opened, opened.until_ms - 1)
    assert is_probe_due(opened, opened.until_ms)
    half_open = probing(opened, opened.until_ms)
    assert taken(half_open, 7, opened.until_ms, RULES).is_blank


@pytest.mark.parametrize(("fault", "code"), [(Fault.NETWORK, 42), (Fault.MODEM, 500), (Fault.MESSAGE, 1)])
def test_a_probe_that_says_nothing_of_the_sim_is_tried_again(fault: Fault, code: int) -> None:
    half_open = probing(after(Fault.SIM, 21, 3), NOW_MS)
    tried = refuse(half_open, fault, code, number(9), others=True)
    assert is_probe_due(tried, NOW_MS)


def test_a_silent_sim_is_back_only_when_its_message_arrives() -> None:
    opened = silent(Breaker(), SILENCE, NOW_MS, RULES)
    assert opened.state is BreakerState.OPEN
    waiting = taken(probing(opened, NOW_MS), 7, NOW_MS, RULES)
    assert (waiting.state, waiting.probe_part_id) == (BreakerState.HALF_OPEN, 7)
    assert not is_probe_due(waiting, NOW_MS), "nothing else goes meanwhile"
    assert delivered(waiting, NOW_MS + 1) == Breaker(since_ms=NOW_MS + 1)
    again = not_delivered(waiting, waiting.until_ms, RULES)
    assert (again.state, again.trips) == (BreakerState.OPEN, 2)


def test_the_evidence_is_one_sentence() -> None:
    why = silent(Breaker(), SILENCE, NOW_MS, RULES).why("SIM A", RULES)
    assert why is not None
    said = sentence(why.code, {**why.args, "until": "12:00"})
    assert "the last 20 message parts of SIM A, to 18 numbers, none was delivered; before that 94 %" in said


def test_a_person_ends_it_at_once() -> None:
    assert resumed(NOW_MS).state is BreakerState.CLOSED


@pytest.mark.parametrize(("failures", "pause_ms"), [(0, 0), (1, 0), (2, 2_000), (3, 4_000), (40, 60_000)])
def test_a_sim_pauses_from_the_second_failure_of_its_network_on(failures: int, pause_ms: int) -> None:
    assert pause_after(failures, RULES) == pause_ms


@given(reservations=st.integers(1, 100), probes=st.integers(0, 100))
def test_probes_are_free_but_not_for_ever(reservations: int, probes: int) -> None:
    used = attempts_used(reservations, min(probes, reservations), RULES)
    assert max(0, reservations - RULES.free_probes) <= used <= reservations


@pytest.mark.parametrize(
    "stored", ["", "{", "[]", '{"state":"ajar"}', '{"runs":{"x":1}}', '{"runs":[]}', "7"]
)
def test_what_cannot_be_read_is_closed(stored: str) -> None:
    assert from_json(stored) == Breaker()


class AnyHistory(RuleBasedStateMachine):
    """Whatever a SIM meets, in any order, with a restart between any two steps."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = NOW_MS
        self.breaker = Breaker()
        self.has_probe = False

    def step(self, breaker: Breaker) -> None:
        before = self.breaker
        self.breaker = from_json(to_json(breaker))
        assert self.breaker == breaker, "a restart changes nothing"
        if self.breaker.trips > before.trips:
            assert self.breaker.trips == before.trips + 1
            assert self.breaker.until_ms > self.now_ms
            assert self.breaker.evidence is not None

    @rule(ms=st.integers(0, 7 * 86_400_000))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms

    @precondition(
        lambda self: self.breaker.state is not BreakerState.OPEN or is_probe_due(self.breaker, self.now_ms)
    )
    @rule(
        recipient=st.integers(0, 30),
        outcome=st.one_of(
            st.none(),
            st.sampled_from(REFUSALS),
        ),
        others=st.booleans(),
    )
    def a_part_is_sent(self, recipient: int, outcome: tuple[Fault, int] | None, others: bool) -> None:
        if self.breaker.probe_part_id is not None:
            return  # it rests for the report
        is_probe = is_probe_due(self.breaker, self.now_ms)
        if is_probe:
            self.step(probing(self.breaker, self.now_ms))
        before = self.breaker
        if outcome is None:
            self.step(taken(self.breaker, 7, self.now_ms, RULES))
            if before.needs_report:
                assert self.breaker.state is not BreakerState.CLOSED or before.state is BreakerState.CLOSED
            else:
                assert self.breaker.is_blank
            return
        fault, code = outcome
        self.step(refuse(self.breaker, fault, code, number(recipient), self.now_ms, others=others))
        if is_probe and fault is Fault.SIM:
            assert self.breaker.state is BreakerState.OPEN, "one message, then it rests"

    @rule()
    def nothing_arrives(self) -> None:
        self.step(silent(self.breaker, SILENCE, self.now_ms, RULES))
        assert self.breaker.state is not BreakerState.CLOSED

    @rule(arrived=st.booleans())
    def the_probe_is_settled(self, arrived: bool) -> None:
        waited = self.breaker.probe_part_id is not None
        after = (
            delivered(self.breaker, self.now_ms)
            if arrived
            else not_delivered(self.breaker, self.now_ms, RULES)
        )
        self.step(after)
        if waited:
            assert (self.breaker.state is BreakerState.CLOSED) is arrived

    @rule()
    def a_person_lets_it_go_on(self) -> None:
        self.step(resumed(self.now_ms))
        assert self.breaker.is_blank

    @invariant()
    def a_rest_says_why_and_ends(self) -> None:
        why = self.breaker.why("A", RULES)
        assert (why is None) is (self.breaker.state is BreakerState.CLOSED)
        if why is not None:
            assert why.code in SENTENCES
            assert "{" not in sentence(why.code, {**why.args, "until": "12:00"})
            assert why.until_ms is not None
            assert why.until_ms - self.now_ms <= RULES.quarantine.longest_ms

    @invariant()
    def the_state_stays_small(self) -> None:
        assert len(to_json(self.breaker) or "") < 1_500


TestAnyHistory = AnyHistory.TestCase
