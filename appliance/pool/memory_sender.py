"""Sends the parts of one SIM from its card's memory, and asks that memory about those of which nobody heard.

Only for modems that mark what they sent (`appliance.modem.profile.SentFlag`). The order of things is the promise: the
row of a part is on disk before it is written to the card, its place before it is sent, its outcome before its place is
freed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from appliance.modem.session import (
    LineError,
    NotSubmitted,
    Outbox,
    Refused,
    SendOutcome,
    Sign,
    reference_in,
    sign_of,
)
from appliance.modem.sms import EncodedPdu
from appliance.pool.durable import DurableWriter
from appliance.pool.turns import Turns
from appliance.store import written
from appliance.store.clock import now_ms
from appliance.store.life import MessageState
from appliance.store.sims import LONGEST_SEND_MS
from appliance.store.written import WrittenPart

_log = logging.getLogger("simloft.pool")


class MemorySender:
    """One card in one modem."""

    def __init__(
        self,
        outbox: Outbox,
        send_written: Callable[[int], Awaitable[SendOutcome]],
        sim_id: int,
        name: str,
        *,
        writer: DurableWriter,
        turns: Turns,
        look_s: float,
    ) -> None:
        """``look_s``: between two looks at parts of which the memory says nothing yet."""
        self._outbox = outbox
        self._send_written = send_written
        self._sim_id = sim_id
        self._name = name
        self._writer = writer
        self._turns = turns
        self._look_s = look_s
        self._current: int | None = None
        """The part that is with the modem: its entry is nobody else's business."""
        self._places: dict[int, tuple[int, str]] = {}
        """Place and PDU of the parts whose places are not free yet."""
        self._freed: list[int] = []
        self._cannot_write = False
        self._wake = asyncio.Event()

    async def send(self, part_id: int, pdu: EncodedPdu) -> SendOutcome | None:
        """Write a part and send it; None: it can't be written, so it is to be sent by ``AT+CMGS``."""
        if self._cannot_write:
            return None
        self._current = part_id
        freed, self._freed = self._freed, []
        await self._writer.write(
            partial(
                written.expect,
                part_id=part_id,
                sim_id=self._sim_id,
                pdu=pdu.hex,
                now_ms=now_ms(),
                freed=freed,
            )
        )
        there = await self._outbox.write(pdu)
        if isinstance(there, NotSubmitted):
            return there
        if isinstance(there, Refused):
            # The row says that the part was not sent as long as it has no place: it must be gone before CMGS.
            await self._writer.write(partial(written.forget, part_ids=[part_id]))
            _log.warning("%s: its card takes no messages to send (%s)", self._name, there.error.raw)
            self._cannot_write = True
            return None
        self._places[part_id] = (there.place, pdu.hex)
        await self._writer.write(partial(written.note_place, part_id=part_id, place=there.place))
        return await self._send_written(there.place)

    async def over(self, part_id: int, *, is_known: bool) -> None:
        """The outcome of a part is on disk. Its place is freed, unless the memory may have to tell what it was.

        A line that is lost is told by whoever uses it next.
        """
        self._current = None
        if not is_known:
            self._wake.set()
            return
        place = self._places.pop(part_id, None)
        if place is None:
            # Not written, or not answered whether it was: then it may lie there all the same.
            self._wake.set()
            return
        try:
            if await self._outbox.discard(*place):
                self._freed.append(part_id)
            else:
                self._wake.set()
        except LineError:
            self._wake.set()

    async def begin(self) -> None:
        """Look at what a session before this one left. LineError."""
        if await self.look():
            self._wake.set()

    async def run(self) -> None:
        """Look again at what is open, as long as there is such. LineError."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if await self.look():
                await asyncio.sleep(self._look_s)
                self._wake.set()

    async def look(self) -> bool:
        """Ask the card about every part that may lie there, settle what it tells, free what is settled.

        Whether some are left that are worth asking about again. LineError.
        """
        found = await self._writer.write(partial(written.of_sim, sim_id=self._sim_id))
        lie_there = [each for each in found if each.part_id not in (self._current, *self._freed)]
        taken = {each.place for each in found if each.place is not None}
        return any([await self._look_at(each, taken) for each in lie_there])

    async def _look_at(self, part: WrittenPart, taken: set[int]) -> bool:
        """Whether the part is still open. ``taken``: places of which it is known whose they are."""
        entry = None if part.place is None else await self._outbox.at(part.place, part.pdu)
        if part.is_open:
            sign = sign_of(entry, self._outbox.flag, may_have_been_sent=part.place is not None)
            if sign is Sign.NONE and now_ms() - part.written_at_ms < LONGEST_SEND_MS:
                return True  # The modem may be at it still.
            await self._settle(part, sign, None if entry is None else reference_in(part.pdu, entry.pdu))
        places = (
            [part.place]
            if part.place is not None
            else [each.index for each in await self._outbox.find(part.pdu) if each.index not in taken]
        )
        if all([await self._outbox.discard(place, part.pdu) for place in places]):
            self._places.pop(part.part_id, None)
            await self._writer.write(partial(written.forget, part_ids=[part.part_id]))
        return False

    async def _settle(self, part: WrittenPart, sign: Sign, tp_mr: int | None) -> None:
        state: MessageState | None = None
        if sign is Sign.SENT:
            state = await self._writer.write(
                partial(written.was_sent, part_id=part.part_id, tp_mr=tp_mr, now_ms=now_ms())
            )
        elif sign is Sign.NOT_SENT:
            state = await self._writer.write(
                partial(written.was_not_sent, part_id=part.part_id, now_ms=now_ms())
            )
        if state is MessageState.QUEUED:
            self._turns.ring()
