"""Which slot is this? The modem's light is switched, or blinks with traffic; the wall points at its port meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from appliance.modem.session import LineError, ModemSession
from appliance.pool.port import PortKeeper
from appliance.pool.technician.bench import Bench
from appliance.store import ports
from appliance.store.clock import now_ms
from appliance.store.commands import Answer

BURST_S = 1.0
PAUSE_S = 1.0
"""A second on and a second off: a pattern that no traffic of its own makes."""
BETWEEN_S = 0.02

LAST = -1
LAST_S = 5.0
"""So long the command may take that leaves the light as it should be; another send may be before it."""


async def point_at(bench: Bench) -> Answer:
    """Have the wall point at the port. Whether its stick can blink too is in the answer."""
    seconds = int(bench.asked.args.get("seconds", 0))
    port_id = bench.keeper.place.port_id
    await bench.writer.write(partial(ports.point_at, port_id=port_id, until_ms=now_ms() + seconds * 1000))
    if seconds == 0:
        return bench.yes("command.identify-ends")
    code = "command.identify" if bench.keeper.session is not None else "command.identify-on-the-wall"
    return bench.yes(code, seconds=seconds)


async def blink(keeper: PortKeeper, seconds: int) -> None:
    """The light by the profile's commands, else by traffic. A part that is being sent is not disturbed."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    step, lit = 0, None
    try:
        while loop.time() < ends_at:
            session = keeper.session
            if session is not None and session.has_light and not _is_sending(keeper):
                lit = session
                obeyed, step = await _light(session, step), step + 1
                if obeyed:
                    await asyncio.sleep(min(BURST_S, max(0.0, ends_at - loop.time())))
                    continue
            await _burst(keeper, min(ends_at, loop.time() + BURST_S))
            await asyncio.sleep(PAUSE_S)
    finally:
        if lit is not None and lit is keeper.session:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_S):
                    await _light(lit, LAST)


async def _burst(keeper: PortKeeper, ends_at: float) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < ends_at:
        if not _is_sending(keeper):
            await _ask(keeper)
        await asyncio.sleep(BETWEEN_S)


def _is_sending(keeper: PortKeeper) -> bool:
    return keeper.service is not None and keeper.service.is_sending


async def _light(session: ModemSession, step: int) -> bool:
    try:
        return await session.light(step)
    except LineError:
        return False


async def _ask(keeper: PortKeeper) -> None:
    session = keeper.session
    if session is None:
        return
    try:
        await session.check()
    except LineError:
        # What is the matter with the port is its keeper's business; there is nothing to blink with.
        await asyncio.sleep(PAUSE_S)
