"""What an endpoint that answers nobody costs the others, and who comes while the outbox looks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from appliance.store import changes
from appliance.web.office import Office
from appliance.web.outbox_worker import MOST_UNTOLD, PAGE, Outbox
from appliance.web.outbox_writes import Writes
from tests.store.stored import add_message
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_outbox import eventually, subscribe

NOBODY = "http://127.0.0.1:1/"


def test_much_that_is_put_aside_goes_to_disk_in_pieces(
    office: Office,
    writing: sqlite3.Connection,
    start: Callable[..., Outbox],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subscribe(office, NOBODY)
    seq = add_message(writing)
    many = 4 * MOST_UNTOLD
    writing.execute(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO changes (at_ms, kind, state, reason, reason_args, message_seq, account_id, attempt)
        SELECT 0, 'message', 'queued', 'queued', '{}', ?, 1, 1 FROM n
        """,
        (many, seq),
    )
    pieces: list[int] = []
    write = Writes.write

    def counted(self: Writes, *arguments: Any) -> None:
        pieces.append(len(self.put_aside))
        write(self, *arguments)

    monkeypatch.setattr(Writes, "write", counted)
    start()
    eventually(lambda: writing.execute("SELECT count(*) FROM deliveries").fetchone()[0] == many + 1)
    # A page is handed out whole, and a few fail meanwhile.
    assert max(pieces) < MOST_UNTOLD + 2 * PAGE


def test_who_subscribes_while_the_outbox_looks_is_told_of_what_follows(
    office: Office, writing: sqlite3.Connection, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the question who wants to be told and the one what there is to tell others write."""
    subscribe(office, NOBODY)
    after = changes.after
    outbox = Outbox(office, office.settings.outbox)

    def someone_comes(reader: sqlite3.Connection, change_id: int, limit: int) -> list[changes.Change]:
        if not came:
            came.append(True)
            subscribe(office, receiver.url)
            add_message(writing)
        return after(reader, change_id, limit)

    came: list[bool] = []
    monkeypatch.setattr(changes, "after", someone_comes)
    outbox.start()
    try:
        assert len(receiver.wait(1)) == 1
    finally:
        outbox.stop()
