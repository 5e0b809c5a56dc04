"""The fields of a carrier as people write them (in TOML, JSON or a form), and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.desk.fields import Schema
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.patterns import LONGEST_PATTERN, PatternError, check
from appliance.policy.balance import read_amount, spelt
from appliance.policy.carriers import BalanceQuery, Carrier, QueryMethod

MOST_QUERIES = 8
LARGEST_BALANCE = 999_999
MOST_PREFIXES = 64
SHORTEST_WAIT_S = 5
LONGEST_WAIT_S = 24 * 3600
LONGEST_PAUSE_H = 24 * 366
LONGEST_KEEP_ALIVE_DAYS = 3650
CARRIER_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

_PREFIX = re.compile(r"[0-9]{3,12}")
_NUMBER_PREFIX = re.compile(r"\+[1-9][0-9]{1,11}")
_USSD_CODE = re.compile(
    r"[*#][0-9*#]{1,40}"
)  # TS 22.090: what a person could type in the menu of a telephone
_SHORT_NUMBER = re.compile(r"[0-9]{3,8}")
"""Short numbers only: a question passes the rest for a low balance, so it must not be able to go to just anybody."""
_SENDER = re.compile(r"\+?[0-9A-Za-z]{1,20}\*?")
_CURRENCY = re.compile(r"[A-Z]{3}")


class _Fields:
    """Reads members one by one, and gathers every mistake with its place."""

    def __init__(self, members: Mapping[str, object], place: str, known: Sequence[str]) -> None:
        self._members = members
        self._place = place
        self.mistakes = [
            Mistake(f"{place}/{name[:60]}", "problem.field-unknown", {"field": name[:60]})
            for name in members
            if name not in known
        ]

    def wrong(self, name: str, code: str, **args: object) -> None:
        self.mistakes.append(Mistake(f"{self._place}/{name}", code, args))

    def text(self, name: str, fits: Callable[[str], object], code: str, default: str | None = None) -> str:
        value = self._members.get(name, default)
        if not isinstance(value, str):
            self.wrong(name, "problem.field-missing" if value is None else "problem.field-text", field=name)
            return ""
        if not fits(value):
            self.wrong(name, code, value=value[:60])
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self._members.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(name, "problem.field-whole-number")
            return default
        if not least <= value <= most:
            self.wrong(name, "problem.field-range", least=least, most=most)
        return value

    def texts(self, name: str, form: re.Pattern[str], code: str) -> tuple[str, ...]:
        value = self._members.get(name, [])
        if not isinstance(value, list | tuple) or len(value) > MOST_PREFIXES:
            self.wrong(name, "problem.carrier-list", most=MOST_PREFIXES)
            return ()
        for index, each in enumerate(value):
            if not isinstance(each, str) or not form.fullmatch(each):
                self.wrong(f"{name}/{index}", code, value=str(each)[:60])
        return tuple(str(each) for each in value)


CARRIER_FIELDS = (
    "name",
    "imsi",
    "iccid",
    "numbers",
    "currency",
    "decimals",
    "low_balance",
    "keep_alive_days",
    "queries",
)
QUERY_FIELDS = ("method", "to", "code", "text", "pattern", "from", "wait_s", "at_most_every_h")


def read_carrier(
    carrier_id: str, members: Mapping[str, object], *, trusted: bool = False
) -> Carrier | Refusal:
    """The carrier that the members describe, or every mistake in them.

    ``trusted`` (what was checked when it was written) spares trying the patterns.
    """
    fields = _Fields(members, "", CARRIER_FIELDS)
    if not CARRIER_ID.fullmatch(carrier_id):
        fields.mistakes.append(Mistake("/id", "problem.carrier-id", {"value": carrier_id[:60]}))
    name = fields.text("name", lambda value: 0 < len(value.strip()) <= 60, "problem.carrier-name")
    imsi = fields.texts("imsi", _PREFIX, "problem.carrier-prefix")
    iccid = fields.texts("iccid", _PREFIX, "problem.carrier-prefix")
    numbers = fields.texts("numbers", _NUMBER_PREFIX, "problem.plan-prefix")
    currency = fields.text("currency", _CURRENCY.fullmatch, "problem.carrier-currency", "CNY")
    decimals = fields.number("decimals", 2, 0, 4)
    low_below = _low_below(fields, members, decimals)
    keep_alive_days = fields.number("keep_alive_days", 0, 0, LONGEST_KEEP_ALIVE_DAYS)
    queries = _queries(fields, members, trusted)
    if fields.mistakes:
        return Refusal(tuple(fields.mistakes))
    return Carrier(
        id=carrier_id,
        name=name.strip(),
        imsi_prefixes=imsi,
        iccid_prefixes=iccid,
        number_prefixes=numbers,
        currency=currency,
        decimals=decimals,
        low_below=low_below,
        keep_alive_days=keep_alive_days,
        queries=queries,
    )


def _low_below(fields: _Fields, members: Mapping[str, object], decimals: int) -> int | None:
    """``low_balance = "5.00"``: an amount as people write it, in quotes so that it is no float."""
    value = members.get("low_balance")
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_BALANCE:
        return int(value * 10**decimals)
    units = read_amount(value, decimals) if isinstance(value, str) else None
    if units is None:
        fields.wrong("low_balance", "problem.amount", value=str(value)[:60])
    return units


def _queries(fields: _Fields, members: Mapping[str, object], trusted: bool) -> tuple[BalanceQuery, ...]:
    value = members.get("queries", [])
    if not isinstance(value, list | tuple) or len(value) > MOST_QUERIES:
        fields.wrong("queries", "problem.carrier-list", most=MOST_QUERIES)
        return ()
    queries = []
    for index, each in enumerate(value):
        if not isinstance(each, dict):
            fields.wrong(f"queries/{index}", "problem.carrier-query")
            continue
        own = _Fields(each, f"/queries/{index}", QUERY_FIELDS)
        queries.append(_query(own, each, trusted))
        fields.mistakes += own.mistakes
    return tuple(queries)


def _query(fields: _Fields, members: Mapping[str, Any], trusted: bool) -> BalanceQuery:
    method = fields.text("method", lambda value: value in frozenset(QueryMethod), "problem.carrier-method")
    by_ussd = method == QueryMethod.USSD
    if by_ussd:
        to = fields.text("code", _USSD_CODE.fullmatch, "problem.carrier-code")
        text = ""
    else:
        to = fields.text("to", _SHORT_NUMBER.fullmatch, "problem.carrier-to")
        text = fields.text("text", lambda value: 0 < len(value.strip()) <= 70, "problem.carrier-text")
    pattern = fields.text("pattern", lambda _: True, "", "")
    if pattern and not trusted:
        _check_pattern(fields, pattern)
    return BalanceQuery(
        method=QueryMethod.USSD if by_ussd else QueryMethod.SMS,
        to=to,
        text=text,
        pattern=pattern,
        senders=fields.texts("from", _SENDER, "problem.carrier-sender"),
        wait_s=fields.number("wait_s", 60 if by_ussd else 300, SHORTEST_WAIT_S, LONGEST_WAIT_S),
        at_most_every_h=fields.number("at_most_every_h", 20, 0, LONGEST_PAUSE_H),
    )


def _check_pattern(fields: _Fields, pattern: str) -> None:
    try:
        check(pattern)
    except PatternError as error:
        fields.wrong(
            "pattern", f"problem.pattern-{error.fault}", detail=error.detail[:120], limit=LONGEST_PATTERN
        )


def members_of(carrier: Carrier) -> dict[str, object]:
    """The members that :func:`read_carrier` makes this carrier of: for a form, and to print."""
    members: dict[str, object] = {
        "name": carrier.name,
        "imsi": list(carrier.imsi_prefixes),
        "iccid": list(carrier.iccid_prefixes),
        "numbers": list(carrier.number_prefixes),
        "currency": carrier.currency,
        "decimals": carrier.decimals,
        "keep_alive_days": carrier.keep_alive_days,
        "queries": [_members_of_query(each) for each in carrier.queries],
    }
    if carrier.low_below is not None:
        members["low_balance"] = spelt(carrier.low_below, carrier.decimals)
    return members


def _members_of_query(query: BalanceQuery) -> dict[str, object]:
    members: dict[str, object] = {"method": query.method.value}
    if query.method is QueryMethod.USSD:
        members["code"] = query.to
    else:
        members |= {"to": query.to, "text": query.text}
    if query.pattern:
        members["pattern"] = query.pattern
    if query.senders:
        members["from"] = list(query.senders)
    return members | {"wait_s": query.wait_s, "at_most_every_h": query.at_most_every_h}


def carrier_schema() -> Schema:
    """The JSON Schema of what :func:`read_carrier` reads; that a pattern is sound no schema says."""
    return _object(
        ["name"],
        name=_text(r"\S", maxLength=60),
        imsi=_texts(_PREFIX),
        iccid=_texts(_PREFIX),
        numbers=_texts(_NUMBER_PREFIX),
        currency=_text(_whole(_CURRENCY)),
        decimals=_number(0, 4),
        low_balance={
            "type": ["string", "integer", "null"],
            "minimum": 0,
            "maximum": LARGEST_BALANCE,
            "pattern": "^([0-9]{1,6}([.][0-9]{1,4})?)?$",
        },
        keep_alive_days=_number(0, LONGEST_KEEP_ALIVE_DAYS),
        queries={"type": "array", "items": {"oneOf": [_by_ussd(), _by_message()]}, "maxItems": MOST_QUERIES},
    )


def _by_ussd() -> Schema:
    return _object(["method", "code"], method={"const": "ussd"}, code=_text(_whole(_USSD_CODE)), **_of_any())


def _by_message() -> Schema:
    return _object(
        ["method", "to", "text"],
        method={"const": "sms"},
        to=_text(_whole(_SHORT_NUMBER)),
        text=_text(r"\S", maxLength=70),
        **_of_any(),
    )


def _of_any() -> dict[str, Schema]:
    return {
        "pattern": {"type": "string", "format": "regex", "maxLength": LONGEST_PATTERN},
        "from": _texts(_SENDER),
        "wait_s": _number(SHORTEST_WAIT_S, LONGEST_WAIT_S),
        "at_most_every_h": _number(0, LONGEST_PAUSE_H),
    }


def _object(required: Sequence[str], **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _text(pattern: str, **more: object) -> Schema:
    return {"type": "string", "pattern": pattern, **more}


def _texts(form: re.Pattern[str]) -> Schema:
    return {"type": "array", "items": _text(_whole(form)), "maxItems": MOST_PREFIXES}


def _number(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _whole(form: re.Pattern[str]) -> str:
    return f"^{form.pattern}$"
