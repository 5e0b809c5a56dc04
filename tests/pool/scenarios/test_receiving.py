"""Scenarios of what comes in: full memories, deletes that fail, parts in disorder, reports of every kind, clocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.pool.filing import FilingRules
from appliance.store.clock import now_ms
from tests.pool.pools import DELIVERED, numbers
from tests.pool.scenarios.stage import played

HANDSET = "+8613912345678"


@pytest.mark.parametrize("silent", [False, True])
def test_full_memory(tmp_path: Path, silent: bool) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "full-memory", silent=silent)
        stage.pool.wait_for(lambda: "full 53" in stage.texts())
        texts = stage.texts()
        assert len(texts) == len(set(texts))


def test_delete_fails(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "delete-fails")
        stage.bank.reply(HANDSET, stage.bank.msisdn(0), "你好")
        stage.pool.wait_for(lambda: stage.events("delete-refused") == ["event.delete-refused"])
        stage.wait_for_commands(0, 12)  # it is listed again and again
        assert stage.texts() == ["你好"]
        assert stage.events("delete-refused") == ["event.delete-refused"]
        stage.calm(0)
        stage.pool.wait_for(
            lambda: not any(each["used"] for each in stage.bank.modem(0)["memories"].values())
        )
        assert stage.texts() == ["你好"]


def test_parts_that_wait_in_vain_are_shown_as_far_as_they_came(tmp_path: Path) -> None:
    with played(tmp_path, 1, filing=FilingRules(incomplete_after_ms=1_000)) as stage:
        stage.play(0, "parts")
        stage.pool.wait_for(lambda: {text[:2] for text in stage.texts()} == {"1 ", "2 ", "3 "})
        [short] = [row for row in stage.pool.inbox() if row["parts_received"] < row["parts_total"]]
        assert short["text"].startswith("2 ")
        assert not stage.pool.rows("SELECT 1 FROM inbound_parts WHERE message_seq IS NULL")


def test_parts(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "parts")
        stage.pool.wait_for(lambda: {text[:2] for text in stage.texts()} == {"1 ", "3 "})
        [waiting] = stage.pool.rows("SELECT count(*) FROM inbound_parts WHERE message_seq IS NULL")
        assert waiting[0] > 0, "the one that lacks a part waits"
        assert len(stage.texts()) == 2


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dlr-storm", {"hold_ms": 1_000}),
        ("dlr-early", {}),
        ("dlr-twice", {"again_ms": 100}),
        ("dlr-interim", {"final_ms": 500}),
        ("dlr-storm", {"hold_ms": 500, "national": True}),
    ],
)
def test_reports(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    with played(tmp_path, 1, bank_report_delay_ms=20) as stage:
        stage.play(0, name, **options)
        stage.pool.submit(numbers(8), "hello")
        stage.pool.wait_until_all(DELIVERED)


def test_bad_clock(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "bad-clock")
        before_ms = now_ms()
        stage.bank.reply(HANDSET, stage.bank.msisdn(0), "from the future")
        stage.pool.wait_for(stage.texts)
        [row] = stage.pool.inbox()
        assert before_ms - 1_000 <= row["received_at_ms"] <= now_ms()
        assert row["scts_at_ms"] > now_ms() + 86_400_000


@pytest.mark.parametrize("shows_it", [True, False])
def test_cnmi_forgotten(tmp_path: Path, shows_it: bool) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "cnmi-forgotten", shows_it=shows_it)
        stage.bank.reply(HANDSET, stage.bank.msisdn(0), "not announced")
        stage.pool.wait_for(lambda: stage.texts() == ["not announced"])
