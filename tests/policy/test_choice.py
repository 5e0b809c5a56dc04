"""Which SIM may send, and why a message waits: the second is made of the first, so they never disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.policy.choice import Allowed, SimStanding, Wait, WaitingMessage, verdict
from appliance.policy.plan import Plan
from appliance.policy.reason import Reason
from appliance.policy.usage import Usage
from appliance.policy.why import why_waiting
from appliance.sentences import SENTENCES, sentence

NOW_MS = 1_700_000_000_000

plans = st.builds(
    Plan,
    minimum_gap_ms=st.sampled_from([0, 5_000]),
    parts_per_minute=st.integers(0, 3),
    parts_per_hour=st.integers(0, 5),
    parts_per_day=st.integers(0, 8),
)
counted = st.lists(st.integers(NOW_MS - 90_000_000, NOW_MS), max_size=10).map(sorted)
standings = st.builds(
    SimStanding,
    sim_id=st.integers(1, 4),
    name=st.sampled_from(["A", "B"]),
    plan=plans,
    usage=counted.map(lambda at: Usage(counted=at)),
    port_state=st.sampled_from(["ready", "ready", "no-network", "pin-required"]),
    resting_until_ms=st.sampled_from([0, 0, NOW_MS + 60_000]),
    held=st.sampled_from(
        [
            *(None, None, Reason("sim.memory-full", {"sim": "A"})),
            Reason(
                "sim.pauses",
                {"sim": "A", "failures": 2, "detail": "38", "until_ms": NOW_MS + 2_000},
                NOW_MS + 2_000,
            ),
        ]
    ),
)
messages = st.builds(
    WaitingMessage,
    parts=st.integers(1, 5),
    not_before_ms=st.sampled_from([0, 0, NOW_MS + 10_000]),
    pinned_sim_id=st.none() | st.integers(1, 4),
    excluded_sim_ids=st.frozensets(st.integers(1, 4), max_size=2),
    ahead=st.integers(0, 1_000),
)
banks = st.lists(standings, max_size=4, unique_by=lambda sim: sim.sim_id)


@given(messages, banks)
def test_every_wait_is_explained_in_a_sentence(message: WaitingMessage, sims: list[SimStanding]) -> None:
    reason = why_waiting(message, sims, NOW_MS)
    assert reason.code in SENTENCES
    words = sentence(reason.code, reason.args)
    assert words != reason.code
    assert "{" not in words
    if reason.until_ms is not None:
        assert reason.until_ms > NOW_MS


@given(messages, banks)
def test_it_says_that_a_turn_is_all_it_waits_for_only_if_a_sim_may_take_it(
    message: WaitingMessage, sims: list[SimStanding]
) -> None:
    reason = why_waiting(message, sims, NOW_MS)
    may_go = any(isinstance(verdict(sim, message, NOW_MS), Allowed) for sim in sims)
    assert may_go == (reason.code in ("message.next", "message.waits-its-turn", "message.many-before-it"))


@given(messages, banks)
def test_the_time_it_names_is_the_first_at_which_something_changes(
    message: WaitingMessage, sims: list[SimStanding]
) -> None:
    reason = why_waiting(message, sims, NOW_MS)
    if reason.until_ms is None:
        return
    for sim in sims:
        assert verdict(sim, message, reason.until_ms - 1) != Allowed()


@given(messages, standings)
def test_a_sim_never_takes_what_it_must_not(message: WaitingMessage, sim: SimStanding) -> None:
    if verdict(sim, message, NOW_MS) == Allowed():
        assert message.not_before_ms <= NOW_MS
        assert message.pinned_sim_id in (None, sim.sim_id)
        assert sim.sim_id not in message.excluded_sim_ids
        assert sim.port_state == "ready"
        assert sim.resting_until_ms <= NOW_MS


HOURLY = Plan(parts_per_hour=1)
READY = SimStanding(sim_id=1, name="A")
FULL = replace(READY, plan=HOURLY, usage=Usage(HOURLY, [NOW_MS - 1_000]))
ONE = WaitingMessage(parts=1)


@pytest.mark.parametrize(
    ("message", "sims", "code"),
    [
        (ONE, [], "message.no-sim"),
        (ONE, [READY], "message.next"),
        (replace(ONE, ahead=7), [READY], "message.waits-its-turn"),
        (replace(ONE, ahead=1_000), [READY], "message.many-before-it"),
        (ONE, [replace(READY, port_state="pin-required")], "message.no-sim-ready"),
        (ONE, [FULL], "sim.at-limit.hour"),
        (ONE, [FULL, replace(FULL, sim_id=2)], "message.all-at-limit.hour"),
        (
            ONE,
            [FULL, replace(READY, sim_id=2, plan=Plan(parts_per_day=1), usage=Usage(counted=[NOW_MS]))],
            "message.all-held",
        ),
        (ONE, [FULL, replace(READY, sim_id=2)], "message.next"),
        (ONE, [replace(READY, resting_until_ms=NOW_MS + 1)], "sim.resting"),
        (replace(ONE, parts=2), [FULL], "message.too-many-parts"),
        (replace(ONE, pinned_sim_id=1), [READY], "message.next"),
        (replace(ONE, pinned_sim_id=1), [replace(READY, sim_id=2)], "message.its-sim-is-gone"),
        (
            replace(ONE, pinned_sim_id=1),
            [replace(READY, port_state="no-sim"), replace(READY, sim_id=2)],
            "message.its-sim-is-not-ready",
        ),
        (replace(ONE, excluded_sim_ids=frozenset({1})), [READY], "message.refused-by-ready-sims"),
        (
            replace(ONE, not_before_ms=NOW_MS + 5, reason=Reason("message.again.network", {"sim": "A"})),
            [READY],
            "message.again.network",
        ),
    ],
)
def test_the_reason_of_each_situation(message: WaitingMessage, sims: list[SimStanding], code: str) -> None:
    assert why_waiting(message, sims, NOW_MS).code == code


def test_the_states_of_the_ports_are_told_where_no_sim_is_ready() -> None:
    sims = [
        replace(READY, sim_id=n, port_state=state) for n, state in enumerate(("no-sim", "no-sim", "absent"))
    ]
    assert why_waiting(ONE, sims, NOW_MS).args == {"states": "absent × 1, no-sim × 2"}


def test_a_verdict_says_when_a_sim_at_its_limit_opens_again() -> None:
    found = verdict(FULL, ONE, NOW_MS)
    assert isinstance(found, Wait)
    assert found.reason.until_ms == NOW_MS - 1_000 + 3_600_001


def test_what_a_port_holds_back_is_said_until_it_is_over() -> None:
    until_ms = NOW_MS + 2_000
    args: dict[str, str | int] = {"sim": "A", "failures": 2, "detail": "38", "until_ms": until_ms}
    pauses = SimStanding(sim_id=1, name="A", held=Reason("sim.pauses", args, until_ms))
    waiting = WaitingMessage(parts=1)
    assert why_waiting(waiting, [pauses], NOW_MS).code == "sim.pauses"
    assert why_waiting(waiting, [pauses, replace(pauses, sim_id=2)], NOW_MS).code == "message.all-pauses"
    assert why_waiting(waiting, [pauses], until_ms).code == "message.next"
    roams = replace(pauses, held=Reason("sim.roams", {"sim": "A", "operator": "CHN-CT"}))
    assert why_waiting(waiting, [roams], NOW_MS).code == "sim.roams"
    assert why_waiting(waiting, [roams, replace(pauses, sim_id=2)], NOW_MS).code == "message.all-held"
