"""One web process for the tests of a module: each looks only at what it made itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.running import Web, running_web


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("box")) as running:
        yield running
