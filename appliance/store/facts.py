"""What a writer read in its transactions and what nobody has changed since: it need not be read again.

A connection knows by ``PRAGMA data_version`` whether another one has committed anything, and by ``total_changes``
whether it has changed something itself. Asked once in each transaction, that holds until its end, since nobody else
writes meanwhile; so what is taken from here is what the row would say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 256


class Facts:
    """Those of one connection, of a writer that calls :meth:`begun` in each transaction."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._version = -1
        self._changes = -1

    def begun(self, connection: sqlite3.Connection) -> None:
        """A transaction begins: forget everything where somebody has written meanwhile."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._known.clear()
            self._version = version

    def forget(self) -> None:
        """A transaction was undone, and with it what was read in it."""
        self._known.clear()

    def get(
        self, connection: sqlite3.Connection, name: Hashable, read: Callable[[sqlite3.Connection], T]
    ) -> T:
        """What is known under a name, or else what ``read`` finds."""
        changes = connection.total_changes
        if changes != self._changes or len(self._known) > MOST:
            self._known.clear()
            self._changes = changes
        try:
            found: T = self._known[name]
        except KeyError:
            found = self._known[name] = read(connection)
        return found

    def keep(self, connection: sqlite3.Connection) -> None:
        """What was written since the last :meth:`get` changed nothing that is known."""
        self._changes = connection.total_changes

    def put(self, connection: sqlite3.Connection, name: Hashable, value: object) -> None:
        """The same, and what it changed is now so."""
        self._known[name] = value
        self._changes = connection.total_changes


class FactualConnection(sqlite3.Connection):
    """A connection with room for them."""

    facts: Facts | None = None


def facts_of(connection: sqlite3.Connection) -> Facts | None:
    """Those of a writer that has them; None for all other connections, which read."""
    return connection.facts if isinstance(connection, FactualConnection) else None
