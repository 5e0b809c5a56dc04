"""The shell of discovery: asks the file system and udev, and waits for what they tell."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Collection, Iterable, Mapping
from math import inf
from pathlib import Path

from appliance.modem.discovery.at_port import UsbBook, hint_of, ports_of
from appliance.modem.discovery.facts import Tty
from appliance.modem.discovery.grouping import Place, Wanted, survey
from appliance.modem.discovery.named import Device, is_glob, scan
from appliance.modem.discovery.permission import Permission
from appliance.modem.discovery.slot import Slot
from appliance.modem.discovery.storage_mode import Stuck, stuck
from appliance.modem.discovery.udev import Udev
from appliance.modem.profiles import ProfileBook

_log = logging.getLogger("simloft.discovery")

EVERY_MODEM = "usb"
"""The word among the patterns that means every known modem on the USB."""

QUIET_S = 0.3
"""The ttys of one device come one after the other: a burst is over when nothing was told for so long."""
LONGEST_BURST_S = 2.0
HOLD_S = 2.0
"""A modem that just came, and whose AT port isn't among its ttys, is held back: that one may be coming yet."""
RESCAN_S = 30.0
"""Where the system tells nothing, all is read anew so often; or sooner, when ``/dev`` has changed."""
RESCAN_TOLD_S = 600.0
"""The same where it does tell."""
SWITCH_S = 30.0
"""A stick that still shows its drive of drivers after so long is stuck in it."""


class Discovery:
    """Finds the slots of a box. It belongs to one event loop and must be closed."""

    def __init__(
        self,
        patterns: Iterable[str],
        *,
        allow: Iterable[str] = (),
        deny: Iterable[str] = (),
        book: UsbBook | None = None,
    ) -> None:
        """``book``: the profiles; the built-in ones where none is given. Raises :class:`~.permission.PatternError`."""
        given = tuple(patterns)
        self._every_modem = EVERY_MODEM in given
        self._patterns = tuple(each for each in given if each != EVERY_MODEM)
        self._book = book or ProfileBook.built_in()
        self._permission = Permission.from_texts(allow, deny)
        self._udev = Udev()
        self._seen: list[str] = []
        self._ttys: list[Tty] = []
        self._read_at: float | None = None
        self._dev_changed: int | None = None
        self._first_seen: dict[str, float] = {}
        self._held_for_s = inf
        self._woken = asyncio.Event()
        self._listening: asyncio.AbstractEventLoop | None = None
        self._told_stuck: dict[str, float] = {}

    def found(self) -> dict[str, Slot]:
        """Every slot with its name, as it is now.

        What is named by its very path is a slot even where nothing is there (``devices`` is empty then); what a
        pattern or the word "usb" found is in it only while it is there.
        """
        self._refresh()
        named = scan(self._patterns, self._seen)
        slots = self._slots_by_path(named)
        self._held_for_s = inf
        for place in self._places(named):
            held_for_s = 0.0 if place.is_certain else self._hold_left_s(place)
            if held_for_s > 0:
                self._held_for_s = min(self._held_for_s, held_for_s)
            elif place.slot is not None:
                slots[place.slot.name] = place.slot
        self._seen = [name for name in slots if name in named]
        return slots

    def survey(self) -> list[Place]:
        """Every USB device with ttys, used or not, and why not."""
        self._refresh()
        return self._places(scan(self._patterns, self._seen))

    def stuck(self) -> list[Stuck]:
        """Sticks that still show their drive of drivers, and so have no ttys."""
        return stuck(self._udev.devices({tty.device.usb_path for tty in self._ttys}))

    async def changed(self, limit_s: float) -> None:
        """Until something was plugged or unplugged and all of it is there, or until ``limit_s`` is over."""
        self._listen()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(min(limit_s, self._held_for_s)):
                await self._woken.wait()
        except TimeoutError:
            return
        end = loop.time() + LONGEST_BURST_S
        while self._woken.is_set() and loop.time() < end:
            self._woken.clear()
            await asyncio.sleep(QUIET_S)
        self._woken.clear()

    def close(self) -> None:
        """Hear no more of the system. Idempotent."""
        if self._listening is not None and (number := self._udev.fileno()) is not None:
            self._listening.remove_reader(number)
        self._listening = None
        self._udev.close()

    def _listen(self) -> None:
        number = self._udev.fileno()
        if self._listening is None and number is not None:
            self._listening = asyncio.get_running_loop()
            self._listening.add_reader(number, self._hear)

    def _hear(self) -> None:
        if self._udev.drain():
            self._read_at = None
            self._woken.set()

    def _refresh(self) -> None:
        """Read the devices anew where something was told, ``/dev`` has changed, or a long time has passed."""
        now = time.monotonic()
        dev_changed = _changed_at("/dev")
        rescan_s = RESCAN_S if self._udev.fileno() is None else RESCAN_TOLD_S
        if any(since >= 0 for since in self._told_stuck.values()):
            rescan_s = min(rescan_s, SWITCH_S)
        fresh = self._read_at is not None and now < self._read_at + rescan_s
        if fresh and dev_changed == self._dev_changed:
            return
        began = self._read_at is None and not self._first_seen
        self._read_at, self._dev_changed = now, dev_changed
        self._ttys = self._udev.ttys()
        there = {tty.device.usb_path for tty in self._ttys}
        since = -HOLD_S if began else 0.0
        self._first_seen = {path: self._first_seen.get(path, now + since) for path in there}
        self._tell_stuck(now)

    def _tell_stuck(self, now: float) -> None:
        stuck_now = {each.device.usb_path: each for each in self.stuck()}
        self._told_stuck = {path: at for path, at in self._told_stuck.items() if path in stuck_now}
        for path, each in stuck_now.items():
            since = self._told_stuck.setdefault(path, now)
            if since >= 0 and now - since >= SWITCH_S:
                self._told_stuck[path] = -1.0
                _log.warning("%s", each)

    def _hold_left_s(self, place: Place) -> float:
        return self._first_seen.get(place.device.usb_path, 0.0) + HOLD_S - time.monotonic()

    def _places(self, named: Mapping[str, Device | None]) -> list[Place]:
        exact = {name for name in self._patterns if not is_glob(name)}
        known = {tty.node for tty in self._ttys}
        nodes = {name: _node_of(name, known) for name, device in named.items() if device is not None}
        wanted = Wanted(
            every_modem=self._every_modem,
            by_path=frozenset(node for name, node in nodes.items() if node and name in exact),
            by_glob=frozenset(node for name, node in nodes.items() if node and name not in exact),
        )
        return survey(self._ttys, self._book.usb_table(), wanted, self._permission)

    def _slots_by_path(self, named: Mapping[str, Device | None]) -> dict[str, Slot]:
        """The given paths, and what patterns matched that is no tty of a USB device."""
        ttys = {tty.node: tty for tty in self._ttys}
        slots: dict[str, Slot] = {}
        for name, device in named.items():
            node = _node_of(name, ttys)
            is_given = name in self._patterns
            if device is None:
                if is_given:
                    slots[name] = Slot(name=name)
            elif is_given and node in ttys:
                usb = ttys[node].device
                slots[name] = Slot(
                    name=name,
                    devices=(name,),
                    usb_path=usb.usb_path,
                    usb_id=usb.usb_id,
                    hint=hint_of(ports_of(usb.usb_id, self._book.usb_table())),
                    mark=(device, ttys[node].mark),
                )
            elif is_given or node not in ttys:
                slots[name] = Slot(name=name, devices=(name,), mark=device)
        return slots


def _node_of(name: str, nodes: Collection[str]) -> str | None:
    """Which of the ``nodes`` of USB devices' ttys a path leads to, link by link."""
    for _ in range(8 if nodes else 0):
        if name in nodes:
            return name
        try:
            target = os.readlink(name)  # noqa: PTH115 - of each port every other second
        except OSError:
            return None
        name = os.path.normpath(os.path.join(os.path.dirname(name), target))  # noqa: PTH118, PTH120
    return None


def _changed_at(directory: str) -> int | None:
    try:
        return Path(directory).stat().st_mtime_ns
    except OSError:
        return None
