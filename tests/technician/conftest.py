"""An office for the tests of what a technician does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.technician.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.writer.close()
