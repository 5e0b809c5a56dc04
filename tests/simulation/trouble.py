"""What goes wrong around a box: faults of modems, lines, cards and networks, and the death of its process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from appliance.modem.simulator.bank import Bank
from appliance.modem.simulator.drawer import CardError
from appliance.modem.simulator.scenarios import ScenarioError
from appliance.modem.sms import TpduError
from tests.simulation.box import Box
from tests.simulation.clocks import SimulatedClocks
from tests.simulation.loop import VirtualLoop

_CODES = (21, 28, 38, 41, 42, 47, 50, 69, 81, 96, 111, 302, 304, 310, 314, 320, 322, 331, 332, 500, 512)


HOUR_MS, DAY_MS = 3_600_000, 86_400_000

HANDS_S = 4.0
"""How long it takes to change a card."""


def _scenes(random: Random) -> list[tuple[str, dict[str, object]]]:
    """Every kind of trouble with options thrown anew."""
    return [
        ("chatty", {"chunk": random.choice((0, 1, 7)), "every_ms": random.choice((500, 5000))}),
        ("slow-prompt", {"delay_ms": random.choice((1000, 8000, 20_000))}),
        ("no-prompt", {}),
        ("echo-body", {}),
        ("mute", {"for_ms": random.choice((2000, 60_000, 400_000)), "reads": random.random() < 0.5}),
        (
            "late-final",
            {"delay_ms": random.choice((20_000, 100_000, 180_000)), "count": random.randrange(1, 4)},
        ),
        ("lost-final", {"count": random.randrange(1, 4)}),
        ("reset-mid-send", {"taken": random.random() < 0.5, "return_ms": random.choice((500, 3000, 20_000))}),
        ("cms-N", {"code": random.choice(_CODES), "count": random.randrange(1, 12)}),
        ("cme-N", {"code": random.choice((3, 4, 10, 13, 14, 100)), "count": random.randrange(1, 4)}),
        ("blocked", {"first": random.randrange(1, 10), "window_ms": 600_000}),
        ("empty", {"balance_fen": random.choice((0, 20, 100))}),
        ("renumbered", {}),
        ("unplugged", {"return_ms": random.choice((200, 5000, 120_000))}),
        ("flap", {"every_ms": random.choice((5000, 20_000)), "gone_ms": 1500}),
        ("hub-off", {"return_ms": random.choice((1000, 30_000))}),
        ("swap", {"gap_ms": random.choice((200, 3000)), "while_sending": random.random() < 0.5}),
        ("no-sim", {"while_sending": random.random() < 0.5}),
        ("clone", {}),
        ("dlr-storm", {}),
        ("dlr-early", {}),
        ("dlr-twice", {}),
        ("dlr-interim", {}),
        ("no-network", {"for_ms": random.choice((5000, 300_000)), "denied": random.random() < 0.3}),
        ("roaming", {}),
        ("cnmi-forgotten", {"shows_it": random.random() < 0.5}),
        ("call", {}),
        ("full-memory", {}),
        ("delete-fails", {"count": random.randrange(1, 20)}),
        ("parts", {}),
        ("all-errors", {}),
    ]


class Trouble:
    """All of it, for one run."""

    def __init__(
        self,
        loop: VirtualLoop,
        random: Random,
        bank: Bank,
        box: Box,
        *,
        clocks: SimulatedClocks,
        note: Callable[[str], None],
    ) -> None:
        self._clocks = clocks
        self._loop = loop
        self._random = random
        self._bank = bank
        self._box = box
        self._note = note
        self._is_over = False
        self._replies = 0

    def strikes(self) -> None:
        """One of the bank's scenarios begins, and is taken back after a while as a rule."""
        modem = self._random.choice(list(self._bank.modems))
        name, options = self._random.choice(_scenes(self._random))
        try:
            self._bank.theatre.play(name, modem, options)
        except (ScenarioError, CardError) as error:
            self._note(f"{name} on {modem} can't be: {error}")
            return
        self._note(f"{name} on {modem} {options}")
        if self._random.random() < 0.7:
            self._loop.call_later(self._random.choice((10.0, 120.0, 1200.0)), self._calm, modem)

    def _calm(self, modem: str) -> None:
        """Taken back; a card that is not its own is pulled first, since nobody changes one in no time."""
        if self._is_over:
            return
        self._note(f"calm on {modem}")
        self._pull_strange_card(modem)
        self._loop.call_later(HANDS_S, self._calmed, modem)

    def _calmed(self, modem: str) -> None:
        self._bank.theatre.play("calm", modem)
        self._put_card_in(modem)

    def _pull_strange_card(self, name: str) -> None:
        modem = self._bank.modems[name]
        if modem.slot.card is not None and modem.slot.card is not self._bank.drawer.cards[_own_card(name)]:
            self._bank.drawer.pull(modem)

    def _put_card_in(self, name: str) -> None:
        """The card that this modem began with, where it lies in the drawer."""
        modem, card = self._bank.modems[name], _own_card(name)
        if modem.slot.card is None and not self._bank.drawer.place_of(card):
            self._bank.drawer.insert(modem, card)

    async def kills(self) -> None:
        """The process of the pool dies at some await, and is started again after a while."""
        if not self._box.is_up:
            return
        done = asyncio.Event()
        steps = int(self._random.choice((3, 30, 100, 300, 1000)) * self._random.random()) + 1
        self._box.kill_in(steps, done.set)
        try:
            async with asyncio.timeout(600):
                await done.wait()
        except TimeoutError:
            if self._box.is_up:
                self._box.kill()
        await asyncio.sleep(self._random.choice((0.0, 1.0, 30.0)))
        self._box.start()

    def sets_clock(self) -> None:
        """Somebody or something sets the wall clock of the box, which may be there and back."""
        self._clocks.offset_ms = self._random.choice(
            (-self._clocks.true_ms(), 365 * DAY_MS, DAY_MS, -DAY_MS, HOUR_MS, -HOUR_MS, 60_000, 0, 0)
        )
        self._note(f"the wall clock is {self._clocks.offset_ms} ms from the truth")

    async def boots(self) -> None:
        """The power goes; it comes back with a clock that knows the time, or nothing, or too much."""
        if not self._box.is_up:
            return
        self._box.kill()
        await asyncio.sleep(self._random.choice((2.0, 60.0, 7200.0)))
        self._clocks.boot(self._random.choice((0, 0, -self._clocks.true_ms(), 365 * DAY_MS)))
        self._note(f"the system starts, its clock {self._clocks.offset_ms} ms from the truth")
        self._box.start()

    async def stops(self) -> None:
        """Somebody restarts the service in order."""
        if not self._box.is_up:
            return
        await self._box.stop()
        await asyncio.sleep(self._random.choice((0.0, 2.0, 60.0)))
        self._box.start()

    def replies(self, sender: str) -> None:
        """A person writes to one of the SIMs."""
        cards = sorted(self._bank.drawer.cards)
        card = self._bank.drawer.cards[self._random.choice(cards)]
        self._replies += 1
        text = f"r{self._replies}." * self._random.choice((1, 1, 60))
        try:
            self._bank.network.reply(sender, card.msisdn, text)
        except (LookupError, TpduError):
            return
        self._note(f"{sender} writes r{self._replies}. to …{card.iccid[-4:]}")

    async def ends(self) -> None:
        """Everything is as it should be again, and stays so."""
        self._is_over = True
        for name in self._bank.modems:
            self._pull_strange_card(name)
        await asyncio.sleep(HANDS_S)
        for name, modem in self._bank.modems.items():
            self._bank.theatre.play("calm", name)
            self._bank.plug(name)
            self._put_card_in(name)
            if modem.slot.card is None:
                self._bank.drawer.insert(modem, None)
        rates = self._bank.faults.rates
        rates.error_rate = rates.lost_final_rate = rates.hang_rate = 0.0
        self._bank.faults.rules.clear()
        self._clocks.put_right()
        self._note("calm everywhere")

    def in_memories(self) -> set[str]:
        """What lies in the memories of modems and cards, as TPDUs in hexadecimal."""
        memories = [card.memory for card in self._bank.drawer.cards.values()]
        for modem in self._bank.modems.values():
            memories.extend(modem.messages._own.values())
        return {stored.tpdu.hex().upper() for memory in memories for _, stored in memory.items()}


def _own_card(modem: str) -> str:
    return f"card{modem.removeprefix('modem')}"
