"""One box in the middle of its day for what a module of these tests asks of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.store.sealing import keys_of_the_pool
from tests.web import a_day
from tests.web.running import Web, running_web


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    data = tmp_path_factory.mktemp("box")
    a_day.fill(data / "simloft.db")
    with running_web(data) as web:
        keys_of_the_pool(data)  # as the pool does when it starts
        yield web
