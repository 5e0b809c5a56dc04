"""What the tests with foreign programs share: finding them, running them, and the texts that go to and fro."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.simulator.street import gsm_makes

HANDSET = "+8613912345678"
LONG_CHINESE = "您好，您预订的商品已到店，请凭短信到门店领取，谢谢！" * 4 + "编号：20261124-0001。"
REPLY = "好的，我下午三点过来。" * 8 + "谢谢😀"
ANSWERED_WITHIN_S = 90.0

T = TypeVar("T")

PROFILES = gsm_makes()


def handset_of(number: int) -> str:
    """Modem ``number`` (from 0) writes to a telephone of its own."""
    return f"+86139123456{number:02d}"


def find(program: str) -> str:
    """The path of a program; skips the test with a plain reason where it is not installed."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        pytest.skip(f"{program} is not installed (its Debian package is among PEERS of the Makefile)")
    return path


@contextmanager
def daemon(command: Sequence[str], log: Path, directory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs a program in a process group of its own, which is ended with it; its words go to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """SIGTERM to the group, and SIGKILL when that is not enough."""
    for number, patience_s in ((signal.SIGTERM, 4.0), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience_s)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def await_that(look: Callable[[], T | None], what: str, log: Path, within_s: float = ANSWERED_WITHIN_S) -> T:
    """Looks until there is something; fails with the end of `log` when there never is."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        seen = look()
        if seen is not None:
            return seen
        time.sleep(0.05)
    words = log.read_bytes()[-4000:].decode(errors="replace") if log.exists() else ""
    pytest.fail(f"{what} within {within_s} s; {log.name} ends:\n{words}")


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
