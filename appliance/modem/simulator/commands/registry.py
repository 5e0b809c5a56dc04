"""The table of commands: name and form to handler, with what it needs of the card and which errors it answers with."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.errors import Family
from appliance.modem.simulator.outcome import DONE, Outcome

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

Handler = Callable[["Modem", Request], Outcome]


class Needs(Enum):
    """What must be there before a command runs."""

    NOTHING = auto()
    CARD = auto()
    PIN_GIVEN = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """One entry of the table."""

    handler: Handler
    family: Family
    needs: Needs


COMMANDS: dict[tuple[str, Form], Command] = {}


def command(
    name: str, *forms: Form, family: Family = Family.EQUIPMENT, needs: Needs = Needs.NOTHING
) -> Callable[[Handler], Handler]:
    """Enters a handler for `name` in these forms; where it has none for TEST, a bare OK is entered."""

    def enter(handler: Handler) -> Handler:
        entry = Command(handler, family, needs)
        for form in forms:
            COMMANDS[(name, form)] = entry
        if name[0] in "+^$*%":
            COMMANDS.setdefault((name, Form.TEST), Command(_known, family, Needs.NOTHING))
        return handler

    return enter


def _known(_modem: "Modem", _request: Request) -> Outcome:
    return DONE
