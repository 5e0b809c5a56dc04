"""What was said on a line: the last of it at once, or all of it from now on in a file."""

from __future__ import annotations

from appliance.modem.at.trace import render
from appliance.pool.technician.bench import Bench
from appliance.store.commands import Answer, PortCommand


async def trace(bench: Bench) -> Answer:
    """The last bytes of the line, as lines for people."""
    mask = bench.asked.command is not PortCommand.TRACE_PLAIN
    text = render(bench.keeper.trace.entries(), mask=mask)
    return bench.yes("command.trace" if text else "command.trace-empty", text)


async def start(bench: Bench) -> Answer:
    """Not before the trace can be recorded."""
    return bench.no("command.not-known")


async def stop(bench: Bench) -> Answer:
    """Not before the trace can be recorded."""
    return bench.no("command.records-nothing")
