"""The plan of a SIM as people and applications write it: what its fields may be, and what is worth saying of it.

:func:`read_plan` is the one judge of a plan for API, page, command line and settings. What it lets pass and what may
still surprise is said by :func:`remarks_on`; nothing is changed silently.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from appliance.desk import audit
from appliance.desk.fields import Kind, Schema, Strings, WholeNumber, WrongValue, read_members
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.who import Who
from appliance.policy.plan import WARM_UP_BASE, Plan
from appliance.policy.sending_hours import SendingHours, SendingHoursError, parse_sending_hours
from appliance.store import plans, sims
from appliance.store.writer import GroupCommitWriter

LARGEST_LIMIT = 1_000_000
LONGEST_GAP_MS = 24 * 3_600_000
LARGEST_RESERVE_PERCENT = 90
LONGEST_WARM_UP_DAYS = 365
LARGEST_PRICE_MICROS = 1_000_000_000
MICROS = 1_000_000
MOST_PREFIXES = 200

_PREFIX = re.compile(r"\+[1-9][0-9]{1,14}")
_PLAIN_HOURS = (
    r"^((?!([0-9]{2}):[0-9]{2}-\2)([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]"
    r"|0[0-9]:[0-5][0-9]-1[01]:[0-5][0-9], 1[3-5]:[0-5][0-9]-(1[6-9]|2[0-3]):[0-5][0-9])?$"
)
"""What a schema can say of :class:`Hours`: one period, or one in the morning and one in the afternoon. That more of
them must not overlap no pattern says."""
_PRICE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")
_ONE_DIGIT_HOUR = re.compile(r"(?<![0-9:])([0-9])(?=:)")
_AS_TYPED = str.maketrans({"：": ":", "—": "-", "~": "-", "～": "-", "至": "-", "到": "-", "、": ","})


@dataclass(frozen=True, slots=True)
class Hours:
    """Sending hours: '08:00-12:00, 14:00-21:00', over midnight too; '' is at any hour."""

    required: bool = False

    def read(self, value: object) -> SendingHours:
        if not isinstance(value, str):
            raise WrongValue("problem.field-text")
        try:
            return parse_sending_hours(_ONE_DIGIT_HOUR.sub(r"0\1", value.translate(_AS_TYPED)))
        except SendingHoursError as error:
            raise WrongValue(error.code, **error.args_for_person) from error

    def schema(self) -> Schema:
        return {"type": "string", "pattern": _PLAIN_HOURS}


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Beginnings of numbers in E.164, such as '+86139'."""

    required: bool = False

    def read(self, value: object) -> tuple[str, ...]:
        found = Strings(MOST_PREFIXES).read(value)
        for each in found:
            if not _PREFIX.fullmatch(each):
                raise WrongValue("problem.plan-prefix", value=each[:20])
        return found

    def schema(self) -> Schema:
        item = {"type": "string", "pattern": f"^{_PREFIX.pattern}$"}
        return {"type": "array", "items": item, "maxItems": MOST_PREFIXES}


def _limit() -> Kind:
    return WholeNumber(0, LARGEST_LIMIT)


PLAN_FIELDS: dict[str, Kind] = {
    "minimum_gap_ms": WholeNumber(0, LONGEST_GAP_MS),
    "gap_jitter_percent": WholeNumber(0, 100),
    "parts_per_minute": _limit(),
    "parts_per_hour": _limit(),
    "parts_per_day": _limit(),
    "parts_per_month": _limit(),
    "recipients_per_month": _limit(),
    "parts_per_recipient_per_day": _limit(),
    "sending_hours": Hours(),
    "contract_day": WholeNumber(1, 31, beyond="problem.plan-contract-day"),
    "reserve_percent": WholeNumber(0, LARGEST_RESERVE_PERCENT, beyond="problem.plan-reserve"),
    "warm_up_days": WholeNumber(0, LONGEST_WARM_UP_DAYS),
    "allowance_parts": _limit(),
    "price_on_net_micros": WholeNumber(0, LARGEST_PRICE_MICROS),
    "price_off_net_micros": WholeNumber(0, LARGEST_PRICE_MICROS),
    "price_abroad_micros": WholeNumber(0, LARGEST_PRICE_MICROS),
    "on_net_prefixes": Prefixes(),
}
"""Every member of ``PUT /api/v1/sims/{id}/plan``. ``null``: what the box's settings say; 0: no limit."""

Own = Mapping[str, Any]
"""What a SIM has of its own, by the names of :data:`PLAN_FIELDS`; what is not there, or None, is as the box has it."""


def read_plan(members: Mapping[str, object]) -> dict[str, Any] | Refusal:
    """What a JSON object gives a SIM of its own, or every mistake in it."""
    return read_members(PLAN_FIELDS, members)


# -- as people type it ------------------------------------------------------------------------------------------------


def typed_plan(form: Mapping[str, str]) -> dict[str, object]:
    """The members that the fields of a form or the options of a command mean; an empty one is "as the box has it".

    A gap is typed in seconds, a price in the unit of its currency, prefixes with spaces or commas between them. What
    can't be read so stays a text, and is refused as such by :func:`read_plan`.
    """
    return {name: _typed(name, text.strip()) for name, text in form.items() if name in PLAN_FIELDS}


def _typed(name: str, text: str) -> object:
    if not text:
        return None
    if name == "sending_hours":
        return "" if text in ("0", "-") else text
    if name == "on_net_prefixes":
        return [] if text in ("0", "-") else re.split(r"[\s,，、;；]+", text.strip(",，、;； "))
    if name == "minimum_gap_ms":
        return int(Decimal(text) * 1000) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) else text
    if name.endswith("_micros"):
        return int(Decimal(text) * MICROS) if _PRICE.fullmatch(text) else text
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text


def as_typed(name: str, value: object) -> str:
    """The text of a field that means ``value``; '' for None."""
    if value is None:
        return ""
    if isinstance(value, int) and name == "minimum_gap_ms":
        return f"{Decimal(value) / 1000:f}"
    if isinstance(value, int) and name.endswith("_micros"):
        return f"{Decimal(value) / MICROS:f}"
    if isinstance(value, tuple):
        return " ".join(value) or "-"
    return (str(value) or "-") if isinstance(value, SendingHours) else str(value)


# -- what is worth saying of a plan that is let pass ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Remark:
    """What may surprise about a field of a plan that holds all the same: a code of the sentences."""

    pointer: str
    code: str
    args: Mapping[str, str | int] = field(default_factory=dict)


_WINDOWS = ("parts_per_minute", "parts_per_hour", "parts_per_day", "parts_per_month")


def remarks_on(plan: Plan, *, most_parts: int) -> tuple[Remark, ...]:
    """What may surprise about a plan as it holds; ``most_parts`` is the longest message that the box accepts."""
    given = [(name, getattr(plan, name)) for name in _WINDOWS if getattr(plan, name)]
    said = [
        Remark(f"/{longer}", "plan.longer-below-shorter", {"longer": most, "shorter": smallest})
        for place, (longer, most) in enumerate(given)
        if (smallest := max((each for _, each in given[:place]), default=0)) > most
    ]
    if plan.contract_day > 28 and plan.counts_months:
        said.append(Remark("/contract_day", "plan.contract-day-missing", {"day": plan.contract_day}))
    if plan.warm_up_days and not plan.parts_per_day:
        said.append(Remark("/warm_up_days", "plan.warm-up-without-day", {"parts": WARM_UP_BASE}))
    longest = plan.longest_message
    if longest is not None and longest < most_parts:
        said.append(Remark("", "plan.long-messages-never-fit", {"parts": longest}))
    return tuple(said)


def as_columns(own: Own) -> dict[str, str | int | None]:
    """What a SIM has of its own as it is stored."""
    return {name: _as_column(value) for name, value in own.items()}


def _as_column(value: object) -> str | int | None:
    match value:
        case None | int():
            return value
        case tuple():
            return json.dumps(value)
        case _:
            return str(value)


# -- changing it ------------------------------------------------------------------------------------------------------


def set_plan(
    writer: GroupCommitWriter,
    ring: Callable[[], object],
    who: Who,
    sim_id: int,
    own: Own,
    *,
    only_given: bool = False,
    now_ms: int,
) -> Refusal | None:
    """Replace what a SIM has of its own (``only_given``: change just what ``own`` names); None when it is on disk.

    What was sent before counts against the new limits at once: where it is more than they allow, the SIM waits.
    """

    def change(connection: sqlite3.Connection) -> Refusal | None:
        sim = sims.find(connection, sim_id)
        if sim is None:
            return Refusal((Mistake("", "problem.no-such-sim"),))
        kept = plans.own_plan(sim) if only_given else {}
        plans.set_plan(connection, sim_id, {**kept, **as_columns(own)})
        changed = ", ".join(sorted(name for name, value in own.items() if value is not None)) or "-"
        audit.note(
            connection,
            who,
            "event.technician.plan",
            {"sim": sim.name, "fields": changed},
            now_ms=now_ms,
            sim_id=sim_id,
        )
        return None

    refused = writer.write_blocking(change)
    if refused is None:
        ring()
    return refused
