"""A child process that never outlives the ``simloft run`` that started it, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT_VARIABLE = "SIMLOFT_PARENT_PID"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def environment_of_child(last_signal: signal.Signals) -> dict[str, str]:
    """The environment for a child that is to get ``last_signal`` when this process ends."""
    return {**os.environ, PARENT_VARIABLE: f"{os.getpid()}:{last_signal.value}"}


def end_with_parent() -> None:
    """Have the kernel send the signal of the environment when the parent named there ends, even by SIGKILL.

    An orphan would hold the serial ports and the database against the next start of the box.
    """
    parent, _, last_signal = os.environ.pop(PARENT_VARIABLE, "").partition(":")
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(last_signal))
    # The parent may have ended before the call above: then no signal will come.
    if os.getppid() != int(parent):
        sys.exit(0)
