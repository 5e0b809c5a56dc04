"""A recording played back by the simulator, as a process of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIMULATE = (sys.executable, "-m", "appliance.cli.main", "simulate")


@contextmanager
def replayed(tmp_path: Path, recording: Path) -> Iterator[tuple[str, list[str]]]:
    """The port of a recording, played ten times as fast, and what did not match once it has ended."""
    ready, told = os.pipe()
    directory = tmp_path / "replay"
    command = [*SIMULATE, "--dir", str(directory), "--replay", str(recording)]
    command += ["--replay-speed", "10", "--ready-fd", str(told)]
    process = subprocess.Popen(command, pass_fds=(told,), stdout=subprocess.PIPE, text=True)
    os.close(told)
    try:
        readable, _, _ = select.select([ready], [], [], 20)
        assert readable
        lines: list[str] = []
        yield str(directory / "modem01"), lines
    finally:
        os.close(ready)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        lines += said.splitlines()[1:]
