"""One web process for the tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from tests.web.running import Web, running_web

KeyMaker = Callable[..., requests.Session]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("box")) as running:
        yield running


@pytest.fixture
def with_key(web: Web) -> Iterator[KeyMaker]:
    """Makes a session of a program with a key of its own; ``.key_id`` is in its headers under X-Key-Id."""
    opened: list[requests.Session] = []

    def make(*scopes: str, **terms: Any) -> requests.Session:
        body = {"name": f"key {web.count('api_keys')}", "scopes": list(scopes), **terms}
        made = web.api.post(f"{web.url}/api/v1/keys", json=body, timeout=60)
        assert made.status_code == 201, made.text
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {made.json()['secret']}"
        session.headers["X-Key-Id"] = str(made.json()["id"])
        opened.append(session)
        return session

    yield make
    for each in opened:
        with closing(each):
            pass
