"""One seed, from an empty box to its judgement."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import shutil
import sqlite3
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from appliance.modem.profiles import ProfileBook
from appliance.modem.simulator.bank import Bank
from appliance.modem.simulator.faults import RateRule
from appliance.modem.simulator.ledger import LedgerRecord, read_ledger
from appliance.modem.simulator.network import NetworkSettings
from appliance.modem.simulator.settings import BankSettings, ModemSpec
from appliance.policy.plan import Plan
from appliance.pool.settings import PoolSettings, Surroundings, Timings
from appliance.store import commands
from appliance.store.clock import now_ms, read_from
from appliance.store.database import connect
from appliance.store.loop_writer import LoopCommitWriter
from tests.simulation.box import Box
from tests.simulation.checks import Evidence, violations
from tests.simulation.clocks import BEGIN_S, SimulatedClocks, clock_of_nobody
from tests.simulation.disk import DiskHabits, SlowDisk
from tests.simulation.history import fast_directory, new_database, read_history
from tests.simulation.limits import OF_A_SIM_ALONE, Limits
from tests.simulation.lines import Habits, Street
from tests.simulation.loop import VirtualLoop
from tests.simulation.people import People
from tests.simulation.scenario import Scenario, scenario_of
from tests.simulation.trouble import Trouble

ZONE = ZoneInfo("Asia/Shanghai")
PROFILES = ProfileBook.built_in()
HANDSETS = tuple(f"+86139{number:08d}" for number in range(1, 9))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    seed: int
    violations: tuple[str, ...]
    trace: tuple[str, ...]
    messages: int
    parts_taken: int
    kills: int
    made_up_s: float

    @property
    def mark(self) -> str:
        """The same for two runs that went the same way."""
        return sha256("\n".join(self.trace).encode()).hexdigest()

    def told(self) -> str:
        """For a test that fails, and how to see it again."""
        return "\n".join(
            [
                f"seed {self.seed} (again with: python -m tests.simulation {self.seed} --trace)",
                *self.violations,
            ]
        )


class _Ears(logging.Handler):
    """What the product logs: all of it into the trace, and errors that nobody expected into the violations."""

    def __init__(self, note: Callable[[str], None], complain: Callable[[str], None]) -> None:
        super().__init__(logging.DEBUG)
        self._note = note
        self._complain = complain

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.levelno < logging.INFO and not record.exc_info:
            return
        self._note(f"log: {text}")
        if record.exc_info and record.exc_info[2] is not None:
            self._note("".join(traceback.format_exception(*record.exc_info)))
        if record.name == "asyncio" or "unexpected" in text or "it is tried again" in text:
            self._complain(f"log: {text}")
        elif record.levelno >= logging.INFO and record.exc_info and record.exc_info[1] is not None:
            self._complain(f"log: {text}: {record.exc_info[1]!r}")


@dataclass(eq=False)
class Run:
    """The world of one seed."""

    scenario: Scenario
    directory: Path
    loop: VirtualLoop
    octets: bool = False
    trace: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Something happened."""
        self.trace.append(f"{self.loop.time():.6f} {text}")

    def complain(self, text: str) -> None:
        """Something happened that never should."""
        self.note(f"VIOLATION {text}")
        self.complaints.append(text)

    async def live(self) -> Outcome:
        """All of it."""
        scenario, loop = self.scenario, self.loop
        dice = scenario.random
        clocks = SimulatedClocks(loop, BEGIN_S + dice.randrange(86_400 * 30))
        street = Street(loop, Random(dice.random()), self.note, self.octets)
        street.habits = Habits(
            cut_rate=scenario.cut_rate, noise_rate=scenario.noise_rate, loss_rate=scenario.loss_rate
        )
        new_database(self.directory / "simloft.db")
        with read_from(clocks):
            bank = Bank(self._bank(dice), loop, wall=clocks.true_s, lines=street)
            pool_dice, disk_dice = Random(dice.random()), Random(dice.random())
            disk = DiskHabits(scenario.disk_slowest_s, scenario.disk_full_rate)
            box = Box(
                loop,
                self.directory,
                lambda new_disk: self._pool(street, pool_dice, new_disk),
                street,
                random=disk_dice,
                disk_habits=disk,
                note=self.note,
                complain=self.complain,
            )
            its_disk = SlowDisk(loop, disk_dice, DiskHabits(scenario.disk_slowest_s), self.note)
            writer = LoopCommitWriter(self.directory / "simloft.db", its_disk)
            await writer.write(_accounts)
            people = People(
                random=Random(dice.random()),
                writer=writer,
                doorbell=self.directory / "pool.sock",
                clocks=clocks,
                recipients=[*HANDSETS, *(card.msisdn for card in bank.drawer.cards.values())],
                box_plan=scenario.box_plan,
                note=self.note,
            )
            bank.network.handsets.of(HANDSETS[0]).fate = 0x41
            trouble = Trouble(loop, Random(dice.random()), bank, box, clocks=clocks, note=self.note)
            bank.open()
            box.start()
            await self._troubled(Random(dice.random()), people, trouble)
            if not box.is_up:
                box.start()
            street.habits.noise_rate = street.habits.loss_rate = 0.0
            disk.full_rate = 0.0
            await trouble.ends()
            await self._settled(people, box)
            waiting = self._why()
            await box.stop()
            await writer.close()
            clock_of_nobody()
            bank.close()
            return self._judged(people, clocks, box, trouble.in_memories(), waiting)

    # -- what is in it ----------------------------------------------------------------------------------------

    def _bank(self, dice: Random) -> BankSettings:
        scenario = self.scenario
        return BankSettings(
            directory=Path("/dev/bank"),
            modems=len(scenario.profiles),
            ledger=self.directory / "ledger.jsonl",
            seed=dice.randrange(1 << 30),
            network=NetworkSettings(latency_s=scenario.latency_s, report_delay_s=scenario.report_delay_s),
            rates=RateRule(
                error_rate=scenario.error_rate,
                lost_final_rate=scenario.lost_final_rate,
                hang_rate=scenario.hang_rate,
            ),
            specs=tuple(ModemSpec(profile=name) for name in scenario.profiles),
        )

    def _pool(self, street: Street, dice: Random, new_disk: Callable[[], SlowDisk]) -> PoolSettings:
        usual, coarse = Timings(), self.scenario.coarse
        return PoolSettings(
            database=self.directory / "simloft.db",
            doorbell=self.directory / "pool.sock",
            port_patterns=(),
            simulated=True,
            plan=_plan(self.scenario.box_plan),
            profiles=PROFILES,
            timings=Timings(
                scan_s=usual.scan_s * coarse * 5,
                look_s=usual.look_s * coarse,
                housekeeping_s=usual.housekeeping_s * coarse,
                card_look_s=usual.card_look_s * max(1, coarse // 8),
                babble_look_s=usual.babble_look_s * coarse,
                glance_s=usual.glance_s * max(1, coarse // 4),
            ),
            surroundings=Surroundings(
                open_line=street.open, finder=street.finder, disk=new_disk, random=dice
            ),
        )

    # -- what happens -----------------------------------------------------------------------------------------

    async def _troubled(self, dice: Random, people: People, trouble: Trouble) -> None:
        """The part of the run in which things are done and go wrong, each at an instant of its own."""
        scenario = self.scenario
        plan: list[tuple[float, Callable[[], Awaitable[None] | None]]] = []

        def at(often: int, what: Callable[[], Awaitable[None] | None], *, first_s: float = 0.0) -> None:
            plan.extend((first_s + dice.random() * (scenario.lasts_s - first_s), what) for _ in range(often))

        left = scenario.messages
        bursts = [0.0]
        while left > 0:
            count = min(left, dice.randrange(1, scenario.burst + 1))
            left -= count
            bursts.append(dice.random() * scenario.lasts_s)
            plan.extend((bursts[-1] + dice.random() * 0.01, people.writes) for _ in range(count))
        at(scenario.acts, people.acts, first_s=min(20.0, scenario.lasts_s))
        at(scenario.trouble, trouble.strikes)
        for _ in range(scenario.kills):
            # Most of them while there is something to lose.
            is_busy = dice.random() < 0.8
            when = dice.choice(bursts) + dice.random() * 10 if is_busy else dice.random() * scenario.lasts_s
            plan.append((when, trouble.kills))
        at(scenario.stops, trouble.stops)
        at(scenario.clock_jumps, trouble.sets_clock)
        at(scenario.boots, trouble.boots)
        at(scenario.replies, lambda: trouble.replies(dice.choice(HANDSETS)))
        plan.sort(key=lambda each: each[0])
        restarting: list[asyncio.Task[None]] = []
        for when, what in plan:
            await asyncio.sleep(max(0.0, when - self.loop.time()))
            if what in (trouble.kills, trouble.stops, trouble.boots):
                if all(task.done() for task in restarting):
                    restarting.append(asyncio.ensure_future(what()))  # type: ignore[arg-type]
                continue
            done = what()
            if done is not None:
                await done
        await asyncio.sleep(max(0.0, scenario.lasts_s - self.loop.time()))
        await asyncio.gather(*restarting)

    async def _settled(self, people: People, box: Box) -> None:
        """Until nothing has been going on for long, or the time for that is over."""
        await people.resume_all()
        ends_at = self.loop.time() + self.scenario.settles_s
        for _ in range(3):
            # Ports may have been given up for good: a person has them tried again.
            await people.writer.write(_release_all)
            await asyncio.sleep(600)
        reader = connect(self.directory / "simloft.db", read_only=True)
        try:
            while self.loop.time() < ends_at and _is_anything_open(reader):  # noqa: ASYNC110 - made-up time
                await asyncio.sleep(900)
        finally:
            reader.close()

    def _why(self) -> dict[int, str]:
        from tests.simulation.explanation import why_they_wait  # noqa: PLC0415

        reader = connect(self.directory / "simloft.db", read_only=True)
        try:
            return why_they_wait(reader, _plan(self.scenario.box_plan), now_ms(), self.complain)
        finally:
            reader.close()

    # -- what came of it --------------------------------------------------------------------------------------

    def _judged(
        self,
        people: People,
        clocks: SimulatedClocks,
        box: Box,
        in_memories: set[str],
        waiting: dict[int, str],
    ) -> Outcome:
        ledger = read_ledger(self.directory / "ledger.jsonl")
        for record in ledger:
            self.trace.append(_told(record))
        connection = connect(self.directory / "simloft.db", read_only=True)
        try:
            history = read_history(connection)
            for change in history:
                self.trace.append(f"history: {change.told()}")
            evidence = Evidence(
                connection=connection,
                ledger=ledger,
                history=history,
                written=people.written,
                contract=people.contract,
                groups=people.groups,
                zone=ZONE,
                latency_ms=int(self.scenario.latency_s * 1000),
                waiting=waiting,
                in_memories=in_memories,
                clock_was_lost=clocks.was_lost,
                ended_ms=clocks.true_ms(),
            )
            found = [*self.complaints, *violations(evidence)]
        finally:
            connection.close()
        return Outcome(
            seed=self.scenario.seed,
            violations=tuple(found),
            trace=tuple(self.trace),
            messages=len(people.written),
            parts_taken=sum(record.event == "accepted" for record in ledger),
            kills=box.kills,
            made_up_s=self.loop.time(),
        )


def run(seed: int, *, octets: bool = False, scenario: Scenario | None = None) -> Outcome:
    """Live through a seed."""
    directory = Path(tempfile.mkdtemp(prefix=f"simloft-{seed}-", dir=fast_directory()))
    loop = VirtualLoop(Random(f"{seed} loop"))
    it = Run(scenario or scenario_of(seed), directory, loop, octets)
    ears = _Ears(it.note, it.complain)
    loggers = [logging.getLogger("simloft"), logging.getLogger("asyncio")]
    before = [(each.level, each.propagate) for each in loggers]
    gc.disable()
    gc.freeze()  # What was there before is not looked at when the dead are buried.
    try:
        for each in loggers:
            each.addHandler(ears)
            each.setLevel(logging.DEBUG if octets else logging.INFO)
            each.propagate = False
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(it.live())
        except Exception as error:
            it.complain(f"{type(error).__name__}: {error}")
            if octets:
                logging.getLogger("tests").exception("the run ended")
            return Outcome(seed, tuple(it.complaints), tuple(it.trace), 0, 0, 0, loop.time())
    finally:
        for each, (level, propagate) in zip(loggers, before, strict=True):
            each.removeHandler(ears)
            each.setLevel(level)
            each.propagate = propagate
        asyncio.set_event_loop(None)
        clock_of_nobody()
        loop.bury()
        gc.unfreeze()
        gc.enable()
        with contextlib.suppress(OSError):
            shutil.rmtree(directory)


def _plan(limits: Limits) -> Plan:
    given = {name: value for name, value in asdict(limits).items() if name not in OF_A_SIM_ALONE}
    return Plan(**given, zone=ZONE)


def _accounts(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO accounts (id, name, weight) VALUES (2, 'two', 3), (3, 'three', 1)")


def _release_all(connection: sqlite3.Connection) -> None:
    for row in connection.execute("SELECT name FROM ports ORDER BY id").fetchall():
        commands.ask(connection, row["name"], commands.PortCommand.RELEASE, now_ms())


def _is_anything_open(reader: sqlite3.Connection) -> bool:
    found = reader.execute(
        "SELECT 1 FROM messages WHERE state IN ('queued', 'sending', 'held') LIMIT 1"
    ).fetchone()
    return found is not None


def _told(record: LedgerRecord) -> str:
    return (
        f"ledger: {record.at_ms} {record.event} {record.modem} {record.iccid} → {record.recipient} "
        f"{record.text[:12]!r} {record.number}/{record.total} ref {record.reference} mr {record.tp_mr} {record.detail}"
    )
