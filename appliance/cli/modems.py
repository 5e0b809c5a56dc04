"""``simloft modems``: every port with its modem, its SIM and its state; exit code 1 where none is ready."""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of
from appliance.desk.sims import on_wall
from appliance.store.ports import Port
from appliance.web.objects import sims
from appliance.web.represent import port_object


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("modems", help="list ports, modems and SIMs", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("--json", action="store_true", help="the objects of the API")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        ports = view.book.ports
        if namespace.json:
            print_json([_object(view, port) for port in ports])
        elif ports:
            print_table([_row(view, port) for port in ports])
        else:
            print("No port was seen yet. `simloft doctor` says what is in the way.")
        return EXIT_OK if any(port.state == "ready" for port in ports) else EXIT_PROBLEM


def _object(view: View, port: Port) -> sims.Port:
    card = view.book.sim(port.sim_id)
    sim = on_wall(view.connection, card, view.book, view.now_ms) if card else None
    return port_object(port, sim, view.words)


def _row(view: View, port: Port) -> tuple[str, ...]:
    card = view.book.sim(port.sim_id)
    signal = "" if port.rssi_dbm is None else f"{port.rssi_dbm} dBm"
    model = f"{port.manufacturer or ''} {port.model or ''}".strip()
    return (
        port.label or port.name,
        view.words.port_state(port.state),
        card.name if card else "",
        port.operator or "",
        signal,
        model,
        "" if port.state == "ready" else view.words.sentence(port.reason, port.reason_args),
    )
