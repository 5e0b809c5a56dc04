"""Who asks the desk for something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Through which way in a message came; or, of the box's own, what for."""

    API = "api"
    PAGE = "page"
    CLI = "cli"
    LOOP_TEST = "loop-test"
    KEEP_ALIVE = "keep-alive"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks: the way in, and the API key where there was one."""

    source: Source
    api_key_id: int | None = None
    account_id: int = 1
    """Whose share of the SIMs it takes; 1 is the box itself."""
