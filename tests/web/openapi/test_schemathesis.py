"""schemathesis, which nobody here wrote, against a running box: every route, every check that it knows.

All checks are on. Only ``expected-statuses`` of one is wider than its default, see :data:`SETTINGS`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.running import Web

SETTINGS = """
[checks.positive_data_acceptance]
# What no schema can say is refused with 400 or 422 all the same: how many parts a text makes, whether a pattern of a
# carrier is sound and finds an amount, whether periods overlap, and whether one instant is after another.
expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "422", "429", "5xx"]
"""

pytest.importorskip("schemathesis")


def run(box: Web, directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    settings = directory / "schemathesis.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            "--config-file",
            str(settings),
            "run",
            f"{box.url}/api/openapi.json",
            "--header",
            f"Authorization: Bearer {box.key}",
            "--header",
            "Accept-Language: en",
            "--workers",
            "2",
            "--warnings",
            "off",
            "--no-color",
            *options,
        ],
        cwd=directory,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_is_found_in_a_short_run(box: Web, tmp_path: Path) -> None:
    ran = run(
        box,
        tmp_path,
        "--phases",
        "examples,fuzzing",
        "--max-examples",
        "1",
        "--seed",
        "6",
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2000:]


@pytest.mark.long
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_nothing_is_found_in_a_long_run(box: Web, tmp_path: Path, seed: int) -> None:
    ran = run(box, tmp_path, "--max-examples", "40", "--seed", str(seed))
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2000:]


def test_the_boundaries_of_messages_and_keys_hold(box: Web, tmp_path: Path) -> None:
    paths = ("/api/v1/messages", "/api/v1/keys", "/api/v1/inbox", "/api/v1/groups", "/api/v1/webhooks")
    chosen = [option for path in paths for option in ("--include-path", path)]
    ran = run(box, tmp_path, "--phases", "coverage", "--max-time", "8", "--seed", "6", *chosen)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2000:]
