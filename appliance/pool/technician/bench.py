"""What a command works with: the port it is for, how to say what is being done, where files go."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.pool.durable import DurableWriter
from appliance.pool.port import PortKeeper
from appliance.store.commands import Answer, Asked, Said


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

    def yes(self, code: str, text: str = "", /, **args: str | int) -> Answer:
        return Answer(True, Said(code, {"port": self.port, **args}), text)

    def no(self, code: str, /, **args: str | int) -> Answer:
        return Answer(False, Said(code, {"port": self.port, **args}))

    def as_it_is(self) -> Answer:
        """It can't be done, because the port is in the condition that it is in."""
        condition = self.keeper.place.condition
        return Answer(False, Said(condition.reason, dict(condition.args)))
