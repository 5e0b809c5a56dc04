"""Ports that are named by paths and globs: what is in the file system now."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Container, Iterable
from dataclasses import dataclass

_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Device:
    """What is behind a name, so that a device that comes anew under an old name is seen to be another one."""

    number: tuple[int, int]
    """Of the device; two names with one number are one device."""
    node: int
    """Inode of the device node, which udev makes anew."""
    link: tuple[int, int]
    """Inode and birth of the symbolic link, where the name is one."""


def scan(patterns: Iterable[str], known: Iterable[str] = ()) -> dict[str, Device | None]:
    """Port names, with the device of each or None where there is none now.

    A name is a path as it was matched; symbolic links (by-path, by-id) are the stable names, so they are kept. Of
    two names of one device only the first counts: one that is ``known`` already, because it may be in service, then
    by the order of ``patterns``, then of the names.
    """
    held = {name: _device(name) for name in known}
    taken = {device.number for device in held.values() if device is not None}
    found: dict[str, Device | None] = dict(held)
    for pattern in patterns:
        for name in _names(pattern, found):
            device = _device(name)
            if device is not None and device.number in taken:
                continue
            if device is not None:
                taken.add(device.number)
            found[name] = device
    return found


def is_glob(pattern: str) -> bool:
    """Whether it stands for the names that it matches, and not for itself."""
    return _GLOB.search(pattern) is not None


def _names(pattern: str, known: Container[str]) -> list[str]:
    """The names that a pattern stands for and that are not known yet."""
    names = glob.glob(pattern) if is_glob(pattern) else [pattern]
    return sorted((name for name in names if name not in known), key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    """``ttyUSB2`` before ``ttyUSB10``."""
    return [(int(piece) if piece.isdigit() else -1, piece) for piece in re.findall(r"[0-9]+|[^0-9]+", name)]


def _device(name: str) -> Device | None:
    try:
        # Of each port every other second: paths as objects would cost several times as much.
        found, named = os.stat(name), os.lstat(name)  # noqa: PTH116
    except OSError:
        return None
    if stat.S_ISDIR(found.st_mode):
        return None
    # A bed of mock devices gives its nodes no number.
    has_number = stat.S_ISCHR(found.st_mode) and found.st_rdev != 0
    number = (0, found.st_rdev) if has_number else (found.st_dev, found.st_ino)
    link = (named.st_ino, named.st_mtime_ns) if stat.S_ISLNK(named.st_mode) else (0, 0)
    return Device(number, found.st_ino, link)
