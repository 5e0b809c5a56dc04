"""`simloft simulate --replay FILE`: recordings of real lines, played by simulated modems."""

import argparse
import asyncio
import sys
from collections.abc import Callable

from appliance.modem.recording import RecordingError, read_recording
from appliance.modem.simulator.replay_bank import run_replays

USAGE_ERROR = 2
CANNOT_START = 1


def replay(arguments: argparse.Namespace, on_ready: Callable[[], None]) -> int:
    """Plays the recordings of --replay until SIGTERM or SIGINT; prints what a driver said that does not match."""
    try:
        recordings = [read_recording(path) for path in arguments.replay]
    except RecordingError as error:
        print(f"simloft simulate: {error}", file=sys.stderr)
        return USAGE_ERROR
    playing = run_replays(
        arguments.dir,
        recordings,
        scale=1 / arguments.replay_speed,
        told=lambda line: print(line, flush=True),
        on_ready=on_ready,
    )
    try:
        asyncio.run(playing)
    except OSError as error:
        print(f"simloft simulate: the recordings could not be played: {error}", file=sys.stderr)
        return CANNOT_START
    return 0
