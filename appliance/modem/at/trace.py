"""The last bytes that went over a line, kept in a ring, how they are shown to people, and all of them in a file."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from appliance.modem.recording import Header, Recorder, SecretGuard
from appliance.modem.recording.record import DEFAULT_LIMIT_BYTES

Way = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One read or write: UTC milliseconds since 1970, 'in' (from the modem) or 'out', the bytes."""

    at_ms: int
    way: Way
    octets: bytes


DEFAULT_BYTES = 16_384


class Trace:
    """A ring of entries with at most ``limit_bytes`` bytes in all. A PIN is not kept."""

    def __init__(self, limit_bytes: int = DEFAULT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._kept_bytes = 0
        self._entries: deque[tuple[int, Way, bytes]] = deque()
        self._guards = {"in": SecretGuard(), "out": SecretGuard()}
        self._recorder: Recorder | None = None

    def add(self, way: Way, octets: bytes) -> None:
        """Keep ``octets`` as read or written now; the oldest make room."""
        octets = self._guards[way].starred(octets)
        if self._recorder is not None:
            self._recorder.add(way, octets)
        limit_bytes = self._limit_bytes
        if len(octets) > limit_bytes:
            octets = octets[-limit_bytes:]
        self._entries.append((time.time_ns() // 1_000_000, way, octets))
        kept_bytes = self._kept_bytes + len(octets)
        while kept_bytes > limit_bytes:
            kept_bytes -= len(self._entries.popleft()[2])
        self._kept_bytes = kept_bytes

    def entries(self) -> list[TraceEntry]:
        """What is kept, oldest first."""
        return [TraceEntry(*entry) for entry in self._entries]

    def note(self, text: str) -> None:
        """What happened to the line ('opened', 'lost: …'), for a recording."""
        if self._recorder is not None:
            self._recorder.add("note", text.encode("latin-1", "replace"))

    def record_to(
        self,
        path: Path,
        *,
        mask: bool = True,
        port: str = "",
        profile: str = "",
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
    ) -> None:
        """Record everything from now on in a new file (`recording/record.py`); a recording of before is stopped.

        With ``mask``, numbers, texts and PDUs are written as stand-ins of the same length. It ends by itself at
        ``limit_bytes``, and where the disk refuses. OSError where the file can't be begun (it must not be there yet).
        """
        self.stop_recording()
        header = Header(_version(), port, profile, time.time_ns() // 1_000_000, mask)
        self._recorder = Recorder(path, header, limit_bytes=limit_bytes)

    @property
    def recording(self) -> Recorder | None:
        """The recording that is under way or has ended by itself (``ended`` says why); None for none."""
        return self._recorder

    def stop_recording(self) -> Recorder | None:
        """End the recording: its ``path``, ``written`` (bytes) and ``ended`` ('stopped', or why it ended before)."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
        return recorder


def _version() -> str:
    try:
        return version("simloft")
    except PackageNotFoundError:
        return ""


_LINE = re.compile(rb"[^\r\n\x1a]*[\r\n\x1a]*")
_NAMED = {"\r": "␍", "\n": "␊", "\x1a": "␚", "\x1b": "␛", "\x00": "␀"}
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])\+?([0-9A-Fa-f]{14,}|[0-9*#]{5,})(?![0-9A-Za-z])")


def render(entries: Iterable[TraceEntry], *, mask: bool = True) -> str:
    """The trace as lines for people: UTC time, ``→`` to the modem or ``←`` from it, and what was said.

    Reads that belong to one line are joined first. With ``mask``, numbers, card numbers and PDUs (which hold
    texts) are cut to their beginning and their length.
    """
    return "\n".join(_rendered(at_ms, way, line, mask) for at_ms, way, line in _lines(entries))


def _lines(entries: Iterable[TraceEntry]) -> Iterator[tuple[int, Way, bytes]]:
    """Whole lines with the time of their first byte, however they were cut into reads."""
    begun: tuple[int, Way, bytes] | None = None
    for entry in entries:
        if begun is not None and begun[1] != entry.way:
            yield begun
            begun = None
        for piece in _LINE.findall(entry.octets):
            if not piece:
                continue
            begun = (entry.at_ms, entry.way, piece) if begun is None else (*begun[:2], begun[2] + piece)
            if piece[-1:] in b"\r\n\x1a":
                yield begun
                begun = None
    if begun is not None:
        yield begun


def _rendered(at_ms: int, way: Way, line: bytes, mask: bool) -> str:
    text = line.decode("ascii", "backslashreplace")
    if mask:
        text = _PERSONAL.sub(_masked, text)
    shown = "".join(_NAMED.get(c, c if c.isprintable() else f"\\x{ord(c):02x}") for c in text)
    when = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
    return f"{when} {'→' if way == 'out' else '←'} {shown}"


def _masked(match: re.Match[str]) -> str:
    whole, digits = match[0], match[1]
    return f"{whole[: len(whole) - len(digits)]}{digits[:3]}…({len(digits)})"
