"""The table of carriers: what this release knows, under what was edited on this box."""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from appliance.desk import audit
from appliance.desk.carrier_fields import members_of, read_carrier
from appliance.desk.low_balance import judge
from appliance.desk.mistake import Refusal
from appliance.desk.who import Who
from appliance.policy.carriers import Carrier, carrier_of
from appliance.policy.destination import NumberTable
from appliance.store import carriers, sims
from appliance.store.sims import Sim
from appliance.store.writer import GroupCommitWriter


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table."""

    carrier: Carrier
    is_built_in: bool
    """This release knows it; what was edited can be reset."""
    is_edited: bool

    @property
    def members(self) -> dict[str, object]:
        """Its fields as people write them."""
        return members_of(self.carrier)


Table = tuple[Entry, ...]


class CarriersFileError(ValueError):
    """The built-in table is damaged: a fault of the release, found by its tests."""


@cache
def built_in() -> tuple[Carrier, ...]:
    """The carriers of this release, in the order of their file."""
    text = resources.files("appliance.desk").joinpath("carriers.toml").read_text("utf-8")
    found = []
    for members in tomllib.loads(text)["carrier"]:
        carrier_id = str(members.pop("id"))
        carrier = read_carrier(carrier_id, members, trusted=True)
        if isinstance(carrier, Refusal):
            raise CarriersFileError(f"carriers.toml: {carrier_id}: {carrier.mistakes}")
        found.append(carrier)
    return tuple(found)


def table(connection: sqlite3.Connection) -> Table:
    """Every carrier as it holds on this box: built-in ones first, then those that were added.

    An edit that this release can't read any more is passed over: what the release knows holds again.
    """
    edited = _edited(connection)
    known = built_in()
    entries = [
        Entry(edited.get(each.id, each), is_built_in=True, is_edited=each.id in edited) for each in known
    ]
    ids = {each.id for each in known}
    added = [Entry(each, is_built_in=False, is_edited=True) for each in edited.values() if each.id not in ids]
    return (*entries, *added)


def _edited(connection: sqlite3.Connection) -> dict[str, Carrier]:
    found = {}
    known = {each.id: each for each in built_in()}
    for carrier_id, members in carriers.definitions(connection).items():
        if "numbers" not in members and carrier_id in known:
            # It was edited before carriers had numbers.
            members["numbers"] = list(known[carrier_id].number_prefixes)
        carrier = read_carrier(carrier_id, members, trusted=True)
        if isinstance(carrier, Carrier):
            found[carrier_id] = carrier
    return found


def entry_of(entries: Iterable[Entry], carrier_id: str) -> Entry | None:
    """The line of an id."""
    return next((each for each in entries if each.carrier.id == carrier_id), None)


def carrier_of_sim(entries: Table, sim: Sim) -> Carrier | None:
    """Whose a SIM is."""
    # What was edited or added here goes before what this release knows, where both claim a prefix.
    by_weight = sorted(entries, key=lambda each: not each.is_edited)
    return carrier_of(sim.imsi, sim.iccid, (each.carrier for each in by_weight))


def carrier_id_of(connection: sqlite3.Connection, sim: Sim) -> str:
    """The id of a SIM's carrier, '' where nobody knows it: what the policy prefers recipients by."""
    carrier = carrier_of_sim(table(connection), sim)
    return "" if carrier is None else carrier.id


def number_table(connection: sqlite3.Connection, home_region: str) -> NumberTable:
    """By which the destination of a message is told when it is accepted::

        destination = destination_of(recipient, number_table(connection, rules.home_region))

    Only numbers of the box's own country are told apart; what is beyond it is abroad.
    """
    edited = _edited(connection)
    if not edited:
        return _built_in_numbers(home_region)
    return NumberTable.of((each.carrier for each in table(connection)), _country_code(home_region))


@cache
def _built_in_numbers(home_region: str) -> NumberTable:
    return NumberTable.of(built_in(), _country_code(home_region))


def _country_code(home_region: str) -> str:
    from phonenumbers import country_code_for_region  # noqa: PLC0415 - 30 ms that the pool doesn't need

    return f"+{country_code_for_region(home_region)}"


def set_carrier(
    writer: GroupCommitWriter, who: Who, carrier_id: str, members: Mapping[str, object], *, now_ms: int
) -> Carrier | Refusal:
    """Replace a carrier, or add one; nothing is stored where a field is wrong."""
    carrier = read_carrier(carrier_id, members)
    if isinstance(carrier, Refusal):
        return carrier
    kept = members_of(carrier)

    def change(connection: sqlite3.Connection) -> None:
        carriers.put(connection, carrier_id, kept, by=audit.name_of(connection, who), now_ms=now_ms)
        args = {"carrier": carrier.name}
        audit.note(connection, who, "event.technician.carrier", args, now_ms=now_ms)
        _judge_all(connection, now_ms)

    writer.write_blocking(change)
    return carrier


def reset_carrier(writer: GroupCommitWriter, who: Who, carrier_id: str, *, now_ms: int) -> bool:
    """Take an edit back: a built-in carrier is as the release has it, another one is gone. False: there was none."""

    def change(connection: sqlite3.Connection) -> bool:
        entry = entry_of(table(connection), carrier_id)
        was_edited = carriers.remove(connection, carrier_id)
        if was_edited:
            args = {"carrier": carrier_id if entry is None else entry.carrier.name}
            audit.note(connection, who, "event.technician.carrier-reset", args, now_ms=now_ms)
        _judge_all(connection, now_ms)
        return was_edited

    return writer.write_blocking(change)


def _judge_all(connection: sqlite3.Connection, now_ms: int) -> None:
    """A threshold may be another one now: what was read last counts against it at once."""
    entries = table(connection)
    for sim in sims.list_sims(connection):
        judge(connection, sim, carrier_of_sim(entries, sim), now_ms=now_ms)
