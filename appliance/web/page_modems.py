"""The modem wall."""

from __future__ import annotations

from appliance.web.answer import NOTHING_NEW, Answer, html_answer
from appliance.web.asked import Asked
from appliance.web.live import is_seen
from appliance.web.office import Office
from appliance.web.problem import bad_parameter
from appliance.web.render import render
from appliance.web.wall import TONES, wall
from appliance.web.words import Words


def modems_page(office: Office, asked: Asked) -> Answer:
    """Every place for a modem."""
    only = _tone(asked.query("show").get("show"))
    return html_answer(render("modems.html", office, asked, **_shown(office, asked, only)))


def modems_live(office: Office, asked: Asked) -> Answer:
    """The part that moves by itself: all of it."""
    query = asked.query("seen", "show")
    if is_seen(office, query.get("seen")):
        return NOTHING_NEW
    only = _tone(query.get("show") or None)
    return html_answer(render("modems_live.html", office, asked, **_shown(office, asked, only)))


def _shown(office: Office, asked: Asked, only: str | None) -> dict[str, object]:
    words = Words(asked.language, office.zone, office.now_ms())
    return {"wall": wall(office, words, only), "starting": office.book().is_starting}


def _tone(text: str | None) -> str | None:
    if text is not None and text not in TONES:
        raise bad_parameter("show", "problem.field-choice", choices=", ".join(TONES))
    return text
