"""Groups of SIMs: the list, and each with its SIMs, its limits and what is used of them."""

from __future__ import annotations

import re
from http import HTTPStatus

from appliance.desk.fields import read_members
from appliance.desk.groups import GROUP_FIELDS, Moved, change_group, create_group, move_sim, remove_group
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.plan_standing import group_standing
from appliance.store import groups
from appliance.store.groups import SimGroup
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.api_groups import find_group
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.page_plan import labels_of, uses_shown
from appliance.web.page_sims import by_field
from appliance.web.render import render
from appliance.web.words import N_, Words

STRATEGIES = {"spread": N_("spread"), "fill": N_("fill")}
_LIMITS = tuple(name for name in GROUP_FIELDS if name not in ("name", "strategy"))


def groups_page(office: Office, asked: Asked) -> Answer:
    """Every group with what is used of it."""
    asked.query()
    return _list(office, asked, {}, {})


def make(office: Office, asked: Asked) -> Answer:
    """A new group; its limits come on its own page."""
    form = asked.form()
    members = read_members(GROUP_FIELDS, {"name": form.get("name", "")})
    made = (
        members
        if isinstance(members, Refusal)
        else create_group(office.writer, office.ring, asked.who, members, now_ms=office.now_ms())
    )
    if isinstance(made, Refusal):
        return _list(office, asked, form, by_field(made))
    office.forget_book()
    return see_other(f"/groups/{made.id}")


def group_page(office: Office, asked: Asked, group_id: int) -> Answer:
    """One group."""
    asked.query()
    return _page(office, asked, find_group(office, group_id))


def save(office: Office, asked: Asked, group_id: int) -> Answer:
    """Its name, strategy and limits; an empty field is no limit."""
    group, form = find_group(office, group_id), asked.form()
    typed: dict[str, object] = {
        name: int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text or None
        for name in _LIMITS
        if (text := form.get(name, "").strip()) is not None
    }
    given = {**typed, "name": form.get("name", ""), "strategy": form.get("strategy", "spread")}
    members = read_members(GROUP_FIELDS, given)
    saved = (
        members
        if isinstance(members, Refusal)
        else change_group(office.writer, office.ring, asked.who, group_id, members, now_ms=office.now_ms())
    )
    if isinstance(saved, Refusal):
        return _page(office, asked, group, form=form, mistakes=by_field(saved))
    office.forget_book()
    return see_other(f"/groups/{group_id}")


def add(office: Office, asked: Asked, group_id: int) -> Answer:
    """Put a SIM into it, out of the one that it was in; the page says from where it came."""
    return _move(office, asked, find_group(office, group_id), group_id)


def take(office: Office, asked: Asked, group_id: int) -> Answer:
    """Take a SIM out of it."""
    return _move(office, asked, find_group(office, group_id), None)


def remove(office: Office, asked: Asked, group_id: int) -> Answer:
    """Its SIMs stay, in none."""
    asked.check_body()
    find_group(office, group_id)
    remove_group(office.writer, office.ring, asked.who, group_id, now_ms=office.now_ms())
    office.forget_book()
    return see_other("/groups")


def _move(office: Office, asked: Asked, group: SimGroup, target: int | None) -> Answer:
    typed = asked.form().get("sim", "")
    moved: Moved | Refusal = Refusal((Mistake("/sim", "problem.no-such-sim"),))
    if re.fullmatch(r"[0-9]{1,15}", typed):
        moved = move_sim(office.writer, office.ring, asked.who, int(typed), target, now_ms=office.now_ms())
    if isinstance(moved, Refusal):
        return _page(office, asked, group, mistakes={"sim": moved.mistakes[0]})
    office.forget_book()
    words = Words(asked.language, office.zone, office.now_ms())
    return _page(office, asked, group, moved=words.sentence(moved.code, moved.args))


def _list(office: Office, asked: Asked, typed: dict[str, str], mistakes: dict[str, Mistake]) -> Answer:
    words = Words(asked.language, office.zone, office.now_ms())
    connection, book = office.reader(), office.book()
    standings = [
        group_standing(connection, each, book, words.now_ms) for each in groups.list_groups(connection)
    ]
    page = render(
        "groups.html",
        office,
        asked,
        shown=[(each, uses_shown(each.uses, words)) for each in standings],
        strategies={name: words.language.text(said) for name, said in STRATEGIES.items()},
        typed=typed,
        mistakes=mistakes,
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)


def _page(
    office: Office,
    asked: Asked,
    group: SimGroup,
    *,
    form: dict[str, str] | None = None,
    mistakes: dict[str, Mistake] | None = None,
    moved: str | None = None,
) -> Answer:
    words = Words(asked.language, office.zone, office.now_ms())
    connection, book = office.reader(), office.book()
    standing = group_standing(connection, group, book, words.now_ms)
    names = {each.id: each.name for each in groups.list_groups(connection)}
    kept = {
        "name": group.name,
        "strategy": group.strategy,
        **{name: str(getattr(group, name) or "") for name in _LIMITS},
    }
    page = render(
        "group.html",
        office,
        asked,
        standing=standing,
        uses=uses_shown(standing.uses, words),
        labels=labels_of(words),
        others=[
            (card, names.get(card.group_id or 0))
            for card in book.cards.values()
            if card.group_id != group.id and card.forgotten_at_ms is None
        ],
        box_day=office.settings.plan.contract_day,
        typed={**kept, **(form or {})},
        mistakes=mistakes or {},
        moved=moved,
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)
