"""``simloft balance``: what is on the SIMs; ``--ask`` has the box ask the carrier, ``--low`` sets when a SIM rests.

The box must be running for ``--ask``. Exit code 1: no answer came, or none with an amount that is clear.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from typing import Any

from appliance.cli.asking import ME
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, one_line, print_json, print_table, view_of
from appliance.cli.which_sim import HELP, sim_named
from appliance.config import Settings
from appliance.desk import balance
from appliance.desk.balance import BalanceStanding
from appliance.desk.mistake import Refusal
from appliance.sentences import sentence
from appliance.store.balance import Question, QuestionState
from appliance.store.errors import StoreError
from appliance.store.sims import Sim
from appliance.store.writer import GroupCommitWriter

LOOK_EVERY_S = 0.2
LONGEST_WAIT_S = 600.0


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("balance", help="what is on the SIMs", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("sim", nargs="?", metavar="SIM", help=HELP)
    parser.add_argument("--ask", action="store_true", help="ask the carrier now, and wait for its answer")
    parser.add_argument(
        "--wait", type=float, default=LONGEST_WAIT_S, metavar="SECONDS", help="how long (default: 600)"
    )
    parser.add_argument(
        "--low",
        metavar="AMOUNT",
        help="the SIM rests below it; “carrier”: as the table of carriers has it, “none”: it only warns",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.sim is None:
            if namespace.ask or namespace.low is not None:
                raise CommandError("Name the SIM, too.", EXIT_USAGE)
            return _list(view, as_json=namespace.json)
        sim = sim_named(view.connection, namespace.sim)
        if namespace.low is not None:
            _set_low(view, balance.standing(view.connection, sim), namespace.low)
        ended = None
        if namespace.ask:
            ended = _asked(view, sim, namespace.wait)
        standing = balance.standing(view.connection, sim)
        if namespace.json:
            print_json(balance_object(standing, view))
        else:
            _show(standing, view)
        return EXIT_OK if ended is None or ended.state is QuestionState.ANSWERED else EXIT_PROBLEM


def _list(view: View, *, as_json: bool) -> int:
    found = balance.standings(view.connection)
    if as_json:
        print_json([balance_object(each, view) for each in found])
    elif found:
        print_table([_row(each, view) for each in found])
    else:
        print("No SIM was seen yet.")
    return EXIT_OK


def _row(standing: BalanceStanding, view: View) -> tuple[str, ...]:
    reason = standing.reason
    return (
        str(standing.sim.id),
        standing.sim.name,
        standing.carrier.name if standing.carrier else "?",
        str(standing.amount or ""),
        view.words.exact(standing.amount_at_ms) if standing.amount_at_ms else "",
        "" if reason is None else view.words.sentence(reason.code, reason.args),
    )


def _show(standing: BalanceStanding, view: View) -> None:
    print_table([_row(standing, view)])
    latest = standing.latest
    if latest is not None and latest.units is None:
        print(f"{view.words.exact(latest.at_ms)}: {one_line(latest.raw, 300)}")


def balance_object(standing: BalanceStanding, view: View) -> dict[str, object]:
    """One SIM as JSON; amounts are integers of the smallest unit."""
    amount, latest, reason = standing.amount, standing.latest, standing.reason
    return {
        "sim_id": standing.sim.id,
        "sim": standing.sim.name,
        "carrier": standing.carrier.id if standing.carrier else None,
        "balance": None if amount is None else str(amount),
        "units": None if amount is None else amount.units,
        "currency": None if amount is None else amount.currency,
        "decimals": None if amount is None else amount.decimals,
        "at": None if standing.amount_at_ms is None else view.words.exact(standing.amount_at_ms),
        "answer": None if latest is None else latest.raw,
        "low_below": standing.low_below,
        "rests": standing.low is not None,
        "reason": None if reason is None else view.words.sentence(reason.code, reason.args),
    }


def _set_low(view: View, standing: BalanceStanding, given: str) -> None:
    below = None
    if given not in ("carrier", "none"):
        read = balance.read_threshold(given, standing.carrier)
        if isinstance(read, Refusal):
            mistake = read.mistakes[0]
            raise CommandError(sentence(mistake.code, mistake.args), EXIT_USAGE)
        below = read
    with _writer(view.settings) as writer:
        balance.set_low_balance(
            writer, ME, standing.sim.id, below=below, never_rests=given == "none", now_ms=view.now_ms
        )


def _asked(view: View, sim: Sim, limit_s: float) -> Question:
    """The question once it is over; ends the command where that takes longer than the limit."""
    with _writer(view.settings) as writer:
        wanted = balance.ask(writer, ME, sim, now_ms=view.now_ms)
    deadline = time.monotonic() + limit_s
    while True:
        asked = balance.question(view.connection, wanted.id) or wanted
        if not asked.is_open:
            return asked
        if time.monotonic() > deadline:
            raise CommandError(
                f"{view.words.sentence(asked.reason, asked.reason_args)} It goes on while the box runs.",
                EXIT_UNAVAILABLE,
            )
        time.sleep(LOOK_EVERY_S)


@contextlib.contextmanager
def _writer(settings: Settings) -> Any:
    try:
        with contextlib.closing(GroupCommitWriter(settings.database)) as writer:
            yield writer
    except StoreError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error
