"""A watched database and a connection to it for each test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.database import connect
from tests.store.stored import watched_database


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(watched_database(tmp_path / "simloft.db"))
    yield opened
    opened.close()
