"""What waits and why, what is left of each SIM's plan, when a batch would be done; and what needs a person's word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from appliance.desk.actions import TIME_TO_UNDO_MS, Action, act_on_several
from appliance.desk.forecast import forecast_batch
from appliance.desk.mistake import Refusal
from appliance.desk.submission import Priority
from appliance.desk.waiting import COUNTED_AT_MOST, SimLeft, overview
from appliance.policy.forecast import Forecast
from appliance.store.life import MessageState
from appliance.store.message_lists import Filters, count_open, list_messages
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.api_forecast import batch_from
from appliance.web.asked import Asked
from appliance.web.live import is_seen
from appliance.web.office import Office
from appliance.web.page_messages import rows_of
from appliance.web.page_plan import UseShown, uses_shown
from appliance.web.paging import slice_from, walked_page
from appliance.web.problem import Problem
from appliance.web.render import render
from appliance.web.wall import why_it_rests
from appliance.web.words import Words

UNCERTAIN_ON_A_PAGE = "40"
"""A form has at most 50 fields."""
_CHOSEN = "m-"


@dataclass(frozen=True, slots=True)
class SimShown:
    """A SIM of the box with what is left of its plan."""

    left: SimLeft
    state: str
    uses: list[UseShown]
    said: str | None
    """What holds it, with the evidence where it rests for that."""


def waiting_page(office: Office, asked: Asked) -> Answer:
    """The whole page."""
    asked.query()
    return html_answer(
        render("waiting.html", office, asked, **_shown(office, asked), mistakes={}, told=None, typed={})
    )


def waiting_live(office: Office, asked: Asked) -> Answer:
    """The part that moves by itself."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    return html_answer(render("waiting_live.html", office, asked, **_shown(office, asked)))


def ask_forecast(office: Office, asked: Asked) -> Answer:
    """When a batch would be done: the answer to the form."""
    form = asked.form()
    typed = {name: text.strip() for name, text in form.items() if text.strip()}
    members: dict[str, object] = {
        name: int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text for name, text in typed.items()
    }
    batch = batch_from(members)
    mistakes, told = {}, None
    if isinstance(batch, Refusal):
        mistakes = {each.pointer.removeprefix("/"): each for each in batch.mistakes}
    else:
        told = forecast_batch(office.reader(), office.book(), batch, office.now_ms())
    values = {"mistakes": mistakes, "told": told, "typed": form}
    if asked.is_htmx:
        return html_answer(render("forecast.html", office, asked, **values))
    return html_answer(render("waiting.html", office, asked, **_shown(office, asked), **values))


def when_done(office: Office, asked: Asked) -> Answer:
    """One line under the composer: when this message would be sent, where that is not at once."""
    form = asked.form()
    told = forecast_of_one(office, form)
    return html_answer(render("when.html", office, asked, told=told))


def forecast_of_one(office: Office, form: dict[str, str]) -> Forecast | None:
    """The forecast of what stands in the composer; None where it goes at once, or can't be read."""
    text, now_ms, book = form.get("text", ""), office.now_ms(), office.book()
    if not text.strip() or form.get("not_before"):
        return None
    if not book.head and any(book.holds(each.sim_id, now_ms) is None for each in book.standings):
        return None
    priority = form.get("priority", Priority.NOTICE.name.lower())
    batch = batch_from({"messages": 1, "priority": priority, "text": text})
    if isinstance(batch, Refusal):
        return None
    told = forecast_batch(office.reader(), book, batch, now_ms)
    is_soon = told.done_at_ms is not None and told.done_at_ms - now_ms < 60_000
    return None if is_soon else told


def uncertain_page(office: Office, asked: Asked) -> Answer:
    """Messages of which nobody knows whether they were sent, oldest ones on later pages."""
    return _uncertain(office, asked, asked.query("cursor", "done", "late", "action"))


def settle(office: Office, asked: Asked) -> Answer:
    """Several at once: what was ticked is sent again, or marked as sent, or the last decision is taken back."""
    form = asked.form()
    ids = [name.removeprefix(_CHOSEN) for name in form if name.startswith(_CHOSEN)]
    action = form.get("action", "")
    if action not in (Action.RESEND, Action.MARK_SENT, Action.UNDO):
        raise Problem(400, "broken-form")
    acted = act_on_several(
        office.writer,
        ids,
        Action(action),
        office.now_ms(),
        office.ring,
        time_to_undo_ms=TIME_TO_UNDO_MS,
    )
    done = ".".join(acted.done)
    return see_other(f"/uncertain?action={action}&late={len(acted.too_late)}&done={done}")


def _uncertain(office: Office, asked: Asked, query: dict[str, str]) -> Answer:
    cursor = {"cursor": query["cursor"]} if "cursor" in query else {}
    wanted = slice_from({**cursor, "limit": UNCERTAIN_ON_A_PAGE}, "m")
    found = list_messages(
        office.reader(),
        Filters(states=frozenset({MessageState.UNCERTAIN})),
        limit=wanted.limit,
        before_seq=wanted.before_seq,
    )
    listed = walked_page(rows_of(office, asked, found.messages), "m", found.next_before)
    done = [each for each in query.get("done", "").split(".") if re.fullmatch(r"[0-9a-f-]{36}", each)]
    action, late = query.get("action", ""), query.get("late", "0")
    return html_answer(
        render(
            "uncertain.html",
            office,
            asked,
            listed=listed,
            done=done[: int(UNCERTAIN_ON_A_PAGE)],
            action=action if action in ("resend", "mark-sent", "undo") else "",
            late=int(late) if re.fullmatch(r"[0-9]{1,3}", late) else 0,
        )
    )


def _shown(office: Office, asked: Asked) -> dict[str, object]:
    words = Words(asked.language, office.zone, office.now_ms())
    connection, book = office.reader(), office.book()
    seen = overview(connection, book, words.now_ms)
    open_counts = count_open(connection, COUNTED_AT_MOST)
    return {
        "seen": seen,
        "groups": [(each, words.reason(each.reason)) for each in seen.groups],
        "coming": [(each.until_ms, words.reason(each)) for each in seen.next_instants],
        "sims": [_sim(each, office, words) for each in seen.sims],
        "uncertain": open_counts.get(MessageState.UNCERTAIN, 0),
        "held": open_counts.get(MessageState.HELD, 0),
        "starting": book.is_starting,
    }


def _sim(left: SimLeft, office: Office, words: Words) -> SimShown:
    card = office.book().sim(left.standing.sim_id)
    said = None
    if left.holds is not None:
        told = why_it_rests(card, words) if left.holds.code.startswith("sim.rest") else None
        said = told or words.reason(left.holds)
    return SimShown(left, words.port_state(left.standing.port_state), uses_shown(left.uses, words), said)
