"""What discovery finds, passed on as a test says: udev has its own tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.modem.discovery import Discovery, Slot

Change = Callable[[dict[str, Slot]], dict[str, Slot]]


def change_slots(monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    """From now on pools find what ``change`` makes of what is there."""

    class Changed(Discovery):
        def found(self) -> dict[str, Slot]:
            return change(super().found())

    monkeypatch.setattr("appliance.pool.pool.Discovery", Changed)
