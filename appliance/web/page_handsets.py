"""The telephones of a simulated box: read what recipients got, and answer as they would."""

from __future__ import annotations

import re
import zlib
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
# What an address on the air can be: digits, or letters for a sender's name (TS 23.040 §9.1.2.5).
_HANDSET = re.compile(r"\+?[0-9A-Za-z]{1,20}")


def handsets_page(office: Office, asked: Asked) -> Answer:
    """The list of handsets."""
    return html_answer(render("handsets.html", office, asked, draft="", mistake=None, **_shown(office, None)))


def handset_page(office: Office, asked: Asked, number: str) -> Answer:
    """One handset with its messages, beside the list."""
    values = _shown(office, number)
    return html_answer(render("handsets.html", office, asked, draft="", mistake=None, **values))


def handsets_live(office: Office, asked: Asked) -> Answer:
    """The list, where it is another than the browser shows."""
    query = asked.query("number", "seen")
    values = _shown(office, query.get("number") or None)
    if values["list_seen"] == query.get("seen"):
        return NOTHING_NEW
    return html_answer(render("handsets_live.html", office, asked, **values))


def chat_live(office: Office, asked: Asked) -> Answer:
    """The messages of one handset, where they are others than the browser shows."""
    query = asked.query("number", "seen")
    values = _shown(office, query.get("number") or None)
    if values["chat_seen"] == query.get("seen"):
        return NOTHING_NEW
    return html_answer(render("handset_chat.html", office, asked, **values))


def reply(office: Office, asked: Asked, number: str) -> Answer:
    """Send from a handset to the SIM that wrote to it last."""
    bank = _bank_with(office, number)
    form = asked.form()
    text, to = form.get("text", ""), form.get("to", "")
    plan = plan_or_mistake(text, False, office.settings.rules.most_parts)
    if isinstance(plan, Mistake):
        page = render("handsets.html", office, asked, draft=text, mistake=plan, **_shown(office, number))
        return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        bank.reply(number, to, text)
    except BankError as error:
        raise _failed(office, error) from error
    return see_other(f"/handsets/{quote(number, safe='+')}")


def auto_reply(office: Office, asked: Asked, number: str) -> Answer:
    """Switch the answer that a handset gives by itself."""
    bank = _bank_with(office, number)
    text = asked.form().get("text", "").strip()
    try:
        bank.set_auto_reply(number, text or None)
    except BankError as error:
        raise _failed(office, error) from error
    return see_other(f"/handsets/{quote(number, safe='+')}")


def _shown(office: Office, number: str | None) -> dict[str, object]:
    try:
        bank = _bank_with(office, number) if number else _bank(office)
        messages = bank.messages(number) if number else []
        handsets = sorted(bank.handsets(), key=lambda each: (-each.last_at_ms, each.number))
    except BankError as error:
        raise _failed(office, error) from error
    chosen = _chosen(handsets, number) if number else None
    peers = list(dict.fromkeys(each.peer for each in reversed(messages) if each.incoming))
    return {
        "handsets": handsets[:SHOWN_HANDSETS],
        "number": number,
        "chosen": chosen,
        "conversation": messages,
        "peers": peers,
        "list_seen": _fingerprint(handsets[:SHOWN_HANDSETS]),
        "chat_seen": _fingerprint(messages),
    }


def _chosen(handsets: list[Handset], number: str) -> Handset:
    return next((each for each in handsets if each.number == number), Handset(number))


def _fingerprint(shown: object) -> str:
    """The bank has no mark of change, so what it says is compared."""
    return f"{zlib.crc32(repr(shown).encode('utf-8', 'backslashreplace')):08x}"


def _bank(office: Office) -> Bank:
    if office.bank is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-page")
    return office.bank


def _bank_with(office: Office, number: str) -> Bank:
    if not _HANDSET.fullmatch(number):
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-handset")
    return _bank(office)


def _failed(office: Office, error: BankError) -> Problem:
    if isinstance(error, BankRefusedError):
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bank-refused", {"reason": str(error)})
    office.log.warning("%s", error)
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "bank-silent", headers={"Retry-After": "2"})
