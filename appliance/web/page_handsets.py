"""The telephones of a simulated box: read what recipients got, and answer as they would."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from appliance.desk.mistake import Mistake
from appliance.desk.submit import plan_or_mistake
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.handsets import Bank, BankError, BankRefusedError, Handset
from appliance.web.office import Office
from appliance.web.problem import Problem
from appliance.web.render import render

SHOWN_HANDSETS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Whose handsets, and where their pages are."""

    path: str
    live: str
    chat: str
    is_sandbox: bool = False


BOX = Place("/handsets", "/live/handsets", "/live/chat")
"""Of a box that is simulated itself."""
SANDBOX = Place("/console/handsets", "/live/console/handsets", "/live/console/chat", is_sandbox=True)
# What an address on the air can be: digits, or letters for a sender's name (TS 23.040 §9.1.2.5).
_HANDSET = re.compile(r"\+?[0-9A-Za-z]{1,20}")


def handsets_page(office: Office, asked: Asked, *, place: Place = BOX) -> Answer:
    """The list of handsets."""
    return html_answer(
        render("handsets.html", office, asked, draft="", mistake=None, **_shown(office, place, None))
    )


def handset_page(office: Office, asked: Asked, number: str, *, place: Place = BOX) -> Answer:
    """One handset with its messages, beside the list."""
    values = _shown(office, place, number)
    return html_answer(render("handsets.html", office, asked, draft="", mistake=None, **values))


def handsets_live(office: Office, asked: Asked, *, place: Place = BOX) -> Answer:
    """The list, where it is another than the browser shows."""
    query = asked.query("number", "seen")
    values = _shown(office, place, query.get("number") or None)
    if values["list_seen"] == query.get("seen"):
        return NOTHING_NEW
    return html_answer(render("handsets_live.html", office, asked, **values))


def chat_live(office: Office, asked: Asked, *, place: Place = BOX) -> Answer:
    """The messages of one handset, where they are others than the browser shows."""
    query = asked.query("number", "seen")
    values = _shown(office, place, query.get("number") or None)
    if values["chat_seen"] == query.get("seen"):
        return NOTHING_NEW
    return html_answer(render("handset_chat.html", office, asked, **values))


def reply(office: Office, asked: Asked, number: str, *, place: Place = BOX) -> Answer:
    """Send from a handset to the SIM that wrote to it last."""
    bank = _bank_with(office, place, number)
    form = asked.form()
    text, to = form.get("text", ""), form.get("to", "")
    plan = plan_or_mistake(text, False, office.settings.rules.most_parts)
    if isinstance(plan, Mistake):
        page = render(
            "handsets.html", office, asked, draft=text, mistake=plan, **_shown(office, place, number)
        )
        return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        bank.reply(number, to, text)
    except BankError as error:
        raise _failed(office, place, error) from error
    return see_other(f"{place.path}/{quote(number, safe='+')}")


def auto_reply(office: Office, asked: Asked, number: str, *, place: Place = BOX) -> Answer:
    """Switch the answer that a handset gives by itself."""
    bank = _bank_with(office, place, number)
    text = asked.form().get("text", "").strip()
    try:
        bank.set_auto_reply(number, text or None)
    except BankError as error:
        raise _failed(office, place, error) from error
    return see_other(f"{place.path}/{quote(number, safe='+')}")


def _shown(office: Office, place: Place, number: str | None) -> dict[str, object]:
    try:
        bank = _bank_with(office, place, number) if number else _bank(office, place)
        messages = bank.messages(number) if number else []
        handsets = sorted(bank.handsets(), key=lambda each: (-each.last_at_ms, each.number))
    except BankError as error:
        raise _failed(office, place, error) from error
    chosen = _chosen(handsets, number) if number else None
    peers = list(dict.fromkeys(each.peer for each in reversed(messages) if each.incoming))
    return {
        "handsets": handsets[:SHOWN_HANDSETS],
        "number": number,
        "chosen": chosen,
        "conversation": messages,
        "peers": peers,
        "place": place,
        "list_seen": _fingerprint(handsets[:SHOWN_HANDSETS]),
        "chat_seen": _fingerprint(messages),
    }


def _chosen(handsets: list[Handset], number: str) -> Handset:
    return next((each for each in handsets if each.number == number), Handset(number))


def _fingerprint(shown: object) -> str:
    """The bank has no mark of change, so what it says is compared."""
    return f"{zlib.crc32(repr(shown).encode('utf-8', 'backslashreplace')):08x}"


def _bank(office: Office, place: Place) -> Bank:
    if place.is_sandbox and office.settings.sandbox is not None:
        # Its office is not opened for that: these telephones are no part of it.
        return Bank(office.settings.sandbox.bank_control)
    if place.is_sandbox or office.bank is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-page")
    return office.bank


def _bank_with(office: Office, place: Place, number: str) -> Bank:
    if not _HANDSET.fullmatch(number):
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-handset")
    return _bank(office, place)


def _failed(office: Office, place: Place, error: BankError) -> Problem:
    if isinstance(error, BankRefusedError):
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bank-refused", {"reason": str(error)})
    if place.is_sandbox:
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "sandbox-asleep", headers={"Retry-After": "2"})
    office.log.warning("%s", error)
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "bank-silent", headers={"Retry-After": "2"})
