"""The ladder by itself: what is done next to a port that does not work, and that it ends."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.pool.evidence import from_json, to_json
from appliance.pool.ladder import (
    Climb,
    OpenAfter,
    Standing,
    Stop,
    after_loss,
    after_symptom,
    released,
    when_well,
)
from appliance.pool.rungs import DAY_MS, HOUR_MS, LADDER, RUNGS, LadderRules, Rung, Symptom

RULES = LadderRules()
NO_USB = {Rung.USB_RESET: "no-usb", Rung.HUB_POWER: "no-usb"}


def climbed(
    symptom: Symptom,
    impossible: dict[Rung, str] | None = None,
    now_ms: int = 0,
    standing: Standing | None = None,
) -> tuple[Standing, list[Climb], Stop]:
    """A port that fails and fails, each time a minute after what was done."""
    standing = Standing() if standing is None else standing
    steps: list[Climb] = []
    while True:
        standing, step = after_symptom(
            standing, symptom, "no answer", impossible=impossible or {}, now_ms=now_ms, rules=RULES
        )
        if isinstance(step, Stop):
            return standing, steps, step
        steps.append(step)
        now_ms += 60_000


def test_a_mute_port_is_climbed_rung_by_rung_and_then_left_alone() -> None:
    standing, steps, stop = climbed(Symptom.MUTE)
    assert [step.rung for step in steps] == [
        *(
            Rung.ESCAPE,
            Rung.REOPEN,
            Rung.REOPEN,
            Rung.SOFT_RESET,
            Rung.RADIO_RESET,
            Rung.USB_RESET,
            Rung.HUB_POWER,
        )
    ]
    assert [step.pause_ms for step in steps] == [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
    assert stop.quarantine.symptom is Symptom.MUTE
    assert list(stop.quarantine.tried) == [step.rung for step in steps]
    assert {each.helped for each in standing.taken} == {False}


def test_what_can_t_be_done_here_is_passed_over_and_said() -> None:
    _, steps, stop = climbed(Symptom.MUTE, NO_USB)
    assert steps[-1].rung is Rung.RADIO_RESET
    assert stop.skipped == ((Rung.USB_RESET, "no-usb"), (Rung.HUB_POWER, "no-usb"))


def test_a_babbling_device_is_given_no_commands() -> None:
    _, steps, _ = climbed(Symptom.GARBLED)
    assert [step.rung for step in steps] == [Rung.REOPEN, Rung.REOPEN, Rung.USB_RESET, Rung.HUB_POWER]


def test_a_rung_that_helps_for_a_moment_is_followed_by_the_next_one() -> None:
    standing, step = after_symptom(Standing(), Symptom.MUTE, "", impossible={}, now_ms=0, rules=RULES)
    assert isinstance(step, Climb)
    assert step.rung is Rung.ESCAPE
    standing = when_well(standing, 5_000)
    assert standing.taken[-1].helped
    standing, step = after_symptom(standing, Symptom.MUTE, "", impossible={}, now_ms=60_000, rules=RULES)
    assert isinstance(step, Climb)
    assert step.rung is Rung.REOPEN


def test_being_well_leads_down_slowly() -> None:
    standing = replace(Standing(), level=4, failures=5)
    standing = when_well(standing, 0)
    standing, step = after_symptom(
        standing, Symptom.MUTE, "", impossible={}, now_ms=2 * RULES.calm_ms + 1, rules=RULES
    )
    assert isinstance(step, Climb)
    assert step.rung is LADDER[2]
    assert standing.failures == 4


def test_the_budget_of_an_hour_and_a_day_outlives_every_climb() -> None:
    standing, now_ms, resets = Standing(), 0, []
    for _ in range(40):
        standing, steps, _ = climbed(Symptom.MUTE, now_ms=now_ms, standing=standing)
        resets += [now_ms for step in steps if step.rung is Rung.HUB_POWER]
        now_ms += 20 * 60_000
        standing = released(standing, by_person=False)
    assert len([at_ms for at_ms in resets if at_ms < DAY_MS]) <= RUNGS[Rung.HUB_POWER].a_day


def test_flapping_is_waited_out_and_then_left_alone() -> None:
    standing, steps = Standing(), []
    for number in range(RULES.flaps_until_quarantine):
        standing, step = after_loss(standing, "vanished", number * 10_000, RULES)
        steps.append(step)
    assert [step.pause_ms for step in steps if isinstance(step, OpenAfter)] == [0, 0, 10_000, 20_000, 40_000]
    assert isinstance(steps[-1], Stop)
    assert steps[-1].quarantine.symptom is Symptom.FLAPPING


def test_a_loss_now_and_then_is_no_flapping() -> None:
    standing = Standing()
    for number in range(50):
        standing, step = after_loss(standing, "vanished", number * RULES.flap_window_ms // 2, RULES)
        assert step == OpenAfter(0)


def test_a_quarantine_is_probed_later_and_later_and_ended_by_a_probe_that_goes_well() -> None:
    standing, _, stop = climbed(Symptom.MUTE)
    waits, at_ms = [], stop.quarantine.probe_at_ms
    for _ in range(6):
        standing, step = after_symptom(standing, Symptom.MUTE, "", impossible={}, now_ms=at_ms, rules=RULES)
        assert isinstance(step, Stop)
        waits.append(step.quarantine.probe_at_ms - at_ms)
        at_ms = step.quarantine.probe_at_ms
    assert waits == [HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS, 8 * HOUR_MS, 8 * HOUR_MS]
    standing = when_well(standing, at_ms)
    assert standing.quarantine is None
    assert standing.taken, "its budgets are as they were"


def test_a_person_gives_new_budgets_and_another_device_does_not() -> None:
    standing, _, _ = climbed(Symptom.MUTE)
    assert released(standing, by_person=True) == Standing()
    assert released(standing, by_person=False).taken == standing.taken


def test_a_clock_that_was_set_back_holds_no_budget_for_ever() -> None:
    standing, _, _ = climbed(Symptom.MUTE, now_ms=100 * DAY_MS)
    standing = released(standing, by_person=False)
    standing, step = after_symptom(standing, Symptom.MUTE, "", impossible={}, now_ms=DAY_MS, rules=RULES)
    assert all(each.at_ms <= DAY_MS for each in standing.taken)
    standing, step = after_symptom(
        standing, Symptom.MUTE, "", impossible={}, now_ms=2 * DAY_MS + 1, rules=RULES
    )
    assert isinstance(step, Climb)


moments = st.lists(
    st.tuples(
        st.integers(0, 30 * 60_000),
        st.sampled_from(["mute", "garbled", "failing", "loss", "well", "release"]),
    ),
    max_size=80,
)


@given(moments, st.sets(st.sampled_from(LADDER)))
@settings(max_examples=200, deadline=None)
def test_no_history_spends_more_than_a_budget(history: list[tuple[int, str]], missing: set[Rung]) -> None:
    standing, now_ms = Standing(), 0
    spent: dict[Rung, list[int]] = {rung: [] for rung in LADDER}
    for pause_ms, what in history:
        now_ms += pause_ms
        if what == "loss":
            standing, _ = after_loss(standing, "", now_ms, RULES)
        elif what == "well":
            standing = when_well(standing, now_ms)
        elif what == "release":
            standing = released(standing, by_person=False)
        else:
            standing, step = after_symptom(
                standing,
                Symptom(what),
                "",
                impossible=dict.fromkeys(missing, "no-usb"),
                now_ms=now_ms,
                rules=RULES,
            )
            if isinstance(step, Climb):
                spent[step.rung].append(now_ms)
                assert step.rung not in missing
                assert 0 < step.pause_ms <= RULES.longest_pause_ms
        assert len(standing.taken) <= sum(rule.a_day for rule in RUNGS.values())
    for rung, at in spent.items():
        for start in at:
            assert len([each for each in at if start <= each < start + HOUR_MS]) <= RUNGS[rung].an_hour
            assert len([each for each in at if start <= each < start + DAY_MS]) <= RUNGS[rung].a_day


@given(st.sampled_from(list(Symptom)), st.sets(st.sampled_from(LADDER)), st.integers(0, 120_000))
def test_every_climb_ends(symptom: Symptom, missing: set[Rung], between_ms: int) -> None:
    standing, now_ms = Standing(), 0
    for _ in range(sum(rule.tries for rule in RUNGS.values()) + 1):
        standing, step = after_symptom(
            standing, symptom, "", impossible=dict.fromkeys(missing, "no-usb"), now_ms=now_ms, rules=RULES
        )
        if isinstance(step, Stop):
            return
        now_ms += between_ms
    raise AssertionError(standing)


@given(moments)
@settings(max_examples=50, deadline=None)
def test_what_is_kept_in_the_row_comes_back_as_it_was(history: list[tuple[int, str]]) -> None:
    standing, now_ms = Standing(), 0
    for pause_ms, what in history:
        now_ms += pause_ms
        if what == "loss":
            standing, _ = after_loss(standing, "", now_ms, RULES)
        elif what == "well":
            standing = when_well(standing, now_ms)
        elif what != "release":
            standing, _ = after_symptom(
                standing, Symptom(what), "", impossible={}, now_ms=now_ms, rules=RULES
            )
    assert from_json(to_json(standing)) == standing
