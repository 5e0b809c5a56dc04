"""Where free SIMs wait for work: one is woken at a time, the longest waiting first.

Waking all of them for each message would have every SIM of the box ask the database for the same one. So a ring
wakes one; if it finds work it wakes two more before it sends, and if what is there is not for it, the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from appliance.store.clock import now_ms


@dataclass(slots=True, eq=False)
class _Waiting:
    """A SIM that waits, and the last ring that it has answered."""

    woken: asyncio.Future[None]
    answered: int
    sim_id: int


class Turns:
    """The waiting SIMs of a pool."""

    def __init__(self) -> None:
        self._rings = 0
        self._waiting: dict[_Waiting, None] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ms = 0
        self._ring_to_all = asyncio.Event()
        self.rank: Callable[[list[int]], list[int]] | None = None
        """The ids of SIMs that wait, in the order in which they are to look; None: the longest waiting first."""

    @property
    def next_ring_to_all(self) -> asyncio.Event:
        """Set by the next :meth:`ring_all`. Take it *before* looking at what that may be about."""
        return self._ring_to_all

    @property
    def rings(self) -> int:
        """How often there was news. Read it *before* looking for work, and give it to :meth:`wait` after."""
        return self._rings

    def ring(self) -> None:
        """There may be work for somebody."""
        self._rings += 1
        self.wake(1)

    def ring_all(self) -> None:
        """Something changed that may concern each SIM for itself, such as its plan."""
        self._rings += 1
        self._ring_to_all.set()
        self._ring_to_all = asyncio.Event()
        self.wake(len(self._waiting))

    def wake(self, many: int) -> None:
        """Wake up to ``many`` SIMs that have not looked since the last ring."""
        if not self._waiting:
            return
        ready = [each for each in self._waiting if each.answered < self._rings and not each.woken.done()]
        if self.rank is not None and many < len(ready):
            place = {sim_id: place for place, sim_id in enumerate(self.rank([each.sim_id for each in ready]))}
            ready.sort(key=lambda each: place.get(each.sim_id, len(place)))
        for each in ready[:many]:
            each.woken.set_result(None)

    def ring_at(self, at_ms: int) -> None:
        """Ring when the clock says ``at_ms``, if nothing rings before."""
        if self._alarm is not None and self._alarm_ms <= at_ms and not self._alarm.cancelled():
            return
        self.cancel_alarm()
        self._alarm_ms = at_ms
        delay_s = max(0, at_ms - now_ms() + 1) / 1000
        self._alarm = asyncio.get_running_loop().call_later(delay_s, self._sound)

    def cancel_alarm(self) -> None:
        """Forget :meth:`ring_at`."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _sound(self) -> None:
        self._alarm = None
        self.ring()

    async def wait(self, answered: int, until_ms: int | None = None, sim_id: int = 0) -> None:
        """Until it is this SIM's turn to look for work, or until the clock says ``until_ms``.

        ``answered`` is what :attr:`rings` was before the SIM looked the last time.
        """
        if answered < self._rings:
            return
        loop = asyncio.get_running_loop()
        waiting = _Waiting(loop.create_future(), answered, sim_id)
        self._waiting[waiting] = None
        timer = None
        if until_ms is not None:
            delay_s = max(0, until_ms - now_ms() + 1) / 1000
            timer = loop.call_later(delay_s, _wake, waiting.woken)
        try:
            await waiting.woken
        except asyncio.CancelledError:
            if waiting.woken.done() and not waiting.woken.cancelled():
                # It was its turn: the next one looks in its stead.
                self._waiting.pop(waiting, None)
                self.wake(1)
            raise
        finally:
            self._waiting.pop(waiting, None)
            if timer is not None:
                timer.cancel()


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
