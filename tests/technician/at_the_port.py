"""Asking a running pool something of a port, as the page and the command line do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.desk.mistake import Refusal
from appliance.desk.technician import ask_port, course, fetch
from appliance.desk.who import Source, Who
from appliance.store.clock import now_ms
from appliance.store.commands import Answer, PortCommand
from appliance.store.writer import GroupCommitWriter
from tests.bank import Bank, running_bank
from tests.pool.pools import HANG_S, Box, box

PERSON = Who(Source.PAGE)


class Technician:
    """One who asks the pool of a box."""

    def __init__(self, made: Box, bank: Bank, writer: GroupCommitWriter) -> None:
        self.box = made
        self.bank = bank
        self.writer = writer

    def ask(self, command: PortCommand, modem: int = 0, **args: str | int) -> int:
        asked = ask_port(
            self.writer, self.box.ring, PERSON, self.bank.ports[modem], command, args=args, now_ms=now_ms()
        )
        assert not isinstance(asked, Refusal), asked
        return asked

    def answer(self, asked: int, limit_s: float = HANG_S) -> Answer:
        def answered() -> bool:
            found = self.writer.write_blocking(lambda connection: course(connection, asked))
            assert found is not None
            return found.answer is not None

        self.box.wait_for(answered, limit_s)
        found = fetch(self.writer, asked)
        assert found is not None
        assert found.answer is not None
        return found.answer

    def get(self, command: PortCommand, modem: int = 0, **args: str | int) -> Answer:
        return self.answer(self.ask(command, modem, **args))


@contextmanager
def at_the_port(
    tmp_path: Path,
    modems: int = 1,
    *,
    latency_ms: int = 0,
    profiles: tuple[str, ...] = (),
    **settings: object,
) -> Iterator[Technician]:
    """A running pool with so many simulated modems, and ``settings`` of its own."""
    with running_bank(tmp_path, modems=modems, latency_ms=latency_ms, profiles=profiles) as running:
        made = box(tmp_path, running, **settings)
        writer = GroupCommitWriter(made.settings.database)
        try:
            with made.running():
                made.wait_until_ready(modems)
                yield Technician(made, running, writer)
        finally:
            writer.close()
