"""Faults that are put into the product on purpose, to prove that the simulation would find them.

Each is at a seam that stays whatever becomes of the code behind it: the disk, the line, the clock, the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from appliance.modem.errors import ModemError
from appliance.modem.session import ModemSession, Refused, Unanswered
from appliance.policy.plan import Plan
from appliance.pool import roster
from appliance.store import messages
from appliance.store.database import connect, is_busy
from tests.simulation import run as running
from tests.simulation.box import Box
from tests.simulation.limits import Limits

Mutation = Callable[[], Any]

MUTATIONS: dict[str, Mutation] = {}


def _mutation(make: Callable[[], Iterator[None]]) -> Mutation:
    entered = contextmanager(make)
    MUTATIONS[make.__name__] = entered
    return entered


def _at_each_kill(statements: str) -> Iterator[None]:
    kill = Box.kill

    def killed(self: Box) -> None:
        kill(self)
        connection = connect(self.database)
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            connection.executescript(statements)
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
        finally:
            connection.close()

    with mock.patch.object(Box, "kill", killed):
        yield


@_mutation
def gives_to_the_modem_what_is_not_on_disk() -> Iterator[None]:
    """A killed pool has reserved nothing, whatever it gave to its modems."""
    yield from _at_each_kill(
        """
        BEGIN IMMEDIATE;
        UPDATE messages SET state = 'queued', sim_id = NULL WHERE state = 'sending' AND seq IN
            (SELECT message_seq FROM parts WHERE state = 'submitting');
        DELETE FROM parts WHERE state = 'submitting';
        COMMIT;
        """
    )


@_mutation
def takes_what_was_submitting_for_refused() -> Iterator[None]:
    """After a crash the part that was with the modem is sent again."""
    yield from _at_each_kill("UPDATE parts SET state = 'refused' WHERE state = 'submitting'")


@_mutation
def forgets_what_was_sent_at_a_crash() -> Iterator[None]:
    """After a crash the plans begin anew."""
    yield from _at_each_kill("UPDATE parts SET submitted_at_ms = 1, answered_at_ms = 1")


def _with_plan(**without: object) -> Iterator[None]:
    """The pool goes by another plan than was decided."""
    plan = running._plan

    def other(limits: Limits) -> Any:
        return plan(Limits(**{each: getattr(limits, each) for each in Limits.__slots__} | without))

    with mock.patch.object(running, "_plan", other):
        yield


@_mutation
def ignores_the_gap() -> Iterator[None]:
    """A SIM sends without a pause."""
    yield from _with_plan(minimum_gap_ms=0)


@_mutation
def ignores_the_hour() -> Iterator[None]:
    """A SIM sends as much as it can in an hour."""
    yield from _with_plan(parts_per_hour=0)


@_mutation
def ignores_the_group() -> Iterator[None]:
    """SIMs of one contract go by their own limits alone."""
    with mock.patch.object(roster, "plan_of_group", lambda group, box: Plan(zone=box.zone)):
        yield


@_mutation
def ignores_the_warm_up() -> Iterator[None]:
    """A new SIM sends as much as an old one."""
    with mock.patch.object(Plan, "warm_up_limit", return_value=None):
        yield


@_mutation
def takes_no_answer_for_a_refusal() -> Iterator[None]:
    """A part whose answer is lost is sent again at once."""
    send = ModemSession.send

    async def sent(self: ModemSession, outgoing: Any) -> Any:
        outcome = await send(self, outgoing)
        return (
            Refused(ModemError("cms", 500, "+CMS ERROR: 500")) if isinstance(outcome, Unanswered) else outcome
        )

    with mock.patch.object(ModemSession, "send", sent):
        yield


@_mutation
def takes_a_refusal_for_an_answer() -> Iterator[None]:
    """What the network refused counts as sent."""
    send = ModemSession.send

    async def sent(self: ModemSession, outgoing: Any) -> Any:
        from appliance.modem.session import Accepted  # noqa: PLC0415

        outcome = await send(self, outgoing)
        return Accepted(7) if isinstance(outcome, Refused) else outcome

    with mock.patch.object(ModemSession, "send", sent):
        yield


@_mutation
def deletes_before_it_is_stored() -> Iterator[None]:
    """What was received is deleted from the modem as soon as it is read."""
    read = ModemSession.read

    async def gone(self: ModemSession, memory: str, index: int) -> Any:
        found = await read(self, memory, index)
        await self.delete(memory, index)
        return found

    with mock.patch.object(ModemSession, "read", gone):
        yield


@_mutation
def says_cancelled_and_sends() -> Iterator[None]:
    """A message that was taken back goes all the same."""

    def cancel(connection: sqlite3.Connection, message_id: str, now_ms: int) -> bool:
        row = connection.execute("SELECT state FROM messages WHERE id = ?", [message_id]).fetchone()
        return row is not None and row["state"] == "queued"

    with mock.patch.object(messages, "cancel", cancel):
        yield
