"""What was said on a line: the last of it at once, or all of it from now on in a file of ``DIR/recordings``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from appliance.modem.at.trace import render
from appliance.modem.recording import Recorder
from appliance.pool.rungs import Rung
from appliance.pool.technician.bench import Bench
from appliance.pool.technician.recover import taken, until_up
from appliance.store import recordings
from appliance.store.clock import now_ms
from appliance.store.commands import Answer, PortCommand

LIMIT_MB = 16

BEGIN_LIMIT_S = 120.0
"""So long a send may take that is with the modem, before the line is opened anew."""
UP_LIMIT_S = 30.0
"""So long it is awaited that the port is ready again; it is recorded either way."""

KEPT = 20
"""So many recordings are kept; the oldest make room. Whoever asks again and again must not fill the disk."""

_UNFIT = re.compile(r"[^0-9A-Za-z_:+-]+")
"""What a file's name is made without: it is shown, and downloaded under it."""


async def trace(bench: Bench) -> Answer:
    """The last bytes of the line, as lines for people."""
    mask = bench.asked.command is not PortCommand.TRACE_PLAIN
    text = render(bench.keeper.trace.entries(), mask=mask)
    return bench.yes("command.trace" if text else "command.trace-empty", text)


async def start(bench: Bench) -> Answer:
    """Record until :func:`stop`, across restarts of the modem; one of the box ends it, which is an event.

    Where it is to begin at the beginning, the line is closed first, and opened and brought up with the recording
    under way: only such a one can be played back to a driver.
    """
    kept = bench.keeper.trace.recording
    if kept is not None and kept.ended is None:
        return bench.no("command.records-already")
    beginning = _Beginning(bench)
    opens_anew, was_up = False, bench.keeper.service is not None
    if bench.asked.args.get("from_the_beginning", 1):
        await bench.tell("command.recording-waits")
        wanted = bench.keeper.restart(Rung.REOPEN, beginning.begin)
        # Without an open line the next opening is the beginning; where a send does not end, there is none.
        opens_anew = wanted is None or await taken(bench, wanted, BEGIN_LIMIT_S) is None
    beginning.begin()
    if beginning.trouble is not None:
        return bench.no("command.record-failed", detail=beginning.trouble)
    name = beginning.path.name
    await bench.writer.write(partial(recordings.begun, port_name=bench.port, file=name, now_ms=now_ms()))
    if opens_anew and was_up:
        await until_up(bench, UP_LIMIT_S)
    code = "command.recording-from-the-beginning" if opens_anew else "command.recording"
    return bench.yes(code, name, file=name, limit_mb=LIMIT_MB)


class _Beginning:
    """Begins one recording, once, whoever comes first: the port between two lines, or the command itself."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._has_begun = False
        self.path = _fresh(bench)
        self.trouble: str | None = None
        """Why the file could not be begun."""

    def begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        mask = not self._bench.asked.args.get("plain", 0)
        try:
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            _make_room(self.path.parent)
            self._bench.keeper.trace.record_to(
                self.path, mask=mask, port=self._bench.port, limit_bytes=LIMIT_MB << 20
            )
        except OSError as error:
            self.trouble = error.strerror or type(error).__name__


async def stop(bench: Bench) -> Answer:
    """End the recording; the text of the answer is the name of its file."""
    recorder = bench.keeper.trace.stop_recording()
    await bench.writer.write(partial(recordings.ended, port_name=bench.port))
    if recorder is None:
        return bench.no("command.records-nothing")
    return bench.yes(
        "command.recorded", recorder.path.name, file=recorder.path.name, size_kb=_kilobytes(recorder)
    )


def _make_room(directory: Path) -> None:
    """For one more. What is being written now is among the newest."""
    found = sorted(directory.glob("*.jsonl"), key=lambda each: each.stat().st_mtime_ns)
    for oldest in found[: max(0, len(found) - KEPT + 1)]:
        oldest.unlink(missing_ok=True)


def _kilobytes(recorder: Recorder) -> int:
    return -(-recorder.written // 1024)


def _fresh(bench: Bench) -> Path:
    """``<port>-<UTC>.jsonl``; the end of a long name tells more than its beginning."""
    name = _UNFIT.sub("-", bench.port).strip("-")[-60:] or "port"
    now = datetime.fromtimestamp(now_ms() / 1000, UTC)
    stamp = f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03d}"
    return bench.directory / recordings.DIRECTORY / f"{name.lstrip('-')}-{stamp}.jsonl"
