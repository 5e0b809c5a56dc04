"""``/docs``: what is copied from it runs, in a real browser and a real shell; the key stays in the page."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from appliance.web.docs_clients import CLIENTS
from appliance.web.docs_examples import LANGUAGES, TASKS
from tests.web.browser import CHROMIUM, Page, running_browser
from tests.web.running import Web

PROGRAMS = {
    "curl": ["sh", "-ec"],
    "python": [sys.executable, "-c"],
    "php": ["php", "-r"],
    "javascript": ["node", "--input-type=module", "-e"],
    "powershell": ["pwsh", "-NoProfile", "-Command"],
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with running_browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser.page()


def _run(language: str, code: str) -> str:
    program = PROGRAMS[language]
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    if language == "php":
        code = code.removeprefix("<?php\n")
    ran = subprocess.run([*program, code], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_copied_curl_sends_a_message(web: Web, page: Page) -> None:
    before = web.count()
    page.language("en")
    page.size(1366, 900)
    page.go(f"{web.url}/docs")
    page.write("#docs-key", f" {web.key}\n")
    copied = page.run(
        "(() => { let said = ''; document.addEventListener('copy', () => { said = getSelection().toString(); });"
        " Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true});"
        " document.querySelector('#send .docs-code[data-code=curl] .docs-copy').click(); return said; })()"
    )
    assert web.key in copied
    assert '"state":"queued"' in _run("curl", copied)
    assert web.count() == before + 1
    assert page.complaints == []


def test_the_key_is_sent_nowhere_and_forgotten(web: Web, page: Page) -> None:
    page.go(f"{web.url}/docs")
    page.write("#docs-key", web.key)
    stored = "JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie + location.href"
    assert web.key not in page.run(stored)
    page.go(f"{web.url}/docs")
    assert page.run("document.querySelector('#docs-key').value") == ""
    assert web.key not in web.log()


def test_try_it_shows_what_the_box_answers(web: Web, page: Page) -> None:
    web.accepted()
    page.go(f"{web.url}/docs")
    page.write("#docs-key", web.key)
    page.click("#follow .docs-try")
    shown = page.wait_for("document.querySelector('#follow .docs-answer:not([hidden]) code')?.textContent")
    assert shown.startswith("200\n")
    assert '"items"' in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", [each.id for each in TASKS])
def test_every_example_runs(web: Web, task: str, language: str) -> None:
    (code,) = [each.code[language] for each in TASKS if each.id == task]
    said = _run(language, code.replace("@BOX@", web.url).replace("@KEY@", web.key))
    assert "problems" not in said, said
    assert any(word in said for word in ("items", "accepted", "secret", "202")), said


@pytest.mark.parametrize("tag", ["zh", "en"])
@pytest.mark.parametrize("width", [390, 1366])
def test_nothing_sticks_out(web: Web, page: Page, tag: str, width: int, tmp_path: Path) -> None:
    page.language(tag)
    page.size(width, 900)
    page.go(f"{web.url}/docs")
    page.run("document.querySelector('.docs-route').open = true")
    assert page.run("document.documentElement.scrollWidth") <= width
    page.picture(tmp_path / f"docs-{tag}-{width}.png", whole=False)
    assert page.complaints == []


def test_other_programs_are_told_the_address_of_this_box_in_three_lines(web: Web) -> None:
    page = requests.get(f"{web.url}/docs", timeout=60).text
    section = page.partition('id="clients"')[2].partition("</section>")[0]
    assert "@BOX@" not in section
    assert "@HOST@" not in section
    assert section.count("<ol>") == len(CLIENTS)
    assert section.count("<li>") == 3 * len(CLIENTS)
    assert f"{web.url}/hook/13912345678" in section


def test_it_is_open_and_bound_to_the_address_that_was_asked(web: Web) -> None:
    answer = requests.get(f"{web.url}/docs", timeout=60)
    assert answer.status_code == 200
    assert f"{web.url}/api/v1/messages" in answer.text
    assert web.key not in answer.text
