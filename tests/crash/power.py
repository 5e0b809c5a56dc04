"""The disk as a power cut leaves it: what was fsynced is there; of what was written later, anything may be.

Writes that no fsync covers are taken apart into sectors. Each of them may be on the disk or not, whichever was written
first, as a disk with a cache writes them; and a file may have grown around one that is not.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.recorder import Done, Kind

SECTOR = 512


@dataclass
class _File:
    """A file: what is certainly on the disk, and what may be."""

    durable: bytearray | None
    """None: it may not be there at all."""
    pending: list[Done] = field(default_factory=list)


class Disk:
    """What a machine wrote, step by step."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = {name: _File(bytearray(octets)) for name, octets in files.items()}
        self._syncing: dict[tuple[str, int], int] = {}

    def does(self, done: Done) -> None:
        """One more step, in its order."""
        file = self._files.setdefault(done.name, _File(None))
        match done.kind:
            case Kind.WRITE | Kind.TRUNCATE:
                file.pending.append(done)
            case Kind.SYNC_BEGINS:
                self._syncing[done.name, done.offset] = len(file.pending)
            case Kind.SYNCED:
                self._synced(done, file)
            case Kind.DELETE:
                # Only a clean end deletes a log, and what is in it was synced into the database before.
                self._files.pop(done.name)
                self._syncing = {key: at for key, at in self._syncing.items() if key[0] != done.name}

    def _synced(self, done: Done, file: _File) -> None:
        covered = self._syncing.pop((done.name, done.offset))
        octets = bytearray() if file.durable is None else file.durable
        for each in file.pending[:covered]:
            _apply(octets, each)
        file.durable = octets
        del file.pending[:covered]
        for key, began in self._syncing.items():
            if key[0] == done.name:
                self._syncing[key] = max(0, began - covered)

    @property
    def has_pending(self) -> bool:
        """Whether a cut now could leave more than one disk."""
        return any(file.pending for file in self._files.values())

    def after_a_cut(self, dice: random.Random) -> dict[str, bytes]:
        """A disk that a power cut at this moment may leave."""
        left: dict[str, bytes] = {}
        for name, file in self._files.items():
            if file.durable is None and dice.random() < 0.5:
                continue
            octets = bytearray(file.durable or b"")
            kept = dice.choice((0.0, 0.3, 0.7, 1.0))
            for each in file.pending:
                _apply_some(octets, each, kept, dice)
            left[name] = bytes(octets)
        return left


def _apply(octets: bytearray, done: Done) -> None:
    if done.kind is Kind.TRUNCATE:
        del octets[done.offset :]
        octets.extend(bytes(done.offset - len(octets)))
        return
    octets.extend(bytes(max(0, done.offset + len(done.data) - len(octets))))
    octets[done.offset : done.offset + len(done.data)] = done.data


def _apply_some(octets: bytearray, done: Done, kept: float, dice: random.Random) -> None:
    if done.kind is Kind.TRUNCATE:
        if dice.random() < kept:
            _apply(octets, done)
        return
    at, ends = done.offset, done.offset + len(done.data)
    while at < ends:
        until = min(ends, (at // SECTOR + 1) * SECTOR)
        if dice.random() < kept:
            piece = done.data[at - done.offset : until - done.offset]
            octets.extend(bytes(max(0, until - len(octets))))
            octets[at:until] = piece
        at = until


def read_files(directory: Path, database: str) -> dict[str, bytes]:
    """The files of a database that nobody has open."""
    names = (database, f"{database}-wal", f"{database}-journal")
    return {name: (directory / name).read_bytes() for name in names if (directory / name).exists()}


def write_files(directory: Path, database: str, files: dict[str, bytes]) -> None:
    """Put a disk in place of what is there; the index of the log is memory, and gone."""
    for each in directory.glob(f"{database}*"):
        if each.name.removeprefix(database) in ("", "-wal", "-shm", "-journal"):
            each.unlink()
    for name, octets in files.items():
        (directory / name).write_bytes(octets)


def disk_of(before: dict[str, bytes], record: Iterable[Done]) -> Disk:
    """The disk after a whole record."""
    disk = Disk(before)
    for each in record:
        disk.does(each)
    return disk
