"""A record of every write and fsync that SQLite makes in this process, from which a disk after a power cut can be made.

SQLite's own layer over the system is hooked through ctypes (https://sqlite.org/c3ref/io_methods.html): after the
original function has done its work, what it did is appended to a file that several processes may share.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

_HEAD = struct.Struct("<cQHqI")


class Kind(StrEnum):
    """What was done to a file."""

    WRITE = "w"
    TRUNCATE = "t"
    SYNC_BEGINS = "b"
    """What was written before this is on the disk once the following is there."""
    SYNCED = "s"
    DELETE = "d"


@dataclass(frozen=True, slots=True)
class Done:
    """One of those, after it was done."""

    kind: Kind
    at_ns: int
    """By the wall clock."""
    name: str
    offset: int
    """Where it was written; to which size it was truncated; by which process it was synced."""
    data: bytes


def library() -> str | None:
    """The SQLite that this Python has loaded; None where it is linked in, and can't be hooked."""
    assert sqlite3.sqlite_version
    with Path("/proc/self/maps").open(encoding="utf-8") as maps:
        return next((line.split()[-1] for line in maps if "libsqlite3.so" in line), None)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
        ("delete", ctypes.c_void_p),
    )


_POINTERS = 18
"""Functions of the third version of the methods of a file."""
_WRITE, _TRUNCATE, _SYNC = 2, 3, 4


class _Methods(ctypes.Structure):
    _fields_ = (("version", ctypes.c_int), ("functions", ctypes.c_void_p * _POINTERS))


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


# Names are pointers here: SQLite keeps them for as long as a file is open, and has more behind their ends.
_Open = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
)
_Delete = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_Write = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_Truncate = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


class Recorder:
    """Records from its making to the end of the process."""

    def __init__(self, record: Path) -> None:
        path = library()
        assert path is not None
        self._descriptor = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._names: dict[int, str] = {}
        self._made: dict[int, Any] = {}
        self._kept: list[Any] = []
        sqlite = ctypes.CDLL(path)
        sqlite.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        vfs = sqlite.sqlite3_vfs_find(None).contents
        self._open, self._delete = _Open(vfs.open), _Delete(vfs.delete)
        vfs.open = self._address(_Open(self._opened))
        vfs.delete = self._address(_Delete(self._deleted))

    def _address(self, function: Any) -> int | None:
        self._kept.append(function)
        return ctypes.cast(function, ctypes.c_void_p).value

    def _note(self, kind: Kind, name: str, offset: int, data: bytes = b"") -> None:
        spelt = name.encode()
        head = _HEAD.pack(kind.value.encode(), time.time_ns(), len(spelt), offset, len(data))
        os.write(self._descriptor, head + spelt + data)

    def _opened(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        result = int(self._open(vfs, name, file, flags, out))
        opened = ctypes.cast(file, ctypes.POINTER(_File)).contents
        if result == 0 and name and opened.methods:
            self._names[file] = _file_name(name)
            opened.methods = self._hooked(opened.methods)
        return result

    def _hooked(self, methods: Any) -> Any:
        """The methods of a file of this kind, with those that change it replaced."""
        address = ctypes.addressof(methods.contents)
        if address not in self._made:
            hooked = _Methods(methods.contents.version, methods.contents.functions)
            functions = methods.contents.functions
            replaced: tuple[tuple[int, Any, Callable[[Any], Any]], ...] = (
                (_WRITE, _Write, self._writing),
                (_TRUNCATE, _Truncate, self._truncating),
                (_SYNC, _Sync, self._syncing),
            )
            for place, form, made in replaced:
                hooked.functions[place] = self._address(form(made(form(functions[place]))))
            self._made[address] = ctypes.pointer(hooked)
            self._made[ctypes.addressof(hooked)] = self._made[address]
        return self._made[address]

    def _writing(self, original: Any) -> Callable[[int, int, int, int], int]:
        def write(file: int, data: int, length: int, offset: int) -> int:
            octets = ctypes.string_at(data, length)
            result = int(original(file, data, length, offset))
            self._note(Kind.WRITE, self._names[file], offset, octets)
            return result

        return write

    def _truncating(self, original: Any) -> Callable[[int, int], int]:
        def truncate(file: int, size: int) -> int:
            result = int(original(file, size))
            self._note(Kind.TRUNCATE, self._names[file], size)
            return result

        return truncate

    def _syncing(self, original: Any) -> Callable[[int, int], int]:
        def sync(file: int, flags: int) -> int:
            self._note(Kind.SYNC_BEGINS, self._names[file], os.getpid())
            result = int(original(file, flags))
            if result == 0:
                self._note(Kind.SYNCED, self._names[file], os.getpid())
            return result

        return sync

    def _deleted(self, vfs: int, name: int, sync_directory: int) -> int:
        result = int(self._delete(vfs, name, sync_directory))
        if result == 0:
            self._note(Kind.DELETE, _file_name(name), sync_directory)
        return result


def _file_name(address: int) -> str:
    return Path(os.fsdecode(ctypes.string_at(address))).name


def read_record(record: Path) -> Iterator[Done]:
    """Everything that was done, in order, up to a last piece that a kill cut off."""
    octets = memoryview(record.read_bytes() if record.exists() else b"")
    at = 0
    while at + _HEAD.size <= len(octets):
        kind, at_ns, named, offset, length = _HEAD.unpack_from(octets, at)
        ends = at + _HEAD.size + named + length
        if ends > len(octets):
            return
        name = bytes(octets[at + _HEAD.size : at + _HEAD.size + named]).decode()
        yield Done(Kind(kind.decode()), at_ns, name, offset, bytes(octets[ends - length : ends]))
        at = ends
