"""``/api/v1/forecast``: when a batch would be done with today's SIMs and limits, and which SIM runs out of what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from appliance.desk.fields import Choice, Instant, Kind, Text, WholeNumber, read_members
from appliance.desk.forecast import forecast_batch
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.sims import SimBook
from appliance.desk.submission import Priority
from appliance.desk.submit import plan_or_mistake
from appliance.policy.forecast import BatchToSend, Forecast, SimShare
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.moment import rfc3339
from appliance.web.objects import box
from appliance.web.office import Office
from appliance.web.problem import bad_parameter
from appliance.web.represent import reason_object, sim_object
from appliance.web.words import Words

MOST_MESSAGES = 1_000_000
MOST_PARTS = 255

FORECAST_FIELDS: dict[str, Kind] = {
    "messages": WholeNumber(1, MOST_MESSAGES, required=True),
    "parts": WholeNumber(1, MOST_PARTS),
    "text": Text(required=False),
    "priority": Choice({each.name.lower(): each for each in Priority}),
    "account": WholeNumber(1, 10**15 - 1),
    "known_recipients": WholeNumber(0, MOST_MESSAGES),
    "not_before": Instant(),
    "expires_at": Instant(),
}
"""Every member of ``POST /api/v1/forecast``, and every parameter of ``GET``; ``destinations`` comes besides."""

_NUMBERS = frozenset(name for name, kind in FORECAST_FIELDS.items() if isinstance(kind, WholeNumber))


def get_forecast(office: Office, asked: Asked) -> Answer:
    """The forecast of a batch that the query describes."""
    query = asked.query(*FORECAST_FIELDS)
    members = {
        name: int(text) if name in _NUMBERS and re.fullmatch(r"[0-9]{1,9}", text) else text
        for name, text in query.items()
    }
    batch = batch_from(members)
    if isinstance(batch, Refusal):
        first = batch.mistakes[0]
        raise bad_parameter(first.pointer.removeprefix("/"), first.code, **first.args)
    return _answer(office, asked, batch)


def post_forecast(office: Office, asked: Asked) -> Answer:
    """The same of a batch that a JSON object describes, with where it goes."""
    return _answer(office, asked, agreed(batch_from(asked.json_object())))


def batch_from(members: Mapping[str, object]) -> BatchToSend | Refusal:
    """The batch that members describe, or every mistake in it. A ``text`` says in how many parts it goes."""
    rest = {name: value for name, value in members.items() if name != "destinations"}
    values = read_members(FORECAST_FIELDS, rest)
    destinations = _destinations(members.get("destinations"))
    if isinstance(values, Refusal) or isinstance(destinations, Mistake):
        mistakes = values.mistakes if isinstance(values, Refusal) else ()
        return Refusal((*mistakes, *([destinations] if isinstance(destinations, Mistake) else [])))
    contradiction = _contradiction(values)
    if contradiction is not None:
        return Refusal((contradiction,))
    parts = values.get("parts", 1)
    if "text" in values:
        plan = plan_or_mistake(values["text"], False, MOST_PARTS)
        if isinstance(plan, Mistake):
            return Refusal((plan,))
        parts = len(plan.parts)
    return BatchToSend(
        messages=values["messages"],
        parts=parts,
        priority=int(values.get("priority", Priority.BULK)),
        account_id=values.get("account", 1),
        destinations=destinations,
        known_recipients=min(values.get("known_recipients", 0), values["messages"]),
        not_before_ms=values.get("not_before", 0),
        expires_at_ms=values.get("expires_at"),
    )


def forecast_object(told: Forecast, book: SimBook, words: Words) -> box.Forecast:
    """A forecast; ``reasons`` says it in sentences, the main one first."""
    return {
        "asked_at": rfc3339(told.asked_at_ms),
        "messages": told.batch.messages,
        "parts": told.batch.parts,
        "begins_at": rfc3339(told.begins_at_ms),
        "done_at": rfc3339(told.done_at_ms),
        "sent": told.sent,
        "expired": told.expired,
        "unsent": told.unsent,
        "waiting_before": told.waiting_before,
        "parts_sent": told.parts_sent,
        "cost_micros": told.cost_micros,
        "currency": told.currency or None,
        "exact": told.is_exact,
        "reasons": [reason_object(each, words) for each in told.sentences],
        "sims": [_share_object(each, book, words) for each in told.sims],
    }


def _share_object(share: SimShare, book: SimBook, words: Words) -> box.ForecastShare:
    limit = share.first_limit
    return {
        "sim": sim_object(share.sim_id, book),
        "messages": share.messages,
        "parts": share.parts,
        "other_messages": share.other_messages,
        "done_at": rfc3339(share.done_at_ms),
        "runs_out": None
        if limit is None
        else {"limit": limit.limit, "at": rfc3339(limit.at_ms), "until": rfc3339(limit.until_ms)},
        "cost_micros": share.cost_micros,
        "idle": None if share.idle is None else reason_object(share.idle, words),
    }


def _answer(office: Office, asked: Asked, batch: BatchToSend) -> Answer:
    now_ms = office.now_ms()
    told = forecast_batch(office.reader(), office.book(), batch, now_ms)
    return json_answer(forecast_object(told, office.book(), Words(asked.language, office.zone, now_ms)))


def _contradiction(values: Mapping[str, Any]) -> Mistake | None:
    """What of a batch can't be together."""
    if "text" in values and "parts" in values:
        return Mistake("/parts", "problem.forecast-parts-and-text")
    expires_at_ms = values.get("expires_at")
    if expires_at_ms is not None and expires_at_ms <= values.get("not_before", 0):
        return Mistake("/expires_at", "problem.expires-before-it-begins")
    return None


def _destinations(given: object) -> dict[str, int] | Mistake:
    """How many go where, by a carrier's id, ``abroad``, or '' for unknown."""
    if given is None:
        return {}
    if (
        not isinstance(given, dict)
        or len(given) > 100
        or not all(
            isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_MESSAGES
            for count in given.values()
        )
    ):
        return Mistake("/destinations", "problem.forecast-destinations")
    return {str(name)[:60]: count for name, count in given.items()}
