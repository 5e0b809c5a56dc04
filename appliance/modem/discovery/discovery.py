"""The shell of discovery: asks the file system and udev, and waits for what they tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from appliance.modem.discovery.named import scan
from appliance.modem.discovery.slot import Slot


class Discovery:
    """Finds the slots of a box. It belongs to one event loop and must be closed."""

    def __init__(
        self, patterns: Iterable[str], *, allow: Iterable[str] = (), deny: Iterable[str] = ()
    ) -> None:
        self._patterns = tuple(patterns)
        self._allow, self._deny = tuple(allow), tuple(deny)
        self._seen: list[str] = []

    def found(self) -> dict[str, Slot]:
        """Every slot with its name, as it is now.

        What is named by its very path is a slot even where nothing is there (``devices`` is empty then); what a
        pattern or the word "usb" found is in it only while it is there.
        """
        slots: dict[str, Slot] = {}
        for name, device in scan(self._patterns, self._seen).items():
            if device is not None:
                slots[name] = Slot(name=name, devices=(name,), mark=device)
            elif name in self._patterns:
                slots[name] = Slot(name=name)
        self._seen = [*slots]
        return slots

    async def changed(self, limit_s: float) -> None:
        """Until something was plugged or unplugged, as far as the system tells that, or until ``limit_s`` is over."""
        await asyncio.sleep(limit_s)

    def close(self) -> None:
        """Hear no more of the system. Idempotent."""
