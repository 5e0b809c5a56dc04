"""A child process that never outlives the ``simloft run`` that started it, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT_VARIABLE = "SIMLOFT_PARENT_PID"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def environment_of_child() -> dict[str, str]:
    """The environment for a child that is to end with this process."""
    return {**os.environ, PARENT_VARIABLE: str(os.getpid())}


def end_with_parent() -> None:
    """Have the kernel send SIGTERM when the parent named in the environment ends, even by SIGKILL.

    An orphan would hold the serial ports and the database against the next start of the box.
    """
    parent = os.environ.pop(PARENT_VARIABLE, "")
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # The parent may have ended before the call above: then no signal will come.
    if os.getppid() != int(parent):
        sys.exit(0)
