"""Reading and freeing the places of a CDMA modem's memories: listed by index, then read one by one.

Huawei's text mode lists no texts, and those of other text modes can't be told from the next entry, so none is taken
from a listing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.parser import Information
from appliance.modem.at.syntax import number, values
from appliance.modem.at.unsolicited import line_name
from appliance.modem.cdma.commands import Names
from appliance.modem.cdma.receiving import Reception
from appliance.modem.messaging import StoredCdma

_log = logging.getLogger("simloft.modem")

_OWN_WORDS = ("STO", "SENT", "UNSENT", "USENT")
"""How <stat> of text mode begins for drafts and what was sent."""


class CdmaStorage:
    """The memories of one modem.

    ``record_in`` gives the record in the answer to a reading, and its <stat>; ``reading`` holds the modem in the state
    in which it is to be read.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        names: Names,
        record_in: Callable[[Information], tuple[int, str] | None],
        reading: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self._dialogue = dialogue
        self._names = names
        self._record_in = record_in
        self._reading = reading
        self._reception = Reception()
        self._current: str | None = None
        self._turn = asyncio.Lock()

    def use(self, reception: Reception) -> None:
        """The memories that were found at bring-up."""
        self._reception = reception
        self._current = reception.current

    async def stored(self) -> list[StoredCdma]:
        """Every received message and report, in all memories that can be read."""
        found: list[StoredCdma] = []
        async with self._turn:
            for memory in self._reception.readable or (self._reception.current or "",):
                for index in await self._indexes(memory):
                    read = await self._read(memory, index)
                    if read is not None:
                        found.append(read)
        return found

    async def read(self, memory: str, index: int) -> StoredCdma | None:
        """What lies at ``index``, or None where nothing does, or nothing that was received."""
        async with self._turn:
            return await self._read(memory, index)

    async def delete(self, memory: str, index: int) -> bool:
        """Free one place. Never more than one: something may have come in between."""
        async with self._turn:
            command = f"AT{self._names.delete}={index}"
            return await self._select(memory) and (await self._dialogue.execute(command)).ok

    async def _indexes(self, memory: str) -> list[int]:
        if not await self._select(memory):
            return []
        answer = await self._dialogue.execute(f"AT{self._names.list_all}")
        if not answer.ok:
            _log.warning("Listing memory %s failed: %s", memory, answer.error and answer.error.raw)
        indexes: list[int] = []
        for line in answer.lines:
            if line_name(line.text) == self._names.listed:
                fields = values(line.text)
                index = number(fields[0]) if fields else None
                if index is not None and not _is_own(fields[1:2]):
                    indexes.append(index)
        return list(dict.fromkeys(indexes))

    async def _read(self, memory: str, index: int) -> StoredCdma | None:
        if not await self._select(memory):
            return None
        async with self._reading():
            answer = await self._dialogue.execute(f"AT{self._names.read}={index}")
            for line in answer.lines:
                if line_name(line.text) == self._names.read:
                    found = self._record_in(line)
                    if found is not None and found[0] in (0, 1):
                        return StoredCdma(memory, index, *found)
        return None

    async def _select(self, memory: str) -> bool:
        """Make ``memory`` the one that is read. A modem without such a command has only one."""
        if not memory or memory == self._current or self._current is None:
            return True
        selected = (await self._dialogue.execute(f'AT{self._names.memory}="{memory}"')).ok
        if selected:
            self._current = memory
        return selected


def _is_own(status: list[str]) -> bool:
    """Whether a <stat> is that of a draft or of what was sent: 2 and 3, or their words."""
    word = status[0].upper() if status else ""
    return word in ("2", "3") or word.startswith(_OWN_WORDS)
