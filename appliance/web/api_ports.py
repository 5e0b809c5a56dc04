"""``/api/v1/ports`` and ``/api/v1/commands``: places for modems, and what is asked of them."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import technician
from appliance.desk.mistake import Refusal
from appliance.desk.pins import OfPort, enter_pin, pin_status, remove_pin
from appliance.desk.sims import on_wall
from appliance.desk.technician_fields import COMMAND_FIELDS, PIN_FIELDS, PORT_FIELDS, USSD_NEEDS_ITS_CODE
from appliance.desk.twins import same_imei
from appliance.store import commands
from appliance.store.commands import Course
from appliance.store.ports import Port
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.masking import check_command, shown_course
from appliance.web.objects import sims
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Fields, Group, operation
from appliance.web.page_ports import find_port
from appliance.web.problem import Problem, refused
from appliance.web.represent import port_object
from appliance.web.represent_technician import command_object, pin_object
from appliance.web.words import N_, Words

NO_CONTENT = Answer(b"", HTTPStatus.NO_CONTENT)


@operation(
    N_("Every place for a modem"),
    Group.PORTS,
    Page[sims.Port],
)
def list_ports(office: Office, asked: Asked) -> Answer:
    """Every place of the modem wall."""
    items = [_shown(office, asked, port) for port in office.book().ports]
    return json_answer({"items": items, "next_cursor": None})


@operation(
    N_("One place"),
    Group.PORTS,
    sims.PortWithPin,
    problems=("no-such-port",),
)
def get_port(office: Office, asked: Asked, port_id: int) -> Answer:
    """One place."""
    port = find_port(office, port_id)
    status = pin_status(office.reader(), office.settings.data, OfPort(port.name))
    return json_answer({**_shown(office, asked, port), "pin": pin_object(status, _words(office, asked))})


@operation(
    N_("Give a place a name"),
    Group.PORTS,
    sims.Port,
    body=PORT_FIELDS,
    problems=(
        "no-such-port",
        "conflict",
    ),
)
def patch_port(office: Office, asked: Asked, port_id: int) -> Answer:
    """Give a place a name."""
    port = find_port(office, port_id)
    members = asked.members
    renamed = technician.rename_port(
        office.writer, office.ring, asked.who, port.name, str(members["label"]), now_ms=office.now_ms()
    )
    if isinstance(renamed, Refusal):
        raise refused(renamed)
    office.forget_book()
    return json_answer(_shown(office, asked, find_port(office, port_id)))


@operation(
    N_("Ask something of a modem"),
    Group.PORTS,
    {HTTPStatus.ACCEPTED: sims.Command},
    body=Fields(COMMAND_FIELDS, USSD_NEEDS_ITS_CODE),
    problems=(
        "no-such-port",
        "conflict",
        "console-for-people",
        "texts-hidden",
    ),
)
def post_command(office: Office, asked: Asked, port_id: int) -> Answer:
    """Ask something of a modem: 202, and where to follow it."""
    port = find_port(office, port_id)
    members = dict(asked.members)
    command = members.pop("command")
    args = {name: int(value) if isinstance(value, bool) else value for name, value in members.items()}
    check_command(asked, command, args)
    given = technician.ask_port(
        office.writer, office.ring, asked.who, port.name, command, args=args, now_ms=office.now_ms()
    )
    if isinstance(given, Refusal):
        raise refused(given)
    shown = command_object(given, _course(office, asked, given), _words(office, asked))
    return json_answer(shown, HTTPStatus.ACCEPTED, {"Location": f"/api/v1/commands/{given}"})


@operation(
    N_("How far a command is, and its answer"),
    Group.PORTS,
    sims.Command,
    problems=("no-such-command",),
)
def get_command(office: Office, asked: Asked, command_id: int) -> Answer:
    """How far a command is, and its answer."""
    return json_answer(command_object(command_id, _course(office, asked, command_id), _words(office, asked)))


@operation(
    N_("Drop a command with its answer"),
    Group.PORTS,
    {HTTPStatus.NO_CONTENT: None},
    problems=("no-such-command",),
)
def delete_command(office: Office, asked: Asked, command_id: int) -> Answer:
    """Drop it with its answer: one that was not begun is not done any more."""
    _course(office, asked, command_id)
    office.writer.write_blocking(lambda connection: commands.withdraw(connection, command_id))
    return NO_CONTENT


@operation(
    N_("The PIN for the card that is in a place"),
    Group.PORTS,
    sims.Pin,
    body=PIN_FIELDS,
    problems=(
        "no-such-port",
        "conflict",
    ),
)
def put_pin(office: Office, asked: Asked, port_id: int) -> Answer:
    """The PIN for the card that is in a place; it is never given back."""
    port = find_port(office, port_id)
    members = asked.members
    entered = enter_pin(
        office.writer,
        office.ring,
        asked.who,
        OfPort(port.name),
        members["pin"],
        directory=office.settings.data,
        forced=members.get("forced", False),
        now_ms=office.now_ms(),
    )
    if isinstance(entered, Refusal):
        raise refused(entered)
    return json_answer(pin_object(entered, _words(office, asked)))


@operation(
    N_("Forget the PIN for the card that is in a place"),
    Group.PORTS,
    {HTTPStatus.NO_CONTENT: None},
    problems=("no-such-port",),
)
def delete_pin(office: Office, asked: Asked, port_id: int) -> Answer:
    """Forget it."""
    port = find_port(office, port_id)
    remove_pin(office.writer, asked.who, OfPort(port.name), now_ms=office.now_ms())
    return NO_CONTENT


def _shown(office: Office, asked: Asked, port: Port) -> sims.Port:
    book, now_ms = office.book(), office.now_ms()
    card = book.sim(port.sim_id)
    sim = on_wall(office.reader(), card, book, now_ms) if card else None
    words = Words(asked.language, office.zone, now_ms)
    return port_object(port, sim, words, same_imei(port, book.ports))


def _course(office: Office, asked: Asked, command_id: int) -> Course:
    course = technician.course(office.reader(), command_id)
    if course is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-command")
    return shown_course(asked, course)


def _words(office: Office, asked: Asked) -> Words:
    return Words(asked.language, office.zone, office.now_ms())
