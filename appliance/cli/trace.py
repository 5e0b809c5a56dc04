"""``simloft trace``: what the box and a modem said to each other of late, for one port.

Numbers and texts are masked unless --plain is given. It works for a port that never got ready, too.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from pathlib import PurePath
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_UNAVAILABLE, CommandError
from appliance.cli.options import add_settings_options, require_store, settings_from, write_once
from appliance.config import Settings
from appliance.sentences import sentence
from appliance.store import commands, ports
from appliance.store.clock import now_ms
from appliance.store.commands import Answer, PortCommand
from appliance.store.database import connect
from appliance.store.doorbell import ring

LIMIT_S = 5.0
LOOK_EVERY_S = 0.05


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("trace", help="the last bytes of a port", description=__doc__)
    add_settings_options(parser)
    parser.add_argument(
        "port", help="its label, its path, or the end of its path, as `simloft modems` shows it"
    )
    parser.add_argument(
        "--plain", action="store_true", help="show numbers and texts too; keep it to yourself"
    )
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    require_store(settings)
    name = _port_named(settings, namespace.port)
    command = PortCommand.TRACE_PLAIN if namespace.plain else PortCommand.TRACE
    asked = write_once(settings, lambda connection: commands.ask(connection, name, command, now_ms()))
    try:
        answer = _awaited(settings, asked)
    finally:
        write_once(settings, lambda connection: commands.withdraw(connection, asked))
    if not answer.ok or not answer.text:
        print(sentence(answer.said.code, answer.said.args))
        return EXIT_OK if answer.ok else EXIT_PROBLEM
    print(answer.text)
    return EXIT_OK


def _port_named(settings: Settings, given: str) -> str:
    with contextlib.closing(connect(settings.database, read_only=True)) as connection:
        known = ports.list_ports(connection)
    found = [each.name for each in known if given in (each.name, each.label, PurePath(each.name).name)]
    if len(found) != 1:
        shown = ", ".join(each.name for each in known) or "none yet"
        several = "names several ports" if found else "is no port of this box"
        raise CommandError(f"“{given}” {several}. The ports are: {shown}.")
    return found[0]


def _awaited(settings: Settings, asked: int) -> Answer:
    deadline = time.monotonic() + LIMIT_S
    with contextlib.closing(connect(settings.database, read_only=True)) as connection:
        while True:
            ring(settings.doorbell)
            answer = commands.answer_of(connection, asked)
            if answer is not None:
                return answer
            if time.monotonic() > deadline:
                raise CommandError(
                    "The pool does not answer. Is the box running? `simloft doctor` tells.", EXIT_UNAVAILABLE
                )
            time.sleep(LOOK_EVERY_S)
