"""The table of carriers: how the balance of a SIM is asked for, and how the answer is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from appliance.desk.carrier_fields import MOST_QUERIES
from appliance.desk.carriers import entry_of, reset_carrier, set_carrier, table
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.patterns import LONGEST_PATTERN, PatternError, check, search
from appliance.policy.balance import LONGEST_ANSWER, find_amount, read_amount, spelt
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.problem import Problem
from appliance.web.render import render

SHOWN_QUERIES = 5
"""Ways to ask that the form has room for; a form has 50 fields at most (:mod:`appliance.web.asked`)."""
assert SHOWN_QUERIES <= MOST_QUERIES

_TEXTS = ("name", "currency", "low_balance")
_NUMBERS = ("decimals", "keep_alive_days")
_LISTS = ("imsi", "iccid", "numbers")
QUERY_TEXTS = ("method", "to", "text", "pattern", "from", "wait_s", "at_most_every_h")


@dataclass(frozen=True, slots=True)
class Tried:
    """What a pattern finds in a text."""

    amount: str | None
    mistake: Mistake | None = None


def carriers_page(office: Office, asked: Asked) -> Answer:
    """The table."""
    asked.query()
    entries = table(office.reader())
    return html_answer(
        render("carriers.html", office, asked, entries=entries, spelt=spelt, **_nothing_tried())
    )


def carrier_page(office: Office, asked: Asked, carrier_id: str) -> Answer:
    """One entry as a form; 'new' is an empty one."""
    asked.query()
    if carrier_id == "new":
        return _page(office, asked, None, _form_of({"currency": "CNY", "decimals": 2}), {})
    entry = entry_of(table(office.reader()), carrier_id)
    if entry is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-carrier", {"value": carrier_id})
    return _page(office, asked, carrier_id, _form_of(entry.members), {})


def save_carrier(office: Office, asked: Asked, carrier_id: str) -> Answer:
    """Replace an entry, or add one; nothing is stored where a field is wrong."""
    form = asked.form()
    is_new = carrier_id == "new"
    wanted = form.get("id", "").strip() if is_new else carrier_id
    saved = set_carrier(office.writer, asked.who, wanted, _members(form), now_ms=office.now_ms())
    if isinstance(saved, Refusal):
        mistakes = {_field_of(each.pointer): each for each in saved.mistakes}
        return _page(office, asked, None if is_new else carrier_id, form, mistakes)
    office.forget_book()
    return see_other("/carriers")


def reset(office: Office, asked: Asked, carrier_id: str) -> Answer:
    """Take an edit back: as the release has it, or gone."""
    asked.check_body()
    reset_carrier(office.writer, asked.who, carrier_id, now_ms=office.now_ms())
    return see_other("/carriers")


def try_pattern(office: Office, asked: Asked) -> Answer:
    """What a pattern finds in a text that somebody got from a carrier."""
    form = asked.form()
    pattern, text = form.get("pattern", "").strip(), form.get("said", "")
    values = {"tried": _try(pattern, text), "tried_pattern": pattern, "tried_text": text}
    if asked.is_htmx:
        return html_answer(render("pattern_try.html", office, asked, **values))
    entries = table(office.reader())
    return html_answer(render("carriers.html", office, asked, entries=entries, spelt=spelt, **values))


def _try(pattern: str, text: str) -> Tried:
    units: int | None
    try:
        if pattern:
            check(pattern)
            caught = search(pattern, text[:LONGEST_ANSWER])
            units = None if caught is None else read_amount(caught, 2)
        else:
            units = find_amount(text[:LONGEST_ANSWER], 2)
    except PatternError as error:
        args = {"detail": error.detail[:120], "limit": LONGEST_PATTERN}
        return Tried(None, Mistake("/pattern", f"problem.pattern-{error.fault}", args))
    return Tried(None if units is None else spelt(units, 2))


def _nothing_tried() -> dict[str, object]:
    return {"tried": None, "tried_pattern": "", "tried_text": ""}


def _page(
    office: Office,
    asked: Asked,
    carrier_id: str | None,
    form: dict[str, str],
    mistakes: dict[str, Mistake],
) -> Answer:
    entry = None if carrier_id is None else entry_of(table(office.reader()), carrier_id)
    page = render(
        "carrier.html",
        office,
        asked,
        carrier_id=carrier_id,
        entry=entry,
        form=form,
        mistakes=mistakes,
        places=range(SHOWN_QUERIES),
        **_nothing_tried(),
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)


def _form_of(members: dict[str, object]) -> dict[str, str]:
    """The members of an entry as the fields of the form."""
    form = {name: str(members.get(name, "")) for name in (*_TEXTS, *_NUMBERS)}
    for name in _LISTS:
        form[name] = _spelt_list(members.get(name))
    queries = members.get("queries")
    for place, query in enumerate(queries if isinstance(queries, list) else []):
        shown = {
            **query,
            "to": query.get("to", query.get("code", "")),
            "from": _spelt_list(query.get("from")),
        }
        form |= {f"q{place}_{name}": str(shown.get(name, "")) for name in QUERY_TEXTS}
    return form


def _members(form: dict[str, str]) -> dict[str, object]:
    """The entry that a form describes, for :func:`set_carrier` to judge; an empty field is one that is not given."""
    given = {name: text.strip() for name, text in form.items() if text.strip()}
    members: dict[str, object] = {name: given[name] for name in _TEXTS if name in given}
    members |= {name: _number(given[name]) for name in _NUMBERS if name in given}
    members |= {name: _list(given[name]) for name in _LISTS if name in given}
    members["queries"] = [
        _query(given, place) for place in range(SHOWN_QUERIES) if f"q{place}_method" in given
    ]
    return members


def _query(given: dict[str, str], place: int) -> dict[str, object]:
    own = {name: given[f"q{place}_{name}"] for name in QUERY_TEXTS if f"q{place}_{name}" in given}
    query: dict[str, object] = {name: own[name] for name in ("method", "pattern") if name in own}
    by_ussd = own.get("method") == "ussd"
    if "to" in own:
        query["code" if by_ussd else "to"] = own["to"]
    if "text" in own and not by_ussd:
        query["text"] = own["text"]
    if "from" in own and not by_ussd:
        query["from"] = _list(own["from"])
    return query | {name: _number(own[name]) for name in ("wait_s", "at_most_every_h") if name in own}


def _field_of(pointer: str) -> str:
    """``/queries/1/code`` → ``q1_to``; ``/imsi/3`` → ``imsi``.

    Which of the ways is meant counts those that were filled in, which are the first ones unless one was left empty.
    """
    pieces = pointer.strip("/").split("/")
    if pieces[0] == "queries" and len(pieces) > 2:
        return f"q{pieces[1]}_{'to' if pieces[2] == 'code' else pieces[2]}"
    return pieces[0]


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text


def _list(text: str) -> list[str]:
    return [each for each in re.split(r"[\s,，、;；]+", text) if each]


def _spelt_list(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else ""
