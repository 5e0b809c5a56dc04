"""What the exit code of a command means; the same for all of them."""

from __future__ import annotations

EXIT_OK = 0
EXIT_PROBLEM = 1
"""The command ran and found that something is wrong (``doctor``, a message that can't be found)."""
EXIT_USAGE = 2
"""The command was called wrongly, or what it was given is not valid."""
EXIT_UNAVAILABLE = 3
"""The box, its database or its address can't be used just now."""


class CommandError(Exception):
    """Ends a command with one sentence on standard error."""

    def __init__(self, sentence: str, exit_code: int = EXIT_PROBLEM) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
