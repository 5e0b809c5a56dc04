"""Refusals: the message's fault ends it, the SIM's sends it elsewhere, the network's and modem's make it wait."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from appliance.policy.failure import (
    BackOff,
    Fault,
    GiveUp,
    RefusedMessage,
    RetryRules,
    TryAgain,
    after_refusal,
)
from appliance.sentences import SENTENCES, sentence

NOW_MS = 1_700_000_000_000
RULES = RetryRules()
FIRST = RefusedMessage(attempt=1, parts=1, parts_sent=0, sim_name="A", another_sim=True)

refused = st.builds(
    RefusedMessage,
    attempt=st.integers(0, 7),
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


@given(st.integers(0, 10_000))
def test_a_back_off_never_passes_its_longest(failures: int) -> None:
    wait_ms = BackOff(5, 3, 1_000).after(failures)
    assert 5 <= wait_ms <= 1_000
    assert isinstance(
        wait_ms, int
    )  # The database takes no fraction, and a SIM would try to write it for ever.
