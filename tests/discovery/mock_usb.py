"""Mock USB devices for tests: udev events and device nodes as a real hub makes them, by umockdev.

with mock_usb() as usb:
    usb.plug(ec25("1-1.4", first_tty=0))
    with usb.watching(["usb"]) as watch:
        assert watch.until(lambda slots: "usb-1-1.4" in slots)
"""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PRELOAD = "libumockdev-preload.so.0"
SYSTEM_PYTHON = "/usr/bin/python3"
LIMIT_S = 20.0

Slots = dict[str, dict[str, Any]]
Device = dict[str, Any]


def device(usb_path: str, usb_id: str, parts: Sequence[dict[str, Any]], **fields: Any) -> Device:
    """A device with its interfaces, each with a ``tty`` or none."""
    return {"usb_path": usb_path, "usb_id": usb_id, "interfaces": len(parts), "parts": list(parts), **fields}


def stick(usb_path: str, usb_id: str, first_tty: int, ttys: int = 1, **fields: Any) -> Device:
    """A device whose interfaces are all ttys."""
    parts = [{"interface": each, "tty": f"ttyUSB{first_tty + each}"} for each in range(ttys)]
    return device(usb_path, usb_id, parts, **fields)


def ec25(usb_path: str, first_tty: int, target: str = "") -> Device:
    """A Quectel EC25: diag, NMEA, AT and modem port, and a network interface."""
    parts: list[dict[str, Any]] = [
        {
            "interface": each,
            "tty": f"ttyUSB{first_tty + each}",
            "target": target if each == 2 else "",
        }
        for each in range(4)
    ]
    return device(usb_path, "2c7c:0125", [*parts, {"interface": 4}], serial="0123456789ABCDEF")


class Watch:
    """What a discovery under test says, line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        self._process = process
        self.slots: Slots = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def until(self, is_so: Callable[[Slots], object], limit_s: float = LIMIT_S) -> Slots:
        """The slots as soon as they are as wanted."""
        deadline = time.monotonic() + limit_s
        while not is_so(self.slots):
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"after {limit_s} s: {self.slots}") from None
            assert line, "discovery has ended"
            self.slots = json.loads(line)
        return self.slots

    def until_names(self, *names: str) -> Slots:
        return self.until(lambda slots: sorted(slots) == sorted(names))


@dataclass
class MockUsb:
    """A running bed of mock devices."""

    root: str
    process: "subprocess.Popen[str]"
    plugged: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """For processes that are to see these devices and no others."""
        return {**os.environ, "LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": self.root}

    def plug(self, *devices: Device) -> None:
        for each in devices:
            self._ask({"op": "plug", **each})

    def unplug(self, *usb_paths: str) -> None:
        for usb_path in usb_paths:
            self._ask({"op": "unplug", "usb_path": usb_path})

    def _ask(self, asked: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    @contextlib.contextmanager
    def watching(self, patterns: Sequence[str], **lists: Sequence[str]) -> Iterator[Watch]:
        """A discovery in a process of its own, once it has told for the first time."""
        asked = json.dumps({"patterns": list(patterns), **{name: list(each) for name, each in lists.items()}})
        command = [sys.executable, str(HERE / "watch.py"), asked]
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        try:
            watch = Watch(process)
            watch.slots = {"not": {"told": "yet"}}
            watch.until(lambda slots: "not" not in slots)
            yield watch
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def mock_usb() -> Iterator[MockUsb]:
    """A bed without devices; the test is skipped where there is no umockdev."""
    wrapper = shutil.which("umockdev-wrapper")
    if wrapper is None or not _has_bindings():
        pytest.skip("needs umockdev, gir1.2-umockdev-1.0 and python3-gi")
    process = subprocess.Popen(
        [wrapper, SYSTEM_PYTHON, str(HERE / "testbed.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        root = process.stdout.readline().strip()
        assert root, "the bed of mock devices did not start"
        yield MockUsb(root, process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)


def _has_bindings() -> bool:
    script = "import gi; gi.require_version('UMockdev', '1.0'); from gi.repository import UMockdev"
    return subprocess.run([SYSTEM_PYTHON, "-c", script], capture_output=True, check=False).returncode == 0
