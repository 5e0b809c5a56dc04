"""Writing that does not give up: what a modem has said is written as soon as the disk takes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from appliance.pool.settings import Timings
from appliance.store.errors import StoreError, StoreFullError
from appliance.store.loop_writer import LoopCommitWriter, Witness
from appliance.store.writer import Change

T = TypeVar("T")

_log = logging.getLogger("simloft.pool")


class DurableWriter:
    """The pool's writer, and whether it is in trouble.

    A full disk or a locked database loses nothing: the part that a SIM sent is on disk as submitting, and its
    result waits here. Until it is written that SIM sends nothing else, and nothing is deleted from a modem.
    """

    def __init__(self, writer: LoopCommitWriter, timings: Timings) -> None:
        self._writer = writer
        self._timings = timings
        self._trouble: str | None = None
        self._closing = False

    @property
    def trouble(self) -> str | None:
        """What the database refuses with at present, as a sentence; None while all is well."""
        return self._trouble

    def give_up_soon(self) -> None:
        """The pool ends: a write that is refused from now on is not tried again."""
        self._closing = True

    def watched_by(self, witness: Witness, expected: Callable[[], int]) -> None:
        """From now on it is told of every transaction; ``expected`` tells how many changes are about to come."""
        self._writer.witness = witness
        self._writer.expected = expected

    def outdate(self) -> None:
        """What was written concerns the queue after all."""
        self._writer.witness.outdate()

    async def write(self, change: Change[T], *, is_watched: bool = False) -> T:
        """What ``change`` returns, once it is on disk, however long that takes. Raises what ``change`` raises.

        ``is_watched``: it tells the witness itself what it does. :class:`StoreError` only after :meth:`give_up_soon`.
        """
        pause_s = self._timings.retry_write_first_s
        while True:
            try:
                value = await self._writer.write(change, is_watched=is_watched)
            except StoreError as error:
                if self._closing:
                    raise
                self._note(error)
                await asyncio.sleep(pause_s)
                pause_s = min(self._timings.retry_write_longest_s, pause_s * 2)
                continue
            if self._trouble is not None:
                _log.warning("The database takes writes again; the pool goes on.")
                self._trouble = None
            return value

    def _note(self, error: StoreError) -> None:
        if self._trouble != str(error):
            what = "stops sending" if isinstance(error, StoreFullError) else "waits"
            _log.error("%s The pool %s and tries again; nothing that it knows is lost.", error, what)
            self._trouble = str(error)
