"""What every test of the simulator leaves behind is put away."""

from collections.abc import Iterator

import pytest

from tests.simulator.street import OPEN_LEDGERS


@pytest.fixture(autouse=True)
def _ledgers_are_closed() -> Iterator[None]:
    yield
    while OPEN_LEDGERS:
        OPEN_LEDGERS.pop().close()
