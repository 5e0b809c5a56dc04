"""Every refusal of the standards, from the line that a modem says to what the pool does about message and SIM."""

from __future__ import annotations

import pytest

from appliance.modem.errors import CME_ERRORS, CMS_ERRORS, Blame, modem_error
from appliance.modem.outcomes import Refused
from appliance.policy.blocking import Pattern, pattern_of
from appliance.policy.failure import Fault, GiveUp, RefusedMessage, RetryRules, TryAgain, after_refusal
from appliance.pool.outcome import Failed, Unknown, part_outcome

NOW_MS = 1_764_000_000_000
RULES = RetryRules()

MESSAGE = {1, 95, 96, 97, 98, 99, 111, 195, 196, 197, 198, 199, 304, 305} | set(range(128, 192))
SIM = {8, 10, 21, 28, 29, 30, 50, 69, 193, 330} | set(range(310, 319)) - {319}
NETWORK = {17, 22, 27, 38, 41, 42, 47, 127, 192, 194, 255, 331}
MODEM = {81, 300, 301, 302, 303, 320, 321, 322, 340, 500} | set(range(208, 214))
UNCERTAIN = {332}
"""``+CMS ERROR`` by class: TS 27.005 §3.2.5, TS 24.011 annex E-2, TS 23.040 §9.2.3.22, and what gateways found."""

ALL_CMS = [*((code, blame) for code, (_, blame) in CMS_ERRORS.items())]
ALL_CME = [*((code, blame) for code, (_, blame) in CME_ERRORS.items())]


def decided(line: str, *, attempt: int = 1, another_sim: bool = True) -> GiveUp | TryAgain | Unknown:
    """What becomes of a message of one part to which a modem said ``line``."""
    outcome = part_outcome(Refused(modem_error(line)))
    if isinstance(outcome, Unknown):
        return outcome
    assert isinstance(outcome, Failed)
    message = RefusedMessage(attempt=attempt, parts=1, parts_sent=0, sim_name="A", another_sim=another_sim)
    return after_refusal(message, outcome.fault, outcome.refusal.detail, NOW_MS, RULES)


def test_no_number_of_the_standard_is_in_two_classes_or_in_none() -> None:
    classes = [MESSAGE, SIM, NETWORK, MODEM, UNCERTAIN]
    assert sum(len(each) for each in classes) == len(set.union(*classes))
    assert set(CMS_ERRORS) <= set.union(*classes)


@pytest.mark.parametrize("code", sorted(MESSAGE))
def test_the_fault_of_the_message_is_tried_by_no_other_sim(code: int) -> None:
    assert isinstance(decided(f"+CMS ERROR: {code}"), GiveUp)


@pytest.mark.parametrize("code", sorted(SIM))
def test_the_fault_of_the_sim_goes_to_another_at_once(code: int) -> None:
    decision = decided(f"+CMS ERROR: {code}")
    assert isinstance(decision, TryAgain)
    assert (decision.exclude_sim, decision.not_before_ms) == (True, NOW_MS)
    alone = decided(f"+CMS ERROR: {code}", another_sim=False)
    assert isinstance(alone, TryAgain)
    assert alone.forget_exclusions
    assert alone.not_before_ms > NOW_MS


@pytest.mark.parametrize("code", sorted(NETWORK))
def test_the_fault_of_the_network_is_tried_later(code: int) -> None:
    decision = decided(f"+CMS ERROR: {code}")
    assert isinstance(decision, TryAgain)
    assert decision.not_before_ms > NOW_MS
    assert not decision.exclude_sim


@pytest.mark.parametrize("code", [*sorted(MODEM), 512, 532, 9999])
def test_the_fault_of_the_modem_is_tried_again(code: int) -> None:
    decision = decided(f"+CMS ERROR: {code}")
    assert isinstance(decision, TryAgain)
    assert not decision.exclude_sim


@pytest.mark.parametrize(
    "line", ["+CMS ERROR: 332", "+CME ERROR: 31", "NO CARRIER", "+CMS ERROR: network timeout"]
)
def test_what_says_nothing_of_the_outcome_is_never_sent_again_silently(line: str) -> None:
    assert isinstance(decided(line), Unknown)


@pytest.mark.parametrize(("code", "blame"), ALL_CMS)
def test_every_cms_number_by_its_class(code: int, blame: Blame) -> None:
    assert_by_class(f"+CMS ERROR: {code}", blame)


@pytest.mark.parametrize(("code", "blame"), ALL_CME)
def test_every_cme_number_by_its_class(code: int, blame: Blame) -> None:
    assert_by_class(f"+CME ERROR: {code}", blame)


def assert_by_class(line: str, blame: Blame) -> None:
    decision = decided(line)
    match blame:
        case Blame.MESSAGE:
            assert isinstance(decision, GiveUp)
        case Blame.SIM:
            assert isinstance(decision, TryAgain)
            assert decision.exclude_sim
        case Blame.NETWORK | Blame.MODEM:
            assert isinstance(decision, TryAgain)
            assert not decision.exclude_sim
        case Blame.UNCERTAIN:
            assert isinstance(decision, Unknown)


@pytest.mark.parametrize("code", sorted(SIM | NETWORK | MODEM))
def test_attempts_are_bounded_and_each_waits_no_less_than_the_one_before(code: int) -> None:
    waits = []
    for attempt in range(1, RULES.attempts):
        decision = decided(f"+CMS ERROR: {code}", attempt=attempt, another_sim=False)
        assert isinstance(decision, TryAgain)
        waits.append(decision.not_before_ms - NOW_MS)
    assert waits == sorted(waits)
    assert isinstance(decided(f"+CMS ERROR: {code}", attempt=RULES.attempts, another_sim=False), GiveUp)


@pytest.mark.parametrize(
    ("code", "pattern"),
    [
        (21, Pattern.REFUSED),
        (50, Pattern.REFUSED),
        (38, Pattern.NETWORK),
        (304, Pattern.MALFORMED),
        (1, None),
        (195, None),
    ],
)
def test_of_which_refusals_a_row_is_a_sign_against_the_sim(code: int, pattern: Pattern | None) -> None:
    outcome = part_outcome(Refused(modem_error(f"+CMS ERROR: {code}")))
    assert isinstance(outcome, Failed)
    assert pattern_of(outcome.fault, outcome.refusal.code) is pattern


def test_the_modem_is_no_sign_against_the_sim() -> None:
    assert pattern_of(Fault.MODEM, 500) is None
