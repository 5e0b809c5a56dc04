"""A database that watches each step, with a connection and a SIM."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.database import connect
from tests.money.conftest import desk
from tests.store.stored import add_sim, watched_database

__all__ = ["desk"]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return watched_database(tmp_path / "simloft.db")


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(database)
    yield opened
    opened.close()


@pytest.fixture
def sim(connection: sqlite3.Connection) -> tuple[int, int]:
    return add_sim(connection, 1)
