"""The files in which the lines of ports were recorded: to be taken away and shown to who looks for a fault."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from appliance.store.recordings import DIRECTORY

_NAME = re.compile(r"[0-9A-Za-z_:+-][0-9A-Za-z._:+-]{0,120}")
_LONGEST_HEADER = 4096


@dataclass(frozen=True, slots=True)
class Recorded:
    """One file."""

    name: str
    octets: int
    changed_at_ms: int
    port: str
    """The port whose line it is of; '' where the file does not tell."""
    masked: bool
    """Whether numbers and texts are hidden in it."""


def recordings(directory: Path, *, port: str | None = None, most: int) -> list[Recorded]:
    """The newest ones first, of all ports or of one."""
    found = []
    try:
        paths = list((directory / DIRECTORY).iterdir())
    except OSError:
        # No directory: nothing was recorded yet.
        return []
    for path in paths:
        try:
            status = path.stat()
            if _NAME.fullmatch(path.name) and path.is_file():
                changed_at_ms = status.st_mtime_ns // 1_000_000
                with path.open("rb") as file:
                    header = _header(file.readline(_LONGEST_HEADER))
                told = str(header.get("port", "")), header.get("masked") is True
                found.append(Recorded(path.name, status.st_size, changed_at_ms, *told))
        except OSError:
            # One that vanishes meanwhile, or is nobody's here.
            continue
    fitting = [each for each in found if port is None or each.port == port]
    return sorted(fitting, key=lambda each: -each.changed_at_ms)[:most]


def content_of(directory: Path, name: str) -> bytes | None:
    """A whole file, or None; ``name`` is matched as a whole, so that it can't lead out of the directory."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (directory / DIRECTORY / name).read_bytes()
    except OSError:
        return None


def is_masked(content: bytes) -> bool:
    """Whether numbers and texts are hidden in a file; one that does not tell hides none."""
    return _header(content.partition(b"\n")[0]).get("masked") is True


def _header(line: bytes) -> dict[str, object]:
    try:
        header = json.loads(line)
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}
