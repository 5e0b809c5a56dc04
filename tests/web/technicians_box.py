"""A whole box with simulated modems, asked through its API and its page: for what a technician does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.box import Box, eventually, running_box
from tests.web.running import Web

SETTINGS = """
[simulated]
modems = {modems}
latency_ms = 20
report_delay_ms = 20
"""


@contextlib.contextmanager
def technicians_box(data: Path, modems: int = 3) -> Iterator[tuple[Box, Web]]:
    """The box and its web process; the page is logged in, every modem is ready."""
    with running_box(data, settings=SETTINGS.format(modems=modems)) as box:
        box.wait_until_ready(modems)
        key = (data / "first-api-key").read_text().strip()
        web = Web(data, int(box.url.rsplit(":", 1)[-1]), box.process, key)
        web.api = box.api
        web.page.trust_env = False
        web.log_in()
        yield box, web
        web.page.close()


def call(web: Web, method: str, path: str, **members: object) -> requests.Response:
    """A request of a program; a body only where there are members."""
    body: dict[str, Any] = {"json": members} if members or method in ("PUT", "PATCH") else {}
    return web.api.request(
        method, f"{web.url}/api/v1{path}", headers={"Accept-Language": "en"}, timeout=60, **body
    )


def followed(web: Web, answer: requests.Response) -> dict[str, Any]:
    """What came of a command that was accepted."""
    assert answer.status_code == 202, answer.text
    path = answer.headers["Location"].removeprefix("/api/v1")

    def course() -> dict[str, Any] | None:
        seen: dict[str, Any] = call(web, "GET", path).json()
        return seen if seen["state"] in ("done", "failed") else None

    return eventually(course, what=path) or {}
