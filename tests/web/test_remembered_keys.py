"""Who sends often is remembered with his key; what is done to the key meanwhile holds at once all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from appliance.store import keys
from appliance.store.database import connect
from tests.web.running import Web, problem, running_web


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("keys") / "box") as web:
        yield web


def another_key(box: Web) -> str:
    key = keys.new_key()
    with closing(connect(box.data / "simloft.db")) as connection:
        keys.add_key(connection, f"key {time.monotonic_ns()}", key, int(time.time() * 1000))
    return key


def change(data: Path, key: str, statement: str) -> None:
    with closing(connect(data / "simloft.db")) as connection:
        changed = connection.execute(
            f"UPDATE api_keys SET {statement} WHERE key_sha256 = ?", [keys.hash_of(key)]
        )
        assert changed.rowcount == 1


def post(box: Web, key: str, **members: str) -> requests.Response:
    return box.api.post(
        f"{box.url}/api/v1/messages",
        json={"to": "10086", "text": "x", **members},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )


@pytest.mark.parametrize(
    ("statement", "status", "slug"),
    [
        ("revoked_at_ms = 1", 401, "wrong-key"),
        ("expires_at_ms = 1", 401, "key-expired"),
        ("scopes = 'read'", 403, "missing-scope"),
        ("networks = '192.0.2.0/24'", 403, "key-network"),
    ],
)
@pytest.mark.parametrize("text", ["x", ""], ids=["good", "with a mistake"])
def test_what_is_done_to_a_key_holds_for_the_next_message(
    box: Web, statement: str, status: int, slug: str, text: str
) -> None:
    key = another_key(box)
    for _ in range(3):
        assert post(box, key).status_code == 202
    before = box.count()
    change(box.data, key, statement)
    assert problem(post(box, key, text=text), status)["type"] == f"/problems/{slug}"
    assert box.count() == before


def test_a_new_limit_holds_for_the_next_message(box: Web) -> None:
    key = another_key(box)
    for _ in range(3):
        assert post(box, key).status_code == 202
    change(box.data, key, "messages_per_day = 1")
    assert post(box, key).status_code == 202
    assert post(box, key).status_code == 429
