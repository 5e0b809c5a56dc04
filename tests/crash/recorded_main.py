"""`simloft` with a record of what it writes to the database: ``python -m tests.crash.recorded_main FILE COMMAND …``."""

from __future__ import annotations

import sys
from pathlib import Path

from appliance.cli.main import main
from tests.crash.recorder import Recorder

if __name__ == "__main__":
    recorder = Recorder(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
