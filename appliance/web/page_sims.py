"""The SIM cards of the box, and each with its limits, its PIN, its money and what people do with it."""

from __future__ import annotations

import re
from decimal import Decimal
from http import HTTPStatus

from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.plan import set_plan
from appliance.desk.sims import SimOnWall, on_wall
from appliance.desk.submission import PLAN_FIELDS, read_members
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.problem import Problem
from appliance.web.render import render

_IN_SECONDS = "minimum_gap_ms"
"""The one limit that the form shows in another unit than the API."""


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
