"""What a route of the API takes and gives, declared beside its handler: what judges a request is what describes it.

``@operation(…)`` puts an :class:`Operation` on a handler. Before the handler is called, its query parameters are read
by the very table that ``/api/openapi.json`` is made of (``asked.parameters``), and so is its body (``asked.members``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from http import HTTPStatus
from typing import Any, Concatenate, Generic, ParamSpec, Protocol

from appliance.desk.fields import Kind, Schema, read_members, schema_of
from appliance.desk.mistake import Refusal
from appliance.web.answer import Answer
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.parameters import read_parameters
from appliance.web.problem import invalid
from appliance.web.words import N_

P = ParamSpec("P")


class Group(Enum):
    """What operations are sorted by, in the order of the page; the values are English texts of the catalogs."""

    MESSAGES = N_("Messages")
    INBOX = N_("Inbox")
    WEBHOOKS = N_("Webhooks and events")
    PORTS = N_("Places for modems")
    SIMS = N_("SIM cards")
    PLANS = N_("Plans and groups")
    MONEY = N_("Balance and keep-alive")
    ACCOUNTS = N_("Accounts and keys")
    BOX = N_("The box")


class Body(Protocol):
    """The JSON object that a request carries."""

    def schema(self) -> Schema:
        """What it may be."""

    def read(self, members: dict[str, object]) -> dict[str, Any] | Refusal:
        """Its values, or every mistake in it."""


@dataclass(frozen=True, slots=True)
class Fields:
    """A body with the members of one table."""

    kinds: Mapping[str, Kind]
    rules: Mapping[str, object] = field(default_factory=dict)
    """What a schema says of several members together, such as ``{"minProperties": 1}``."""

    def schema(self) -> Schema:
        return {**schema_of(self.kinds), **self.rules}

    def read(self, members: dict[str, object]) -> dict[str, Any] | Refusal:
        return read_members(self.kinds, members)


@dataclass(frozen=True, slots=True)
class AsGiven:
    """A body that its handler reads by itself; ``described`` says what it may be."""

    described: Callable[[], Schema]

    def schema(self) -> Schema:
        return self.described()

    def read(self, members: dict[str, object]) -> dict[str, Any] | Refusal:
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route of the API as it is described."""

    summary: str
    """English text of the catalogs, one line."""
    group: Group
    gives: Mapping[int, object]
    """Status → the type of the answer (a msgspec Struct), or None for an answer without a body."""
    body: Body | None = None
    body_may_be_absent: bool = False
    query: Mapping[str, Kind] = field(default_factory=dict)
    problems: Sequence[str] = ()
    """Slugs of :mod:`appliance.web.problems` beside those that each route has."""
    headers: Sequence[str] = ()
    """Names of :data:`appliance.web.openapi_headers.REQUEST_HEADERS` that it obeys, such as ``Idempotency-Key``."""
    media_type: str = "application/json"
    """Of the answer."""
    about: str = ""
    """What a caller has to know besides: English text of the catalogs."""


@dataclass(frozen=True, slots=True)
class Described(Generic[P]):
    """A handler with its :class:`Operation`; called as the handler is."""

    handler: Callable[Concatenate[Office, Asked, P], Answer]
    operation: Operation

    def __call__(self, office: Office, asked: Asked, *args: P.args, **kwargs: P.kwargs) -> Answer:
        """Read what is declared, refuse what is not, then answer."""
        return self.handler(office, _read(self.operation, asked), *args, **kwargs)


def operation(
    summary: str,
    group: Group,
    gives: Mapping[int, object] | object,
    *,
    body: Body | Mapping[str, Kind] | None = None,
    body_may_be_absent: bool = False,
    query: Mapping[str, Kind] | None = None,
    problems: Sequence[str] = (),
    headers: Sequence[str] = (),
    media_type: str = "application/json",
    about: str = "",
) -> Callable[[Callable[Concatenate[Office, Asked, P], Answer]], Described[P]]:
    """Declare a handler: ``gives`` is the type of its 200, or types by status; a table of fields is a body."""
    described = Operation(
        summary=summary,
        group=group,
        gives=gives if isinstance(gives, Mapping) else {HTTPStatus.OK: gives},
        body=Fields(body) if isinstance(body, Mapping) else body,
        body_may_be_absent=body_may_be_absent,
        query=query or {},
        problems=tuple(problems),
        headers=tuple(headers),
        media_type=media_type,
        about=about,
    )

    def declare(handler: Callable[Concatenate[Office, Asked, P], Answer]) -> Described[P]:
        return Described(handler, described)

    return declare


def operation_of(handler: Callable[..., Answer]) -> Operation | None:
    """What was declared of a handler."""
    return handler.operation if isinstance(handler, Described) else None


def _read(taken: Operation, asked: Asked) -> Asked:
    parameters = read_parameters(asked, taken.query)
    if taken.body is None:
        if asked.refused:
            asked.check_body()
        return replace(asked, parameters=parameters)
    if taken.body_may_be_absent and not asked.body:
        asked.check_body()
        return replace(asked, parameters=parameters, members={})
    if isinstance(taken.body, AsGiven):
        return replace(asked, parameters=parameters)
    members = taken.body.read(asked.json_object())
    if isinstance(members, Refusal):
        raise invalid(members)
    return replace(asked, parameters=parameters, members=members)
