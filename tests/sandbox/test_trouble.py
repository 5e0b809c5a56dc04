"""What goes wrong with the sandbox is no matter of the box."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from appliance.cli.sandbox import KeyWatch, keep_sandbox
from appliance.config import read_settings
from appliance.store import keys
from appliance.store.database import connect, prepare
from appliance.store.keys import Terms


def make_key(database: Path, *, expires_at_ms: int | None = None) -> None:
    connection = connect(database)
    try:
        terms = Terms(name=f"until {expires_at_ms}", is_sandbox=True, expires_at_ms=expires_at_ms)
        keys.add(connection, terms, keys.new_key(), 1)
    finally:
        connection.close()


def test_a_sandbox_that_cannot_be_made_ends_nothing(tmp_path: Path) -> None:
    settings = read_settings(None, data=tmp_path)
    prepare(settings.database)
    make_key(settings.database)
    settings.sandbox.data.write_text("a file where a directory is to be")
    stopping, told = asyncio.Event(), asyncio.Event()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "can't run" in record.getMessage():
                told.set()

    async def run() -> None:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            group.create_task(keep_sandbox(settings, ["--data", str(tmp_path)], stopping))
            await told.wait()
            stopping.set()

    ear = Ear()
    logging.getLogger("simloft.run").addHandler(ear)
    try:
        asyncio.run(run())
    finally:
        logging.getLogger("simloft.run").removeHandler(ear)


def test_only_a_key_that_can_be_used_starts_it(tmp_path: Path) -> None:
    database = tmp_path / "simloft.db"
    watch = KeyWatch(database)
    assert not watch.look()
    prepare(database)
    assert not watch.look()
    make_key(database, expires_at_ms=1)
    assert not watch.look()
    make_key(database)
    assert watch.look()
    watch.close()
