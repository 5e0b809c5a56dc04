"""Commands that bring a port back: restart its modem, end its quarantine, try the PIN that was just entered."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial

from appliance.modem.session import PortState
from appliance.pool.rungs import Rung
from appliance.pool.technician.bench import Bench
from appliance.pool.wanted import Wanted
from appliance.store import pins
from appliance.store.commands import Answer, RestartRung
from appliance.store.pins import PinState, PinStatus
from appliance.store.ports import Condition

RESTART_LIMIT_S = 120.0
"""A modem that restarts is back within 5 to 40 s, and its SIM and network take as long again."""

PIN_LIMIT_S = 60.0

LOOK_S = 0.05

RUNGS: Mapping[RestartRung, Rung] = {
    RestartRung.SOFT: Rung.SOFT_RESET,
    RestartRung.RADIO: Rung.RADIO_RESET,
    RestartRung.USB: Rung.USB_RESET,
}

_PIN_FAILED = frozenset({PortState.WRONG_PIN, PortState.PUK_REQUIRED, PortState.PIN_NOT_TRIED})
_LOCKED = frozenset({PortState.PIN_REQUIRED, *_PIN_FAILED})
_FOR_A_PERSON = frozenset({PortState.QUARANTINED, *_LOCKED})
"""What nothing but a person ends, so that nobody waits for it."""
_NOTHING_TO_TRY = frozenset({PinState.NONE, PinState.REFUSED})


async def restart(bench: Bench) -> Answer:
    """Restart the modem once what it sends is over, and wait until it is ready again after that."""
    wanted = bench.keeper.restart(RUNGS[RestartRung(str(bench.asked.args.get("rung", RestartRung.RADIO)))])
    if wanted is None:
        return bench.as_it_is()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await bench.tell("command.restarting")
    not_taken = await taken(bench, wanted, RESTART_LIMIT_S)
    if not_taken is not None:
        return not_taken
    await bench.tell("command.restart-coming-back")
    if not await until_up(bench, RESTART_LIMIT_S - (loop.time() - began)):
        return bench.as_it_is()
    return bench.yes("command.restarted", seconds=round(loop.time() - began))


async def taken(bench: Bench, wanted: Wanted, limit_s: float) -> Answer | None:
    """None once the port has done what was wanted; else why it did not, after which it does not do it any more."""
    try:
        await _until(lambda: wanted.is_over, limit_s)
    finally:
        wanted.refuse("command.restart-not-given", port=bench.port)
    return None if wanted.why_not is None else Answer(False, wanted.why_not)


async def until_up(bench: Bench, limit_s: float) -> bool:
    """Whether the port is ready, within the limit; what waits for a person is not waited for."""
    place = bench.keeper.place

    def is_up() -> bool:
        return bench.keeper.service is not None and place.condition.state == PortState.READY

    await _until(lambda: is_up() or place.condition.state in _FOR_A_PERSON, limit_s)
    return is_up()


async def release(bench: Bench) -> Answer:
    """End a quarantine."""
    if bench.keeper.place.condition.state != PortState.QUARANTINED:
        return bench.no("command.not-quarantined")
    bench.keeper.release()
    return bench.yes("command.released")


async def pin_now(bench: Bench) -> Answer:
    """Have the card asked again, and wait for what it says to its PIN."""
    place = bench.keeper.place
    if place.condition.state not in _LOCKED:
        return bench.as_it_is() if bench.keeper.service is None else bench.yes("command.pin-not-asked")
    before = place.condition
    kept = await bench.writer.write(partial(_pin_of, port=bench.port, condition=before))
    if kept.state in _NOTHING_TO_TRY:
        left = "?" if kept.tries_left is None else kept.tries_left
        return bench.no(f"pin.{kept.state}", tries_left=left)
    asked = bench.keeper.askings
    await bench.tell("command.pin-being-tried")
    bench.keeper.wake()

    def is_settled() -> bool:
        return bench.keeper.askings != asked or bench.keeper.service is not None

    if not await _until(is_settled, PIN_LIMIT_S) or bench.keeper.service is None:
        return bench.as_it_is()
    return bench.yes("command.pin-accepted")


def _pin_of(connection: sqlite3.Connection, *, port: str, condition: Condition) -> PinStatus:
    iccid = condition.args.get("iccid")
    return pins.status(connection, pins.owner_in_port(connection, str(iccid) if iccid else None, port))


async def _until(is_so: Callable[[], bool], limit_s: float) -> bool:
    """Whether it came to be so in time. The parts of a port are asked, as a port tells nobody of its changes."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    while not is_so():
        if loop.time() > deadline:
            return False
        await asyncio.sleep(LOOK_S)
    return True
