"""Refusals: the message's fault ends it, the SIM's sends it elsewhere, the network's and modem's make it wait."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.policy.failure import (
    BackOff,
    Fault,
    GiveUp,
    Refusals,
    RefusedMessage,
    RetryRules,
    TryAgain,
    after_refusal,
    pause_after,
    rest_after,
)
from appliance.sentences import SENTENCES, sentence

NOW_MS = 1_700_000_000_000
RULES = RetryRules()
FIRST = RefusedMessage(attempt=1, parts=1, parts_sent=0, sim_name="A", another_sim=True)

refused = st.builds(
    RefusedMessage,
    attempt=st.integers(1, 7),
    parts=st.integers(1, 5),
    parts_sent=st.integers(0, 4),
    sim_name=st.just("A"),
    another_sim=st.booleans(),
    refused_alone=st.booleans(),
)


@given(refused, st.sampled_from(Fault))
def test_attempts_are_bounded_and_every_decision_is_explained(message: RefusedMessage, fault: Fault) -> None:
    decision = after_refusal(message, fault, "38 network out of order", NOW_MS, RULES)
    assert decision.reason.code in SENTENCES
    assert sentence(decision.reason.code, decision.reason.args) != decision.reason.code
    is_the_number = fault is Fault.SIM and message.refused_alone and not message.parts_sent
    if message.attempt >= RULES.attempts or fault is Fault.MESSAGE or is_the_number:
        assert isinstance(decision, GiveUp)
    else:
        assert isinstance(decision, TryAgain)
        assert decision.not_before_ms >= NOW_MS
        assert not (decision.exclude_sim and message.parts_sent), "only this SIM may send the rest"


def test_the_fault_of_a_message_ends_it_at_once() -> None:
    decision = after_refusal(FIRST, Fault.MESSAGE, "1 unassigned number", NOW_MS, RULES)
    assert isinstance(decision, GiveUp)
    assert decision.reason.code == "message.failed.refused"


def test_the_fault_of_a_sim_sends_it_elsewhere_at_once() -> None:
    decision = after_refusal(FIRST, Fault.SIM, "50 not subscribed", NOW_MS, RULES)
    assert isinstance(decision, TryAgain)
    assert (decision.not_before_ms, decision.exclude_sim) == (NOW_MS, True)


def test_where_no_other_sim_is_left_all_may_try_again_later() -> None:
    alone = replace(FIRST, another_sim=False)
    decision = after_refusal(alone, Fault.SIM, "50 not subscribed", NOW_MS, RULES)
    assert isinstance(decision, TryAgain)
    assert decision.not_before_ms > NOW_MS
    assert decision.forget_exclusions
    assert not decision.exclude_sim


def test_the_network_is_given_longer_and_longer() -> None:
    waits = []
    for attempt in range(1, RULES.attempts):
        decision = after_refusal(replace(FIRST, attempt=attempt), Fault.NETWORK, "42", NOW_MS, RULES)
        assert isinstance(decision, TryAgain)
        waits.append(decision.not_before_ms - NOW_MS)
    assert waits == [5_000, 20_000, 80_000, 320_000]


def test_a_message_of_which_some_parts_went_says_so_when_it_fails() -> None:
    partly = replace(FIRST, attempt=5, parts=3, parts_sent=2)
    decision = after_refusal(partly, Fault.NETWORK, "42 congestion", NOW_MS, RULES)
    assert decision.reason.code == "message.failed.partly"
    assert decision.reason.args["parts_sent"] == 2


def test_a_sim_rests_after_refusals_for_different_recipients_and_longer_each_time() -> None:
    refusals = Refusals()
    rests = []
    for number in range(5):
        refusals = refusals.and_another(f"+86138000000{number}")
        rests.append(rest_after(refusals, "A", "21 rejected", NOW_MS, RULES))
    assert rests[:2] == [None, None]
    untils = [rest.until_ms - NOW_MS for rest in rests[2:] if rest is not None and rest.until_ms]
    assert untils == [15 * 60_000, 30 * 60_000, 60 * 60_000]
    assert all(rest.code in SENTENCES for rest in rests if rest is not None)


def test_one_recipient_that_refuses_again_and_again_does_not_rest_a_sim() -> None:
    refusals = Refusals()
    for _ in range(3):
        refusals = refusals.and_another("+8613800000001")
    assert rest_after(refusals, "A", "21 rejected", NOW_MS, RULES) is None


def test_a_rest_goes_on_after_a_restart_that_forgot_the_recipients() -> None:
    refusals = Refusals(in_a_row=3).and_another("+8613800000001")
    assert rest_after(refusals, "A", "21 rejected", NOW_MS, RULES) is not None


@pytest.mark.parametrize(("failures", "pause_ms"), [(0, 0), (1, 0), (2, 2_000), (3, 4_000), (40, 60_000)])
def test_a_sim_pauses_from_the_second_failure_of_its_network_on(failures: int, pause_ms: int) -> None:
    assert pause_after(failures, RULES) == pause_ms


@given(st.integers(1, 10_000))
def test_a_back_off_never_passes_its_longest(failures: int) -> None:
    assert 5 <= BackOff(5, 3, 1_000).after(failures) <= 1_000
