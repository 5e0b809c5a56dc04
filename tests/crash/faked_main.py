"""`simloft` with a wall clock that a file sets: ``python -m tests.crash.faked_main FILE COMMAND …``.

The file has a number, by how many milliseconds it is ahead. What counts since the start of the system is left alone, as
it is by whoever sets the clock of a system. (libfaketime does more: short sleeps fail under it with EINVAL.)
"""

from __future__ import annotations

import sys
from pathlib import Path

from appliance.cli.main import main
from appliance.store import clock
from appliance.store.clock import SystemClocks


class FileClocks(SystemClocks):
    """The system's clocks, with a wall clock that is set by writing a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def wall_ms(self) -> int:
        return super().wall_ms() + int(self._file.read_text())

    def is_proved(self, wall_ms: int) -> bool:
        return False


if __name__ == "__main__":
    with clock.read_from(FileClocks(Path(sys.argv[1]))):
        code = main(sys.argv[2:])
    sys.exit(code)
