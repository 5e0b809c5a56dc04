"""The doorbell: an empty datagram that tells the pool to look at the database now.

Losing one costs a second (the pool looks by itself), never a message.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

LONGEST_SOCKET_PATH = 100
"""``sun_path`` has 108 octets on Linux, and a data directory may be deeper than that."""


def ring(path: Path) -> bool:
    """Ring the pool whose doorbell is at ``path``; whether somebody is there to hear it.

    Never blocks and never raises. A bell that is ringing already (a full queue) counts as heard.
    """
    try:
        with reachable(path) as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.setblocking(False)
            bell.sendto(b"", short.address)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


class Bell:
    """The same for who rings often, by a socket that is kept; safe for threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ring(self) -> bool:
        """Whether somebody is there to hear it."""
        try:
            with reachable(self._path) as short:
                self._socket.sendto(b"", short.address)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True


def is_abandoned(path: Path) -> bool:
    """Whether the pool that hung this doorbell up is gone without having taken it down: it was killed.

    False where there never was one, or where it ended in order and said so in the database.
    """
    try:
        with reachable(path) as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.connect(short.address)
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def is_answered(path: Path) -> bool:
    """Whether a pool listens to this doorbell now."""
    try:
        with reachable(path) as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.connect(short.address)
    except OSError:
        return False
    return True


class reachable:  # noqa: N801 - a context manager that reads as a word
    """An address for a socket path, however long: through a descriptor of its directory where it must be."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._path = path
        self._directory: int | None = None

    def __enter__(self) -> reachable:
        if len(os.fsencode(self._path)) > LONGEST_SOCKET_PATH:
            self._directory = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY)
            self.address = f"/proc/self/fd/{self._directory}/{self._path.name}"
        return self

    def __exit__(self, *_: object) -> None:
        if self._directory is not None:
            os.close(self._directory)
