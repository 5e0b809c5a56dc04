"""The bank put together: modems on their ptys, one network, ledger and control socket, in one asyncio loop."""

import asyncio
import contextlib
import errno
import fcntl
import gc
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Protocol

from appliance.modem.simulator.clock import WallClock
from appliance.modem.simulator.control import ControlServer
from appliance.modem.simulator.drawer import CardError, Drawer
from appliance.modem.simulator.equipment import Equipment, Port, Surroundings
from appliance.modem.simulator.faults import FaultBoard
from appliance.modem.simulator.identity import make_imei, make_sim
from appliance.modem.simulator.ledger import LedgerWriter
from appliance.modem.simulator.magic import enchant
from appliance.modem.simulator.modem import Modem
from appliance.modem.simulator.network import Network
from appliance.modem.simulator.profile import DEFAULT_MIX, Profile, load_profile
from appliance.modem.simulator.ptyline import OpenWatch, PtyLine
from appliance.modem.simulator.radio import RadioSettings
from appliance.modem.simulator.scenarios import ScenarioError, Theatre
from appliance.modem.simulator.scenarios.script import Cue
from appliance.modem.simulator.settings import BankSettings, ModemSpec
from appliance.modem.simulator.sim import SimCard


class BankLine(Port, Protocol):
    """The port of one modem: a pty, or a line in memory."""

    link: Path

    def receive_with(self, receive: Callable[[bytes], None]) -> None:
        """Who gets what clients write."""

    def open(self) -> None:
        """The port is there."""

    def close(self) -> None:
        """The port is gone; clients see a hang-up."""

    def stop_reading(self, *, stopped: bool) -> None:
        """Leaves what clients write where it is, until they are not let write."""


class Ptys:
    """Makes the ports of a bank as pseudo-terminals."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watch = OpenWatch(loop)

    def line(self, link: Path) -> BankLine:
        """A port that is to be found at `link`."""
        return PtyLine(link, self._loop, self._watch)

    def close(self) -> None:
        """After all ports are closed."""
        self._watch.close()


class LineMaker(Protocol):
    """What makes the ports of a bank."""

    def line(self, link: Path) -> BankLine:
        """A port that is to be found at `link`."""

    def close(self) -> None:
        """After all ports are closed."""


class Bank:
    """A running bank. `open` makes the ports, `close` takes them away."""

    def __init__(
        self,
        settings: BankSettings,
        loop: asyncio.AbstractEventLoop,
        *,
        wall: WallClock = time.time,
        lines: LineMaker | None = None,
    ) -> None:
        self.settings = settings
        self.loop = loop
        random = Random(settings.seed)
        self.ledger = LedgerWriter(settings.ledger, loop, wall)
        self.network = Network(loop, wall, settings.network, self.ledger)
        self.network.handsets.auto_reply = settings.auto_reply
        self.faults = FaultBoard(Random(settings.seed), settings.rates)
        if settings.magic_numbers:
            enchant(self.faults, self.network.handsets)
        self._surroundings = Surroundings(self.network, self.faults, loop, wall)
        self._line_maker: LineMaker = lines or Ptys(loop)
        self.lines: dict[str, BankLine] = {}
        self.modems: dict[str, Modem] = {}
        self.drawer = Drawer(settings.seed, self.network, lambda: list(self.modems.values()))
        self.theatre = Theatre(self)
        names = settings.profiles or DEFAULT_MIX
        for number in range(1, settings.modems + 1):
            spec = settings.spec(number)
            profile = load_profile(spec.profile or names[(number - 1) % len(names)])
            self._add(number, profile, spec, random)

    def _add(self, number: int, profile: Profile, spec: ModemSpec, random: Random) -> None:
        name = modem_name(number)
        line = self._line_maker.line(self.settings.directory / name)
        imei = spec.imei or make_imei(profile, random)
        sim = sim_for(number, profile, spec, random)
        radio = RadioSettings(
            outcome=spec.outcome,
            registration_s=spec.registration_ms / 1000,
            card_busy_s=spec.card_busy_ms / 1000,
            signal=spec.signal,
        )
        modem = Modem(Equipment(name, profile, imei, radio), sim, self._surroundings, line)
        line.receive_with(modem.terminal.feed)
        if sim is not None:
            self.network.centre.enrol(sim)
            self.drawer.add(f"card{number:02d}", sim)
        self.lines[name] = line
        self.modems[name] = modem

    def open(self) -> None:
        """Ports are there and modems are on."""
        for name, modem in self.modems.items():
            modem.power_on()
            self.lines[name].open()

    @property
    def timers(self) -> asyncio.AbstractEventLoop:
        """The loop that it runs in."""
        return self.loop

    def stop_reading(self, name: str, *, stopped: bool) -> None:
        """A modem takes nothing from its line any more, or does again: writers find the line full."""
        self.lines[name].stop_reading(stopped=stopped)

    def unplug(self, name: str) -> None:
        """A modem is pulled off the bus: its port is gone, and it has no power."""
        self.modems[name].power_off()
        self.lines[name].close()

    def plug(self, name: str, port: str | None = None) -> Path:
        """A modem is plugged in (as it stays where it is plugged in already);

        its port appears under its old name, or as `port`. Returns the path.
        """
        line, modem = self.lines[name], self.modems[name]
        if not modem.is_on:
            if port is not None:
                line.link = self.settings.directory / port
            line.open()
            modem.start()
        return line.link

    def direct(self, cues: Iterable[Cue], told: Callable[[str], None]) -> None:
        """Plays a script from now on; `told` gets a line about each scenario when it strikes."""
        for cue in cues:
            for modem in cue.modems:
                self.loop.call_later(cue.at_s, self._play, cue, modem, told)

    def _play(self, cue: Cue, modem: str, told: Callable[[str], None]) -> None:
        try:
            self.theatre.play(cue.name, modem, cue.options)
        except (ScenarioError, CardError) as error:
            told(f"{cue.at_s:g} s: {cue.name} on {modem} could not be played: {error}")
        else:
            told(f"{cue.at_s:g} s: {cue.name} on {modem}")

    def close(self) -> None:
        """Ports are gone, the ledger is written."""
        for line in self.lines.values():
            line.close()
        self._line_maker.close()
        self.ledger.close()


def modem_name(number: int) -> str:
    """The name of modem `number` (from 1), and of its port."""
    return f"modem{number:02d}"


def sim_for(number: int, profile: Profile, spec: ModemSpec, random: Random) -> SimCard | None:
    """The card of one modem; the dice are thrown even where it has none, so that the others keep theirs."""
    capacity = spec.sm_capacity or profile.capacities["SM"]
    sim = make_sim(number, random, capacity=capacity, first_index=profile.first_index.get("SM", 1))
    if not spec.sim:
        return None
    sim.iccid = spec.iccid or sim.iccid
    sim.imsi = spec.imsi or sim.imsi
    sim.msisdn = spec.msisdn or sim.msisdn
    sim.smsc = sim.smsc if spec.smsc is None else spec.smsc
    sim.number_on_card = spec.number_on_card
    if spec.pin is not None:
        sim.pin, sim.pin_enabled = spec.pin, True
    return sim


@contextlib.contextmanager
def only_bank_in(directory: Path) -> Iterator[None]:
    """Hold the directory: a second bank in it would take the ports and the ledger of the first.

    OSError (EBUSY) where another bank holds it. The lock is on the directory itself, so no file is left there.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise OSError(errno.EBUSY, f"another bank runs in {directory}") from error
    finally:
        os.close(descriptor)


async def run_bank(settings: BankSettings, on_ready: Callable[[Bank], None]) -> None:
    """Runs a bank until SIGTERM or SIGINT; `on_ready` is called when ports and control socket are there."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(only_bank_in(settings.directory))
        bank = Bank(settings, loop)
        stack.callback(bank.close)
        bank.open()
        if settings.control is not None:
            control = ControlServer(bank, settings.control)
            await control.open()
            stack.push_async_callback(control.close)
        # What is made up to here lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        on_ready(bank)
        await ended.wait()
