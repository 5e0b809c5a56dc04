"""Choosing the next message takes no longer in a long queue, whatever stands in it."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from appliance.policy.queue import Choice
from appliance.pool.scheduler import Scheduler
from appliance.store.database import prepare
from tests.scale.mixed_queue import Bank, fill

SIMS = 64
MOST_P99_S = 0.001
MOST_P50_S = 0.0003


def times_of_choosing(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Each call of the choice is timed from now on, in seconds of this thread's CPU: the machine may be busy."""
    took: list[float] = []
    choose = Scheduler.choose

    def timed(self: Scheduler, *args: object) -> Choice:
        begun = time.thread_time()
        try:
            return choose(self, *args)  # type: ignore[arg-type]
        finally:
            took.append(time.thread_time() - begun)

    monkeypatch.setattr(Scheduler, "choose", timed)
    return took


@pytest.mark.parametrize("queued", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_choosing_is_quick_at_any_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, queued: int) -> None:
    path = tmp_path / "simloft.db"
    prepare(path)
    bank = Bank.of(path, SIMS)
    fill(bank.connection, queued, [card.sim_id for card in bank.cards])
    took = times_of_choosing(monkeypatch)
    sent = bank.send(4_000)
    assert len(set(sent)) == len(sent)
    took.sort()
    p50, p99 = statistics.median(took), took[len(took) * 99 // 100]
    bank.connection.close()
    # Ten times the promise: this shows a scan of the queue, not the noise of a busy machine. `make bench` has figures.
    assert (p50, p99) < (10 * MOST_P50_S, 10 * MOST_P99_S)
    assert p99 < 10 * MOST_P99_S


def test_urgent_ones_go_first_and_accounts_by_their_weights(tmp_path: Path) -> None:
    path = tmp_path / "simloft.db"
    prepare(path)
    bank = Bank.of(path, 8)
    fill(bank.connection, 20_000, [card.sim_id for card in bank.cards])
    codes = {
        seq
        for (seq,) in bank.connection.execute(
            "SELECT seq FROM messages WHERE priority = 0 AND is_due = 1 AND recipient <> '+8613900000000'"
        )
    }
    sent = bank.send(3_500)
    # Long ones and those of conversations may be left to their SIM for a while.
    assert len(codes & set(sent[: len(codes) + 50])) > 0.9 * len(codes)
    rows = bank.connection.execute(
        f"""
        SELECT account_id, count(*) FROM messages
        WHERE seq IN ({",".join(map(str, sent[-1_000:]))}) GROUP BY account_id
        """
    ).fetchall()
    weights = {account: 1 + account % 3 for account in range(1, 13)}
    shares = {account: count / weights[account] for account, count in rows}
    assert len(shares) == len(weights), "no account waits for another one"
    assert max(shares.values()) < 2.5 * min(shares.values())
    bank.connection.close()
