"""Regular expressions that people write, run so that none of them can hold up the box.

Python's ``re`` backtracks: ``(a+)+b`` takes longer than the universe on a short text, holds the interpreter's lock
meanwhile and can't be stopped. So a pattern runs in a process of its own that is killed when its time is over, on a
text of bounded length. That costs some 20 ms, for a question that a SIM is asked once a day.
"""

from __future__ import annotations

import json
import re
import select
import subprocess
import sys
from enum import StrEnum
from typing import IO

from appliance.policy.balance import LONGEST_ANSWER

LONGEST_PATTERN = 300
LIMIT_S = 1.0
START_S = 5.0
"""What an interpreter may take to start on a box that is busy, before the pattern is even tried."""
GROUP = "amount"

_CHILD = """
import json, re, sys
pattern, texts = json.loads(sys.stdin.readline())
compiled = re.compile(pattern)
sys.stdout.write("ready\\n")
sys.stdout.flush()
found = [compiled.search(text) for text in texts]
print(json.dumps([None if each is None else each.group("amount") for each in found]))
"""


class PatternFault(StrEnum):
    """What is wrong with a pattern; the end of a code of sentences."""

    BROKEN = "broken"
    NO_GROUP = "no-group"
    TOO_LONG = "too-long"
    TOO_SLOW = "too-slow"
    NOT_RUN = "not-run"
    """The box could start no process for it."""


class PatternError(ValueError):
    """A pattern can't be used; ``detail`` is what ``re`` says of it."""

    def __init__(self, fault: PatternFault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail


def check(pattern: str) -> None:
    """Raise :class:`PatternError` for a pattern that is none, has no group ``amount``, or is seen to run away."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(PatternFault.TOO_LONG)
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(PatternFault.BROKEN, str(error)) from error
    if GROUP not in compiled.groupindex:
        raise PatternError(PatternFault.NO_GROUP)
    _searched(pattern, _probes(pattern))


def search(pattern: str, text: str) -> str | None:
    """What the group ``amount`` of a pattern catches in ``text``; None where it does not match.

    Raises :class:`PatternError` where it takes too long.
    """
    found = _searched(pattern, [text[:LONGEST_ANSWER]])
    return found[0]


def _probes(pattern: str) -> list[str]:
    """Texts on which patterns that backtrack without end are likely to do so: long rows of what they repeat."""
    letters = sorted({*re.sub(r"\\.", "", pattern), *"0a余 元.,-"} - set(r"\()[]{}?*+^$|"))
    rows = ["".join(each) for each in letters] + ["0,", "0 ", "a0", "余额:0.00元 "]
    return [(each * LONGEST_ANSWER)[: LONGEST_ANSWER - 1] + "\x01" for each in rows]


def _searched(pattern: str, texts: list[str]) -> list[str | None]:
    """What the pattern catches in each text, by a process that lives for this only."""
    try:
        child = _started()
    except OSError as error:
        raise PatternError(PatternFault.NOT_RUN, str(error)) from error
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps([pattern, texts]).encode() + b"\n")
        # The time of the pattern counts from here: a busy box may take longer to start an interpreter.
        if not _is_readable(child.stdout, START_S) or child.stdout.readline() != b"ready\n":
            raise PatternError(PatternFault.NOT_RUN)
        if not _is_readable(child.stdout, LIMIT_S):
            raise PatternError(PatternFault.TOO_SLOW)
        found: list[str | None] = json.loads(child.stdout.readline())
    except (OSError, ValueError) as error:
        raise error if isinstance(error, PatternError) else PatternError(PatternFault.NOT_RUN) from error
    else:
        return found
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _CHILD],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _is_readable(stream: IO[bytes], limit_s: float) -> bool:
    # Not select(): the web process may have more descriptors than that can name.
    waiting = select.poll()
    waiting.register(stream, select.POLLIN)
    return bool(waiting.poll(limit_s * 1000))
