"""An office with an outbox that may tell this very machine, and a receiver."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.desk.outbox import OutboxRules
from appliance.store.database import connect, prepare
from appliance.web.office import Office
from appliance.web.outbox_worker import Outbox
from appliance.web.settings import WebSettings
from tests.webhooks.receiver import Receiver

RULES = OutboxRules(
    give_up_after_s=20, connect_timeout_s=1.0, answer_timeout_s=1.0, allow_loopback=True, most_changes=0
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    prepare(tmp_path / "simloft.db")
    opened = Office(
        WebSettings(
            database=tmp_path / "simloft.db",
            doorbell=tmp_path / "pool.sock",
            bank_control=tmp_path / "bank.sock",
            first_api_key=tmp_path / "first-api-key",
            outbox=RULES,
        )
    )
    yield opened
    opened.close()


@pytest.fixture
def writing(office: Office) -> Iterator[sqlite3.Connection]:
    """Another process's connection."""
    with contextlib.closing(connect(office.settings.database)) as connection:
        yield connection


@pytest.fixture
def start(office: Office) -> Iterator[Callable[..., Outbox]]:
    """Starts an outbox of the office; it is stopped after the test."""
    running: list[Outbox] = []

    def begin(**given: object) -> Outbox:
        outbox = Outbox(office, office.settings.outbox, **given)  # type: ignore[arg-type]
        running.append(outbox)
        outbox.start()
        return outbox

    yield begin
    for each in running:
        each.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()
