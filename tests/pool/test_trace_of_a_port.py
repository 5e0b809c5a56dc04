"""A port that never got ready can be read: that is when a technician wants to."""

from __future__ import annotations

from pathlib import Path

from appliance.policy.plan import Plan
from appliance.store import commands
from appliance.store.clock import now_ms
from appliance.store.commands import PortCommand
from tests.bank import running_bank
from tests.pool.pools import box


def test_a_port_whose_modem_is_mute_shows_what_it_was_asked(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        bank.control("fault", modem="modem01", kind="mute")
        pool = box(tmp_path, bank, plan=Plan())
        with pool.running():
            pool.wait_for(
                lambda: [row["state"] for row in pool.rows("SELECT state FROM ports")] == ["no-answer"]
            )
            connection = pool.connection()
            asked = commands.ask(connection, bank.ports[0], PortCommand.TRACE, now_ms())
            pool.wait_for(lambda: commands.answer_of(connection, asked) is not None)
            answer = commands.answer_of(connection, asked)
            assert answer is not None
            assert answer.ok
            assert "→ AT" in answer.text
            commands.withdraw(connection, asked)
            connection.close()


def test_a_command_for_a_port_that_is_not_there_is_answered_too(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank, plan=Plan())
        with pool.running():
            connection = pool.connection()
            asked = commands.ask(connection, "/dev/nowhere", PortCommand.TRACE, now_ms())
            answer = pool.wait_for(lambda: commands.answer_of(connection, asked))
            assert answer is not None
            assert (answer.ok, answer.said.code) == (False, "command.no-port")
            connection.close()
