"""What a technician asks of a port, whichever way in: the one home of who may, with which words, and of the audit.

A command is a row that the pool takes up (:mod:`appliance.store.commands`). The caller gets its id at once, follows it
with :func:`course`, and takes the answer with :func:`fetch`, which deletes it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping

from appliance.desk import audit
from appliance.desk.mistake import Because, Mistake, Refusal
from appliance.desk.plain_text import ONE_LINE, is_one_line
from appliance.desk.who import Source, Who
from appliance.modem.console import BannedCommandError, check_command
from appliance.store import commands, ports
from appliance.store.commands import Args, Course, PortCommand, RestartRung
from appliance.store.ports import Port
from appliance.store.writer import GroupCommitWriter

Ring = Callable[[], object]

LONGEST_LABEL = 60
LABEL_SHAPE: dict[str, object] = {"maxLength": LONGEST_LABEL, "pattern": ONE_LINE}
"""What a schema says of a label; '' takes it away."""
LONGEST_LINE = 400
IDENTIFY_S = 60
LONGEST_IDENTIFY_S = 600

_AT_LINE = re.compile(r"[Aa][Tt][ -~]*")
USSD_CODE = re.compile(r"[*#0-9]{1,180}")
"""TS 22.090 §4.2: digits, '*' and '#'; an answer in a dialogue may be one digit."""

_AUDITED: Mapping[PortCommand, str] = {
    PortCommand.TRACE_PLAIN: "event.technician.trace-plain",
    PortCommand.RECORD_START: "event.technician.record-start",
    PortCommand.RECORD_STOP: "event.technician.record-stop",
    PortCommand.RESTART: "event.technician.restart",
    PortCommand.RELEASE: "event.technician.release",
    PortCommand.AT: "event.technician.at",
    PortCommand.USSD: "event.technician.ussd",
    PortCommand.PIN_NOW: "event.technician.pin-now",
}
"""The sentence of the event; what is not here (a masked trace, a blinking stick) changes and shows nothing."""


def port_named(connection: sqlite3.Connection, name: str) -> Port | None:
    """The port of a name, as the settings name it."""
    return next((each for each in ports.list_ports(connection) if each.name == name), None)


def ask_port(
    writer: GroupCommitWriter,
    ring: Ring,
    who: Who,
    port_name: str,
    command: PortCommand,
    *,
    args: Args | None = None,
    now_ms: int,
) -> int | Refusal:
    """Ask something of a port; the id under which the answer will be, or why nothing was asked."""
    read = _read_args(command, args or {}, who)
    if isinstance(read, Mistake):
        is_for_people = read.code == "problem.console-for-people"
        return Refusal((read,), because=Because.FORBIDDEN if is_for_people else Because.INVALID)

    def change(connection: sqlite3.Connection) -> int | Refusal:
        port = port_named(connection, port_name)
        if port is None:
            return Refusal((Mistake("", "command.no-port", {"port": port_name}),))
        code = _audited(command, read)
        if code is not None:
            shown = {"port": _called(port)}
            if "line" in read:
                shown["line"] = audit.masked(str(read["line"]))
            audit.note(connection, who, code, shown, now_ms=now_ms, port_id=port.id, sim_id=port.sim_id)
        asked_by = audit.name_of(connection, who)
        return commands.ask(connection, port_name, command, now_ms, args=read, asked_by=asked_by)

    asked = writer.write_blocking(change)
    ring()
    return asked


def course(connection: sqlite3.Connection, command_id: int) -> Course | None:
    """How far a command is; None once it was fetched."""
    return commands.course_of(connection, command_id)


def fetch(writer: GroupCommitWriter, command_id: int) -> Course | None:
    """The same, and nothing of it is kept if it is answered."""

    def change(connection: sqlite3.Connection) -> Course | None:
        found = commands.course_of(connection, command_id)
        if found is not None and found.answer is not None:
            commands.withdraw(connection, command_id)
        return found

    return writer.write_blocking(change)


def rename_port(
    writer: GroupCommitWriter, ring: Ring, who: Who, port_name: str, label: str, *, now_ms: int
) -> Port | Refusal:
    """Call a port as the sticker on its hub does; an empty label takes the name away again.

    No two ports have one label, since a label is what people pull cables by.
    """
    wanted = read_label(label)
    if isinstance(wanted, Mistake):
        return Refusal((wanted,))

    def change(connection: sqlite3.Connection) -> Port | Refusal:
        port = port_named(connection, port_name)
        if port is None:
            return Refusal((Mistake("", "command.no-port", {"port": port_name}),))
        taken = next(
            (each for each in ports.list_ports(connection) if wanted in (each.label, each.name)), None
        )
        if wanted and taken is not None and taken.id != port.id:
            return Refusal((Mistake("/label", "problem.label-taken", {"label": wanted}),))
        ports.set_label(connection, port.id, wanted or None, now_ms)
        code = "event.technician.renamed" if wanted else "event.technician.unnamed"
        args = {"port": port.name, "label": wanted}
        audit.note(connection, who, code, args, now_ms=now_ms, port_id=port.id)
        return port_named(connection, port_name) or port

    renamed = writer.write_blocking(change)
    ring()
    return renamed


def read_label(typed: str) -> str | Mistake:
    """A label as it is kept: on one line, without ends of spaces; '' for none."""
    label = " ".join(typed.split())
    if len(label) > LONGEST_LABEL or not is_one_line(typed.strip()):
        return Mistake("/label", "problem.label", {"limit": LONGEST_LABEL})
    return label


def _called(port: Port) -> str:
    return port.label or port.name


def _audited(command: PortCommand, args: Args) -> str | None:
    """The sentence of the event, if there is to be one."""
    if command is PortCommand.RESTART and args["rung"] != RestartRung.RADIO:
        return f"{_AUDITED[command]}-{args['rung']}"
    return _AUDITED.get(command)


def _read_args(command: PortCommand, args: Args, who: Who) -> Args | Mistake:
    match command:
        case PortCommand.AT:
            return _read_line(str(args.get("line", "")), who)
        case PortCommand.USSD:
            return _read_code(str(args.get("code", "")).strip())
        case PortCommand.IDENTIFY:
            return _read_seconds(args.get("seconds", IDENTIFY_S))
        case PortCommand.RESTART:
            return _read_rung(str(args.get("rung", RestartRung.RADIO)))
        case PortCommand.RECORD_START:
            wanted = {"plain": args.get("plain", 0), "from_the_beginning": args.get("from_the_beginning", 1)}
            return {name: int(bool(value)) for name, value in wanted.items()}
        case _:
            return {}


def _read_rung(rung: str) -> Args | Mistake:
    return {"rung": rung} if rung in set(RestartRung) else Mistake("/rung", "problem.restart-rung")


def _read_code(code: str) -> Args | Mistake:
    return {"code": code} if USSD_CODE.fullmatch(code) else Mistake("/code", "problem.ussd-code")


def _read_seconds(seconds: object) -> Args | Mistake:
    if not isinstance(seconds, int) or not 0 <= seconds <= LONGEST_IDENTIFY_S:
        return Mistake("/seconds", "problem.field-range", {"least": 0, "most": LONGEST_IDENTIFY_S})
    return {"seconds": seconds}


def _read_line(line: str, who: Who) -> Args | Mistake:
    """A raw line, from the page or from the box itself: an application with a key has no business there."""
    if who.source is Source.API:
        return Mistake("", "problem.console-for-people")
    line = line.strip()
    if not _AT_LINE.fullmatch(line) or len(line) > LONGEST_LINE:
        return Mistake("/line", "problem.at-line", {"limit": LONGEST_LINE})
    try:
        # The pool refuses by the modem's profile too; what is never allowed, a PIN among it, is not even stored.
        check_command(line)
    except BannedCommandError as banned:
        return Mistake("/line", banned.code, dict(banned.args_for_person))
    return {"line": line}
