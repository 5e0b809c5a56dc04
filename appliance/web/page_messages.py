"""The home page with composer, outbox and inbox; the longer lists; one message with its whole story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from appliance.desk.actions import TIME_TO_UNDO_MS, Action, possible_actions
from appliance.desk.instants import typed_instant
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.preview import preview
from appliance.desk.sims import SimBook
from appliance.desk.submission import OnUncertain, Priority, Submission
from appliance.desk.submit import submit
from appliance.store import accounts, inbox, messages
from appliance.store.accounts import BOX
from appliance.store.keys import Scope
from appliance.store.life import MessageState
from appliance.store.message_lists import Filters, count_open, list_messages
from appliance.store.messages import Message
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.api_messages import find_message, take_action
from appliance.web.asked import Asked
from appliance.web.live import is_seen
from appliance.web.masking import shown_message
from appliance.web.office import Office
from appliance.web.paging import page_object, slice_from, walked_page
from appliance.web.problem import Problem, bad_parameter
from appliance.web.render import render
from appliance.web.words import Words

SHOWN_AT_HOME = 15
LIST_LIMIT = "50"
COUNTED_AT_MOST = 10_000
"""Counting a million waiting messages for each page that is open would be felt on a small machine."""
_UNREMARKABLE = frozenset({MessageState.DELIVERED, MessageState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Row:
    """A message of a list: with what is said about it, and what may be done with it."""

    message: Message
    remark: str | None
    actions: tuple[Action, ...]
    sim_name: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the composer, with what is wrong with it."""

    to: str = ""
    text: str = ""
    priority: str = "notice"
    flash: bool = False
    delivery_report: bool = True
    transliterate: bool = False
    resend: bool = False
    not_before: str = ""
    """Date and time in the zone of the box; empty: at once."""
    expires_at: str = ""
    mistakes: Mapping[str, Mistake] = field(default_factory=dict)
    """By the name of the field."""


def home(office: Office, asked: Asked) -> Answer:
    """Composer, outbox, inbox."""
    draft = Draft(to=asked.query("to").get("to", "")[:40])
    return html_answer(
        render("home.html", office, asked, draft=draft, stored=None, counted=None, **_lists(office, asked))
    )


def home_live(office: Office, asked: Asked) -> Answer:
    """The part of the home page that moves by itself."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    return html_answer(render("home_live.html", office, asked, **_lists(office, asked)))


def send(office: Office, asked: Asked) -> Answer:
    """The composer's button."""
    draft = _draft(asked.form())
    times = {name: _typed_time(office, name, getattr(draft, name)) for name in ("not_before", "expires_at")}
    wrong = {name: value for name, value in times.items() if isinstance(value, Mistake)}
    if wrong:
        return _composer(office, asked, replace(draft, mistakes=wrong), None)
    submission = Submission(
        to=draft.to,
        text=draft.text,
        flash=draft.flash,
        delivery_report=draft.delivery_report,
        priority=Priority[draft.priority.upper()],
        transliterate=draft.transliterate,
        on_uncertain=OnUncertain.RESEND if draft.resend else OnUncertain.WAIT,
        not_before_ms=_instant(times.get("not_before")),
        expires_at_ms=_instant(times.get("expires_at")),
    )
    stored = submit(
        office.writer,
        office.settings.rules,
        submission,
        asked.who,
        now_ms=office.now_ms(),
        ring=office.ring,
    )
    if isinstance(stored, Refusal):
        mistakes = {each.pointer.removeprefix("/"): each for each in stored.mistakes}
        return _composer(office, asked, replace(draft, mistakes=mistakes), None)
    if not asked.is_htmx:
        return see_other(f"/messages/{stored.id}")
    fresh = replace(draft, to="", text="", not_before="", expires_at="", mistakes={})
    return _composer(office, asked, fresh, stored)


def counter(office: Office, asked: Asked) -> Answer:
    """The line under the text: alphabet, parts, what is left, what would be replaced."""
    draft = _draft(asked.form())
    return html_answer(render("counter.html", office, asked, counted=_count(office, draft), draft=draft))


def outbox_page(office: Office, asked: Asked) -> Answer:
    """All messages, page by page, or those of one state."""
    query = asked.query("cursor", "state")
    wanted = slice_from({**query, "limit": LIST_LIMIT}, "m")
    state = query.get("state") or None
    if state is not None and state not in set(MessageState):
        raise bad_parameter("state", "problem.field-choice", choices=", ".join(MessageState))
    found = list_messages(
        office.reader(),
        Filters(states=frozenset({MessageState(state)}) if state else None),
        limit=wanted.limit,
        before_seq=wanted.before_seq,
    )
    listed = walked_page(rows_of(office, asked, found.messages), "m", found.next_before)
    return html_answer(
        render("outbox.html", office, asked, listed=listed, state=state, states=list(MessageState))
    )


def inbox_page(office: Office, asked: Asked) -> Answer:
    """Everything received, page by page."""
    wanted = slice_from({**asked.query("cursor"), "limit": LIST_LIMIT}, "i")
    found = inbox.page(office.reader(), limit=wanted.limit + 1, before_seq=wanted.before_seq)
    listed = page_object(found, wanted, "i", lambda message: message.seq, lambda message: message)
    return html_answer(render("inbox.html", office, asked, listed=listed))


def message_page(office: Office, asked: Asked, message_id: str) -> Answer:
    """One message: its text, its state and reason, every part of every attempt."""
    return html_answer(render("message.html", office, asked, **_story(office, asked, message_id)))


def message_live(office: Office, asked: Asked, message_id: str) -> Answer:
    """The part of it that moves by itself."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    return html_answer(render("message_live.html", office, asked, **_story(office, asked, message_id)))


def act(office: Office, asked: Asked, message_id: str, action: str) -> Answer:
    """A button beside a message. Coming too late is no error to a person: the page shows what it is now."""
    asked.check_body()
    try:
        take_action(office, message_id, Action(action), time_to_undo_ms=TIME_TO_UNDO_MS)
    except Problem as problem:
        if problem.status != HTTPStatus.CONFLICT:
            raise
    if asked.is_htmx:
        return Answer(b"", HTTPStatus.NO_CONTENT, headers={"HX-Trigger": "tick"})
    return see_other(f"/messages/{message_id}")


def _draft(form: dict[str, str]) -> Draft:
    priority = form.get("priority", "notice")
    return Draft(
        to=form.get("to", ""),
        text=form.get("text", ""),
        priority=priority if priority.upper() in Priority.__members__ else "notice",
        flash="flash" in form,
        delivery_report="delivery_report" in form,
        transliterate="transliterate" in form,
        resend="resend" in form,
        not_before=form.get("not_before", "").strip(),
        expires_at=form.get("expires_at", "").strip(),
    )


def _instant(value: int | Mistake | None) -> int | None:
    return value if isinstance(value, int) else None


def _typed_time(office: Office, name: str, typed: str) -> int | Mistake | None:
    return typed_instant(typed, office.zone, office.now_ms(), f"/{name}") if typed else None


def _composer(office: Office, asked: Asked, draft: Draft, stored: Message | None) -> Answer:
    counted = _count(office, draft)
    if asked.is_htmx:
        page = render("composer.html", office, asked, draft=draft, stored=stored, counted=counted)
        return html_answer(page, headers={"HX-Trigger": "tick"} if stored else {})
    page = render(
        "home.html", office, asked, draft=draft, stored=stored, counted=counted, **_lists(office, asked)
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY)


def _count(office: Office, draft: Draft) -> object:
    """What the counter shows; None for an empty text."""
    if not draft.text.strip():
        return None
    return preview(draft.text, transliterate=draft.transliterate, most_parts=office.settings.rules.most_parts)


def _lists(office: Office, asked: Asked) -> dict[str, object]:
    connection = office.reader()
    sent = messages.page(connection, limit=SHOWN_AT_HOME + 1)
    may_read = Scope.INBOX in asked.scopes
    received = inbox.page(connection, limit=SHOWN_AT_HOME + 1) if may_read else []
    book = office.book()
    return {
        "outbox": rows_of(office, asked, sent[:SHOWN_AT_HOME]),
        "counted_at_most": COUNTED_AT_MOST,
        "more_sent": len(sent) > SHOWN_AT_HOME,
        "received": received[:SHOWN_AT_HOME],
        "more_received": len(received) > SHOWN_AT_HOME,
        "open_counts": count_open(connection, COUNTED_AT_MOST),
        "ready_ports": sum(port.state == "ready" for port in book.ports),
        "starting": book.is_starting,
        "key_file": str(office.settings.first_api_key),
    }


def rows_of(office: Office, asked: Asked, found: Sequence[Message]) -> list[Row]:
    """Messages as rows of a list."""
    words = Words(asked.language, office.zone, office.now_ms())
    book = office.book()
    return [_row(office, shown_message(asked, message), book, words) for message in found]


def _row(office: Office, message: Message, book: SimBook, words: Words) -> Row:
    remark = None if message.state in _UNREMARKABLE else words.reason(office.reason(message))
    card = book.sim(message.sim_id)
    return Row(message, remark, possible_actions(message), card.name if card else None)


def _story(office: Office, asked: Asked, message_id: str) -> dict[str, object]:
    message = shown_message(asked, find_message(office, message_id))
    words = Words(asked.language, office.zone, office.now_ms())
    book = office.book()
    parts = messages.parts_of(office.reader(), message.seq)
    return {
        "row": _row(office, message, book, words),
        "message": message,
        "reason": words.reason(office.reason(message)),
        "account": None if message.account_id == BOX else accounts.find(office.reader(), message.account_id),
        "parts": [(part, book.cards[part.sim_id].name) for part in parts],
    }
