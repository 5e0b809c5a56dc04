"""Recordings played on ptys: DIR/modem01 for the first file, and so on, until SIGTERM or SIGINT."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from appliance.modem.recording import Recording
from appliance.modem.simulator.bank import modem_name, only_bank_in
from appliance.modem.simulator.ptyline import OpenWatch, PtyLine
from appliance.modem.simulator.replay import Replay


async def run_replays(
    directory: Path,
    recordings: Sequence[Recording],
    *,
    scale: float,
    told: Callable[[str], None],
    on_ready: Callable[[], None],
) -> None:
    """Plays each recording on a port of its own. Delays are multiplied by `scale`; `told` gets what did not match."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, ended.set)
    with contextlib.ExitStack() as stack:
        stack.enter_context(only_bank_in(directory))
        watch = OpenWatch(loop)
        stack.callback(watch.close)
        for number, recording in enumerate(recordings, 1):
            line = PtyLine(directory / modem_name(number), loop, watch)
            _play(line, recording, scale=scale, told=told)
            stack.callback(line.close)
        on_ready()
        await ended.wait()


def _play(line: PtyLine, recording: Recording, *, scale: float, told: Callable[[str], None]) -> None:
    replay = Replay(
        recording,
        asyncio.get_running_loop(),
        line.write,
        line.hang_up,
        scale=scale,
        on_mismatch=lambda text: told(f"{line.link.name}: {text}"),
    )
    line.receive_with(replay.feed)
    line.open()
    replay.start()
