"""A pool without ports in made-up time: much happens to queue, plans, rests and SIMs, and nothing may be slept through.

Real senders with scheduler, turns and lookout over SQLite; modems that only answer. After each quiet while a scheduler
that remembers nothing looks at the same database: it may find nothing for a SIM that has slept through that while.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from appliance.modem.errors import ModemError
from appliance.modem.session import Accepted, CardPresence, NotSubmitted, Refused, SendOutcome, Unanswered
from appliance.policy.queue import Take
from appliance.pool.card import Card
from appliance.pool.durable import DurableWriter
from appliance.pool.encoding import Outgoing
from appliance.pool.gate import FULL_MEMORY, Gate
from appliance.pool.housekeeping import Lookout
from appliance.pool.scheduler import scheduler_of
from appliance.pool.sender import PortTroubleError, Sender
from appliance.pool.settings import PoolSettings, Surroundings
from appliance.pool.turns import Turns
from appliance.store import clock, groups, ports, queue, recovery, sims
from appliance.store.database import connect
from appliance.store.loop_writer import LoopCommitWriter
from appliance.store.turn import Turn
from tests.pool.pools import QUICK_BREAKER, QUICK_RETRIES
from tests.simulation.disk import DiskHabits, SlowDisk
from tests.simulation.loop import VirtualLoop
from tests.store.stored import add_message, add_sim, watched_database

SIMS = 4
LOOK_S = 1.0
QUIET_S = 3 * LOOK_S
"""A lost ring of the doorbell costs a look of the lookout; what is then woken commits within milliseconds."""


@dataclass
class Modem:
    """Answers after a while, mostly that the network took it."""

    random: Random
    is_well: bool = True

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        await asyncio.sleep(self.random.choice((0.001, 0.02, 0.7)))
        if self.random.random() < (0.05 if self.is_well else 0.6):
            code = self.random.choice((38, 41, 42))
            return self.random.choice(
                (
                    Refused(ModemError("cms", code, f"+CMS ERROR: {code}")),
                    NotSubmitted("error.no-prompt"),
                    Unanswered("error.no-final"),
                )
            )
        return Accepted(self.random.randrange(256))

    def hurry(self, limit_s: float) -> None: ...

    async def check(self) -> None: ...

    async def card(self) -> CardPresence:
        return CardPresence.PRESENT


@dataclass
class Slot:
    """A SIM in its port, in service or not."""

    sim_id: int
    port_id: int
    modem: Modem
    gate: Gate = field(default_factory=Gate)
    sender: Sender | None = None
    card: Card | None = None
    task: asyncio.Task[None] | None = None


class Nobody:
    """In the commander's place."""

    async def look(self, _reader: sqlite3.Connection) -> None: ...


class World:
    """A pool without ports, and whoever writes to its database."""

    def __init__(self, directory: Path, random: Random, loop: VirtualLoop) -> None:
        self.random = random
        path = watched_database(directory / "simloft.db")
        self.office, self.turn = connect(path), Turn(path)
        self.settings = PoolSettings(
            database=path,
            doorbell=directory / "pool.sock",
            port_patterns=(),
            retry=QUICK_RETRIES,
            breaker=QUICK_BREAKER,
            surroundings=Surroundings(random=random),
        )
        self.path = path
        self.writer = LoopCommitWriter(path, SlowDisk(loop, random, DiskHabits(), lambda _: None))
        self.durable = DurableWriter(self.writer, self.settings.timings)
        self.turns = Turns()
        self.scheduler = scheduler_of(self.settings)
        self.turns.rank = self.scheduler.rank
        self.durable.watched_by(self.scheduler, self.scheduler.pace.expected)
        self.slots = [Slot(*add_sim(self.office, number), Modem(random)) for number in range(1, SIMS + 1)]
        self.lookout = asyncio.create_task(
            Lookout(path, self.turns, Nobody(), LOOK_S).run()  # type: ignore[arg-type]
        )
        self.story: list[str] = []

    # -- ports ------------------------------------------------------------------------------------------------

    def begin(self, slot: Slot) -> None:
        slot.task = asyncio.create_task(self._serve(slot))

    async def _serve(self, slot: Slot) -> None:
        while True:
            sim = sims.get(self.office, slot.sim_id)
            await self.durable.write(
                lambda c: recovery.recover(c, clock.now_ms(), resend_after_ms=60_000, sim_id=slot.sim_id)
            )
            slot.card = Card.of(sim, slot.port_id)
            slot.sender = Sender(
                slot.modem,
                slot.card,
                writer=self.durable,
                turns=self.turns,
                gate=slot.gate,
                drain_memory=lambda: None,
                settings=self.settings,
                scheduler=self.scheduler,
            )
            try:
                await slot.sender.run()
            except PortTroubleError:
                slot.sender = slot.card = None
                await asyncio.sleep(0.3)
                continue
            slot.sender = slot.card = None
            return

    async def end(self, slot: Slot) -> None:
        if slot.sender is None or slot.task is None:
            return
        slot.sender.stop()
        await slot.task
        slot.task = None

    async def close(self) -> None:
        for slot in self.slots:
            slot.gate.set(FULL_MEMORY, stands=False)
            await self.end(slot)
            if slot.task is not None:
                slot.task.cancel()
        self.lookout.cancel()
        await asyncio.wait([self.lookout])
        await self.writer.close()
        self.turns.cancel_alarm()
        self.office.close()
        self.turn.close()

    # -- what happens -----------------------------------------------------------------------------------------

    def change(self, query: str, *values: object) -> None:
        self.office.execute(query, values)

    def put(self, many: int = 1) -> None:
        random, now = self.random, clock.now_ms()
        for _ in range(many):
            whose = random.choice(("any", "any", "any", "sticky", "pinned"))
            sim_id = random.choice(self.slots).sim_id
            add_message(
                self.office,
                recipient=f"+861391234{random.randrange(8):04d}",
                priority=random.choice((0, 1, 1, 2)),
                account_id=random.choice((1, 2)),
                destination=random.choice(("", "cmcc")),
                sticky_sim_id=sim_id if whose == "sticky" else None,
                via_sim_id=sim_id if whose == "pinned" else None,
                not_before_ms=random.choice((0, 0, 0, now + random.randrange(6_000))),
                expires_at_ms=random.choice((None, None, now + random.randrange(1_000, 60_000))),
                accepted_at_ms=now,
            )

    @contextlib.asynccontextmanager
    async def at_turn(self) -> AsyncIterator[None]:
        """While the pool's writer writes nothing."""
        while not self.turn.take_at_once():  # noqa: ASYNC110 - the turn of a file rings nobody
            await asyncio.sleep(0.001)
        try:
            yield
        finally:
            self.turn.hand_over()

    async def event(self) -> None:
        slot = self.random.choice(self.slots)
        async with self.at_turn():
            self.happens(slot)
        if self.random.random() < 0.8:
            self.turns.ring()
        is_here = self.office.execute(
            "SELECT state = 'ready' FROM ports WHERE id = ?", (slot.port_id,)
        ).fetchone()[0]
        if not is_here:
            await self.end(slot)
        elif slot.task is None:
            self.begin(slot)

    def happens(self, slot: Slot) -> None:
        what = self.random.choice(
            (
                *[self.puts] * 3,
                self.puts_many,
                self.cancels,
                self.rests,
                *[self.resumes] * 2,
                self.drains,
                *[self.plans] * 2,
                self.groups,
                self.goes,
                *[self.comes] * 2,
                self.gate_moves,
                self.follows,
                self.modem_changes,
            )
        )
        self.story.append(f"{clock.now_ms() % 10_000_000} {what.__name__} {slot.sim_id}")
        what(slot)

    def puts(self, _slot: Slot) -> None:
        self.put()

    def puts_many(self, _slot: Slot) -> None:
        self.put(self.random.randrange(40))

    def cancels(self, _slot: Slot) -> None:
        self.change(
            "UPDATE messages SET state = 'cancelled' WHERE seq IN (SELECT seq FROM messages "
            "WHERE state = 'queued' AND attempt = 0 ORDER BY seq LIMIT ?)",
            self.random.randrange(4),
        )

    def rests(self, slot: Slot) -> None:
        until_ms = self.random.choice((clock.now_ms() + 3_000, sims.UNTIL_RESUMED_MS))
        sims.rest(self.office, slot.sim_id, until_ms=until_ms, reason="sim.rested-by-person", args={})

    def drains(self, slot: Slot) -> None:
        sims.rest(self.office, slot.sim_id, until_ms=sims.UNTIL_RESUMED_MS, reason=sims.DRAINING, args={})

    def resumes(self, slot: Slot) -> None:
        sims.resume(self.office, slot.sim_id)

    def plans(self, slot: Slot) -> None:
        choice = self.random.choice
        self.change(
            "UPDATE sims SET minimum_gap_ms = ?, parts_per_minute = ?, parts_per_hour = ?, "
            "parts_per_recipient_per_day = ?, price_off_net_micros = ? WHERE id = ?",
            choice((None, 300, 2_000)),
            choice((None, None, 2, 30)),
            choice((None, 500)),
            choice((None, None, 1, 4)),
            choice((None, 0, 1_000)),
            slot.sim_id,
        )

    def groups(self, slot: Slot) -> None:
        groups.put_sim(self.office, slot.sim_id, self.random.choice((None, 1, 2)))

    def goes(self, slot: Slot) -> None:
        self.change("UPDATE ports SET state = 'absent' WHERE id = ?", slot.port_id)

    def comes(self, slot: Slot) -> None:
        self.change("UPDATE ports SET state = 'ready' WHERE id = ?", slot.port_id)

    def gate_moves(self, slot: Slot) -> None:
        slot.gate.set(FULL_MEMORY, stands=slot.gate.is_open)
        hold = None if slot.gate.is_open else "sim.memory-full"
        ports.note_hold(self.office, slot.port_id, hold, args={}, until_ms=None, now_ms=clock.now_ms())

    def follows(self, slot: Slot) -> None:
        queue.follow_conversation(self.office, f"+861391234{self.random.randrange(8):04d}", slot.sim_id)

    def modem_changes(self, slot: Slot) -> None:
        slot.modem.is_well = not slot.modem.is_well

    # -- what must not be -------------------------------------------------------------------------------------

    async def possible(self) -> set[tuple[int, int]]:
        """SIM and seq of what a free SIM takes, as one sees it who remembers nothing."""
        async with self.at_turn():
            return self._possible()

    def _possible(self) -> set[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        now, reader = clock.now_ms(), connect(self.path)
        fresh = scheduler_of(self.settings)
        reader.execute("BEGIN IMMEDIATE")
        fresh.begun(reader)
        cards = [
            (slot, Card.of(sims.get(reader, slot.sim_id), slot.port_id))
            for slot in self.slots
            if slot.sender is not None
        ]
        for _, card in cards:
            fresh.standing(reader, card, now)
        for slot, card in cards:
            mine = slot.card
            if mine is None or slot.sender is None or slot.sender.is_busy or not slot.gate.is_open:
                continue
            if mine.pause_until_ms > now:
                continue
            choice = fresh.choose(reader, fresh.standing(reader, card, now), now)
            if isinstance(choice, Take):
                found.add((slot.sim_id, choice.message.seq))
        reader.execute("ROLLBACK")
        reader.close()
        return found

    async def quiet(self) -> None:
        await asyncio.sleep(QUIET_S)
        before = await self.possible()
        await asyncio.sleep(QUIET_S)
        asleep = before & await self.possible()
        assert not asleep, (asleep, self.story[-30:], self.told(asleep))

    def told(self, asleep: set[tuple[int, int]]) -> list[object]:
        lanes = self.scheduler.lanes
        rows = [
            dict(self.office.execute("SELECT * FROM messages WHERE seq = ?", (seq,)).fetchone())
            for _, seq in asleep
        ]
        return [
            clock.now_ms(),
            rows,
            [(key, lane.passed, lane.left, len(lane.view.heads)) for key, lane in lanes._lanes.items()],
            [(each.sim_id, each.answered, self.turns.rings) for each in self.turns._waiting],
        ]
