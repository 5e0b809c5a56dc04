"""What strangers wrote is shown, and never obeyed by the terminal."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.cli.view import one_line, print_json, print_table, print_text, visible
from appliance.store.database import prepare
from tests.box import SIMLOFT

EVIL = "\x1b]0;owned\x07\x9b31m\u202e\u2066\u200f\x08\x7f"
OBEYED = set("\x1b\x07\x9b\u202e\u2066\u200f\x08\x7f") | {"\r", "\u2028", "\u2029", "\U000e0041", "\ud800"}


@given(st.text(st.characters() | st.sampled_from(sorted(OBEYED))))
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    for shown in (visible(text), one_line(text)):
        assert "\n" not in shown
        assert not OBEYED & set(shown)


@pytest.mark.parametrize("text", ["你好，世界", "👨‍👩‍👧 ❤️", "a\u00a0b\u3000c", "é e\u0301"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_every_way_to_print_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([["a", EVIL], [EVIL, "b"]])
    print_text(f"one{EVIL}\r\ntwo\rthree\nfour")
    shown = capsys.readouterr().out
    assert not OBEYED & set(shown)
    assert shown.splitlines()[3:] == ["two\\rthree", "four"]
    assert "\\u202e" in shown


def test_json_keeps_the_text_and_obeys_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": f"你好{EVIL}\n\U000e0041"})
    shown = capsys.readouterr().out
    assert "你好" in shown
    assert not OBEYED & set(shown)
    assert json.loads(shown) == {"text": f"你好{EVIL}\n\U000e0041"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-8"])
@pytest.mark.parametrize(
    "arguments", [["settings"], ["outbox"], ["outbox", "--json"], ["send", "10086", "你好🚚é"], ["--help"]]
)
def test_no_encoding_of_standard_output_ends_a_command(
    tmp_path: Path, encoding: str, arguments: list[str]
) -> None:
    prepare(tmp_path / "simloft.db")
    data = [] if arguments == ["--help"] else ["--data", str(tmp_path)]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "zh_CN.UTF-8"}
    given = [*SIMLOFT, *arguments, *data]
    if arguments[0] == "outbox":
        sent = [*SIMLOFT, "send", "10086", "你好🚚é\x1b", *data]
        subprocess.run(sent, env=environment, check=True, capture_output=True, timeout=60)
    ran = subprocess.run(given, env=environment, check=True, capture_output=True, timeout=60)
    assert ran.stderr == b""
    shown = ran.stdout.decode(encoding)
    assert shown
    if "--json" in arguments:
        assert json.loads(shown)[0]["text"] == "你好🚚é\x1b"
