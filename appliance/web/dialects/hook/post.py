"""``POST /hook/NUMBERS``, or ``/hook?to=…``: a notification of a program becomes a text message."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from appliance.desk.shorten import shortened
from appliance.desk.submission import Submission
from appliance.desk.submit import Once
from appliance.desk.who import Source
from appliance.store import idempotency
from appliance.store.keys import Scope
from appliance.web.access import admit_secret
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.credentials import shown_secret
from appliance.web.dialects.hook.reading import read_notification
from appliance.web.dialects.parameters import query_of
from appliance.web.dialects.sending import send, split, why
from appliance.web.office import Office
from appliance.web.problem import Problem

LARGEST_BODY_BYTES = 1024 * 1024
"""A group of hundreds of alerts; of it a beginning is sent."""
USUAL_PARTS = 4
"""``?parts=`` asks for another number, up to that of the box."""

STEP_MS, STEPS = 5 * 60_000, 6
"""A notification that comes again within half an hour is another try of the same: Alertmanager gives up long before,
and reminds (``repeat_interval``) later."""


def let_in(office: Office, asked: Asked) -> tuple[Asked, Office]:
    """By the key in ``Authorization``, else in ``?key=``."""
    secret = shown_secret(asked) or query_of(asked).get("key", "").strip()
    return admit_secret(office, asked, secret, Scope.SEND, Source.HOOK)


def post(office: Office, asked: Asked, numbers: str = "") -> Answer:
    """200 with the ids of the messages, all of them stored or none."""
    # A large body was let in before it was read.
    entered, at = (asked, office) if asked.key is not None else let_in(office, asked)
    query = query_of(entered)
    told = read_notification(entered)
    recipients = split(numbers or query.get("to", ""))
    text = _cut(told.text, _parts(query.get("parts", ""), at.settings.rules.most_parts))
    once = None if told.mark is None else _once(at, entered, f"{told.mark} {' '.join(sorted(recipients))}")
    sent = send(at, entered, recipients, Submission(to="", text=text), once=once)
    status = "repeated" if sent.is_repeat else "queued"
    return json_answer({"status": status, "messages": [each.id for each in sent.messages]})


def _once(office: Office, asked: Asked, said: str) -> Once:
    """The key of the step of time in which the same was told first, where that is not long ago; else of this one."""
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
    now_ms = office.now_ms()
    step = now_ms // STEP_MS
    keys = [f"hook:{digest.hex()}:{each}" for each in range(step, step - STEPS, -1)]
    reader = office.reader()
    told = (each for each in keys[1:] if idempotency.find(reader, asked.who.api_key_id, each, now_ms))
    return Once(next(told, keys[0]), digest)


def _cut(text: str, parts: int) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        # What can't be a text is refused, not cut away.
        return text
    return shortened(text, parts)


def _parts(given: str, most: int) -> int:
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else USUAL_PARTS
    return max(1, min(wanted, most))


def refusal(office: Office, asked: Asked, problem: Problem) -> Answer:
    """Why not. At a limit 503, which Alertmanager tries again; it drops what is answered with 429."""
    is_limit = problem.status == HTTPStatus.TOO_MANY_REQUESTS and problem.slug != "too-many-guesses"
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_limit else problem.status
    return json_answer({"status": "error", "message": why(problem, asked)}, status, problem.headers)
