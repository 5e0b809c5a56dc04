"""What lists are filtered by: query parameters, read by the tables that describe them too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.desk.fields import Instant, Kind, Label, Schema, Text, WholeNumber, WrongValue
from appliance.desk.mistake import Mistake
from appliance.desk.number_forms import PLAIN_NUMBER
from appliance.desk.numbers import read_recipient
from appliance.desk.submission import LONGEST_CAMPAIGN
from appliance.desk.who import Source
from appliance.store.inbox import InboxFilters
from appliance.store.life import MessageState
from appliance.store.message_lists import Filters
from appliance.web.paging import Cursor, Limit
from appliance.web.problem import bad_parameter

LONGEST_SEARCH = 100
_ROW = WholeNumber(1, 10**15 - 1)
_PLUS_THAT_WAS_READ_AS_SPACE = re.compile(r" (\d\d:\d\d)$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Several:
    """Some words of an enumeration, with commas between them."""

    words: type[StrEnum]
    required: bool = False

    def read(self, value: object) -> frozenset[StrEnum]:
        named = value if isinstance(value, list) else []
        if not named or not set(named) <= set(self.words):
            raise WrongValue("problem.field-choice", choices=", ".join(self.words))
        return frozenset(self.words(each) for each in named)

    def schema(self) -> Schema:
        return {
            "type": "array",
            "items": {"type": "string", "enum": list(self.words)},
            "minItems": 1,
        }


@dataclass(frozen=True, slots=True)
class Moment(Instant):
    """An instant in a query, where a ``+`` that is not escaped is read as a space."""

    def read(self, value: object) -> int:
        given = _PLUS_THAT_WAS_READ_AS_SPACE.sub(r"+\1", value) if isinstance(value, str) else value
        return Instant.read(self, given)


@dataclass(frozen=True, slots=True)
class One:
    """One word of an enumeration."""

    words: type[StrEnum]
    required: bool = False

    def read(self, value: object) -> str:
        if value not in set(self.words):
            raise WrongValue("problem.field-choice", choices=", ".join(self.words))
        return str(value)

    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.words)}


MESSAGE_QUERY: dict[str, Kind] = {
    "limit": Limit(),
    "cursor": Cursor("m"),
    "state": Several(MessageState),
    "accepted_after": Moment(),
    "accepted_before": Moment(),
    "sim": _ROW,
    "to": Text(required=False, shape={"pattern": PLAIN_NUMBER}),
    "campaign": Label(LONGEST_CAMPAIGN),
    "account": _ROW,
    "source": One(Source),
    "q": Label(LONGEST_SEARCH),
}

INBOX_QUERY: dict[str, Kind] = {
    "limit": Limit(),
    "cursor": Cursor("i"),
    "from": Text(required=False),
    "sim": _ROW,
    "received_after": Moment(),
    "received_before": Moment(),
    "q": Label(LONGEST_SEARCH),
}


def message_filters(parameters: Mapping[str, Any], home_region: str) -> Filters:
    """What a list of messages is asked for. Raises 400 for a recipient who can be none."""
    to = parameters.get("to")
    recipient = None if to is None else read_recipient(to, home_region)
    if isinstance(recipient, Mistake):
        raise bad_parameter("to", recipient.code, **recipient.args)
    return Filters(
        states=parameters.get("state"),
        accepted_after_ms=parameters.get("accepted_after"),
        accepted_before_ms=parameters.get("accepted_before"),
        sim_id=parameters.get("sim"),
        recipient=recipient,
        campaign=parameters.get("campaign"),
        account_id=parameters.get("account"),
        source=parameters.get("source"),
        text=parameters.get("q"),
    )


def inbox_filters(parameters: Mapping[str, Any], home_region: str) -> InboxFilters:
    """What a list of received messages is asked for."""
    sender = parameters.get("from")
    return InboxFilters(
        senders=None if sender is None else spellings(sender, home_region),
        sim_id=parameters.get("sim"),
        received_after_ms=parameters.get("received_after"),
        received_before_ms=parameters.get("received_before"),
        text=parameters.get("q"),
    )


def spellings(number: str, home_region: str) -> frozenset[str]:
    """A sender as it is given, and as the box would write it as a recipient: networks spell numbers as they like."""
    read = read_recipient(number, home_region)
    return frozenset({number} if isinstance(read, Mistake) else {number, read})
