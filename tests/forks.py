"""`simloft …` as a process of its own, forked from one that has loaded it already.

To load `simloft simulate` costs half a second of a core, more than most tests need of everything else, and a suite
starts hundreds. A fork is a process like any other, with its own memory, signals, exit code and death. That the
command line starts from nothing is proved by the tests that do so with `subprocess`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import TimeoutExpired

from appliance.cli.main import main


class ForkedProgram:
    """A running `simloft ARGUMENTS`, to be used like one of `subprocess.Popen`.

    What it says goes to the end of the file `says`. `ready` is the writing end of a pipe that it inherits:
    then its number is put behind the arguments, so let them end with `--ready-fd`.
    """

    def __init__(self, arguments: Sequence[str], says: Path, ready: Connection | None = None) -> None:
        self.args = [*arguments]
        self._process = _forks().Process(
            target=_run, args=(self.args, says, ready, dict(os.environ)), daemon=True
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        """The exit code, -N if signal N ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code as soon as it has ended; TimeoutExpired if it does not within `timeout` seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise TimeoutExpired(self.args, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def _forks() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["appliance.cli.main", "appliance.cli.simulate", "appliance.cli.pool", "appliance.cli.web"]
    )
    return context


def _run(arguments: list[str], says: Path, ready: Connection | None, environment: dict[str, str]) -> None:
    """In the fork: what a shell would have prepared, then the command."""
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(says, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if ready is not None:
        # The command closes what it is given: so it gets a descriptor that nobody else closes.
        arguments = [*arguments, str(os.dup(ready.fileno()))]
        ready.close()
    sys.exit(main(arguments))
