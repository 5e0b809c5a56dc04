"""Scenarios of the line: chatter, prompts, echoes, silence, garbage, and what is no modem at all."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

from appliance.sentences import sentence
from tests.pool.pools import DELIVERED, QUICK_LADDER, numbers
from tests.pool.scenarios.stage import played


def test_chatty(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "chatty", every_ms=20)
        stage.pool.submit(numbers(10), "hello")
        stage.bank.reply("+8613912345678", stage.bank.msisdn(0), "好的")
        stage.pool.wait_until_all(DELIVERED)
        stage.pool.wait_for(lambda: stage.texts() == ["好的"])
        assert stage.states(0) == ("ready", "port.ready")


def test_slow_prompt(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "slow-prompt", delay_ms=400)
        stage.pool.submit(numbers(2), "hello")
        stage.pool.wait_until_all(DELIVERED)


def test_no_prompt(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "no-prompt")
        stage.pool.submit(numbers(6), "hello")
        stage.pool.wait_until_all(DELIVERED)
        parts = stage.pool.rows("SELECT DISTINCT state FROM parts")
        assert {row["state"] for row in parts} <= {"delivered", "refused", "accepted"}


def test_echo_body(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "echo-body")
        stage.pool.submit(numbers(3), "hello")
        stage.pool.wait_until_all(DELIVERED)
        assert stage.states(0) == ("ready", "port.ready")


LONG_CLIMB = replace(QUICK_LADDER, first_pause_ms=600_000, longest_pause_ms=600_000)
"""Its first rung is taken after ten minutes: whatever waited for the end of the climb would be seen to wait."""


def test_one_that_is_mute_holds_up_no_other(tmp_path: Path) -> None:
    with played(tmp_path, 2, ladder=LONG_CLIMB) as stage:
        stage.play(0, "mute")
        stage.pool.submit(numbers(20), "hello")
        stage.pool.wait_for(lambda: stage.pool.states()[DELIVERED] >= 19)
        assert stage.states(0)[0] != "quarantined", "it is not out of the way yet"
        stage.calm(0)


def test_mute(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "mute")
        stage.pool.submit(numbers(6), "hello")
        stage.wait_for_state(0, "quarantined")
        assert stage.states(0)[1] == "port.quarantined.mute"
        rungs = [reason.split(".")[1] for reason in stage.events("ladder")]
        assert [each for each in rungs if each != "skipped"] == [
            *("escape", "reopen", "reopen", "soft-reset", "radio-reset")
        ]
        assert "ladder.skipped.no-usb" in stage.events("ladder")
        stage.pool.wait_until_all(DELIVERED, "uncertain")


def test_mute_for_a_while(tmp_path: Path) -> None:
    # Between two rungs there is time for a busy machine to end it.
    with played(tmp_path, 1, ladder=replace(QUICK_LADDER, first_pause_ms=1_000)) as stage:
        stage.play(0, "mute")
        stage.pool.wait_for(lambda: stage.events("ladder"))
        stage.calm(0)
        stage.pool.wait_for(lambda: any(reason.endswith(".helped") for reason in stage.events("ladder")))
        stage.wait_for_state(0, "ready")


def test_babble(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "babble")
        stage.pool.submit(numbers(10), "hello")
        stage.wait_for_state(0, "quarantined")
        assert stage.states(0)[1] == "port.quarantined.garbled"
        began, used = time.monotonic(), time.process_time()
        time.sleep(1.0)
        assert time.process_time() - used < 0.5 * (time.monotonic() - began), "nobody listens to it any more"
        stage.pool.wait_until_all(DELIVERED, "uncertain")


def test_text_only(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "text-only")
        stage.unplug(0)
        stage.plug(0)
        stage.wait_for_state(0, "no-pdu-mode")
        port = stage.pool.port(0)
        words = sentence(port["reason"], json.loads(port["reason_args"]))
        assert words != port["reason"], "a plain sentence"
        stage.pool.submit(numbers(3), "hello")
        stage.pool.wait_until_all(DELIVERED)
        assert stage.states(0)[0] == "no-pdu-mode"


def test_what_is_no_modem_has_a_state_of_its_own_and_costs_the_others_nothing(tmp_path: Path) -> None:
    with played(tmp_path, 4) as stage:
        for number, name in enumerate(("loop-back", "all-errors", "long-line")):
            stage.play(number, name)
            stage.bank.fault(number, "hangup", return_ms=100)
        for number in range(3):
            stage.wait_for_state(number, "no-modem", "garbled", "no-answer", "quarantined", "no-pdu-mode")
        stage.pool.submit(numbers(5), "hello")
        stage.pool.wait_until_all(DELIVERED)
        assert stage.states(3) == ("ready", "port.ready")


def test_an_operator_with_a_name_of_thousands_of_characters(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "long-operator")
        stage.pool.wait_for(lambda: len(stage.pool.port(0)["operator"] or "") == 100)
