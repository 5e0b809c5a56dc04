"""What the listeners work with: the tools of the box and of its sandbox, and a reading connection for each thread."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace

from appliance.desk.tools import Tools
from appliance.store import sandbox_keys
from appliance.store.clock import now_ms
from appliance.store.database import connect
from appliance.store.keys import ApiKey


class Counter:
    """One for the process; safe for its threads."""

    def __init__(self, tools: Tools, open_sandbox: Callable[[], Tools]) -> None:
        self.tools = tools
        self._open_sandbox = open_sandbox
        self._sandbox: Tools | None = None
        self._mirrored: dict[int, ApiKey] = {}
        self._lock = threading.Lock()
        self._readers = threading.local()

    def close(self) -> None:
        """Write what was asked for, then let go of the databases."""
        if self._sandbox is not None:
            self._sandbox.writer.close()
        self.tools.writer.close()

    def reader(self) -> sqlite3.Connection:
        """The reading connection of the calling thread, to the database of the box: that is where keys are."""
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = connect(self.tools.database, read_only=True)
        return connection

    def now_ms(self) -> int:
        """The time of the box."""
        return now_ms()

    def tools_for(self, key: ApiKey) -> Tools:
        """Those of the box that a key works in: a sandbox is one of its own.

        Raises :class:`~appliance.store.errors.StoreError` where its database can't be used.
        """
        if not key.is_sandbox:
            return self.tools
        with self._lock:
            if self._sandbox is None:
                self._sandbox = self._open_sandbox()
            sandbox = self._sandbox
            terms = replace(key, last_used_at_ms=None, last_used_from=None)
            if self._mirrored.get(key.id) != terms:
                sandbox.writer.write_blocking(lambda connection: sandbox_keys.mirror(connection, key))
                self._mirrored[key.id] = terms
            return sandbox
