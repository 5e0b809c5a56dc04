"""Takes up what people ask of ports: those of one port one after another, those of different ports at the same time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from appliance.modem.session import LineError
from appliance.pool.durable import DurableWriter
from appliance.pool.port import PortKeeper
from appliance.pool.technician import identify, records, recover, talk
from appliance.pool.technician.bench import Bench
from appliance.store import commands
from appliance.store.clock import now_ms
from appliance.store.commands import STALE_AFTER_MS, Answer, Asked, PortCommand, Said

_log = logging.getLogger("simloft.pool")

Act = Callable[[Bench], Awaitable[Answer]]

_SHORT_S = 15.0

ACTS: Mapping[PortCommand, tuple[Act, float]] = {
    PortCommand.TRACE: (records.trace, _SHORT_S),
    PortCommand.TRACE_PLAIN: (records.trace, _SHORT_S),
    PortCommand.RECORD_START: (records.start, records.BEGIN_LIMIT_S + records.UP_LIMIT_S + _SHORT_S),
    PortCommand.RECORD_STOP: (records.stop, _SHORT_S),
    PortCommand.IDENTIFY: (identify.point_at, _SHORT_S),
    PortCommand.RELEASE: (recover.release, _SHORT_S),
    # A line may be held by a send for as long as that takes.
    PortCommand.RESTART: (recover.restart, 2 * recover.RESTART_LIMIT_S),
    PortCommand.PIN_NOW: (recover.pin_now, 2 * recover.PIN_LIMIT_S),
    PortCommand.AT: (talk.at, 150.0),
    PortCommand.USSD: (talk.ussd, 120.0 + talk.USSD_LIMIT_S),
}
"""What is done, and after how many seconds it is given up, whatever happens."""


class Commander:
    """The rows of ``port_commands``, answered from the ports that the pool keeps."""

    def __init__(self, writer: DurableWriter, keepers: Mapping[str, PortKeeper], directory: Path) -> None:
        self._writer = writer
        self._keepers = keepers
        self._directory = directory
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._blinking: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """End what is being done; the end of the pool tells whoever waits."""
        tasks = [*self._tasks.values(), *self._blinking.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def look(self, reader: sqlite3.Connection) -> None:
        """Take up what waits; costs one query of an empty table where nothing does."""
        for asked in commands.unbegun(reader):
            if asked.id not in self._tasks:
                task = asyncio.create_task(self._carry_out(asked), name=f"{asked.command} {asked.port_name}")
                self._tasks[asked.id] = task
                task.add_done_callback(partial(self._forget, asked.id))

    def _forget(self, command_id: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(command_id, None)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            _log.error("%s failed: %s (%s)", task.get_name(), error, type(error).__name__)

    async def _carry_out(self, asked: Asked) -> None:
        async with self._turns.setdefault(asked.port_name, asyncio.Lock()):
            # On disk before the modem hears of it, so that no restart does it a second time.
            if not await self._writer.write(partial(commands.begin, command_id=asked.id, now_ms=now_ms())):
                return
            answer = await self._answer(asked)
            await self._writer.write(
                partial(commands.answer, command_id=asked.id, answer=answer, now_ms=now_ms())
            )

    async def _answer(self, asked: Asked) -> Answer:
        keeper = self._keepers.get(asked.port_name)
        if keeper is None:
            return Answer(False, Said("command.no-port", {"port": asked.port_name}))
        if abs(now_ms() - asked.asked_at_ms) > STALE_AFTER_MS:
            return Answer(False, Said("command.too-late"))
        act, limit_s = ACTS[asked.command]
        bench = Bench(asked, keeper, self._writer, self._directory, partial(self._tell, asked.id))
        try:
            async with asyncio.timeout(limit_s):
                answer = await act(bench)
        except LineError as error:
            args = {"device": asked.port_name, "detail": "", **error.args_for_person}
            return Answer(False, Said(f"port.{error.state}", args))
        except TimeoutError:
            return bench.no("command.time-over", seconds=int(limit_s))
        if asked.command is PortCommand.IDENTIFY:
            await self._blink(keeper, int(asked.args.get("seconds", 0)))
        return answer

    async def _tell(self, command_id: int, code: str, /, **args: str | int) -> None:
        await self._writer.write(
            partial(commands.note_progress, command_id=command_id, said=Said(code, args))
        )

    async def _blink(self, keeper: PortKeeper, seconds: int) -> None:
        """In place of an earlier blinking of the port, while other commands go on."""
        before = self._blinking.pop(keeper.name, None)
        if before is not None:
            before.cancel()
            await asyncio.wait([before])
        if seconds > 0:
            self._blinking[keeper.name] = asyncio.create_task(identify.blink(keeper, seconds))
