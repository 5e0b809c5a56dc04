"""The helper's systemd unit is sound and leaves the helper next to nothing that it does not need."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "systemd/simloft-usb-helper.service"
MOST_EXPOSED = 15
"""systemd's exposure in tenths: 96 is a bare unit, 30 systemd-logind."""

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    # The program of an installed box is not there where this is tested.
    lines = UNIT.read_text().splitlines()
    unit.write_text(
        "\n".join("ExecStart=/bin/true" if line.startswith("ExecStart=") else line for line in lines)
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    # Unknown words of a unit are no failure to systemd, only a complaint.
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, complaints) == (0, [])


def test_it_is_exposed_no_more_than_it_must_be() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr
