"""The guided swap of a card: one instruction at a time, for a telephone in the hand of who stands at the hub."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from http import HTTPStatus

from appliance.desk import swap
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.pins import OfPort, enter_pin
from appliance.desk.plans import typed_plan
from appliance.desk.swap_rows import SwapView
from appliance.policy.swap import SwapAction, SwapStep
from appliance.store.ports import Port
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.page_ports import find_port
from appliance.web.page_sims import by_field
from appliance.web.problem import Problem
from appliance.web.render import render
from appliance.web.words import N_, Words

STEPS = (
    (N_("Finish"), {SwapStep.DRAINING}),
    (N_("Pull"), {SwapStep.PULL}),
    (N_("Put in"), {SwapStep.INSERT, SwapStep.PIN}),
    (N_("Limits"), {SwapStep.PLAN}),
    (N_("Test"), {SwapStep.TEST, SwapStep.TESTING}),
    (N_("Done"), {SwapStep.DONE}),
)
"""The way as it is shown: six words, so that a person sees how far it is."""

ACTIONS = {
    SwapAction.GO_ON: N_("Don't wait, go on"),
    SwapAction.PLAN_COPY: N_("Limits of the old card"),
    SwapAction.PLAN_BOX: N_("Limits of the box"),
    SwapAction.TEST: N_("Send a test message"),
    SwapAction.SKIP_TEST: N_("Go without a test"),
    SwapAction.BACK: N_("One step back"),
    SwapAction.CANCEL: N_("Cancel the swap"),
}
"""What a person may choose, in words; the limits of its own have a form."""

QUIET = frozenset({SwapAction.BACK, SwapAction.CANCEL, SwapAction.SKIP_TEST, SwapAction.GO_ON})
"""Those that are not what one is led to."""


@dataclass(frozen=True, slots=True)
class Step:
    """A word of the way: 'done', 'now' or 'later'."""

    name: str
    when: str


def start(office: Office, asked: Asked, port_id: int) -> Answer:
    """Begin, or go to the one that is under way there."""
    asked.check_body()
    port = find_port(office, port_id)
    under_way = swap.view_at(office.reader(), port.name)
    if under_way is not None:
        return see_other(f"/swaps/{under_way.id}")
    begun = swap.start(office.writer, office.ring, asked.who, port.name, now_ms=office.now_ms())
    if isinstance(begun, Refusal):
        # Somebody else was quicker, or the place was unplugged this moment: the page of the place says what is so.
        return see_other(f"/ports/{port_id}")
    return see_other(f"/swaps/{begun}")


def swap_page(office: Office, asked: Asked, swap_id: int) -> Answer:
    """The whole page."""
    asked.query()
    return _page(office, asked, find_swap(office, swap_id), {})


def swap_live(office: Office, asked: Asked, swap_id: int) -> Answer:
    """The instruction, where it is another one: what is being typed is left alone as long as nothing changed."""
    shown = _shown(office, asked, find_swap(office, swap_id), {})
    if asked.query("seen").get("seen") == shown["seen"]:
        return NOTHING_NEW
    return html_answer(render("swap_live.html", office, asked, **shown))


def act(office: Office, asked: Asked, swap_id: int, action: str) -> Answer:
    """A button. What is not possible any more is no error to a person: the page shows what is so now."""
    form = asked.form()
    chosen = swap.choose(
        office.writer,
        office.ring,
        asked.who,
        swap_id,
        SwapAction(action),
        limits=typed_plan(form) if action == SwapAction.PLAN_OWN else None,
        now_ms=office.now_ms(),
    )
    office.forget_book()
    if isinstance(chosen, Refusal) and chosen.mistakes[0].code != "problem.swap-not-now":
        return _page(office, asked, find_swap(office, swap_id), by_field(chosen), form)
    return see_other(f"/swaps/{swap_id}")


def save_pin(office: Office, asked: Asked, swap_id: int) -> Answer:
    """The PIN of the new card."""
    found, form = find_swap(office, swap_id), asked.form()
    entered = enter_pin(
        office.writer,
        office.ring,
        asked.who,
        OfPort(found.swap.port_name),
        form.get("pin", ""),
        directory=office.settings.data,
        forced=form.get("forced") == "on",
        now_ms=office.now_ms(),
    )
    if isinstance(entered, Refusal):
        return _page(office, asked, found, by_field(entered))
    return see_other(f"/swaps/{swap_id}")


def find_swap(office: Office, swap_id: int) -> SwapView:
    """The swap of an id, or 404."""
    found = swap.view(office.reader(), swap_id)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-swap")
    return found


def _page(
    office: Office,
    asked: Asked,
    found: SwapView,
    mistakes: dict[str, Mistake],
    draft: dict[str, str] | None = None,
) -> Answer:
    page = render("swap.html", office, asked, **_shown(office, asked, found, mistakes, draft))
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)


def _shown(
    office: Office,
    asked: Asked,
    found: SwapView,
    mistakes: dict[str, Mistake],
    draft: dict[str, str] | None = None,
) -> dict[str, object]:
    words = Words(asked.language, office.zone, office.now_ms())
    state, text = found.swap, words.language.text
    actions = [(action, text(ACTIONS[action])) for action in state.actions if action in ACTIONS]
    shown: dict[str, object] = {
        "view": found,
        "step": state.step.value,
        "said": words.sentence(*found.said),
        "done": [words.sentence(code, args) for code, args in state.done],
        "way": [Step(text(name), when) for name, when in _way(state.step)],
        "led_to": [each for each in actions if each[0] not in QUIET],
        "others": [each for each in actions if each[0] in QUIET],
        "may_plan": SwapAction.PLAN_OWN in state.actions,
        "port": _port(office, state.port_name),
        "old": office.book().sim(state.old_sim_id),
        "new": office.book().sim(state.new_sim_id),
        "default_plan": office.settings.plan,
    }
    # What is typed and what is wrong with it changes by a person's act only, which loads the page anew.
    seen = f"{zlib.crc32(repr(shown['said']).encode('utf-8', 'backslashreplace')):08x}-{state.step}"
    return {**shown, "seen": seen, "mistakes": mistakes, "draft": draft or {}}


def _way(step: SwapStep) -> list[tuple[str, str]]:
    at = next((place for place, (_, steps) in enumerate(STEPS) if step in steps), None)
    if at is None:
        return [(name, "later") for name, _ in STEPS]
    is_over = step is SwapStep.DONE
    return [
        (name, "done" if place < at or is_over else "now" if place == at else "later")
        for place, (name, _) in enumerate(STEPS)
    ]


def _port(office: Office, name: str) -> Port | None:
    return next((each for each in office.book().ports if each.name == name), None)
