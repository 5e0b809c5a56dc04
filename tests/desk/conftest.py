"""A database and the writer of an office on it, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.store.database import prepare
from appliance.store.writer import GroupCommitWriter


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "simloft.db"
    prepare(path)
    return path


@pytest.fixture
def writer(database: Path) -> Iterator[GroupCommitWriter]:
    with closing(GroupCommitWriter(database)) as opened:
        yield opened
