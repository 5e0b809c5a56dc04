"""What a command works with: the port it is for, how to say what is being done, where files go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from appliance.modem.session import LineError, ModemSession, PortState
from appliance.pool.durable import DurableWriter
from appliance.pool.port import PortKeeper
from appliance.store.commands import Answer, Asked, Said

T = TypeVar("T")

LOOK_S = 0.1


class Tell(Protocol):
    """Says to whoever waits what is being done now."""

    def __call__(self, code: str, /, **args: str | int) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """One command at one port."""

    asked: Asked
    keeper: PortKeeper
    writer: DurableWriter
    directory: Path
    """Of the box."""
    tell: Tell

    @property
    def port(self) -> str:
        """The port's name, for sentences."""
        return self.keeper.name

    async def while_open(self, session: ModemSession, talk: Coroutine[None, None, T]) -> T:
        """What ``talk`` gives, as long as the line is the one that it talks on. ``LineError`` once it is not."""
        talking = asyncio.ensure_future(talk)
        try:
            while not (await asyncio.wait([talking], timeout=LOOK_S))[0]:
                if self.keeper.session is not session:
                    raise LineError(PortState.LINE_LOST, device=self.port, detail="closed")
            return talking.result()
        finally:
            if not talking.done():
                talking.cancel()
                await asyncio.wait([talking])

    def yes(self, code: str, text: str = "", /, **args: str | int) -> Answer:
        return Answer(True, Said(code, {"port": self.port, **args}), text)

    def no(self, code: str, /, **args: str | int) -> Answer:
        return Answer(False, Said(code, {"port": self.port, **args}))

    def as_it_is(self) -> Answer:
        """It can't be done, because the port is in the condition that it is in."""
        condition = self.keeper.place.condition
        return Answer(False, Said(condition.reason, dict(condition.args)))
