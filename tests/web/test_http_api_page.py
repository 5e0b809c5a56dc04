"""What docs/http-api.md says is so: its commands run, its lists are whole."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.desk.submission import FIELDS
from appliance.policy.swap import SwapStep
from appliance.sentences import SENTENCES
from appliance.store.commands import PortCommand
from appliance.store.life import MessageState
from appliance.store.sealing import keys_of_the_pool
from tests.web import a_day
from tests.web.running import Web, running_web

PAGE = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def answers(output: str) -> Iterator[dict[str, Any]]:
    """What the curl lines of one block printed, one after the other."""
    while output := output.strip():
        answer, end = json.JSONDecoder().raw_decode(output)
        yield answer
        output = output[end:]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_curl_line_works(tmp_path: Path) -> None:
    data = tmp_path / "box"
    a_day.fill(data / "simloft.db")
    with running_web(data) as web:
        keys_of_the_pool(data)  # as the pool does when it starts
        message_id = web.accepted()["id"]
        environment = {"BOX": web.url, "KEY": web.key, "ID": message_id, "PATH": "/usr/bin:/bin"}
        commands = blocks("sh")
        assert len(commands) >= 3
        for command in commands:
            ran = subprocess.run(
                ["sh", "-ec", command],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            for answer in answers(ran.stdout):
                assert "status" not in answer, (command, answer)


def test_the_python_example_works(web: Web) -> None:
    (example,) = blocks("python")
    here = example.replace("http://192.168.1.20:8080", web.url).replace("sl_…", web.key)
    ran = subprocess.run([sys.executable, "-c", here], capture_output=True, text=True, check=True, timeout=60)
    assert web.get(f"/api/v1/messages/{ran.stdout.strip()}").status_code == 200
    wrong = here.replace("13912345678", "12")
    ran = subprocess.run(
        [sys.executable, "-c", wrong], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.startswith("/to ")


def test_every_json_example_is_json() -> None:
    examples = blocks("json")
    assert len(examples) >= 4
    for example in examples:
        json.loads(example)


def test_every_field_state_and_problem_is_named() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert set(FIELDS) <= rows
    assert {each.value for each in MessageState} <= rows
    assert {each.value for each in PortCommand} <= set(re.findall(r"`([a-z-]+)`", PAGE))
    assert {each.value for each in SwapStep} <= set(re.findall(r"`([a-z-]+)`", PAGE))
    # Those of the page alone are not the API's.
    of_the_page = {"login-link-spent", "broken-form", "our-fault", "body-cut-short"}
    of_the_page |= {"bank-silent", "bank-refused", "no-such-handset"}
    of_the_page |= {"wrong-password", "too-many-logins", "logins-busy", "no-such-person", "sandbox-asleep"}
    slugs = {
        code.removeprefix("problem.").removesuffix(".title") for code in SENTENCES if code.endswith(".title")
    }
    missing = {
        slug
        for slug in slugs - of_the_page
        if f"`{slug}`" not in PAGE and not slug.startswith("not-possible-now")
    }
    assert missing == set()


def test_the_examples_have_the_fields_of_the_answers(web: Web) -> None:
    accepted = web.accepted()
    example = json.loads(blocks("json")[0])
    assert set(example) - {"…"} <= set(accepted)
    refused = web.post(to="12", text="x").json()
    assert set(json.loads(blocks("json")[-1])) == set(refused)
