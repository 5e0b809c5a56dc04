"""What was said on a line: the last of it at once, or all of it from now on in a file of ``DIR/recordings``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from appliance.modem.at.trace import render
from appliance.modem.recording import Recorder
from appliance.pool.technician.bench import Bench
from appliance.store.clock import now_ms
from appliance.store.commands import Answer, PortCommand

DIRECTORY = "recordings"

LIMIT_MB = 16

_UNFIT = re.compile(r"[^0-9A-Za-z_:+-]+")
"""What a file's name is made without: it is shown, and downloaded under it."""


async def trace(bench: Bench) -> Answer:
    """The last bytes of the line, as lines for people."""
    mask = bench.asked.command is not PortCommand.TRACE_PLAIN
    text = render(bench.keeper.trace.entries(), mask=mask)
    return bench.yes("command.trace" if text else "command.trace-empty", text)


async def start(bench: Bench) -> Answer:
    """Record until :func:`stop`, across restarts of the modem; not across those of the box."""
    kept = bench.keeper.trace.recording
    if kept is not None and kept.ended is None:
        return bench.no("command.records-already")
    path = _fresh(bench)
    mask = not bench.asked.args.get("plain", 0)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        bench.keeper.trace.record_to(path, mask=mask, port=bench.port, limit_bytes=LIMIT_MB << 20)
    except OSError as error:
        return bench.no("command.record-failed", detail=error.strerror or "")
    return bench.yes("command.recording", path.name, file=path.name, limit_mb=LIMIT_MB)


async def stop(bench: Bench) -> Answer:
    """End the recording; the text of the answer is the name of its file."""
    recorder = bench.keeper.trace.stop_recording()
    if recorder is None:
        return bench.no("command.records-nothing")
    return bench.yes(
        "command.recorded", recorder.path.name, file=recorder.path.name, size_kb=_kilobytes(recorder)
    )


def _kilobytes(recorder: Recorder) -> int:
    return -(-recorder.written // 1024)


def _fresh(bench: Bench) -> Path:
    """``<port>-<UTC>.jsonl``; the end of a long name tells more than its beginning."""
    name = _UNFIT.sub("-", bench.port).strip("-")[-60:] or "port"
    now = datetime.fromtimestamp(now_ms() / 1000, UTC)
    stamp = f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03d}"
    return bench.directory / DIRECTORY / f"{name.lstrip('-')}-{stamp}.jsonl"
