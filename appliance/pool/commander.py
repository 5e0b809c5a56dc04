"""Answers what people ask of a port."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from appliance.modem.at.trace import render
from appliance.pool.durable import DurableWriter
from appliance.pool.port import PortKeeper
from appliance.store import commands
from appliance.store.clock import now_ms
from appliance.store.commands import Answer, Asked, PortCommand, Said


class Commander:
    """The rows of ``port_commands``, answered from the ports that the pool keeps."""

    def __init__(self, writer: DurableWriter, keepers: Mapping[str, PortKeeper]) -> None:
        self._writer = writer
        self._keepers = keepers

    async def look(self, reader: sqlite3.Connection) -> None:
        """Answer what waits; costs one query of an empty table where nothing does."""
        answers = [(asked.id, self._answer(asked)) for asked in commands.unbegun(reader)]
        if not answers:
            return

        def write(connection: sqlite3.Connection) -> None:
            for command_id, answer in answers:
                commands.answer(connection, command_id, answer, now_ms())

        await self._writer.write(write)

    def _answer(self, asked: Asked) -> Answer:
        keeper = self._keepers.get(asked.port_name)
        if keeper is None:
            return Answer(False, Said("command.no-port", {"port": asked.port_name}))
        if asked.command not in (PortCommand.TRACE, PortCommand.TRACE_PLAIN):
            return Answer(False, Said("command.not-known"))
        text = render(keeper.trace.entries(), mask=asked.command is not PortCommand.TRACE_PLAIN)
        return Answer(True, Said("command.trace" if text else "command.trace-empty"), text)
