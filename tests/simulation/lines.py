"""Serial lines in memory: on one side a modem of the bank, on the other side whoever opened the port.

A line is as a USB serial port is: octets come late and in pieces, in order; what is written while nobody listens
waits in a small buffer; a port that is unplugged is lost to who has it open, and comes back under its name or another.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from appliance.modem.at.trace import Trace
from appliance.modem.discovery import Slot
from appliance.modem.states import LineError, PortState
from tests.simulation.loop import LIFE, VirtualLoop

TTY_OCTETS = 4095
"""What the buffer of a tty holds while nobody reads it."""


@dataclass(slots=True)
class Habits:
    """How bad the lines of a run are."""

    slowest_s: float = 0.004
    cut_rate: float = 0.1
    """Of writes that come in pieces."""
    noise_rate: float = 0.0
    """Of what a modem says that has octets around it that nobody said."""
    loss_rate: float = 0.0
    """Of what a modem says that never comes."""


class Wire:
    """One direction: in order, each piece after a delay of its own."""

    def __init__(self, loop: VirtualLoop, random: Random, habits: Habits) -> None:
        self._loop = loop
        self._random = random
        self._habits = habits
        self._free_at = 0.0

    def carry(
        self, octets: bytes, arrive: Callable[[bytes], None], context: contextvars.Context | None
    ) -> None:
        """Have ``octets`` come out at the other end, later."""
        for piece in self._pieces(octets):
            at = max(self._free_at, self._loop.time()) + self._random.random() * self._habits.slowest_s
            self._free_at = at
            self._loop.call_at(at, arrive, piece, context=context)

    def _pieces(self, octets: bytes) -> list[bytes]:
        if len(octets) < 2 or self._random.random() >= self._habits.cut_rate:
            return [octets]
        cuts = sorted(self._random.randrange(1, len(octets)) for _ in range(self._random.randrange(1, 4)))
        return [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True) if a < b]


class MemoryPort:
    """The bank's end (a `BankLine`)."""

    def __init__(self, link: Path, loop: VirtualLoop, street: Street) -> None:
        self.link = link
        self._loop = loop
        self._street = street
        self._receive: Callable[[bytes], None] = lambda _octets: None
        self._to_modem = Wire(loop, street.random, street.habits)
        self._from_modem = Wire(loop, street.random, street.habits)
        self._client: MemoryLine | None = None
        self._waiting = bytearray()
        self._unread = bytearray()
        self._is_stopped = False
        self._returning: asyncio.TimerHandle | None = None
        self.plugs = 0
        self.is_there = False

    def receive_with(self, receive: Callable[[bytes], None]) -> None:
        self._receive = receive

    def open(self) -> None:
        self._returning = None
        self._is_stopped = False
        self._waiting.clear()
        self._unread.clear()
        self.is_there = True
        self.plugs += 1
        self._street.changed()

    def close(self) -> None:
        if self._returning is not None:
            self._returning.cancel()
            self._returning = None
        if not self.is_there:
            return
        self.is_there = False
        client, self._client = self._client, None
        if client is not None:
            self._loop.call_later(0.0, client.lose, "Input/output error", context=client.context)
        self._street.changed()

    def hang_up(self, return_after_s: float) -> None:
        self.close()
        self._returning = self._loop.call_later(return_after_s, self.open, context=self._loop.world)

    def stop_reading(self, *, stopped: bool) -> None:
        self._is_stopped = stopped
        if not stopped and self._unread:
            octets = bytes(self._unread)
            self._unread.clear()
            self._to_modem.carry(octets, self._arrive, self._loop.world)

    # -- from the modem ---------------------------------------------------------------------------------------

    def write(self, octets: bytes) -> None:
        if not self.is_there:
            return
        random, habits = self._street.random, self._street.habits
        if habits.loss_rate and random.random() < habits.loss_rate:
            self._street.octets_lost += len(octets)
            self._street.note(f"{self.link.name}: lost {octets!r}")
            return
        if habits.noise_rate and random.random() < habits.noise_rate:
            noise = bytes(random.randrange(128, 256) for _ in range(random.randrange(1, 6)))
            octets = noise + octets if random.random() < 0.5 else octets + noise
        if self._client is None:
            self._waiting += octets[: TTY_OCTETS - len(self._waiting)]
            return
        self._from_modem.carry(octets, self._client.hear, self._client.context)

    # -- from a client ----------------------------------------------------------------------------------------

    def joined(self, client: MemoryLine) -> None:
        """Somebody opened the port; LineError where another one has it."""
        if not self.is_there:
            raise LineError(PortState.ABSENT, device=str(self.link), detail="No such file or directory")
        if self._client is not None and not self._loop.is_dead(self._client.life):
            raise LineError(PortState.IN_USE, device=str(self.link), detail="Device or resource busy")
        self._client = client

    def heard_by(self, client: MemoryLine) -> None:
        """The client reads now: what waited comes first."""
        if self._waiting and self._client is client:
            octets = bytes(self._waiting)
            self._waiting.clear()
            self._from_modem.carry(octets, client.hear, client.context)

    def left(self, client: MemoryLine) -> None:
        """The port was closed."""
        if self._client is client:
            self._client = None

    def forget(self, life: int) -> None:
        """Nobody reads what the modem says, if it was somebody of that life."""
        if self._client is not None and self._client.life == life:
            self._client = None

    def take(self, octets: bytes) -> int:
        """What a client writes; how many octets the port takes."""
        if not self.is_there:
            return 0
        if not self._is_stopped:
            self._to_modem.carry(octets, self._arrive, self._loop.world)
            return len(octets)
        room = max(0, TTY_OCTETS - len(self._unread))
        self._unread += octets[:room]
        return min(room, len(octets))

    def _arrive(self, octets: bytes) -> None:
        if not self.is_there:
            return
        if self._is_stopped:
            self._unread += octets
            return
        self._receive(octets)


class MemoryLine:
    """The client's end: a `Line` of the driver."""

    def __init__(self, port: MemoryPort, trace: Trace, street: Street) -> None:
        self.trace = trace
        self.life = LIFE.get()
        self.context = contextvars.copy_context()
        self._port = port
        self._street = street
        self._unwritten = 0
        self._is_open = True
        self._on_octets: Callable[[bytes], None] | None = None
        self._on_lost: Callable[[str], None] = lambda _: None

    def start(self, on_octets: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        self._on_octets, self._on_lost = on_octets, on_lost
        self._port.heard_by(self)

    def write(self, octets: bytes) -> None:
        if not self._is_open or self._street.is_dead(self.life):
            return
        if self._unwritten:
            self._unwritten += len(octets)
            return
        taken = self._port.take(octets)
        self.trace.add("out", octets[:taken])
        self._street.note_octets(self._port.link.name, "→", octets[:taken])
        self._unwritten = len(octets) - taken

    def withdraw(self) -> int:
        count, self._unwritten = self._unwritten, 0
        return count

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._port.left(self)

    def hear(self, octets: bytes) -> None:
        """What the modem said has come."""
        if self._is_open and self._on_octets is not None:
            self.trace.add("in", octets)
            self._street.note_octets(self._port.link.name, "←", octets)
            self._on_octets(octets)

    def lose(self, reason: str) -> None:
        """The device has gone."""
        if self._is_open:
            self.close()
            self._on_lost(reason)


@dataclass(eq=False)
class Street:
    """All ports of a box: what makes them (a `LineMaker`), what finds them (a `Finder`), what opens them."""

    loop: VirtualLoop
    random: Random
    note: Callable[[str], None]
    octets_are_noted: bool = False
    habits: Habits = field(default_factory=Habits)
    octets_lost: int = 0
    ports: dict[str, MemoryPort] = field(default_factory=dict)
    _news: list[asyncio.Event] = field(default_factory=list)

    def line(self, link: Path) -> MemoryPort:
        port = self.ports[link.name] = MemoryPort(link, self.loop, self)
        return port

    def close(self) -> None:
        """The bank has closed all ports."""

    def open(self, device: str, *, baud: int, trace: Trace) -> MemoryLine:
        """A `LineOpener`."""
        for port in self.ports.values():
            if str(port.link) == device:
                line = MemoryLine(port, trace, self)
                port.joined(line)
                return line
        raise LineError(PortState.ABSENT, device=device, detail="No such file or directory")

    def is_dead(self, life: int) -> bool:
        return self.loop.is_dead(life)

    def note_octets(self, port: str, way: str, octets: bytes) -> None:
        if self.octets_are_noted:
            self.note(f"{port} {way} {octets!r}")

    # -- discovery --------------------------------------------------------------------------------------------

    def finder(self) -> Street.Eye:
        return Street.Eye(self)

    def changed(self) -> None:
        for event in self._news:
            event.set()

    class Eye:
        """What one pool sees of the street."""

        def __init__(self, street: Street) -> None:
            self._street = street
            self._news = asyncio.Event()
            street._news.append(self._news)

        def found(self) -> dict[str, Slot]:
            return {
                name: Slot(
                    name=name,
                    devices=(str(port.link),) if port.is_there else (),
                    mark=port.plugs if port.is_there else None,
                )
                for name, port in self._street.ports.items()
            }

        async def changed(self, limit_s: float) -> None:
            try:
                async with asyncio.timeout(limit_s):
                    await self._news.wait()
            except TimeoutError:
                return
            self._news.clear()

        def close(self) -> None:
            if self._news in self._street._news:
                self._street._news.remove(self._news)

    def forget(self, life: int) -> None:
        """Who looked and who had ports open is dead."""
        self._news.clear()
        for port in self.ports.values():
            port.forget(life)
