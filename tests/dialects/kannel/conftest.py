"""One web process for most tests of the dialect."""

from collections.abc import Iterator

import pytest

from tests.web.running import Web, running_web


@pytest.fixture(scope="package")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("kannel")) as web:
        yield web
