"""The modem wall, and a SIM with the limits that people give it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus

from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.plan import set_plan
from appliance.desk.sims import COMING_UP, SimBook, SimOnWall, on_wall
from appliance.desk.submission import PLAN_FIELDS, read_members
from appliance.store.ports import Port
from appliance.store.sims import Sim
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.page_messages import is_seen
from appliance.web.problem import Problem
from appliance.web.render import render
from appliance.web.words import N_, Words

_IN_SECONDS = "minimum_gap_ms"
"""The one limit that the form shows in another unit than the API."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A card of the wall."""

    port: Port
    sim: SimOnWall | None
    tone: str
    """'good', 'busy' or 'bad'; the page says the state in words and with an icon besides."""
    bars: int
    """Signal, 0 to 4."""
    state: str
    """In words."""
    remark: str | None
    """What is the matter and what to do; None where all is well."""


def modems_page(office: Office, asked: Asked) -> Answer:
    """Every place for a modem."""
    return html_answer(
        render("modems.html", office, asked, slots=_slots(office, asked), starting=office.book().is_starting)
    )


def modems_live(office: Office, asked: Asked) -> Answer:
    """The part that moves by itself: all of it."""
    if is_seen(office, asked):
        return NOTHING_NEW
    return html_answer(
        render(
            "modems_live.html", office, asked, slots=_slots(office, asked), starting=office.book().is_starting
        )
    )


def sim_page(office: Office, asked: Asked, sim_id: int) -> Answer:
    """A SIM and the form with its limits."""
    sim = _sim(office, sim_id)
    return html_answer(_sim_html(office, asked, sim, _own_limits(sim), {}))


def save_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """The form's button: an empty field is "as the box's settings say"."""
    sim = _sim(office, sim_id)
    form = {name: text.strip() for name, text in asked.form().items() if name in PLAN_FIELDS}
    members = read_members(PLAN_FIELDS, {name: _limit(name, text) for name, text in form.items()})
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


def _slots(office: Office, asked: Asked) -> list[Slot]:
    words = Words(asked.language, office.zone, office.now_ms())
    book = office.book()
    return [_slot(office, port, book, words) for port in book.ports]


def _slot(office: Office, port: Port, book: SimBook, words: Words) -> Slot:
    card = book.sim(port.sim_id)
    sim = on_wall(office.reader(), card, book, words.now_ms) if card else None
    tone, state = "bad", words.port_state(port.state)
    remark: str | None = words.sentence(port.reason, port.reason_args)
    if port.state in COMING_UP:
        tone = "busy"
    if port.state == "ready":
        tone, remark = "good", None
        held = book.holds(card.id, words.now_ms) if card else None
        # The gap between two sends passes too quickly to be worth a word.
        if held is not None and held.code != "sim.at-limit.gap":
            tone, remark = "busy", _why_it_rests(card, words) or words.reason(held)
            state = words.language.text(N_("resting") if held.code == "sim.resting" else N_("at its limit"))
    return Slot(port, sim, tone, bars_of(port.rssi_dbm), state, remark)


def _why_it_rests(card: Sim | None, words: Words) -> str | None:
    """What took a resting SIM out of service, where that can be said whole."""
    if card is None or card.resting_reason is None or (card.resting_until_ms or 0) <= words.now_ms:
        return None
    args = json.loads(card.resting_reason_args or "{}") | {
        "sim": card.name,
        "until_ms": card.resting_until_ms,
    }
    said = words.sentence(card.resting_reason, args)
    return None if said == card.resting_reason else said


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
        "sim.html",
        office,
        asked,
        sim=sim,
        own=own,
        mistakes=mistakes,
        default_plan=office.settings.plan,
        seconds=_seconds,
    )


def _own_limits(sim: SimOnWall) -> dict[str, str]:
    values = {name: getattr(sim.card, name) for name in PLAN_FIELDS}
    shown = {name: "" if value is None else str(value) for name, value in values.items()}
    if sim.card.minimum_gap_ms is not None:
        shown[_IN_SECONDS] = _seconds(sim.card.minimum_gap_ms)
    return shown


def _limit(name: str, text: str) -> int | str | None:
    """What a field of the form means; a text that is no number stays one and is refused as such."""
    if not text:
        return None
    if name == _IN_SECONDS:
        return int(Decimal(text) * 1000) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) else text
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text


def _seconds(ms: int) -> str:
    """``1500`` → ``1.5``: people think in seconds."""
    return f"{Decimal(ms) / 1000:f}"
