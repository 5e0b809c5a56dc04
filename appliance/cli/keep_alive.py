"""``simloft keep-alive``: by when each SIM must be used, what is planned, and the proof of what was done."""

from __future__ import annotations

import argparse
import contextlib
from typing import Any

from appliance.cli.asking import ME
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options, default_plan, keep_alive_rules
from appliance.cli.view import View, print_json, print_table, view_of
from appliance.cli.which_sim import HELP, sim_named
from appliance.desk import keep_alive
from appliance.desk.keep_alive import KeepAliveStanding
from appliance.store.errors import StoreError
from appliance.store.keep_alive import Proof
from appliance.store.writer import GroupCommitWriter

MOST_DAYS = 3650


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("keep-alive", help="keep SIMs in use", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("sim", nargs="?", metavar="SIM", help=HELP)
    parser.add_argument(
        "--every",
        metavar="DAYS",
        help="the SIM must spend something every so many days; 0: never, “carrier”: as its carrier has it",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.sim is None:
            if namespace.every is not None:
                raise CommandError("Name the SIM, too.", EXIT_USAGE)
            return _list(view, as_json=namespace.json)
        sim = sim_named(view.connection, namespace.sim)
        if namespace.every is not None:
            _set(view, sim.id, namespace.every)
        [standing] = [each for each in _standings(view) if each.sim.id == sim.id]
        proofs = keep_alive.proofs(view.connection, sim.id)
        if namespace.json:
            print_json(
                standing_object(standing, view) | {"proofs": [proof_object(each, view) for each in proofs]}
            )
            return EXIT_OK
        print_table([_row(standing, view)])
        if proofs:
            print_table([_proof_row(each, view) for each in proofs])
        return EXIT_OK


def _standings(view: View) -> tuple[KeepAliveStanding, ...]:
    settings = view.settings
    return keep_alive.standings(
        view.connection,
        keep_alive_rules(settings),
        home_region=settings.home_region,
        default_plan=default_plan(settings),
        zone=view.words.zone,
        now_ms=view.now_ms,
    )


def _list(view: View, *, as_json: bool) -> int:
    """Exit code 1 where a SIM can't be kept in use as things are."""
    found = _standings(view)
    if as_json:
        print_json([standing_object(each, view) for each in found])
    elif found:
        print_table([_row(each, view) for each in found])
    else:
        print("No SIM was seen yet.")
    return EXIT_PROBLEM if any(each.stuck for each in found) else EXIT_OK


def _row(standing: KeepAliveStanding, view: View) -> tuple[str, ...]:
    return (
        str(standing.sim.id),
        standing.sim.name,
        f"{standing.every_days} d" if standing.every_days else "-",
        _when(standing.last_spent_ms, view),
        _when(standing.due_ms, view),
        _when(standing.planned_ms, view),
        "" if standing.stuck is None else view.words.sentence(standing.stuck.code, standing.stuck.args),
    )


def _proof_row(proof: Proof, view: View) -> tuple[str, ...]:
    return (
        view.words.exact(proof.tried_at_ms),
        proof.state.value,
        proof.recipient,
        proof.message_id,
        view.words.sentence(proof.reason, proof.reason_args),
    )


def standing_object(standing: KeepAliveStanding, view: View) -> dict[str, object]:
    """One SIM as JSON."""
    return {
        "sim_id": standing.sim.id,
        "sim": standing.sim.name,
        "every_days": standing.every_days,
        "last_spent": _when(standing.last_spent_ms, view) or None,
        "due": _when(standing.due_ms, view) or None,
        "planned": _when(standing.planned_ms, view) or None,
        "stuck": None
        if standing.stuck is None
        else view.words.sentence(standing.stuck.code, standing.stuck.args),
    }


def proof_object(proof: Proof, view: View) -> dict[str, object]:
    """One message of proof as JSON."""
    return {
        "message_id": proof.message_id,
        "to": proof.recipient,
        "to_sim_id": proof.to_sim_id,
        "state": proof.state.value,
        "tried": _when(proof.tried_at_ms, view),
        "sent": _when(proof.sent_at_ms, view) or None,
        "delivered": _when(proof.delivered_at_ms, view) or None,
        "received": _when(proof.received_at_ms, view) or None,
        "reason": view.words.sentence(proof.reason, proof.reason_args),
    }


def _when(at_ms: int | None, view: View) -> str:
    return "" if at_ms is None else view.words.exact(at_ms)


def _set(view: View, sim_id: int, given: str) -> None:
    days = None
    if given != "carrier":
        if not given.isascii() or not given.isdigit() or int(given) > MOST_DAYS:
            raise CommandError(
                f"“{given}” is no number of days. Write 0 to {MOST_DAYS}, or “carrier”.", EXIT_USAGE
            )
        days = int(given)
    try:
        with contextlib.closing(GroupCommitWriter(view.settings.database)) as writer:
            keep_alive.set_every_days(writer, ME, sim_id, days, now_ms=view.now_ms)
    except StoreError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error
