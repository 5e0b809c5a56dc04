"""The table of a guided swap: what follows from what is seen, and what may be chosen at each step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.policy.swap import ENDED, Seen, Swap, SwapAction, SwapStep, advanced, chosen
from appliance.sentences import SENTENCES

OLD, NEW, THIRD = 1, 2, 3
PASSED = ("loop-test.passed", {"from": "A", "to": "B", "received_s": "1.0"})
FAILED = ("loop-test.not-sent", {"from": "A", "to": "B"})


def swap(step: SwapStep, **fields: object) -> Swap:
    return replace(Swap(port_name="p", step=step, old_sim_id=OLD), **fields)  # type: ignore[arg-type]


def seen(state: str = "ready", sim: int | None = OLD, **fields: object) -> Seen:
    return replace(Seen(port_state=state, port_said=(f"port.{state}", {}), sim_id=sim), **fields)  # type: ignore[arg-type]


S = SwapStep


@pytest.mark.parametrize(
    ("before", "what", "after", "said"),
    [
        (swap(S.DRAINING), seen(begun=2), S.DRAINING, "swap.waits-for-messages"),
        (swap(S.DRAINING), seen(), S.PULL, None),
        (swap(S.DRAINING), seen("no-sim", None, begun=2), S.INSERT, None),
        (swap(S.PULL), seen(), S.PULL, None),
        (swap(S.PULL), seen("no-sim", None), S.INSERT, None),
        (swap(S.PULL), seen("absent"), S.INSERT, None),
        (swap(S.PULL), seen("ready", NEW), S.PLAN, None),
        (swap(S.INSERT), seen("no-sim", None), S.INSERT, None),
        (swap(S.INSERT), seen("probing", None), S.INSERT, "swap.card-is-read"),
        (swap(S.INSERT), seen("ready", OLD), S.INSERT, "swap.same-card"),
        (swap(S.INSERT), seen("pin-required", OLD), S.INSERT, "swap.same-card"),
        (swap(S.INSERT), seen("pin-required", NEW), S.PIN, None),
        (swap(S.INSERT), seen("pin-required", None), S.PIN, None),
        (swap(S.INSERT), seen("puk-required", None), S.INSERT, "port.puk-required"),
        (swap(S.INSERT), seen("sim-failure", None), S.INSERT, "port.sim-failure"),
        (swap(S.INSERT), seen("registration-denied", NEW), S.PLAN, None),
        (swap(S.INSERT), seen("ready", NEW), S.PLAN, None),
        (swap(S.PIN, new_sim_id=NEW), seen("wrong-pin", NEW), S.PIN, "port.wrong-pin"),
        (swap(S.PIN, new_sim_id=NEW), seen("puk-required", NEW), S.PIN, "port.puk-required"),
        (swap(S.PIN, new_sim_id=NEW), seen("ready", NEW), S.PLAN, None),
        (swap(S.PIN, new_sim_id=None), seen("ready", OLD), S.INSERT, "swap.same-card"),
        (swap(S.PIN, new_sim_id=NEW), seen("no-sim", None), S.INSERT, "swap.taken-out-again"),
        (swap(S.PLAN, new_sim_id=NEW), seen("ready", NEW), S.PLAN, None),
        (swap(S.PLAN, new_sim_id=NEW), seen("absent", NEW), S.PLAN, None),
        (swap(S.PLAN, new_sim_id=NEW), seen("no-sim", None), S.INSERT, "swap.taken-out-again"),
        (swap(S.PLAN, new_sim_id=NEW), seen("ready", THIRD), S.PLAN, None),
        (swap(S.TEST, new_sim_id=NEW), seen("ready", OLD), S.INSERT, "swap.same-card"),
        (swap(S.TESTING, new_sim_id=NEW, test_run="r"), seen("ready", NEW), S.TESTING, None),
        (
            swap(S.TESTING, new_sim_id=NEW, test_run="r"),
            seen("ready", NEW, test_result=PASSED, test_passed=True),
            S.DONE,
            None,
        ),
        (
            swap(S.TESTING, new_sim_id=NEW, test_run="r"),
            seen("ready", NEW, test_result=FAILED),
            S.TEST,
            "loop-test.not-sent",
        ),
    ],
)
def test_what_follows_from_what_is_seen(before: Swap, what: Seen, after: SwapStep, said: str | None) -> None:
    then = advanced(before, what)
    assert (then.step, None if then.said is None else then.said[0]) == (after, said)
    assert advanced(then, what).step is then.step, "nothing more follows from the same"


def test_the_third_card_takes_the_place_of_the_second() -> None:
    then = advanced(swap(S.PLAN, new_sim_id=NEW), seen("ready", THIRD))
    assert then.new_sim_id == THIRD


@pytest.mark.parametrize("step", [each for each in SwapStep if each not in ENDED])
def test_every_step_can_be_cancelled_and_all_but_the_first_gone_back_from(step: SwapStep) -> None:
    cancelled = chosen(swap(step, new_sim_id=NEW), SwapAction.CANCEL)
    assert cancelled is not None
    assert cancelled.step is SwapStep.CANCELLED
    back = chosen(swap(step, new_sim_id=NEW), SwapAction.BACK)
    assert (back is None) == (step is SwapStep.DRAINING)


@pytest.mark.parametrize("step", sorted(ENDED))
@pytest.mark.parametrize("action", list(SwapAction))
def test_what_is_over_stays_over(step: SwapStep, action: SwapAction) -> None:
    assert chosen(swap(step), action) is None
    assert advanced(swap(step), seen("no-sim", None)).step is step


def test_there_is_nothing_to_copy_where_the_port_was_empty() -> None:
    empty = swap(S.PLAN, old_sim_id=None, new_sim_id=NEW)
    assert chosen(empty, SwapAction.PLAN_COPY) is None
    assert chosen(empty, SwapAction.PLAN_BOX) is not None


sights = st.builds(
    seen,
    st.sampled_from(["ready", "no-sim", "absent", "probing", "pin-required", "wrong-pin", "puk-required"]),
    st.sampled_from([None, OLD, NEW, THIRD]),
    begun=st.integers(0, 2),
)


@given(st.lists(st.one_of(sights, st.sampled_from(SwapAction)), max_size=40))
def test_whatever_happens_the_new_sim_is_never_the_old_one_and_has_its_plan_chosen_before_it_is_done(
    story: list[Seen | SwapAction],
) -> None:
    at = swap(S.DRAINING)
    for happening in story:
        if isinstance(happening, SwapAction):
            at = chosen(at, happening, test_run="run") or at
        else:
            at = advanced(at, happening)
        assert at.new_sim_id != OLD
        if at.step in (S.PLAN, S.TEST, S.TESTING, S.DONE):
            assert at.new_sim_id is not None
        if at.step in (S.TEST, S.TESTING, S.DONE):
            assert any(code.startswith("swap.did.plan-") for code, _ in at.done)


def test_every_step_and_everything_done_has_its_sentence() -> None:
    for step in SwapStep:
        assert f"swap.{step}" in SENTENCES
    for action in SwapAction:
        for step in SwapStep:
            then = chosen(swap(step, new_sim_id=NEW), action)
            assert then is None or all(code in SENTENCES for code, _ in then.done)
