"""``simloft sim``: what a person decides about one SIM.

  simloft sim 0042 plan              every limit with what is used of it; --day 200 and others change it
  simloft sim 0042 rest --until "2026-12-01 08:00" --why "card goes back"   without --until: until resumed
  simloft sim 0042 resume            end its rest, whatever ordered it; its limits hold as before
  simloft sim 0042 pin               asks for its PIN; --force tries it even where the tries left are not known;
                                      --remove forgets it; --status tells how it stands. It is never shown again
  simloft sim 0042 number 13912345678    its own number; '' for not known. A loop test checks it
  simloft sim 0042 label "shop 3"        what it is called; '' for nothing
  simloft sim 0042 forget            only when it is in no port; what it sent, and its limits, stay

A PIN is read from a prompt or standard input, never from the command line, where others could see it.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from typing import Any
from zoneinfo import ZoneInfo

from appliance.cli.asking import ME, accepted, office, port_named
from appliance.cli.exit_codes import EXIT_OK, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.sim_plan import add_plan_options, run_plan
from appliance.cli.typed import read_time
from appliance.cli.view import View, print_json, view_of, visible
from appliance.cli.which_sim import HELP, sim_named
from appliance.desk import cards, pins
from appliance.desk.mistake import Refusal
from appliance.desk.pins import OfPort, OfSim
from appliance.store.clock import now_ms
from appliance.store.doorbell import ring
from appliance.store.pins import PinState, PinStatus
from appliance.store.sims import Sim
from appliance.store.writer import GroupCommitWriter

ACTS = ("plan", "rest", "resume", "pin", "number", "label", "forget")


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "sim",
        help="the plan of a SIM; rest, resume, name or forget it; enter its PIN or number",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    parser.add_argument("sim", metavar="NAME", help=f"{HELP}; for pin: also the port that it is in")
    parser.add_argument("act", choices=ACTS, metavar="ACT", help=", ".join(ACTS))
    parser.add_argument("value", nargs="?", metavar="VALUE", help="number and label: what it is")
    parser.add_argument("--until", metavar="TIME", help="rest: YYYY-MM-DD HH:MM in the zone of the box")
    parser.add_argument("--why", default="", help="rest: the reason, for the others")
    parser.add_argument("--force", action="store_true", help="pin: try it where the tries left are not known")
    parser.add_argument("--remove", action="store_true", help="pin: forget it")
    parser.add_argument("--status", action="store_true", help="pin: only tell how it stands")
    parser.add_argument(
        "--end-waiting", action="store_true", help="forget: end the messages that only this SIM could send"
    )
    add_plan_options(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "pin":
            return _pin(view, namespace)
        sim = sim_named(view.connection, namespace.sim)
        if namespace.act == "plan":
            return run_plan(view, sim, namespace)
        if namespace.act in ("number", "label") and namespace.value is None:
            raise CommandError(f"Say the {namespace.act}, too; '' for none.", EXIT_USAGE)
        with office(view.settings) as writer:
            done = accepted(view, _act(view, writer, sim, namespace))
    _show(view, done, as_json=namespace.json)
    return EXIT_OK


def _act(view: View, writer: GroupCommitWriter, sim: Sim, namespace: argparse.Namespace) -> Sim | Refusal:
    at_ms = now_ms()

    def ring_pool() -> None:
        ring(view.settings.doorbell)

    match namespace.act:
        case "rest":
            zone = ZoneInfo(view.settings.time_zone)
            until_ms = None if namespace.until is None else read_time(namespace.until, zone, at_ms, "/until")
            return cards.rest_sim(
                writer, ring_pool, ME, sim.id, until_ms=until_ms, why=namespace.why, now_ms=at_ms
            )
        case "resume":
            return cards.resume_sim(writer, ring_pool, ME, sim.id, now_ms=at_ms)
        case "number":
            return cards.set_number(
                writer,
                ring_pool,
                ME,
                sim.id,
                namespace.value,
                home_region=view.settings.home_region,
                now_ms=at_ms,
            )
        case "label":
            return cards.set_label(writer, ring_pool, ME, sim.id, namespace.value, now_ms=at_ms)
        case _:
            return cards.forget_sim(
                writer, ring_pool, ME, sim.id, end_waiting=namespace.end_waiting, now_ms=at_ms
            )


def _show(view: View, sim: Sim, *, as_json: bool) -> None:
    rest = None
    if (sim.resting_until_ms or 0) > now_ms() and sim.resting_reason is not None:
        rest = view.words.sentence(sim.resting_reason, json.loads(sim.resting_reason_args or "{}"))
    if as_json:
        print_json(
            {"id": sim.id, "name": sim.name, "label": sim.label, "number": sim.msisdn, "resting": rest}
        )
        return
    print(visible(sim.name if rest is None else f"{sim.name}: {rest}"))


# -- the PIN ----------------------------------------------------------------------------------------------------------


def _pin(view: View, namespace: argparse.Namespace) -> int:
    whose = _whose(view, namespace.sim)
    directory = view.settings.data
    if not namespace.status:
        with office(view.settings) as writer:
            if namespace.remove:
                accepted(view, pins.remove_pin(writer, ME, whose, now_ms=now_ms()))
            else:
                accepted(
                    view,
                    pins.enter_pin(
                        writer,
                        lambda: ring(view.settings.doorbell),
                        ME,
                        whose,
                        _typed(),
                        directory=directory,
                        forced=namespace.force,
                        now_ms=now_ms(),
                    ),
                )
    status = pins.pin_status(view.connection, directory, whose)
    said = view.words.sentence(f"pin.{status.state}", {"tries_left": _tries(status)})
    if namespace.json:
        print_json({"state": status.state, "tries_left": status.tries_left, "text": said})
    else:
        print(said)
    return EXIT_OK if status.state not in (PinState.REFUSED, PinState.UNREADABLE) else 1


def _whose(view: View, given: str) -> OfPort | OfSim:
    """A card that asks for its PIN may be known by its port only."""
    try:
        return OfSim(sim_named(view.connection, given).id)
    except CommandError as no_sim:
        try:
            return OfPort(port_named(view.connection, given).name)
        except CommandError:
            raise no_sim from None


def _typed() -> str:
    """Without showing it at a terminal; one line of standard input otherwise."""
    return getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def _tries(status: PinStatus) -> str | int:
    return "?" if status.tries_left is None else status.tries_left
