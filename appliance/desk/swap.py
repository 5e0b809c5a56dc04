"""Guided swap of the card in a port: what is seen and what a person chooses, made into rows, rests and plans.

The steps themselves are :mod:`appliance.policy.swap`. :func:`advance` is called every second while a swap is under way,
by the desk's rounds and by whoever waits for it; a swap that a restart interrupts goes on where it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import partial

from appliance.desk import audit, loop_test
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.plans import as_columns, read_plan
from appliance.desk.swap_rows import Kept, SwapView, called, kept_swap, of_row, shown, state_of
from appliance.desk.technician import LONGEST_IDENTIFY_S, Ring, port_named
from appliance.desk.tools import Tools
from appliance.desk.who import Who
from appliance.policy.swap import EMPTY, Line, Seen, Swap, SwapAction, SwapStep, advanced, chosen
from appliance.store import commands, events, groups, loop_tests, plans, sims, swaps
from appliance.store.commands import PortCommand
from appliance.store.events import EventKind
from appliance.store.sims import DRAINING, UNTIL_RESUMED_MS
from appliance.store.writer import GroupCommitWriter

LOOK_AGAIN_MS = 1_000

_POINTED_AT = frozenset({SwapStep.PULL, SwapStep.INSERT})
"""Steps in which hands look for the slot: its stick blinks, and the wall points at it."""

_BEFORE_THE_NEW_ONE = frozenset({SwapStep.DRAINING, SwapStep.PULL, SwapStep.INSERT})

_PLANS = frozenset({SwapAction.PLAN_COPY, SwapAction.PLAN_BOX, SwapAction.PLAN_OWN})


def start(writer: GroupCommitWriter, ring: Ring, who: Who, port_name: str, *, now_ms: int) -> int | Refusal:
    """Begin to swap the card in a port; the id of the swap, or why none can begin. An empty port waits for its card."""

    def change(connection: sqlite3.Connection) -> int | Refusal:
        port = port_named(connection, port_name)
        if port is None:
            return Refusal((Mistake("", "command.no-port", {"port": port_name}),))
        if swaps.open_at(connection, port_name) is not None:
            return Refusal((Mistake("", "problem.swap-under-way", {"port": called(port)}),))
        old = None if port.state in EMPTY else port.sim_id
        step = SwapStep.INSERT if old is None else SwapStep.DRAINING
        swap = Swap(port_name=port_name, step=step, old_sim_id=old)
        swap_id = swaps.begin(
            connection, port_name, step=step, old_sim_id=old, state=state_of(swap, {}), now_ms=now_ms
        )
        args = {"port": called(port)}
        audit.note(connection, who, "event.technician.swap", args, now_ms=now_ms, port_id=port.id, sim_id=old)
        kept = kept_swap(connection, swap_id)
        if kept is not None:
            _save(connection, kept, kept.swap, now_ms, entered=True)
        return swap_id

    started = writer.write_blocking(change)
    ring()
    return started


def choose(
    writer: GroupCommitWriter,
    ring: Ring,
    who: Who,
    swap_id: int,
    action: SwapAction,
    *,
    limits: Mapping[str, object] | None = None,
    now_ms: int,
) -> SwapView | Refusal:
    """What a person decided; the swap as it is then. ``limits``: a plan of its own, as :func:`read_plan` takes it."""
    own = read_plan(limits or {})
    if isinstance(own, Refusal):
        return own

    def change(connection: sqlite3.Connection) -> SwapView | Refusal:
        kept = kept_swap(connection, swap_id)
        if kept is None:
            return Refusal((Mistake("", "problem.no-such-swap"),))
        run = _begin_test(connection, who, kept.swap, now_ms) if action is SwapAction.TEST else None
        if isinstance(run, Refusal):
            return run
        after = chosen(kept.swap, action, test_run=run)
        if after is None:
            return Refusal((Mistake("", "problem.swap-not-now"),))
        if action in _PLANS:
            _set_plan(connection, kept.swap, action, own)
        _note_choice(connection, who, kept.swap, action, now_ms)
        _save(connection, kept, after, now_ms)
        return shown(connection, swap_id)

    done = writer.write_blocking(change)
    ring()
    return done


def view(connection: sqlite3.Connection, swap_id: int) -> SwapView | None:
    """A swap, under way or over."""
    return None if swaps.get(connection, swap_id) is None else shown(connection, swap_id)


def view_at(connection: sqlite3.Connection, port_name: str) -> SwapView | None:
    """The swap that is under way at a port."""
    row = swaps.open_at(connection, port_name)
    return None if row is None else shown(connection, row.id)


def advance(tools: Tools, connection: sqlite3.Connection, now_ms: int) -> int | None:
    """Follow what is seen at the ports of the swaps that are under way. A duty of the desk's rounds."""
    rows = swaps.open_swaps(connection)
    for row in rows:
        kept = of_row(row)
        if advanced(kept.swap, _seen(connection, kept.swap)) != kept.swap:
            tools.writer.write_blocking(partial(_advance_one, swap_id=row.id, now_ms=now_ms))
            tools.ring()
    return now_ms + LOOK_AGAIN_MS if rows else None


def _advance_one(connection: sqlite3.Connection, *, swap_id: int, now_ms: int) -> None:
    kept = kept_swap(connection, swap_id)
    if kept is not None and not kept.swap.is_over:
        after = advanced(kept.swap, _seen(connection, kept.swap))
        if after != kept.swap:
            _save(connection, kept, after, now_ms)


def _note_choice(
    connection: sqlite3.Connection, who: Who, swap: Swap, action: SwapAction, now_ms: int
) -> None:
    port = port_named(connection, swap.port_name)
    name = swap.port_name if port is None else called(port)
    is_plan = action in _PLANS
    code = "swap-cancelled" if action is SwapAction.CANCEL else "swap-plan" if is_plan else "swap-step"
    audit.note(
        connection,
        who,
        f"event.technician.{code}",
        {"port": name, "action": action.value},
        now_ms=now_ms,
        port_id=None if port is None else port.id,
        sim_id=swap.new_sim_id or swap.old_sim_id,
    )


# -- what is seen -----------------------------------------------------------------------------------------------------


def _seen(connection: sqlite3.Connection, swap: Swap) -> Seen:
    port = port_named(connection, swap.port_name)
    if port is None:
        return Seen(port_state="absent")
    sim = None if port.sim_id is None else sims.find(connection, port.sim_id)
    result, passed = _test_result(connection, swap)
    return Seen(
        port_state=port.state,
        port_said=(port.reason, port.reason_args),
        sim_id=port.sim_id,
        sim_name="" if sim is None else sim.name,
        begun=0 if swap.old_sim_id is None else swaps.count_begun(connection, swap.old_sim_id),
        test_result=result,
        test_passed=passed,
    )


def _test_result(connection: sqlite3.Connection, swap: Swap) -> tuple[Line | None, bool]:
    """How the loop test ended, by the first of its messages that did not pass."""
    if swap.test_run is None:
        return None, False
    tests = loop_tests.of_run(connection, swap.test_run)
    if any(each.done_at_ms is None for each in tests) or not tests:
        return None, False
    told = next((each for each in tests if not each.passed), tests[-1])
    return (told.result or "", told.result_args), told.passed


def _begin_test(connection: sqlite3.Connection, who: Who, swap: Swap, now_ms: int) -> str | Refusal:
    """In the transaction that judges the step, so that two people who begin it at once begin one."""
    if swap.step is not SwapStep.TEST or swap.new_sim_id is None:
        return Refusal((Mistake("", "problem.swap-not-now"),))
    return loop_test.note(connection, who, from_sim_id=swap.new_sim_id, now_ms=now_ms)


# -- what follows -----------------------------------------------------------------------------------------------------


def _save(
    connection: sqlite3.Connection, kept: Kept, after: Swap, now_ms: int, *, entered: bool = False
) -> None:
    """Store where a swap is, and let its SIMs rest or go on as that asks for."""
    rests = dict(kept.rests)
    held = _held(after)
    for sim_id in held - rests.keys():
        rests[sim_id] = swaps.rest_of(connection, sim_id)
        sims.rest(
            connection,
            sim_id,
            until_ms=UNTIL_RESUMED_MS,
            reason=DRAINING,
            args={"sim": sims.get(connection, sim_id).name},
            by_person=True,
        )
    for sim_id in rests.keys() - held:
        swaps.restore_rest(connection, sim_id, rests.pop(sim_id), DRAINING)
    swaps.save(
        connection,
        kept.id,
        step=after.step,
        new_sim_id=after.new_sim_id,
        state=state_of(after, rests),
        ended=after.is_over,
        now_ms=now_ms,
    )
    if after.is_over:
        swaps.release_strays(connection)
    was_pointed_at = not entered and kept.swap.step in _POINTED_AT
    if (after.step in _POINTED_AT) != was_pointed_at:
        seconds = 0 if was_pointed_at else LONGEST_IDENTIFY_S
        commands.ask(
            connection,
            after.port_name,
            PortCommand.IDENTIFY,
            now_ms,
            args={"seconds": seconds},
            asked_by="swap",
        )
    if after.step is SwapStep.DONE:
        _tell_done(connection, after, now_ms)


def _held(swap: Swap) -> set[int]:
    """The SIMs that take nothing new: the old one until another card is in (it may go to another slot), and that."""
    if swap.is_over:
        return set()
    old = swap.old_sim_id if swap.step in _BEFORE_THE_NEW_ONE else None
    return {sim_id for sim_id in (old, swap.new_sim_id) if sim_id is not None}


def _tell_done(connection: sqlite3.Connection, swap: Swap, now_ms: int) -> None:
    port = port_named(connection, swap.port_name)
    new = None if swap.new_sim_id is None else sims.find(connection, swap.new_sim_id)
    events.add(
        connection,
        EventKind.TECHNICIAN,
        "event.swap-done",
        {"port": swap.port_name if port is None else called(port), "sim": "" if new is None else new.name},
        at_ms=now_ms,
        port_id=None if port is None else port.id,
        sim_id=swap.new_sim_id,
    )


def _set_plan(
    connection: sqlite3.Connection, swap: Swap, action: SwapAction, limits: Mapping[str, object]
) -> None:
    """The limits of the new SIM; what it sent before counts against them at once."""
    if swap.new_sim_id is None:
        return
    own = as_columns(limits) if action is SwapAction.PLAN_OWN else {}
    if action is SwapAction.PLAN_COPY and swap.old_sim_id is not None:
        old = sims.get(connection, swap.old_sim_id)
        own = plans.own_plan(old)
        groups.put_sim(connection, swap.new_sim_id, old.group_id)
    plans.set_plan(connection, swap.new_sim_id, own)
