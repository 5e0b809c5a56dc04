"""The money of a SIM: asking for it, when it is too little, and how often it must spend some."""

from __future__ import annotations

import re

from appliance.desk import balance
from appliance.desk.keep_alive import set_every_days
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.technician_fields import LONGEST_KEEP_ALIVE_DAYS
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.live import is_seen
from appliance.web.money import money_of
from appliance.web.office import Office
from appliance.web.page_sims import by_field, find_sim, page_of_sim
from appliance.web.render import render
from appliance.web.words import Words


def money_live(office: Office, asked: Asked, sim_id: int) -> Answer:
    """What is on it, and how far the question is."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    sim, words = find_sim(office, sim_id), Words(asked.language, office.zone, office.now_ms())
    money = money_of(office.reader(), sim.card, words)
    return html_answer(render("sim_money_live.html", office, asked, sim=sim, money=money))


def ask(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Ask the carrier at once."""
    asked.check_body()
    sim = find_sim(office, sim_id)
    balance.ask(office.writer, asked.who, sim.card, now_ms=office.now_ms())
    return see_other(f"/sims/{sim_id}#money")


def save_threshold(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Below which amount it rests, or that it never does."""
    sim, form = find_sim(office, sim_id), asked.form()
    typed, below = form.get("below", "").strip(), None
    if typed:
        read = balance.read_threshold(typed, balance.standing(office.reader(), sim.card).carrier)
        if isinstance(read, Refusal):
            return page_of_sim(office, asked, sim, draft=form, mistakes=by_field(read))
        below = read
    balance.set_low_balance(
        office.writer,
        asked.who,
        sim_id,
        below=below,
        never_rests=form.get("never_rests") == "on",
        now_ms=office.now_ms(),
    )
    office.forget_book()
    office.ring()
    return see_other(f"/sims/{sim_id}#money")


def save_keep_alive(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Every how many days it must spend something: empty is its carrier's, 0 never."""
    sim, form = find_sim(office, sim_id), asked.form()
    typed = form.get("days", "").strip()
    if typed and not (re.fullmatch(r"[0-9]{1,6}", typed) and int(typed) <= LONGEST_KEEP_ALIVE_DAYS):
        mistake = Mistake("/days", "problem.field-range", {"least": 0, "most": LONGEST_KEEP_ALIVE_DAYS})
        return page_of_sim(office, asked, sim, draft=form, mistakes={"days": mistake})
    days = int(typed) if typed else None
    set_every_days(office.writer, asked.who, sim_id, days, now_ms=office.now_ms())
    return see_other(f"/sims/{sim_id}#keep-alive")
