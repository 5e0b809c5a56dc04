"""``/api/v1/forecast``: when a batch would be done with today's SIMs and limits, and which SIM runs out of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.desk.fields import Choice, Instant, Kind, Schema, Text, WholeNumber, WrongValue, read_members
from appliance.desk.forecast import forecast_batch
from appliance.desk.mistake import STANDS_AGAINST, Mistake, Refusal
from appliance.desk.sims import SimBook
from appliance.desk.submission import TEXT_SHAPE, Priority
from appliance.desk.submit import plan_or_mistake
from appliance.policy.forecast import BatchToSend, Forecast, SimShare
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.moment import rfc3339
from appliance.web.objects import box
from appliance.web.office import Office
from appliance.web.operation import Fields, Group, operation
from appliance.web.problem import bad_parameter
from appliance.web.represent import reason_object, sim_object
from appliance.web.words import N_, Words

MOST_MESSAGES = 1_000_000
MOST_PARTS = 255
MOST_DESTINATIONS = 100


@dataclass(frozen=True, slots=True)
class Destinations:
    """How many go where, by a carrier's id, ``abroad``, or '' for unknown."""

    required: bool = False

    def read(self, value: object) -> dict[str, int]:
        if (
            not isinstance(value, dict)
            or len(value) > MOST_DESTINATIONS
            or not all(
                isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_MESSAGES
                for count in value.values()
            )
        ):
            raise WrongValue("problem.forecast-destinations")
        return {str(name)[:60]: count for name, count in value.items()}

    def schema(self) -> Schema:
        counts = {"type": "integer", "minimum": 0, "maximum": MOST_MESSAGES}
        return {"type": "object", "additionalProperties": counts, "maxProperties": MOST_DESTINATIONS}


FORECAST_FIELDS: dict[str, Kind] = {
    "messages": WholeNumber(1, MOST_MESSAGES, required=True),
    "parts": WholeNumber(1, MOST_PARTS),
    "text": Text(required=False, shape=TEXT_SHAPE),
    "priority": Choice({each.name.lower(): each for each in Priority}),
    "account": WholeNumber(1, 10**15 - 1),
    "known_recipients": WholeNumber(0, MOST_MESSAGES),
    "not_before": Instant(),
    "expires_at": Instant(),
}
"""Every member of ``POST /api/v1/forecast``, and every parameter of ``GET``; ``destinations`` comes besides."""

BATCH_FIELDS: dict[str, Kind] = {**FORECAST_FIELDS, "destinations": Destinations()}
"""The same with ``destinations``, which only ``POST`` has."""

PARTS_OR_TEXT: dict[str, object] = {
    "not": {
        "properties": {"parts": {"type": "integer"}, "text": {"type": "string"}},
        "required": ["parts", "text"],
    }
}


@operation(
    N_("When a batch would be done"),
    Group.MESSAGES,
    box.Forecast,
    query=FORECAST_FIELDS,
    problems=("conflict",),
)
def get_forecast(office: Office, asked: Asked) -> Answer:
    """The forecast of a batch that the query describes."""
    batch = batch_of(asked.parameters)
    if isinstance(batch, Refusal) and (first := batch.mistakes[0]).code not in STANDS_AGAINST:
        raise bad_parameter(first.pointer.removeprefix("/"), first.code, **first.args)
    return _answer(office, asked, agreed(batch))


@operation(
    N_("The same with where it goes"),
    Group.MESSAGES,
    box.Forecast,
    body=Fields(BATCH_FIELDS, PARTS_OR_TEXT),
    problems=("conflict",),
)
def post_forecast(office: Office, asked: Asked) -> Answer:
    """The same of a batch that a JSON object describes, with where it goes."""
    return _answer(office, asked, agreed(batch_of(asked.members)))


def batch_from(members: Mapping[str, object]) -> BatchToSend | Refusal:
    """The batch that members describe, or every mistake in it. A ``text`` says in how many parts it goes."""
    values = read_members(BATCH_FIELDS, members)
    return values if isinstance(values, Refusal) else batch_of(values)


def batch_of(values: Mapping[str, Any]) -> BatchToSend | Refusal:
    """The same of what was read by :data:`BATCH_FIELDS`."""
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
        destinations=values.get("destinations", {}),
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
        return Mistake("/expires_at", "problem.forecast-over-before-it-begins")
    return None
