"""The modem wall, and a SIM with the limits that people give it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.plan import set_plan
from appliance.desk.sims import SimOnWall, on_wall
from appliance.desk.submission import PLAN_FIELDS, read_members
from appliance.store.ports import Port
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.page_messages import is_seen
from appliance.web.problem import Problem
from appliance.web.render import render

_BUSY_STATES = frozenset({"opening", "probing", "sim-busy", "registering"})
_LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Slot:
    """A card of the wall."""

    port: Port
    sim: SimOnWall | None
    tone: str
    """'good', 'busy' or 'bad'; the page says the state in words and with an icon besides."""
    bars: int
    """Signal, 0 to 4."""


def modems_page(office: Office, asked: Asked) -> Answer:
    """Every place for a modem."""
    return html_answer(render("modems.html", office, asked, slots=_slots(office)))


def modems_live(office: Office, asked: Asked) -> Answer:
    """The part that moves by itself: all of it."""
    if is_seen(office, asked):
        return NOTHING_NEW
    return html_answer(render("modems_live.html", office, asked, slots=_slots(office)))


def sim_page(office: Office, asked: Asked, sim_id: int) -> Answer:
    """A SIM and the form with its limits."""
    sim = _sim(office, sim_id)
    return html_answer(_sim_html(office, asked, sim, _own_limits(sim), {}))


def save_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """The form's button: an empty field is "as the box's settings say"."""
    sim = _sim(office, sim_id)
    form = {name: asked_text.strip() for name, asked_text in asked.form().items() if name in PLAN_FIELDS}
    members = read_members(PLAN_FIELDS, {name: _number(text) for name, text in form.items()})
    if isinstance(members, Refusal):
        mistakes = {each.pointer.removeprefix("/"): each for each in members.mistakes}
        page = _sim_html(office, asked, sim, form, mistakes)
        return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY)
    set_plan(office.writer, sim_id, members, office.ring)
    office.forget_book()
    return see_other("/modems")


def bars_of(rssi_dbm: int | None) -> int:
    """Signal bars as phones draw them: 4 from -73 dBm, 1 from -103 dBm (27.007 §8.5 gives the range)."""
    if rssi_dbm is None:
        return 0
    return sum(rssi_dbm >= least for least in (-103, -93, -83, -73))


def _slots(office: Office) -> list[Slot]:
    book, connection, now_ms = office.book(), office.reader(), office.now_ms()
    slots = []
    for port in book.ports:
        card = book.sim(port.sim_id)
        sim = on_wall(connection, card, book, now_ms) if card else None
        resting = card is not None and (card.resting_until_ms or 0) > now_ms
        slots.append(Slot(port, sim, _tone(port.state, resting), bars_of(port.rssi_dbm)))
    return slots


def _tone(state: str, resting: bool) -> str:
    if state == "ready":
        return "busy" if resting else "good"
    return "busy" if state in _BUSY_STATES else "bad"


def _sim(office: Office, sim_id: int) -> SimOnWall:
    book = office.book()
    card = book.sim(sim_id)
    if card is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-sim")
    return on_wall(office.reader(), card, book, office.now_ms())


def _sim_html(
    office: Office, asked: Asked, sim: SimOnWall, own: dict[str, str], mistakes: dict[str, Mistake]
) -> str:
    return render(
        "sim.html", office, asked, sim=sim, own=own, mistakes=mistakes, default_plan=office.settings.plan
    )


def _own_limits(sim: SimOnWall) -> dict[str, str]:
    values = {name: getattr(sim.card, name) for name in PLAN_FIELDS}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _number(text: str) -> int | str | None:
    """What a form's field means; a text that is no whole number stays one and is refused as such."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else text
