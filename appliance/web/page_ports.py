"""One place: the modem in it, why it is as it is, and what a technician does with it."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import technician
from appliance.desk.hubs import short_name
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.pins import ASKING, OfPort, pin_status
from appliance.desk.sims import SimBook
from appliance.desk.twins import same_imei
from appliance.store import events
from appliance.store.commands import PortCommand
from appliance.store.ports import Port
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.history import history
from appliance.web.live import is_seen
from appliance.web.masking import check_command, shown_course
from appliance.web.office import Office
from appliance.web.page_events import SHOWN_OF_ONE
from appliance.web.problem import Problem
from appliance.web.recordings import recordings
from appliance.web.render import render
from appliance.web.wall import slot_of
from appliance.web.words import N_, Words


def port_page(office: Office, asked: Asked, port_id: int) -> Answer:
    """All of it; ``?command=`` is the one whose course is shown."""
    shown = asked.query("command").get("command", "")
    values = course_shown(office, asked, int(shown)) if shown.isdecimal() and len(shown) <= 15 else {}
    return page_of_port(office, asked, find_port(office, port_id), **values)


def port_live(office: Office, asked: Asked, port_id: int) -> Answer:
    """What moves by itself: state, facts, history."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    port = find_port(office, port_id)
    return html_answer(render("port_live.html", office, asked, **_story(office, asked, port)))


def rename(office: Office, asked: Asked, port_id: int) -> Answer:
    """The name that people call a place by."""
    port, label = find_port(office, port_id), asked.form().get("label", "")
    renamed = technician.rename_port(
        office.writer, office.ring, asked.who, port.name, label, now_ms=office.now_ms()
    )
    if isinstance(renamed, Refusal):
        mistakes = {each.pointer.removeprefix("/"): each for each in renamed.mistakes}
        return page_of_port(office, asked, port, draft={"label": label}, mistakes=mistakes)
    office.forget_book()
    return see_other(f"/ports/{port.id}")


def command(office: Office, asked: Asked, port_id: int) -> Answer:
    """A button that asks something of the modem; what comes of it is shown by :func:`command_live`."""
    port, form = find_port(office, port_id), asked.form()
    asked_for = form.get("command", "")
    if asked_for not in set(PortCommand):
        raise Problem(HTTPStatus.BAD_REQUEST, "broken-form")
    if asked_for == PortCommand.AT and form.get("sure") != "on":
        return _refused(office, asked, port, form, Mistake("/sure", "problem.console-not-sure"))
    args: dict[str, str | int] = {
        name: int(text) if name in ("plain", "seconds") and text.isdecimal() else text
        for name, text in form.items()
        if name in ("line", "code", "plain", "seconds", "rung")
    }
    if asked_for == PortCommand.RECORD_START:
        # A box that is not ticked is not in the form at all.
        args["from_the_beginning"] = int("from_the_beginning" in form)
    check_command(asked, PortCommand(asked_for), args)
    given = technician.ask_port(
        office.writer,
        office.ring,
        asked.who,
        port.name,
        PortCommand(asked_for),
        args=args,
        now_ms=office.now_ms(),
    )
    if isinstance(given, Refusal):
        return _refused(office, asked, port, form, given.mistakes[0])
    if asked.is_htmx:
        return _course(office, asked, given)
    return see_other(f"/ports/{port.id}?command={given}#command")


def command_live(office: Office, asked: Asked, command_id: int) -> Answer:
    """How far a command is; the fragment asks for itself until it is answered."""
    asked.query()
    return _course(office, asked, command_id)


def find_port(office: Office, port_id: int) -> Port:
    """The place of an id that the settings name, or 404. Read anew: its state is what people look at."""
    for port in office.book().ports:
        if port.id == port_id:
            return port
    raise Problem(HTTPStatus.NOT_FOUND, "no-such-port")


def course_shown(office: Office, asked: Asked, command_id: int) -> dict[str, object]:
    """For the template: a command's course. An answer is taken once, and is not kept."""
    course = technician.course(office.reader(), command_id)
    if course is not None and course.answer is not None:
        course = technician.fetch(office.writer, command_id)
    return {"command_id": command_id, "course": course and shown_course(asked, course)}


def _course(office: Office, asked: Asked, command_id: int) -> Answer:
    return html_answer(
        render("command.html", office, asked, refused=None, **course_shown(office, asked, command_id))
    )


def _refused(office: Office, asked: Asked, port: Port, form: dict[str, str], mistake: Mistake) -> Answer:
    if asked.is_htmx:
        return html_answer(
            render("command.html", office, asked, refused=mistake, command_id=None, course=None)
        )
    return page_of_port(office, asked, port, draft=form, refused=mistake)


def page_of_port(office: Office, asked: Asked, port: Port, **values: object) -> Answer:
    """The page, with what was typed and what is wrong with it."""
    shown: dict[str, object] = {
        "draft": {},
        "mistakes": {},
        "refused": None,
        "command_id": None,
        "course": None,
        "recordings": recordings(office, asked, port.name),
        "wants_pin": port.state in ASKING,
        "is_blocked": port.state == "puk-required",
        "pin": pin_status(office.reader(), office.settings.data, OfPort(port.name)),
        **_story(office, asked, port),
        **values,
    }
    is_wrong = shown["mistakes"] or shown["refused"]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return html_answer(render("port.html", office, asked, **shown), status)


def _story(office: Office, asked: Asked, port: Port) -> dict[str, object]:
    words = Words(asked.language, office.zone, office.now_ms())
    book = office.book()
    found = events.recent(office.reader(), limit=SHOWN_OF_ONE, port_id=port.id)
    return {
        "slot": slot_of(office, port, book, words),
        "reason": words.sentence(port.reason, port.reason_args),
        "same_imei": _same_imei(port, book, words),
        "facts": _facts(port, words),
        "happened": history(found, book, words),
    }


def _same_imei(port: Port, book: SimBook, words: Words) -> str | None:
    twins = [each.label or short_name(each.name) for each in same_imei(port, book.ports)]
    return words.sentence("note.same-imei", {"ports": ", ".join(twins)}) if twins else None


def _facts(port: Port, words: Words) -> list[tuple[str, str]]:
    text = words.language.text
    offset_s = None if port.clock_offset_ms is None else round(port.clock_offset_ms / 1000)
    facts = [
        (text(N_("Modem")), " ".join(each for each in (port.manufacturer, port.model) if each)),
        (text(N_("Firmware")), port.revision),
        ("IMEI", port.imei),
        ("MEID / ESN", port.meid),
        (text(N_("Treated as")), port.profile),
        (text(N_("Messages")), words.sms_form(port.form) if port.form else None),
        (text(N_("Line")), port.device),
        (text(N_("USB path")), port.usb_path),
        (text(N_("Message centre")), port.smsc),
        (text(N_("Network's clock against ours")), None if offset_s is None else f"{offset_s:+d} s"),
    ]
    return [(name, value) for name, value in facts if value]
