"""Passwords of people: argon2id (RFC 9106), and how many are hashed at the same time.

19 MiB, two passes, one lane: the least that OWASP's Password Storage Cheat Sheet takes for argon2id. It takes about
0.1 s of one core of a Raspberry Pi 4, and two at once stay within 40 MiB of a box of which the web process is to take
80 MB. A PHC string names its parameters, so a hash by others is known and made anew at the next log-in.
"""

from __future__ import annotations

import contextlib
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from appliance.desk.mistake import Mistake

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
SHORTEST, LONGEST = 10, 200


class BusyError(Exception):
    """As many passwords are being hashed and waiting as may be."""


class Cells:
    """Where passwords are hashed: two at once, four more wait. A flood of log-ins takes no more of the box."""

    def __init__(self, at_once: int = 2, waiting: int = 4) -> None:
        self._room = threading.BoundedSemaphore(at_once + waiting)
        self._cells = threading.BoundedSemaphore(at_once)

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Hold a cell. Raises :class:`BusyError` where too many wait for one."""
        if not self._room.acquire(blocking=False):
            raise BusyError
        try:
            with self._cells:
                yield
        finally:
            self._room.release()


def read_password(typed: str, name: str, pointer: str = "/password") -> str | Mistake:
    """A password that may be set, as it is hashed."""
    password = normalised(typed)
    if not SHORTEST <= len(password) <= LONGEST or "\0" in password:
        return Mistake(pointer, "problem.password-length", {"least": SHORTEST, "most": LONGEST})
    try:
        password.encode()
    except UnicodeEncodeError:
        return Mistake(pointer, "problem.password-length", {"least": SHORTEST, "most": LONGEST})
    if password.casefold() == name.casefold() or len(set(password)) < 4:
        return Mistake(pointer, "problem.password-easy")
    return password


def normalised(typed: str) -> str:
    """The same text whichever keyboard wrote it (RFC 8265 §4.2: NFC)."""
    return unicodedata.normalize("NFC", typed)


def hash_of(password: str) -> str:
    """What is kept of it."""
    return HASHER.hash(password)


def is_right(kept: str | None, typed: str) -> bool:
    """Whether ``typed`` is the password of which ``kept`` is the hash.

    Without one (no such person, no password) it takes as long, and is never right.
    """
    try:
        HASHER.verify(_nobodys() if kept is None else kept, normalised(typed)[: LONGEST + 1])
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a hash was made by other parameters than today's."""
    return HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody's password")
