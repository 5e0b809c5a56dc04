"""Reading and freeing the places of a modem's memories: ``+CPMS``, ``+CMGL``, ``+CMGR``, ``+CMGD``.

The index of a place means nothing without its memory, so each question comes after a ``+CPMS`` if another
memory was asked last; nobody else may ask in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from appliance.modem.at.dialogue import Answer, Dialogue
from appliance.modem.at.parser import Information
from appliance.modem.at.syntax import number, values
from appliance.modem.at.unsolicited import line_name
from appliance.modem.outcomes import StoredPdu
from appliance.modem.receive import Memories

_log = logging.getLogger("simloft.modem")

_RECEIVED = (0, 1)
"""<stat>: unread, read. 2 and 3 are drafts and sent ones of the SIM's owner: not ours to touch."""

_OUTGOING = (2, 3)

_REPORTS_MEMORY = "SR"


class Storage:
    """The memories of one modem."""

    def __init__(self, dialogue: Dialogue, memories: Memories) -> None:
        self._dialogue = dialogue
        self._memories = memories
        self._current = memories.current
        self._listings = 0
        self._turn = asyncio.Lock()

    async def stored(self) -> list[StoredPdu]:
        """Received messages and reports: of all memories that can be read (MT only where it is alone) the first time.

        Later of the one that messages are put into and of one other, in turn: an idle modem is asked little.
        """
        found: list[StoredPdu] = []
        async with self._turn:
            for memory in self._due():
                found += await self._list(memory)
        return found

    def _due(self) -> list[str | None]:
        readable: list[str | None] = [name for name in self._memories.readable if name in ("SM", "ME", "SR")]
        receiving = self._memories.receiving
        turn, self._listings = self._listings, self._listings + 1
        others = [name for name in readable if name != receiving]
        if turn == 0 or receiving not in readable or not others:
            return readable or [receiving]
        return [receiving, others[turn % len(others)]]

    async def written(self, memory: str) -> list[StoredPdu]:
        """What was written to be sent from a memory, sent (<stat> 3) or not (2): drafts and ours."""
        async with self._turn:
            return await self._list(memory, _OUTGOING)

    async def read(self, memory: str, index: int) -> StoredPdu | None:
        """What lies at ``index``. An announced place that is empty is looked for in SR too: EC25 says SM for it."""
        async with self._turn:
            found = await self._read(memory, index)
            if found is None and memory != _REPORTS_MEMORY and _REPORTS_MEMORY in self._memories.readable:
                found = await self._read(_REPORTS_MEMORY, index)
        return found

    async def delete(self, memory: str, index: int) -> bool:
        """Free one place. Never more than one: something may have come in between."""
        async with self._turn:
            return await self._select(memory) and (await self._dialogue.execute(f"AT+CMGD={index}")).ok

    async def _list(self, memory: str | None, statuses: tuple[int, ...] = _RECEIVED) -> list[StoredPdu]:
        if not await self._select(memory):
            return []
        answer = await self._in_pdu_mode("AT+CMGL=4", "+CMGL")
        if not answer.ok:
            _log.warning("Listing memory %s failed: %s", memory, answer.error and answer.error.raw)
        stored = [
            self._listed(memory, line, statuses) for line in answer.lines if line_name(line.text) == "+CMGL"
        ]
        return [entry for entry in stored if entry is not None]

    async def _read(self, memory: str, index: int) -> StoredPdu | None:
        if not await self._select(memory):
            return None
        answer = await self._in_pdu_mode(f"AT+CMGR={index}", "+CMGR")
        for line in answer.lines:
            if line_name(line.text) == "+CMGR" and line.pdu is not None:
                return StoredPdu(memory, index, _status(values(line.text)[:1]), line.pdu)
        return None

    async def _select(self, memory: str | None) -> bool:
        """Make ``memory`` the one that is read. A modem without ``+CPMS`` has only one."""
        if memory is None or memory == self._current or self._current is None:
            return True
        selected = (await self._dialogue.execute(f'AT+CPMS="{memory}"')).ok
        if selected:
            self._current = memory
        return selected

    async def _in_pdu_mode(self, command: str, name: str) -> Answer:
        """``command`` again after ``AT+CMGF=0``, where the modem has fallen back to text mode (a silent restart)."""
        answer = await self._dialogue.execute(command)
        if _is_text(answer.lines, name):
            await self._dialogue.execute("AT+CMGF=0")
            answer = await self._dialogue.execute(command)
        return answer

    def _listed(self, memory: str | None, line: Information, statuses: tuple[int, ...]) -> StoredPdu | None:
        fields = values(line.text)
        index = number(fields[0]) if fields else None
        status = _status(fields[1:2])
        if index is None or line.pdu is None or status not in statuses:
            return None
        return StoredPdu(memory or "", index, status, line.pdu)


def _status(fields: Sequence[str]) -> int:
    status = number(fields[0]) if fields else None
    return 1 if status is None else status


def _is_text(lines: Sequence[Information], name: str) -> bool:
    return any(line.pdu is None and line_name(line.text) == name and "REC " in line.text for line in lines)
