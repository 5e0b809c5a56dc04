"""The SIM cards of the box, and each with its limits, its PIN, its money and what people do with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from appliance.desk import balance, cards, keep_alive
from appliance.desk.carriers import Table, carrier_of_sim, table
from appliance.desk.hubs import by_hub
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.pins import ASKING, OfSim, pin_status
from appliance.desk.sims import SimOnWall, on_wall
from appliance.store import events, groups, loop_tests
from appliance.store.ports import Port
from appliance.store.sims import BREAKER_RESTS, UNTIL_RESUMED_MS, Sim
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.breaker import breaker_of
from appliance.web.history import history
from appliance.web.live import is_seen
from appliance.web.money import SHOWN_READINGS, keep_alive_of, money_of
from appliance.web.office import Office
from appliance.web.page_events import SHOWN_OF_ONE
from appliance.web.page_loop_tests import runs_of
from appliance.web.problem import Problem
from appliance.web.render import render
from appliance.web.wall import Slot, gauges_of, slot_of, why_it_rests
from appliance.web.words import Words

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Row:
    """A card in the list."""

    card: Sim
    slot: Slot | None
    carrier: str | None
    balance: str | None
    is_low: bool


def sims_page(office: Office, asked: Asked) -> Answer:
    """Every SIM that was not forgotten: those in the box first, as their places are, then the one seen last."""
    asked.query()
    return html_answer(render("sims.html", office, asked, rows=_rows(office, asked)))


def sims_live(office: Office, asked: Asked) -> Answer:
    """The list, where it changed."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    return html_answer(render("sims_live.html", office, asked, rows=_rows(office, asked)))


def sim_page(office: Office, asked: Asked, sim_id: int) -> Answer:
    """All of one SIM."""
    asked.query()
    return page_of_sim(office, asked, find_sim(office, sim_id))


def sim_live(office: Office, asked: Asked, sim_id: int) -> Answer:
    """What moves by itself: where it is, how it stands, its counters."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    return html_answer(
        render("sim_live.html", office, asked, **_story(office, asked, find_sim(office, sim_id)))
    )


def rest(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Let it begin nothing, for a time or until someone ends it."""
    sim, form, now_ms = find_sim(office, sim_id), asked.form(), office.now_ms()
    hours = form.get("hours", "")
    until_ms = now_ms + int(hours) * _HOUR_MS if re.fullmatch(r"[1-9][0-9]{0,3}", hours) else None
    rested = cards.rest_sim(
        office.writer,
        office.ring,
        asked.who,
        sim.card.id,
        until_ms=until_ms,
        why=form.get("why", ""),
        now_ms=now_ms,
    )
    return _after(office, asked, sim, rested, form)


def resume(office: Office, asked: Asked, sim_id: int) -> Answer:
    """End its rest."""
    asked.check_body()
    sim = find_sim(office, sim_id)
    resumed = cards.resume_sim(office.writer, office.ring, asked.who, sim_id, now_ms=office.now_ms())
    return _after(office, asked, sim, resumed, {})


def save_names(office: Office, asked: Asked, sim_id: int) -> Answer:
    """What people call it, and its own number."""
    sim, form, now_ms = find_sim(office, sim_id), asked.form(), office.now_ms()
    label, number = form.get("label", "").strip(), form.get("number", "").strip()
    if label != (sim.card.label or ""):
        named = cards.set_label(office.writer, office.ring, asked.who, sim_id, label, now_ms=now_ms)
        if isinstance(named, Refusal):
            return page_of_sim(office, asked, sim, draft=form, mistakes=by_field(named))
    if number != (sim.card.msisdn or ""):
        numbered = cards.set_number(
            office.writer,
            office.ring,
            asked.who,
            sim_id,
            number,
            home_region=office.settings.rules.home_region,
            now_ms=now_ms,
        )
        if isinstance(numbered, Refusal):
            return page_of_sim(office, asked, sim, draft=form, mistakes=by_field(numbered))
    return _done(office, sim_id)


def forget(office: Office, asked: Asked, sim_id: int) -> Answer:
    """For a card that does not come back."""
    sim = find_sim(office, sim_id)
    end_waiting = asked.form().get("end_waiting") == "on"
    forgotten = cards.forget_sim(
        office.writer,
        office.ring,
        asked.who,
        sim_id,
        end_waiting=end_waiting,
        now_ms=office.now_ms(),
    )
    if isinstance(forgotten, Refusal):
        return page_of_sim(office, asked, sim, mistakes={"forget": forgotten.mistakes[0]})
    office.forget_book()
    return see_other("/sims")


def find_sim(office: Office, sim_id: int) -> SimOnWall:
    """The SIM of an id, or 404."""
    book = office.book()
    card = book.sim(sim_id)
    if card is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-sim")
    return on_wall(office.reader(), card, book, office.now_ms())


def by_field(refusal: Refusal) -> dict[str, Mistake]:
    """The mistakes of a form by the names of its fields."""
    return {each.pointer.removeprefix("/"): each for each in refusal.mistakes}


def page_of_sim(office: Office, asked: Asked, sim: SimOnWall, **values: object) -> Answer:
    """The page, with what was typed and what is wrong with it."""
    words = Words(asked.language, office.zone, office.now_ms())
    connection = office.reader()
    found = events.recent(connection, limit=SHOWN_OF_ONE, sim_id=sim.card.id)
    shown: dict[str, object] = {
        "draft": {},
        "mistakes": {},
        "pin": pin_status(connection, office.settings.data, OfSim(sim.card.id)),
        "happened": history(found, office.book(), words),
        "money": (money := money_of(connection, sim.card, words)),
        "runs": runs_of(loop_tests.recent(connection, limit=3, sim_id=sim.card.id), office.book(), words),
        "keep": keep_alive_of(office, sim.card.id),
        "own_days": "" if money.standing.own.keep_alive_days is None else money.standing.own.keep_alive_days,
        "proofs": keep_alive.proofs(connection, sim.card.id, limit=SHOWN_READINGS),
        **_story(office, asked, sim),
        **values,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if shown["mistakes"] else HTTPStatus.OK
    return html_answer(render("sim.html", office, asked, **shown), status)


def _story(office: Office, asked: Asked, sim: SimOnWall) -> dict[str, object]:
    words = Words(asked.language, office.zone, office.now_ms())
    port = place_of_sim(office, sim.card)
    return {
        "sim": sim,
        "slot": None if port is None else slot_of(office, port, office.book(), words),
        "carrier": carrier_of_sim(table(office.reader()), sim.card),
        "rests": why_it_rests(sim.card, words),
        "says_until": sim.card.resting_reason in BREAKER_RESTS,
        "group": None if sim.card.group_id is None else groups.find(office.reader(), sim.card.group_id),
        "breaker": breaker_of(sim.card, words),
        "for_ever_ms": UNTIL_RESUMED_MS,
        "is_resting": (sim.card.resting_until_ms or 0) > words.now_ms,
        "wants_pin": port is not None and port.state in {*ASKING, "puk-required"},
        "is_blocked": port is not None and port.state == "puk-required",
        "gauges": list(gauges_of(sim, words).values()),
    }


def _rows(office: Office, asked: Asked) -> list[Row]:
    words = Words(asked.language, office.zone, office.now_ms())
    entries, book = table(office.reader()), office.book()
    shown = [card for card in book.cards.values() if card.forgotten_at_ms is None]
    rows = [_row(office, card, entries, words) for card in shown]
    places = [port.id for hub in by_hub(book.ports) for port in hub.ports]

    def order(row: Row) -> tuple[bool, int]:
        if row.slot is None:
            return True, -row.card.last_seen_at_ms
        return False, places.index(row.slot.port.id)

    return sorted(rows, key=order)


def _row(office: Office, card: Sim, entries: Table, words: Words) -> Row:
    port, money = place_of_sim(office, card), balance.standing(office.reader(), card, entries)
    return Row(
        card,
        None if port is None else slot_of(office, port, office.book(), words),
        None if money.carrier is None else money.carrier.name,
        None if money.amount is None else str(money.amount),
        money.low is not None,
    )


def place_of_sim(office: Office, card: Sim) -> Port | None:
    """The port that a SIM is in; of two that show it the one that sends."""
    found = [
        port
        for port in office.book().ports
        if port.sim_id == card.id and port.state not in ("absent", "no-sim")
    ]
    return min(found, key=lambda port: (port.state != "ready", port.hold_reason is not None), default=None)


def _after(
    office: Office, asked: Asked, sim: SimOnWall, done: Sim | Refusal, form: Mapping[str, str]
) -> Answer:
    if isinstance(done, Refusal):
        return page_of_sim(office, asked, sim, draft=form, mistakes=by_field(done))
    return _done(office, sim.card.id)


def _done(office: Office, sim_id: int) -> Answer:
    office.forget_book()
    return see_other(f"/sims/{sim_id}")
