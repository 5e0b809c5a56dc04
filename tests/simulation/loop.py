"""An event loop whose time is made up: it jumps to the next timer as soon as nothing is left to do.

Every choice that a real loop leaves to chance is thrown by one seeded ``Random``: which of the tasks that are
ready goes first. Each task and callback belongs to the *life* (the process) that began it, by a variable of its
context; after :meth:`VirtualLoop.kill` nothing of that life is run again, not even a ``finally``, as after SIGKILL.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import heapq
import logging
import sys
import warnings
from collections.abc import Callable, Coroutine, Iterator
from random import Random
from typing import Any

LIFE: contextvars.ContextVar[int] = contextvars.ContextVar("life", default=0)
"""Which process a callback belongs to; 0 is the world around it, which is never killed."""

TURN_S = 20e-6
"""What a turn of the loop takes: the time that the tasks spend with thinking."""

MOST_TURNS_A_SECOND = 30_000


class StandstillError(AssertionError):
    """The loop turns and turns: something polls without a pause, or waits for nothing."""


class NumberedTask(asyncio.Task):  # type: ignore[type-arg]
    """A task that knows how many were made before it, since the order of a set of tasks is that of addresses."""

    number: int
    life: int


class VirtualLoop(asyncio.SelectorEventLoop):
    """Deterministic: the same seed gives the same run, whatever the machine does meanwhile."""

    def __init__(self, random: Random) -> None:
        self.now_s = 0.0
        super().__init__()
        self.steps = 0
        """How many callbacks of mortal lives were run."""
        self.before_step: Callable[[], None] | None = None
        """Called before each of them, and may kill."""
        self._random = random
        self._made = 0
        self._turns = 0
        self._turns_since_s = 0.0
        self._dead: set[int] = set()
        self._buried: list[object] = []
        self.world = contextvars.Context()
        """For what happens outside of every process, such as octets on a wire."""
        self.set_task_factory(self._make_task)  # type: ignore[arg-type]

    def time(self) -> float:
        return self.now_s

    def _make_task(
        self,
        _loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, Any],
        context: contextvars.Context | None = None,
    ) -> NumberedTask:
        task = NumberedTask(coro, loop=self, context=context)
        self._made += 1
        task.number = self._made
        task.life = LIFE.get() if context is None else context.get(LIFE, 0)
        return task

    def kill(self, life: int) -> None:
        """Nothing of that life is run any more, and nothing is cleared up."""
        self._dead.add(life)
        for task in asyncio.all_tasks(self):
            if isinstance(task, NumberedTask) and task.life == life:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                self._buried.append(task)
        for key in list(self._selector.get_map().values()):  # type: ignore[attr-defined]
            if any(handle is not None and handle._context.get(LIFE, 0) == life for handle in key.data):
                self._selector.unregister(key.fd)  # type: ignore[attr-defined]
                self._buried.append(key)

    def is_dead(self, life: int) -> bool:
        """Whether it was killed."""
        return life in self._dead

    def _run_once(self) -> None:
        """One turn, in place of :meth:`asyncio.BaseEventLoop._run_once`."""
        ready, timers = self._ready, self._scheduled  # type: ignore[attr-defined]
        if not ready:
            # What came by a socket (the doorbell) came before the time goes on.
            events = self._selector.select(0)  # type: ignore[attr-defined]
            if events:
                self._process_events(events)  # type: ignore[attr-defined]
        while timers and (timers[0]._cancelled or self._is_of_dead(timers[0])):
            self._forget(heapq.heappop(timers))
        self.now_s += TURN_S
        if not ready:
            if not timers:
                raise StandstillError("nothing is left to do, and nothing is to come")
            self.now_s = max(self.now_s, timers[0]._when)
        while timers and timers[0]._when <= self.now_s:
            timer = heapq.heappop(timers)
            timer._scheduled = False
            if not timer._cancelled:
                ready.append(timer)
        self._watch_over_turns()
        self._run(ready)

    def _watch_over_turns(self) -> None:
        self._turns += 1
        if self.now_s - self._turns_since_s > 1.0:
            self._turns, self._turns_since_s = 0, self.now_s
        elif self._turns > MOST_TURNS_A_SECOND:
            raise StandstillError(f"{self._turns} turns within a second, at {self.now_s:.6f} s")

    def _run(self, ready: Any) -> None:
        batch = list(ready)
        ready.clear()
        if len(batch) > 1:
            self._throw(batch)
        for handle in batch:
            if handle._cancelled:
                continue
            life = handle._context.get(LIFE, 0)
            if life:
                if life in self._dead:
                    self._buried.append(handle)
                    continue
                self.steps += 1
                if self.before_step is not None:
                    self.before_step()
                    if life in self._dead:
                        self._buried.append(handle)
                        continue
            handle._run()

    def _throw(self, batch: list[Any]) -> None:
        """Tasks that are ready go in any order; callbacks keep theirs, which asyncio promises."""
        places = [at for at, handle in enumerate(batch) if _task_of(handle) is not None]
        if len(places) < 2:
            return
        steps = sorted((batch[at] for at in places), key=lambda handle: _task_of(handle).number)  # type: ignore[union-attr]
        self._random.shuffle(steps)
        for at, handle in zip(places, steps, strict=True):
            batch[at] = handle

    def _is_of_dead(self, timer: Any) -> bool:
        return bool(self._dead) and timer._context.get(LIFE, 0) in self._dead

    def _forget(self, timer: Any) -> None:
        timer._scheduled = False
        if timer._cancelled:
            self._timer_cancelled_count -= 1  # type: ignore[has-type]
        else:
            self._buried.append(timer)

    def bury(self) -> None:
        """Close the loop, and give back the memory of the dead. The collector is to be off till then."""
        with _silence():
            self.close()
            self.before_step = None
            for task in asyncio.all_tasks(self):
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with contextlib.suppress(BaseException):
                    task.get_coro().close()  # type: ignore[union-attr]
            self._buried.clear()
            self._ready.clear()  # type: ignore[attr-defined]
            self._scheduled.clear()  # type: ignore[attr-defined]
            gc.collect()


def _task_of(handle: Any) -> NumberedTask | None:
    owner = getattr(handle._callback, "__self__", None)
    return owner if isinstance(owner, NumberedTask) else None


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """What the collector finds in the frames of the dead is nobody's news."""
    hook, level = sys.unraisablehook, logging.root.manager.disable
    sys.unraisablehook = lambda _: None
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = hook
        logging.disable(level)
