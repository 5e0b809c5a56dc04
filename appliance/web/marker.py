"""Whether anything in the database changed since someone looked, at the price of one PRAGMA."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

from appliance.store.database import connect

WORDS_GROW_OLD_AFTER_MS = 20_000
"""“3 min ago” has to be said anew now and then, though nothing happened."""


class ChangeMarker:
    """``PRAGMA data_version`` of a connection that never writes: it moves with every commit of any other
    connection, of this process or another (https://sqlite.org/pragma.html#pragma_data_version)."""

    def __init__(self, database: Path) -> None:
        self._connection = connect(database, read_only=True)
        self._lock = threading.Lock()
        # The number starts anew with each process; a page left open over a restart must not match by chance.
        self._start = secrets.token_hex(4)

    def now(self, now_ms: int) -> str:
        """A text that differs from an earlier one if anything may look different now."""
        with self._lock:
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return f"{self._start}-{version}-{now_ms // WORDS_GROW_OLD_AFTER_MS}"

    def close(self) -> None:
        self._connection.close()
