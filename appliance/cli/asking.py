"""Asking the running pool something of a port, and waiting for its answer with what it says meanwhile."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import PurePath
from sqlite3 import Connection
from typing import TypeVar

from appliance.cli.exit_codes import EXIT_PROBLEM, EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.cli.view import View, print_json, print_text
from appliance.config import Settings
from appliance.desk import technician
from appliance.desk.mistake import Refusal
from appliance.desk.who import Source, Who
from appliance.store import commands, ports
from appliance.store.clock import now_ms
from appliance.store.commands import Answer, Args, PortCommand, Said
from appliance.store.doorbell import ring
from appliance.store.errors import StoreError
from appliance.store.ports import Port
from appliance.store.sims import list_sims
from appliance.store.writer import GroupCommitWriter

PORT_HELP = "its label, its name, the end of its path, or the SIM in it, as `simloft modems` shows them"

GONE_AFTER_S = 3.0
"""A pool that does not hear its doorbell for so long is not there."""
LOOK_EVERY_S = 0.05

ME = Who(Source.CLI)

T = TypeVar("T")


def port_named(connection: Connection, given: str) -> Port:
    """The port that a person names; ends the command with a sentence where none or several are meant."""
    known = ports.list_ports(connection)
    found = [each for each in known if given in (each.name, each.label, PurePath(each.name).name)]
    if not found and len(given) >= 4:
        sims = {
            each.id
            for each in list_sims(connection)
            if given == each.label or any((told or "").endswith(given) for told in (each.iccid, each.msisdn))
        }
        found = [each for each in known if each.sim_id in sims]
    if len(found) != 1:
        shown = ", ".join(each.label or each.name for each in known) or "none yet"
        several = "names several ports" if found else "is no port of this box"
        raise CommandError(f"“{given}” {several}. The ports are: {shown}.")
    return found[0]


@contextlib.contextmanager
def office(settings: Settings) -> Iterator[GroupCommitWriter]:
    """A writer for a command; a database that refuses ends the command with its sentence."""
    try:
        with contextlib.closing(GroupCommitWriter(settings.database)) as writer:
            yield writer
    except StoreError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error


def accepted(view: View, result: T | Refusal) -> T:
    """What the desk did; a refusal ends the command with its sentences."""
    if isinstance(result, Refusal):
        words = " ".join(view.words.sentence(each.code, each.args) for each in result.mistakes)
        raise CommandError(words, EXIT_USAGE)
    return result


def ask_port(
    view: View, port: Port, command: PortCommand, args: Args | None = None, *, limit_s: float = 300.0
) -> Answer:
    """Ask, and wait for the answer; what is being done meanwhile goes to standard error."""
    settings = view.settings

    def ring_pool() -> bool:
        return ring(settings.doorbell)

    with office(settings) as writer:
        asked = accepted(
            view,
            technician.ask_port(writer, ring_pool, ME, port.name, command, args=args, now_ms=now_ms()),
        )
        try:
            answer = _awaited(view, asked, limit_s, ring_pool)
        finally:
            writer.write_blocking(lambda connection: commands.withdraw(connection, asked))
    return answer


def _awaited(view: View, asked: int, limit_s: float, ring_pool: Callable[[], bool]) -> Answer:
    began = time.monotonic()
    told: Said | None = None
    while True:
        course = technician.course(view.connection, asked)
        if course is not None and course.answer is not None:
            return course.answer
        if course is not None and course.progress is not None and course.progress != told:
            told = course.progress
            print(view.words.sentence(told.code, told.args), file=sys.stderr)
        waited_s = time.monotonic() - began
        is_there = ring_pool()
        if waited_s > limit_s or (waited_s > GONE_AFTER_S and not is_there):
            raise CommandError(
                "The pool does not answer. Is the box running? `simloft doctor` tells.", EXIT_UNAVAILABLE
            )
        time.sleep(LOOK_EVERY_S)


def show(view: View, answer: Answer, *, as_json: bool, text_only: bool = False) -> int:
    """Print an answer; its exit code. ``text_only``: where there is a text, that alone."""
    said = view.words.sentence(answer.said.code, answer.said.args)
    if as_json:
        print_json({"ok": answer.ok, "reason": {"code": answer.said.code, "text": said}, "text": answer.text})
    elif not answer.ok:
        if answer.text:
            print_text(answer.text)
        raise CommandError(said, EXIT_PROBLEM)
    else:
        if not (text_only and answer.text):
            print(said)
        if answer.text:
            print_text(answer.text)
    return 0 if answer.ok else EXIT_PROBLEM
