"""A bank without ttys and without time: modems in memory, and a clock that moves when a test says so."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from appliance.modem.simulator.equipment import Equipment, Surroundings
from appliance.modem.simulator.faults import FaultBoard, RateRule
from appliance.modem.simulator.identity import make_imei, make_sim
from appliance.modem.simulator.ledger import LedgerWriter
from appliance.modem.simulator.modem import Modem
from appliance.modem.simulator.network import Network, NetworkSettings
from appliance.modem.simulator.profile import load_profile, profile_names
from appliance.modem.simulator.radio import RadioSettings
from appliance.modem.simulator.sim import SimCard
from appliance.modem.sms import Address, EncodedPdu, encode_pdu, plan_text, submits


def gsm_makes() -> list[str]:
    """The makes that do what 27.005 says: all but those of CDMA."""
    return [name for name in profile_names() if not load_profile(name).cdma.dialect]


OPEN_LEDGERS: list[LedgerWriter] = []
"""Those of the running test: a descriptor each, closed behind it (`conftest.py`)."""
MORNING = 1_800_000_000.0
HANDSET = "+8613912345678"


class Timer:
    """A timer of `Clock`."""

    def __init__(self, callback: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.callback = callback
        self.arguments = arguments
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """Timers and wall clock that stand still until `run`."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._queue: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    def wall(self) -> float:
        return MORNING + self.elapsed

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> Timer:
        timer = Timer(callback, arguments)
        heapq.heappush(self._queue, (self.elapsed + delay, next(self._order), timer))
        return timer

    def run(self, seconds: float = 0.0) -> None:
        """Lets so much time go by."""
        until = self.elapsed + seconds
        while self._queue and self._queue[0][0] <= until:
            moment, _, timer = heapq.heappop(self._queue)
            self.elapsed = max(self.elapsed, moment)
            if not timer.cancelled:
                timer.callback(*timer.arguments)
        self.elapsed = until


@dataclass
class Desk:
    """One modem and the terminal in front of it: `say` gives octets and what came back."""

    modem: Modem
    clock: Clock
    screen: bytearray
    hang_ups: list[float] = field(default_factory=list)

    @property
    def sim(self) -> SimCard:
        assert self.modem.sim is not None
        return self.modem.sim

    def say(self, octets: str) -> str:
        """Types, and reads what the modem says at once."""
        self.modem.terminal.feed(octets.encode("latin-1"))
        return self._shown()

    def at(self, command: str) -> str:
        """A command line; the answer."""
        return self.say(f"AT{command}\r")

    def read(self, after_s: float = 0.0) -> str:
        """What the modem has said since, after so much time."""
        self.clock.run(after_s)
        return self._shown()

    def _shown(self) -> str:
        words = self.screen.decode("latin-1")
        self.screen.clear()
        return words

    def send(self, pdu: EncodedPdu) -> str:
        """The dialogue of +CMGS in PDU mode; the answer."""
        assert self.at(f"+CMGS={pdu.tpdu_length}").endswith("\r\n> ")
        return self.say(f"{pdu.hex}\x1a")

    def send_text(self, text: str, to: str = HANDSET, *, report: bool = False) -> list[str]:
        """All parts of a text; the answers."""
        parts = submits(plan_text(text), Address.from_text(to), reference=7, status_report_request=report)
        return [self.send(encode_pdu(part)) for part in parts]


class MemoryPort:
    """The tty end of a desk."""

    def __init__(self, screen: bytearray) -> None:
        self._screen = screen
        self.hang_ups: list[float] = []

    def write(self, octets: bytes) -> None:
        self._screen += octets

    def hang_up(self, return_after_s: float) -> None:
        self.hang_ups.append(return_after_s)


@dataclass
class Street:
    """All modems, the network, and the ledger's file."""

    clock: Clock
    network: Network
    faults: FaultBoard
    desks: list[Desk]
    ledger_path: Path


def street(
    tmp_path: Path,
    *profiles: str,
    latency_s: float = 0.0,
    report_delay_s: float = 0.0,
    power: bool = True,
    prepare: Callable[[SimCard], None] = lambda _sim: None,
    radio: Callable[[], RadioSettings] = RadioSettings,
) -> Street:
    """A street with a modem of each profile, echo off and errors in numbers where `power` is on."""
    clock = Clock()
    ledger_path = tmp_path / "ledger.jsonl"
    ledger = LedgerWriter(ledger_path, clock, clock.wall)
    OPEN_LEDGERS.append(ledger)
    settings = NetworkSettings(latency_s=latency_s, report_delay_s=report_delay_s, reply_delay_s=0.0)
    network = Network(clock, clock.wall, settings, ledger)
    faults = FaultBoard(Random(1), RateRule())
    random = Random(1)
    desks: list[Desk] = []
    for number, name in enumerate(profiles or ("generic",), 1):
        profile = load_profile(name)
        screen = bytearray()
        port = MemoryPort(screen)
        first_index = profile.first_index.get("SM", 1)
        sim = make_sim(number, random, capacity=profile.capacities["SM"], first_index=first_index)
        prepare(sim)
        network.centre.enrol(sim)
        equipment = Equipment(f"modem{number:02d}", profile, make_imei(profile, random), radio())
        modem = Modem(equipment, sim, Surroundings(network, faults, clock, clock.wall), port)
        desk = Desk(modem, clock, screen, port.hang_ups)
        if power:
            modem.power_on()
            desk.at("E0+CMEE=1")
            desk.read()
        desks.append(desk)
    return Street(clock, network, faults, desks, ledger_path)


def desk(tmp_path: Path, profile: str = "generic", **options: Any) -> Desk:
    """One modem alone."""
    return street(tmp_path, profile, **options).desks[0]


def pdu(text: str = "您好", to: str = HANDSET, *, report: bool = False) -> EncodedPdu:
    """One SUBMIT, ready for +CMGS."""
    (submit,) = submits(plan_text(text), Address.from_text(to), reference=1, status_report_request=report)
    return encode_pdu(submit)
