"""The file of a recording: JSON lines, a header first.

    {"simloft_recording": 1, "version": "0.1.0", "port": "usb-1-1.4", "profile": "quectel-ec25",
     "begun_at_ms": 1790000000000, "masked": true}
    {"ms": 0, "way": "out", "octets": "AT\\r"}
    {"ms": 3, "way": "in", "octets": "\\r\\nOK\\r\\n"}
    {"ms": 900, "way": "note", "octets": "lost: Input/output error"}

`ms` counts from the beginning. `way` is 'out' (to the modem), 'in' (from it) or 'note' (what happened to the line:
'opened', 'lost: …', 'ended: …'). `octets` has one character for each octet (Latin-1). Lines are on the file as soon as
they are known, so a recording that was cut off is whole up to its last line.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from .line_mask import LineMask

Way = Literal["in", "out", "note"]
FORMAT = 1
DEFAULT_LIMIT_BYTES = 16 << 20
OPENED, LOST, ENDED = "opened", "lost", "ended"


class RecordingError(ValueError):
    """A file is no recording; the text has its name, the line and the reason."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a recording is of."""

    version: str = ""
    port: str = ""
    profile: str = ""
    begun_at_ms: int = 0
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One read, write or note, so many milliseconds after the beginning."""

    at_ms: int
    way: Way
    octets: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """A file read back."""

    header: Header
    records: tuple[Record, ...]


class Recorder:
    """Writes one recording; ends by itself when the file is full or the disk refuses (`ended`: why)."""

    def __init__(self, path: Path, header: Header, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        """Begins a file that must not be there yet. OSError where that is not possible."""
        self.path = path
        self.ended: str | None = None
        self._limit = limit_bytes
        self._begun = time.monotonic_ns()
        self._mask = LineMask(self._put) if header.masked else None
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self.written = 0
        self._write({"simloft_recording": FORMAT, **asdict(header)})

    def add(self, way: Way, octets: bytes) -> None:
        """What was read or written now. Never raises."""
        if self.ended is not None:
            return
        at_ms = (time.monotonic_ns() - self._begun) // 1_000_000
        if self._mask is None:
            self._put(at_ms, way, octets)
        else:
            self._mask.add(at_ms, way, octets)

    def close(self, why: str = "stopped") -> None:
        """Ends it; what was held back is written."""
        if self.ended is not None:
            return
        if self._mask is not None:
            self._mask.flush()
        self._end(why)

    def _put(self, at_ms: int, way: str, octets: bytes) -> None:
        if self.ended is None:
            self._write({"ms": at_ms, "way": way, "octets": octets.decode("latin-1")})
            if self.written > self._limit:
                self._end("full")

    def _end(self, why: str) -> None:
        if self.ended is not None:
            return
        at_ms = (time.monotonic_ns() - self._begun) // 1_000_000
        self._write({"ms": at_ms, "way": "note", "octets": f"{ENDED}: {why}"})
        if self.ended is None:
            self.ended = why
            os.close(self._file)

    def _write(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry).encode("ascii") + b"\n"
        self.written += len(line)
        try:
            os.write(self._file, line)
        except OSError as error:
            self.ended = error.strerror or str(error)
            os.close(self._file)


def read_recording(path: Path) -> Recording:
    """A recording, up to its last whole line. RecordingError for a file that is none."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error
    entries = list(_entries(path, lines))
    if not entries or entries[0].get("simloft_recording") != FORMAT:
        raise RecordingError(f"{path}:1: this is no recording (simloft_recording = {FORMAT} is missing)")
    head = entries[0]
    header = Header(
        version=str(head.get("version", "")),
        port=str(head.get("port", "")),
        profile=str(head.get("profile", "")),
        begun_at_ms=int(head.get("begun_at_ms", 0)),
        masked=bool(head.get("masked", False)),
    )
    records = tuple(_record(path, number, entry) for number, entry in enumerate(entries[1:], 2))
    return Recording(header, records)


def _entries(path: Path, lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if number == len(lines):
            return  # Behind the last line end: nothing, or a line that was cut off.
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise RecordingError(f"{path}:{number}: no JSON: {error}") from error
        if not isinstance(entry, dict):
            raise RecordingError(f"{path}:{number}: no JSON object")
        yield entry


def _record(path: Path, number: int, entry: dict[str, Any]) -> Record:
    at_ms, way, octets = entry.get("ms"), entry.get("way"), entry.get("octets")
    if type(at_ms) is not int or way not in ("in", "out", "note") or not isinstance(octets, str):
        raise RecordingError(f"{path}:{number}: an entry has ms, way (in, out, note) and octets")
    try:
        return Record(at_ms, way, octets.encode("latin-1"))
    except UnicodeEncodeError:
        raise RecordingError(
            f"{path}:{number}: octets: one character for each octet, U+0000 to U+00FF"
        ) from None
