"""What the dialects have in common when they send: one text to some numbers, through the door of the queue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus

from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.numbers import read_recipient
from appliance.desk.submission import Submission
from appliance.desk.submit import MOST_MESSAGES, Also, Batch, Once, submit_many
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.problem import Problem, invalid, refused


def recipients_of(given: Iterable[str], home_region: str) -> tuple[str, ...]:
    """As they are spelt, none twice. Raises :class:`Problem` where there is none, or too many."""
    by_number: dict[str, str] = {}
    for count, typed in enumerate(given):
        if count >= MOST_MESSAGES:
            raise _wrong("/to", "problem.how-many-messages", most=MOST_MESSAGES, least=1)
        number = read_recipient(typed, home_region)
        # What is no number is refused by the door of the queue.
        by_number.setdefault(number if isinstance(number, str) else typed, typed)
    if not by_number:
        raise _wrong("/to", "problem.recipient-empty")
    return tuple(by_number.values())


def split(numbers: str) -> list[str]:
    """Numbers that are divided by commas or semicolons. A '+' that nobody escaped is a space by now and falls away."""
    return [each.strip() for each in numbers.replace(";", ",").split(",") if each.strip()]


def send(
    office: Office,
    asked: Asked,
    recipients: Iterable[str],
    common: Submission,
    *,
    once: Once | None = None,
    also: Also | None = None,
) -> Batch:
    """Store what ``common`` says for each of them, all or none. Raises :class:`Problem`."""
    if asked.method == "HEAD":
        # Whoever looks whether an address is there wants nothing to be sent.
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "wrong-method", {"allowed": "GET, POST"})
    numbers = recipients_of(recipients, office.settings.rules.home_region)
    stored = submit_many(
        office.writer,
        office.settings.rules,
        [replace(common, to=each, text=common.text.replace("\r\n", "\n")) for each in numbers],
        asked.who,
        now_ms=office.now_ms(),
        ring=office.ring,
        once=once,
        also=also,
    )
    if isinstance(stored, Refusal):
        raise refused(stored)
    return stored


def once(dialect: str, key: str, *said: object) -> Once:
    """A request that is done once by the ``key`` that its client chose; ``said`` is all that it says."""
    return Once(f"{dialect}:{key}", hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).digest())


def why(problem: Problem, asked: Asked) -> str:
    """One sentence about a refusal: its first wrong place, where it names one."""
    if problem.wrong:
        mistake = problem.wrong[0].mistake
        return asked.language.sentence(mistake.code, mistake.args)
    return problem.detail(asked.language)


def _wrong(pointer: str, code: str, **args: object) -> Problem:
    return invalid(Refusal((Mistake(pointer, code, args),)))
