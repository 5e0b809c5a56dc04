"""Programs that run on this machine, as far as this user may see."""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path


def running_programs() -> Iterator[tuple[Path, str]]:
    """The directory under ``/proc`` and the name of each process."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield process, (process / "comm").read_text().strip()


def command_lines() -> Iterator[list[str]]:
    """The words of each process's command line."""
    for process, _ in running_programs():
        with contextlib.suppress(OSError):
            yield (process / "cmdline").read_bytes().decode(errors="replace").split("\0")


def programs_that_hold(device: str) -> Iterator[str]:
    """Names of the programs that have the device open, as far as this user may see."""
    real = os.path.realpath(device)
    for process, name in running_programs():
        with contextlib.suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if str(descriptor.readlink()) == real:
                        yield name


def me() -> str:
    """The user that this is run by."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
