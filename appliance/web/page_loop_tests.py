"""Messages from one SIM of the box to another: what works, how long it takes, and which number each SIM has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby

from appliance.desk import loop_test
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.sims import SimBook
from appliance.desk.tools import ready_ports
from appliance.store import loop_tests
from appliance.store.loop_tests import LoopTest
from appliance.web.answer import NOTHING_NEW, Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.live import is_seen
from appliance.web.office import Office
from appliance.web.render import render
from appliance.web.words import N_, Words

SHOWN = 64


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a test."""

    test: LoopTest
    sender: str
    receiver: str
    tone: str
    said: str
    """What came of it, or where it is."""
    sent_after: str | None
    arrived_after: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for together."""

    name: str
    began_at_ms: int
    lines: tuple[Line, ...]

    @property
    def passed(self) -> int:
        return sum(line.test.passed for line in self.lines)

    @property
    def is_open(self) -> bool:
        return any(line.test.done_at_ms is None for line in self.lines)


def loop_tests_page(office: Office, asked: Asked) -> Answer:
    """The form, and what was found of late."""
    query = asked.query("from", "to")
    return _page(office, asked, {name: query[name] for name in query}, None)


def loop_tests_live(office: Office, asked: Asked) -> Answer:
    """The results, where something changed."""
    if is_seen(office, asked.query("seen").get("seen")):
        return NOTHING_NEW
    return html_answer(render("loop_tests_live.html", office, asked, runs=_runs(office, asked)))


def start(office: Office, asked: Asked) -> Answer:
    """From and to certain SIMs; around through all where neither is chosen."""
    form = asked.form()
    started = loop_test.start(
        office.writer,
        office.ring,
        asked.who,
        from_sim_id=_sim_id(form.get("from", "")),
        to_sim_id=_sim_id(form.get("to", "")),
        now_ms=office.now_ms(),
    )
    if isinstance(started, Refusal):
        return _page(office, asked, form, started.mistakes[0])
    return see_other("/loop-tests")


def runs_of(tests: Iterable[LoopTest], book: SimBook, words: Words) -> list[Run]:
    """Tests, newest first, in their runs; within a run in the order in which they were made."""
    runs = []
    for name, members in groupby(tests, key=lambda each: each.run):
        lines = tuple(_line(each, book, words) for each in sorted(members, key=lambda each: each.id))
        runs.append(Run(name, min(line.test.began_at_ms for line in lines), lines))
    return runs


def _line(test: LoopTest, book: SimBook, words: Words) -> Line:
    names = ["?" if card is None else card.name for card in map(book.sim, (test.from_sim_id, test.to_sim_id))]
    tone = "busy" if test.done_at_ms is None else "good" if test.passed else "bad"
    said = _on_its_way(test, words) if test.result is None else words.sentence(test.result, test.result_args)
    return Line(
        test,
        names[0],
        names[1],
        tone,
        said,
        _seconds(test.began_at_ms, test.sent_at_ms),
        _seconds(test.sent_at_ms, test.received_at_ms),
    )


def _on_its_way(test: LoopTest, words: Words) -> str:
    text = words.language.text
    if test.message_seq is None:
        return text(N_("Waits for its turn."))
    if test.sent_at_ms is None:
        return text(N_("In the queue. It goes as soon as the plan of its SIM allows."))
    return text(N_("Sent. It should arrive within seconds; the box waits for a few minutes."))


def _seconds(from_ms: int | None, to_ms: int | None) -> str | None:
    if from_ms is None or to_ms is None:
        return None
    return f"{max(0, to_ms - from_ms) / 1000:.1f} s"


def _runs(office: Office, asked: Asked) -> list[Run]:
    words = Words(asked.language, office.zone, office.now_ms())
    return runs_of(loop_tests.recent(office.reader(), limit=SHOWN), office.book(), words)


def _page(office: Office, asked: Asked, chosen: dict[str, str], mistake: Mistake | None) -> Answer:
    book = office.book()
    ready = [card for card in map(book.sim, ready_ports(office.reader())) if card is not None]
    page = render(
        "loop_tests.html",
        office,
        asked,
        ready=ready,
        chosen=chosen,
        mistake=mistake,
        runs=_runs(office, asked),
    )
    return html_answer(page, HTTPStatus.OK if mistake is None else HTTPStatus.UNPROCESSABLE_ENTITY)


def _sim_id(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None
