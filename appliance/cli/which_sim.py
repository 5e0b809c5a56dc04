"""The SIM that a person names on the command line."""

from __future__ import annotations

from sqlite3 import Connection

from appliance.cli.exit_codes import EXIT_USAGE, CommandError
from appliance.store import sims
from appliance.store.sims import Sim

HELP = "its label, its number, the end of its card number, or its id, as `simloft balance` shows them"


def sim_named(connection: Connection, given: str) -> Sim:
    """The SIM; ends the command with a sentence where none or several are meant."""
    known = [each for each in sims.list_sims(connection) if each.forgotten_at_ms is None]
    exact = [each for each in known if given in (each.label, each.msisdn, each.iccid, str(each.id))]
    found = exact or [each for each in known if _ends_with(each, given)]
    if len(found) != 1:
        shown = ", ".join(each.name for each in known) or "none yet"
        several = "means several SIMs" if found else "is no SIM of this box"
        raise CommandError(f"“{given}” {several}. The SIMs are: {shown}.", EXIT_USAGE)
    return found[0]


def _ends_with(sim: Sim, given: str) -> bool:
    return len(given) >= 4 and any(each.endswith(given) for each in (sim.identity, sim.msisdn or ""))
