"""How an error that nobody foresaw is logged: one line for the log; its traceback only for who looks for it."""

from __future__ import annotations

import logging
import traceback
from pathlib import PurePath


def log_unexpected(log: logging.Logger, what: str, error: Exception) -> None:
    """Name the error by its type and place only: its text may have what a client sent, such as a number."""
    log.error("%s: unexpected %s in %s", what, type(error).__name__, _place(error))
    log.debug("the whole of it", exc_info=error)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}"
