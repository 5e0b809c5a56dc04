"""The plan of a SIM: a form with every limit, what is used of each, and the group that it is in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from http import HTTPStatus

from appliance.desk.groups import move_sim
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.plan_standing import PlanStanding, Use, plan_standing
from appliance.desk.plans import PLAN_FIELDS, as_typed, read_plan, set_plan, typed_plan
from appliance.desk.sims import SimOnWall
from appliance.store import groups
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.live import is_seen
from appliance.web.office import Office
from appliance.web.page_sims import by_field, find_sim
from appliance.web.render import render
from appliance.web.words import N_, Words


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form. ``hint`` says what it means where that is not plain."""

    name: str
    label: str
    hint: str = ""
    example: str = ""


SECTIONS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        N_("How fast"),
        (
            Field("minimum_gap_ms", N_("Least time between two parts (seconds)")),
            Field(
                "gap_jitter_percent",
                N_("Longer by up to (percent)"),
                N_("Each gap is longer by a random share of that, so that it does not look like a machine."),
            ),
            Field("parts_per_minute", N_("Most parts a minute")),
            Field("parts_per_hour", N_("Most parts an hour")),
            Field("parts_per_day", N_("Most parts in 24 hours")),
        ),
    ),
    (
        N_("Billing month"),
        (
            Field(
                "contract_day",
                N_("The month begins on day"),
                N_("1 to 31. In a month without that day, on its last one."),
            ),
            Field("parts_per_month", N_("Most parts in the month")),
            Field(
                "recipients_per_month",
                N_("Most different recipients in the month"),
                N_("Many tariffs cap them. Whoever was sent to in the month is free."),
            ),
        ),
    ),
    (
        N_("When, and how often to one person"),
        (
            Field(
                "sending_hours",
                N_("Sending hours"),
                N_("Several with commas, over midnight too. A single 0: at any hour."),
                "08:00-12:00, 14:00-21:00",
            ),
            Field("parts_per_recipient_per_day", N_("Most parts to one recipient in 24 hours")),
        ),
    ),
    (
        N_("What is kept back, and new cards"),
        (
            Field(
                "reserve_percent",
                N_("Kept back from bulk (percent)"),
                N_("Of each limit: bulk leaves so much to others, and notices half of it to one-time codes."),
            ),
            Field(
                "warm_up_days",
                N_("Warm-up of a new card (days)"),
                N_("The limit for 24 hours grows day by day from its first message on."),
            ),
        ),
    ),
    (
        N_("What it costs"),
        (
            Field("allowance_parts", N_("Parts of a month that cost nothing")),
            Field("price_on_net_micros", N_("Price of a part in its own network"), "", "0.05"),
            Field("price_off_net_micros", N_("Price of a part to another network"), "", "0.1"),
            Field("price_abroad_micros", N_("Price of a part abroad"), "", "0.8"),
            Field(
                "on_net_prefixes",
                N_("Numbers in its own network begin with"),
                N_(
                    "Empty: as the table of carriers says. A number may have been ported, so this only prefers."
                ),
                "+86139 +86138",
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class UseShown:
    """What is used of a limit, in words."""

    name: str
    use: Use


def plan_page(office: Office, asked: Asked, sim_id: int) -> Answer:
    """The form, with what is used."""
    asked.query()
    return _page(office, asked, find_sim(office, sim_id))


def plan_live(office: Office, asked: Asked, sim_id: int) -> Answer:
    """What is used, where something changed."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    sim = find_sim(office, sim_id)
    return html_answer(render("plan_live.html", office, asked, **used_of(office, asked, sim)))


def save_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """The form: an empty field is "as the box's settings say". Fields that it does not have stay as they are."""
    sim, form = find_sim(office, sim_id), asked.form()
    typed = typed_plan(form)
    own = read_plan(typed)
    if isinstance(own, Refusal):
        return _page(office, asked, sim, typed=form, mistakes=by_field(own))
    set_plan(
        office.writer,
        office.ring,
        asked.who,
        sim_id,
        {name: own.get(name) for name in typed},
        only_given=True,
        now_ms=office.now_ms(),
    )
    office.forget_book()
    return see_other(f"/sims/{sim_id}/plan")


def save_group(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Put the SIM into a group, or into none."""
    sim, typed = find_sim(office, sim_id), asked.form().get("group", "")
    if typed and not re.fullmatch(r"[0-9]{1,15}", typed):
        wrong = Mistake("/group", "problem.no-such-group")
        return _page(office, asked, sim, mistakes={"group": wrong})
    group_id = int(typed) if typed else None
    moved = move_sim(office.writer, office.ring, asked.who, sim_id, group_id, now_ms=office.now_ms())
    if isinstance(moved, Refusal):
        return _page(office, asked, sim, mistakes=by_field(moved))
    office.forget_book()
    return see_other(f"/sims/{sim_id}/plan#group")


def standing_of(office: Office, sim: SimOnWall) -> PlanStanding:
    """The plan of a SIM with what is used of it."""
    return plan_standing(
        office.reader(),
        sim.card,
        office.book(),
        office.now_ms(),
        most_parts=office.settings.rules.most_parts,
    )


def used_of(office: Office, asked: Asked, sim: SimOnWall) -> dict[str, object]:
    """What the part of a page needs that shows what is used."""
    words = Words(asked.language, office.zone, office.now_ms())
    standing = standing_of(office, sim)
    return {
        "sim": sim,
        "standing": standing,
        "uses": uses_shown(standing.uses, words),
        "labels": labels_of(words),
        "holds": None if standing.holds is None else words.reason(standing.holds),
    }


def uses_shown(uses: tuple[Use, ...], words: Words) -> list[UseShown]:
    """What is used of each limit, with its name."""
    return [UseShown(words.limit(each.limit), each) for each in uses]


def labels_of(words: Words) -> dict[str, str]:
    """What each field of a plan is called."""
    return {each.name: words.language.text(each.label) for _, fields in SECTIONS for each in fields}


def _sections(words: Words) -> list[tuple[str, list[Field]]]:
    """The form in the language of who looks at it."""
    text = words.language.text
    return [
        (
            text(title),
            [
                replace(each, label=text(each.label), hint=text(each.hint) if each.hint else "")
                for each in fields
            ],
        )
        for title, fields in SECTIONS
    ]


def _page(
    office: Office,
    asked: Asked,
    sim: SimOnWall,
    *,
    typed: dict[str, str] | None = None,
    mistakes: dict[str, Mistake] | None = None,
) -> Answer:
    shown = used_of(office, asked, sim)
    standing = standing_of(office, sim)
    own = {
        name: as_typed(name, getattr(standing.plan, name) if getattr(sim.card, name) is not None else None)
        for name in PLAN_FIELDS
    }
    page = render(
        "plan.html",
        office,
        asked,
        sections=_sections(Words(asked.language, office.zone, office.now_ms())),
        own=own if typed is None else {**own, **typed},
        box={name: as_typed(name, getattr(standing.box, name)) for name in PLAN_FIELDS},
        mistakes=mistakes or {},
        groups=groups.list_groups(office.reader()),
        **shown,
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)
