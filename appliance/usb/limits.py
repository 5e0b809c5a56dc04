"""How often devices may be reset, whoever asks: the helper's own bound, above the budgets of the pool. Pure."""

from __future__ import annotations

from collections import deque

HOUR_S = 3600.0
LEAST_GAP_S = 10.0
"""Between two resets of one device."""
DEVICE_AN_HOUR = 12
ALL_AN_HOUR = 120


class Budget:
    """What was reset when, by a clock that never goes back."""

    def __init__(self) -> None:
        self._taken: deque[tuple[float, str]] = deque()

    def take(self, usb_path: str, now_s: float) -> bool:
        """Whether the device may be reset now; if so, that is counted."""
        while self._taken and self._taken[0][0] <= now_s - HOUR_S:
            self._taken.popleft()
        of_device = [at for at, path in self._taken if path == usb_path]
        if of_device and now_s < of_device[-1] + LEAST_GAP_S:
            return False
        if len(of_device) >= DEVICE_AN_HOUR or len(self._taken) >= ALL_AN_HOUR:
            return False
        self._taken.append((now_s, usb_path))
        return True
