"""``simloft swap PORT``: change the card in a port, step by step, and say at each what to do.

The old SIM finishes what it has begun; you pull its card and put the new one in; its PIN is asked for where it has
one; its limits are chosen; a message to another SIM of the box tests it. Ending this command with Ctrl-C leaves the
swap where it is: the page shows it, and the same command goes on with it. “cancel” ends it at any step.

Without a terminal, ``--choose`` makes one choice and ``--status`` tells where it is.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Mapping
from typing import Any

from appliance.cli.asking import ME, PORT_HELP, accepted, office, port_named
from appliance.cli.desk_tools import tools_of
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, view_of, visible
from appliance.desk import loop_test_round, pins, swap
from appliance.desk.mistake import Refusal
from appliance.desk.pins import OfPort
from appliance.desk.swap_rows import SwapView
from appliance.desk.tools import Tools
from appliance.policy.swap import SwapAction, SwapStep
from appliance.store.clock import now_ms
from appliance.store.doorbell import ring
from appliance.store.writer import GroupCommitWriter

LOOK_EVERY_S = 0.3

_ASKED_AT = frozenset({SwapStep.PLAN, SwapStep.TEST})
"""Steps that wait for nothing but a person."""


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "swap",
        help="change the card in a port, step by step",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    parser.add_argument("place", metavar="PORT", help=PORT_HELP)
    parser.add_argument(
        "--choose",
        choices=[each.value for each in SwapAction],
        help="make this choice in the swap that is under way, and end",
    )
    for name in ("gap-ms", "minute", "hour", "day"):
        parser.add_argument(
            f"--{name}", type=int, metavar="N", help="plan-own: a limit of the new SIM; 0: none"
        )
    parser.add_argument("--status", action="store_true", help="only tell where it is")
    parser.add_argument("--json", action="store_true", help="as one JSON object, with --status or --choose")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        port = port_named(view.connection, namespace.place)
        found = swap.view_at(view.connection, port.name)
        if namespace.status or namespace.choose:
            if found is None:
                raise CommandError("The card in this port is not being swapped.", EXIT_PROBLEM)
            if namespace.choose:
                found = _choose(view, found.id, SwapAction(namespace.choose), _limits(namespace))
            _show(view, found, as_json=namespace.json)
            return EXIT_OK
        with office(view.settings) as writer:
            if found is None:
                swap_id = accepted(view, swap.start(writer, _ring(view), ME, port.name, now_ms=now_ms()))
            else:
                swap_id = found.id
            return _Guide(view, writer, swap_id).lead()


def _ring(view: View) -> Any:
    return lambda: ring(view.settings.doorbell)


def _limits(namespace: argparse.Namespace) -> dict[str, int]:
    given = {
        "minimum_gap_ms": namespace.gap_ms,
        "parts_per_minute": namespace.minute,
        "parts_per_hour": namespace.hour,
        "parts_per_day": namespace.day,
    }
    return {name: value for name, value in given.items() if value is not None}


def _choose(view: View, swap_id: int, action: SwapAction, limits: Mapping[str, object]) -> SwapView:
    with office(view.settings) as writer:
        chosen = swap.choose(writer, _ring(view), ME, swap_id, action, limits=limits, now_ms=now_ms())
        return accepted(view, chosen)


def _show(view: View, found: SwapView, *, as_json: bool) -> None:
    said = view.words.sentence(*found.said)
    if not as_json:
        print(visible(said))
        return
    print_json(
        {
            "port": found.swap.port_name,
            "step": found.swap.step,
            "code": found.said[0],
            "text": said,
            "choices": list(found.swap.actions),
            "done": [view.words.sentence(*each) for each in found.swap.done],
        }
    )


class _Guide:
    """Leads a person at a terminal through a swap."""

    def __init__(self, view: View, writer: GroupCommitWriter, swap_id: int) -> None:
        self._view = view
        self._writer = writer
        self._id = swap_id
        self._tools: Tools = tools_of(view.settings, writer)
        self._told: object = None

    def lead(self) -> int:
        """Until it is over."""
        while True:
            found = self._look()
            if found.said != self._told:
                self._told = found.said
                print(visible(self._view.words.sentence(*found.said)), flush=True)
            if found.swap.is_over:
                for each in found.swap.done:
                    print(f"  - {visible(self._view.words.sentence(*each))}")
                return EXIT_OK if found.swap.step is SwapStep.DONE else EXIT_PROBLEM
            if found.swap.step is SwapStep.PIN:
                self._ask_pin(found)
            elif found.swap.step in _ASKED_AT:
                self._ask(found)
            else:
                time.sleep(LOOK_EVERY_S)

    def _look(self) -> SwapView:
        connection = self._view.connection
        swap.advance(self._tools, connection, now_ms())
        loop_test_round.advance(self._tools, connection, now_ms())
        found = swap.view(connection, self._id)
        if found is None:
            raise CommandError("This swap is not there any more.", EXIT_PROBLEM)
        return found

    def _ask(self, found: SwapView) -> None:
        choices = list(found.swap.actions)
        typed = self._typed(f"{', '.join(choices)}? ")
        if typed not in choices:
            print("Type one of these words.")
            return
        limits = self._ask_limits() if typed == SwapAction.PLAN_OWN else {}
        done = swap.choose(
            self._writer,
            self._tools.ring,
            ME,
            self._id,
            SwapAction(typed),
            limits=limits,
            now_ms=now_ms(),
        )
        if isinstance(done, Refusal):
            for each in done.mistakes:
                print(visible(self._view.words.sentence(each.code, each.args)))

    def _ask_limits(self) -> dict[str, int]:
        limits: dict[str, int] = {}
        for name, words in (
            ("parts_per_minute", "Parts a minute"),
            ("parts_per_hour", "Parts an hour"),
            ("parts_per_day", "Parts a day"),
        ):
            typed = self._typed(f"{words} (empty: as the box, 0: no limit)? ").strip()
            if typed.isascii() and typed.isdigit():
                limits[name] = min(int(typed), 1_000_000)
        return limits

    def _ask_pin(self, found: SwapView) -> None:
        if not sys.stdin.isatty():
            time.sleep(LOOK_EVERY_S)
            return
        entered = pins.enter_pin(
            self._writer,
            self._tools.ring,
            ME,
            OfPort(found.swap.port_name),
            getpass.getpass("PIN of the new card: "),
            directory=self._view.settings.data,
            now_ms=now_ms(),
        )
        if isinstance(entered, Refusal):
            for each in entered.mistakes:
                print(visible(self._view.words.sentence(each.code, each.args)))
            return
        # What the card says to it is seen at the port within a few seconds.
        before, deadline = found.said, time.monotonic() + 30
        while self._look().said == before and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)

    def _typed(self, prompt: str) -> str:
        try:
            return input(prompt).strip()
        except EOFError as error:
            raise CommandError(
                "The swap waits for a choice: go on at a terminal, on the page, or with --choose.",
                EXIT_PROBLEM,
            ) from error
