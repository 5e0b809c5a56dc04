"""The account, group or person that a person names on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from appliance.cli.exit_codes import EXIT_USAGE, CommandError
from appliance.store.accounts import Account
from appliance.store.groups import SimGroup
from appliance.store.people import Person

Named = TypeVar("Named", Account, SimGroup, Person)


def one_named(known: Sequence[Named], given: str, kind: str) -> Named:
    """The one of that name, else of that number; ends the command with a sentence where there is none."""
    found = [each for each in known if given == each.name] or [
        each for each in known if given == str(each.id)
    ]
    if not found:
        shown = ", ".join(each.name for each in known) or "none yet"
        raise CommandError(f"“{given}” is no {kind} of this box. The {kind}s are: {shown}.", EXIT_USAGE)
    return found[0]
