"""People who log in: made, removed, given a role or a password; logging in. Each act is an event."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network

from appliance.desk import audit, passwords
from appliance.desk.bursts import Guess
from appliance.desk.door import Shut, address_of
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.names import free_name
from appliance.desk.passwords import BusyError
from appliance.desk.tools import Tools
from appliance.desk.who import Source, Who
from appliance.store import people, sessions
from appliance.store.people import Person, Role
from appliance.store.writer import GroupCommitWriter

MOST_PEOPLE = 200
BUSY_RETRY_S = 2


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who it is, and the token of the new session."""

    person: Person
    token: str


def log_in(
    tools: Tools, reader: sqlite3.Connection, name: str, password: str, remote: str, *, now_ms: int
) -> LoggedIn | Shut:
    """Open a session for who knows a name and its password.

    It takes as long for a name that nobody has. Tries are counted by address and by name before the password is looked
    at; who has to wait is told so without that.
    """
    typed = " ".join(name.split())[:200]
    sources = (("address", _network_of(remote)), ("name", typed.casefold()))
    wait_s = math.ceil(tools.guard.logins.begin(*sources))
    if wait_s > 0:
        return Shut("too-many-logins", {"seconds": wait_s}, wait_s)
    found = people.hash_of_password(reader, typed)
    kept = None if found is None else found[1]
    renewed = None
    try:
        with tools.guard.cells.one():
            if not passwords.is_right(kept, password):
                tools.guard.bursts.note(tools.writer, Guess.PASSWORD, remote, now_ms)
                return Shut("wrong-password")
            if kept is not None and passwords.is_outdated(kept):
                renewed = passwords.hash_of(passwords.normalised(password))
    except BusyError:
        return Shut("logins-busy", {"seconds": BUSY_RETRY_S}, BUSY_RETRY_S)
    tools.guard.logins.was_right(*sources)
    assert found is not None

    def change(connection: sqlite3.Connection) -> LoggedIn | Shut:
        # Whoever was removed, or changed the password, while it was looked at is not let in.
        if people.hash_of_password(connection, typed) != found:
            return Shut("wrong-password")
        if renewed is not None:
            people.rehash(connection, found[0], found[1], renewed)
        people.note_login(connection, found[0], now_ms, remote[:60])
        who = Who(Source.PAGE, person=typed, remote=remote)
        audit.note(connection, who, "event.technician.logged-in", {}, now_ms=now_ms)
        person = people.find_person(connection, found[0])
        assert person is not None
        return LoggedIn(person, sessions.open_session(connection, person.id, now_ms))

    return tools.writer.write_blocking(change)


def _network_of(remote: str) -> str:
    """Whoever has one address of IPv6 has all of its /64."""
    address = address_of(remote)
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), 64), strict=False))
    return str(address or remote)


def add_person(
    writer: GroupCommitWriter,
    who: Who,
    name: str,
    role: Role,
    password: str | None,
    *,
    now_ms: int,
    of_session: str | None = None,
) -> Person | Refusal:
    """Somebody new, who can log in once there is a password.

    ``of_session``: the token of the browser that is logged in by a link and is that person's from now on.
    """
    hashed = None if password is None else _hashed(password, name)
    if isinstance(hashed, Mistake):
        return Refusal((hashed,))

    def change(connection: sqlite3.Connection) -> Person | Refusal:
        known = people.list_people(connection)
        if len(known) >= MOST_PEOPLE:
            return Refusal((Mistake("", "problem.person-too-many", {"most": MOST_PEOPLE}),))
        # Names that differ in case only would be told apart by nobody.
        taken = next((each for each in known if each.name.casefold() == name.strip().casefold()), None)
        read = Mistake("/name", "problem.name-taken", {"name": taken.name}) if taken else None
        kept = read or free_name(name, known, None)
        if isinstance(kept, Mistake):
            return Refusal((kept,))
        person_id = people.add_person(connection, kept, role, now_ms)
        if hashed is not None:
            people.put_password(connection, person_id, hashed, now_ms)
        if of_session is not None:
            sessions.give_session(connection, of_session, person_id)
        said = {"person": kept, "role": role.value}
        audit.note(connection, who, "event.technician.person-added", said, now_ms=now_ms)
        return _found(connection, person_id)

    return writer.write_blocking(change)


def set_role(
    writer: GroupCommitWriter, who: Who, person_id: int, role: Role, *, now_ms: int
) -> Person | Refusal:
    """What somebody may do from now on, in open sessions too."""

    def change(connection: sqlite3.Connection) -> Person | Refusal:
        person = people.find_person(connection, person_id)
        if person is None:
            return _nobody()
        people.put_role(connection, person_id, role)
        said = {"person": person.name, "role": role.value}
        audit.note(connection, who, "event.technician.person-role", said, now_ms=now_ms)
        return _found(connection, person_id)

    return writer.write_blocking(change)


def set_password(
    writer: GroupCommitWriter,
    who: Who,
    person: Person,
    password: str,
    *,
    now_ms: int,
    but: str = "",
    pointer: str = "/password",
) -> Person | Refusal:
    """Another password; every session of the person ends but that of the token ``but``."""
    hashed = _hashed(password, person.name, pointer)
    if isinstance(hashed, Mistake):
        return Refusal((hashed,))

    def change(connection: sqlite3.Connection) -> Person | Refusal:
        if people.find_person(connection, person.id) is None:
            return _nobody()
        people.put_password(connection, person.id, hashed, now_ms)
        sessions.end_sessions_of(connection, person.id, but=but)
        said = {"person": person.name}
        audit.note(connection, who, "event.technician.person-password", said, now_ms=now_ms)
        return _found(connection, person.id)

    return writer.write_blocking(change)


def change_own_password(  # noqa: PLR0917 - who, from what to what
    tools: Tools,
    reader: sqlite3.Connection,
    who: Who,
    person: Person,
    before: str,
    password: str,
    *,
    now_ms: int,
    but: str,
) -> Person | Refusal | Shut:
    """The same by the person, who shows the password that there is: who finds a browser open does not know it."""
    source = ("own", person.id)
    wait_s = math.ceil(tools.guard.logins.begin(source))
    if wait_s > 0:
        return Shut("too-many-logins", {"seconds": wait_s}, wait_s)
    found = people.hash_of_password(reader, person.name)
    try:
        with tools.guard.cells.one():
            if not passwords.is_right(None if found is None else found[1], before):
                return Refusal((Mistake("/before", "problem.wrong-password"),))
    except BusyError:
        return Shut("logins-busy", {"seconds": BUSY_RETRY_S}, BUSY_RETRY_S)
    tools.guard.logins.was_right(source)
    return set_password(tools.writer, who, person, password, now_ms=now_ms, but=but)


def remove_person(writer: GroupCommitWriter, who: Who, person_id: int, *, now_ms: int) -> Person | Refusal:
    """Ends every session of somebody; the person as it was. What was done stays in the history, by name."""

    def change(connection: sqlite3.Connection) -> Person | Refusal:
        person = people.find_person(connection, person_id)
        if person is None:
            return _nobody()
        people.remove_person(connection, person_id)
        said = {"person": person.name}
        audit.note(connection, who, "event.technician.person-removed", said, now_ms=now_ms)
        return person

    return writer.write_blocking(change)


def log_out_everywhere(writer: GroupCommitWriter, who: Who, person_id: int | None, *, now_ms: int) -> int:
    """End every session of a person, or those that were opened by links; how many there were."""

    def change(connection: sqlite3.Connection) -> int:
        ended = sessions.end_sessions_of(connection, person_id)
        audit.note(connection, who, "event.technician.logged-out", {"sessions": ended}, now_ms=now_ms)
        return ended

    return writer.write_blocking(change)


def _hashed(password: str, name: str, pointer: str = "/password") -> str | Mistake:
    read = passwords.read_password(password, name, pointer)
    return read if isinstance(read, Mistake) else passwords.hash_of(read)


def _found(connection: sqlite3.Connection, person_id: int) -> Person:
    person = people.find_person(connection, person_id)
    assert person is not None
    return person


def _nobody() -> Refusal:
    return Refusal((Mistake("", "problem.no-such-person"),))
