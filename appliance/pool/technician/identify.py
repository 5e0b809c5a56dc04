"""Which slot is this? The stick's light blinks with traffic, and the wall points at its port meanwhile."""

from __future__ import annotations

import asyncio
from functools import partial

from appliance.modem.session import LineError
from appliance.pool.port import PortKeeper
from appliance.pool.technician.bench import Bench
from appliance.store import ports
from appliance.store.clock import now_ms
from appliance.store.commands import Answer

BURST_S = 1.0
PAUSE_S = 1.0
"""A second on and a second off: a pattern that no traffic of its own makes."""
BETWEEN_S = 0.02


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
    """Traffic in bursts. A part that is being sent is not disturbed: it is traffic enough."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    while loop.time() < ends_at:
        burst_ends_at = min(ends_at, loop.time() + BURST_S)
        while loop.time() < burst_ends_at:
            if keeper.service is None or not keeper.service.is_sending:
                await _ask(keeper)
            await asyncio.sleep(BETWEEN_S)
        await asyncio.sleep(PAUSE_S)


async def _ask(keeper: PortKeeper) -> None:
    session = keeper.session
    if session is None:
        return
    try:
        await session.check()
    except LineError:
        # What is the matter with the port is its keeper's business; there is nothing to blink with.
        await asyncio.sleep(PAUSE_S)
