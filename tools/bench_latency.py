"""The table `latency` of `make bench`: from the submission by HTTP to the first octet of the PDU on the line.

One modem that is idle, on a line that a thread of this process passes on between pool and bank, and looks at. Each
message is submitted when the one before it is done.
"""

from __future__ import annotations

import os
import random
import select
import statistics
import sys
import tempfile
import threading
import time
import tty
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.bench import TEXT, Load, bank
from tools.bench_box import Client, running

MESSAGES = 300
PROMPT = b"> "


class Line(threading.Thread):
    """A pty before the port of a bank: what is written to it goes there, and back. Notes when a PDU begins."""

    def __init__(self, port: Path, link: Path) -> None:
        super().__init__(daemon=True)
        self._modem = os.open(port, os.O_RDWR | os.O_NOCTTY)
        self._host, self._slave = os.openpty()
        tty.setraw(self._modem)
        tty.setraw(self._slave)
        link.symlink_to(os.ttyname(self._slave))
        self._is_prompted = False
        self.began = threading.Event()
        self.began_at = 0.0

    def run(self) -> None:
        """Until the process ends."""
        while True:
            for readable in select.select([self._modem, self._host], [], [])[0]:
                octets = os.read(readable, 4096)
                if readable == self._modem:
                    self._is_prompted = octets.endswith(PROMPT)
                    os.write(self._host, octets)
                    continue
                if self._is_prompted and octets[:1] != b"\x1b":
                    self.began_at = time.perf_counter()
                    self._is_prompted = False
                    self.began.set()
                os.write(self._modem, octets)


def measure(messages: int = MESSAGES) -> list[float]:
    """Milliseconds from submission to PDU, for each message."""
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        directory, behind = Path(name), Path(name) / "behind"
        behind.mkdir()
        with bank(behind, Load(1, 0, 0, reports=False)):
            (directory / "bank").mkdir()
            line = Line(behind / "bank" / "modem01", directory / "bank" / "modem01")
            line.start()
            with running(directory, 1) as box:
                client = Client(box)
                return [_one(client, line, index) for index in range(messages)]


def _one(client: Client, line: Line, index: int) -> float:
    line.began.clear()
    began = time.perf_counter()
    client.submit(f"+86139{index:08d}", TEXT)
    if not line.began.wait(10):
        raise SystemExit("a message was not on the line within 10 s")
    took_s = line.began_at - began
    # The answer is on its way: the SIM is idle again soon.
    time.sleep(random.uniform(0.03, 0.08))
    return took_s * 1000


def print_table(runs: int) -> None:
    """Measure and print."""
    print(f"\nFrom POST /api/v1/messages to the first octet of the PDU, {MESSAGES} messages, an idle SIM\n")
    print("  run    median       p90       p99   longest")
    for number in range(1, runs + 1):
        took = sorted(measure())
        p90, p99 = (took[int(len(took) * share)] for share in (0.9, 0.99))
        print(
            f"{number:5}  {statistics.median(took):5.1f} ms  {p90:5.1f} ms  {p99:5.1f} ms  {took[-1]:5.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    print_table(1)
