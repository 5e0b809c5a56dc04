"""`simloft run`, and a person who asks for a balance on the command line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.box import SIMLOFT, running_box

QUICK = "[simulated]\nmodems = 1\nlatency_ms = 0\nreport_delay_ms = 20\n"


def test_a_person_asks_for_a_balance_and_gets_it(tmp_path: Path) -> None:
    with running_box(tmp_path / "box", settings=QUICK) as box:
        box.wait_until_ready(1)
        command = [*SIMLOFT, "balance", "1", "--ask", "--wait", "30", "--json", "--data", str(box.data)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["balance"], said["rests"]) == ("100.00 CNY", False)
        [received] = box.inbox()
        assert received["about"] == "balance"
        assert received["text"] == said["answer"]
