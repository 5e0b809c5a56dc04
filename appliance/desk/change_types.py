"""What a change is called for those who are told of it: ``message.delivered``, ``inbound.received`` and so on."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.desk.alarms import OF_REASON, OF_REST, OF_STATE
from appliance.store.changes import Change, ChangeKind
from appliance.store.keys import Scope
from appliance.store.life import MessageState

GAP = "feed.gap"
"""Changes may be missing before this one."""

TYPES = (
    *(f"message.{each.value}" for each in MessageState),
    "inbound.received",
    "inbound.completed",
    "modem.alarm",
    "modem.state",
)
"""Every type that can be asked for."""

FAMILIES = ("message", "inbound", "modem")
"""A family asks for all of its types."""

SCOPE_OF = {"message": Scope.READ, "inbound": Scope.INBOX, "modem": Scope.MODEMS}
"""What a key has to have to be told of a family."""

_ALARMS = frozenset({"sim.clone", "sim.low-balance", "balance.low-warning", "balance.seems-empty"})


def type_of(change: Change) -> str:
    """The type of a change."""
    match change.kind:
        case ChangeKind.MESSAGE:
            return f"message.{change.state}"
        case ChangeKind.INBOUND:
            return f"inbound.{change.state}"
        case ChangeKind.MODEM:
            return "modem.alarm" if needs_a_person(change) else "modem.state"
        case ChangeKind.BEGAN:
            return GAP


def needs_a_person(change: Change) -> bool:
    """Whether an event of a port or a SIM is one that the box does not get over by itself."""
    return (
        change.reason in _ALARMS
        or change.reason in OF_REASON
        or change.reason in OF_REST
        or (change.state == "port-state" and change.port_state in OF_STATE)
    )


def is_asked_for(kinds: Iterable[str], kind: str) -> bool:
    """Whether a type is among ``kinds``, which are types or families; none asks for everything."""
    wanted = set(kinds)
    return not wanted or kind in wanted or kind.partition(".")[0] in wanted


def unknown_kinds(kinds: Iterable[str]) -> list[str]:
    """Those that are neither a type nor a family."""
    return [each for each in kinds if each not in TYPES and each not in FAMILIES]
