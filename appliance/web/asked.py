"""One request as the routes see it: decoded, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from appliance.desk.buckets import Taken
from appliance.desk.who import Source, Who
from appliance.store.keys import ApiKey, Scope
from appliance.store.people import READS_TEXTS, Role
from appliance.store.sessions import Session
from appliance.values import value
from appliance.web import body
from appliance.web.head import Head
from appliance.web.language import Language
from appliance.web.problem import Problem, bad_parameter

MOST_FORM_FIELDS = 50
NOBODY = Who(Source.API)
NOTHING_GIVEN: Mapping[str, Any] = MappingProxyType({})


@value
class Asked:
    """A request before and after it is known who asks (``who``)."""

    head: Head
    body: bytes
    refused: str | None
    """Why the body was given up, see :mod:`appliance.web.gateway`."""
    who: Who = NOBODY
    scopes: frozenset[Scope] = frozenset()
    """What whoever asks may do."""
    key: ApiKey | None = None
    session: Session | None = None
    """Of a person in a browser."""
    requests_left: Taken | None = None
    """What the key has left of its requests; None where they are not limited."""
    parameters: Mapping[str, Any] = field(default_factory=lambda: NOTHING_GIVEN)
    """The query parameters of a handler that has an :mod:`operation <appliance.web.operation>`, read by its table."""
    members: Mapping[str, Any] = field(default_factory=lambda: NOTHING_GIVEN)
    """Its body likewise."""

    def let_in(self, who: Who, key: ApiKey, scopes: frozenset[Scope], requests_left: Taken | None) -> Asked:
        """The same with the key that it was let in with."""
        return Asked(
            self.head,
            self.body,
            self.refused,
            who,
            scopes,
            key,
            self.session,
            requests_left,
            self.parameters,
            self.members,
        )

    @property
    def method(self) -> str:
        return self.head.method

    @property
    def path(self) -> str:
        return self.head.path

    @property
    def query_string(self) -> str:
        return self.head.query_string

    @property
    def scheme(self) -> str:
        return self.head.scheme

    @property
    def remote(self) -> str:
        """The address of who asks."""
        return self.head.remote

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        return self.head.headers

    @property
    def cookies(self) -> Mapping[str, str]:
        return self.head.cookies

    @property
    def language(self) -> Language:
        return self.head.language

    @property
    def host(self) -> str:
        """As the client spelt it in ``Host``; empty where it did not."""
        return self.headers.get("host", "")

    @property
    def is_htmx(self) -> bool:
        """Whether a script of the page asks, and not a person who waits for a whole page."""
        return self.headers.get("hx-request") == "true"

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    def only_of_key(self, scope: Scope) -> int | None:
        """Whose messages alone this request may see or change without ``scope``: those that its own API key sent.

        None: everybody's.
        """
        return None if self.key is None or scope in self.scopes else self.key.id

    @property
    def sees_texts(self) -> bool:
        """Whether who asks may read what people wrote, and to whom, wherever it is shown (:mod:`.masking`)."""
        if self.session is None:
            return self.scopes >= {Scope.READ, Scope.INBOX}
        # Whoever makes a link on the box has the box.
        return self.session.role is None or Role(self.session.role) in READS_TEXTS

    @property
    def base(self) -> str:
        """The address under which the client reached this box."""
        return f"{self.scheme}://{self.host}"

    def check_body(self) -> None:
        """Raise the :class:`Problem` of a body that was given up."""
        match self.refused:
            case "body-too-large":
                raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large")
            case "body-too-slow":
                raise Problem(HTTPStatus.REQUEST_TIMEOUT, "body-too-slow")
            case str():
                raise Problem(HTTPStatus.BAD_REQUEST, "body-cut-short")

    def json_object(self) -> dict[str, object]:
        """The body as one JSON object."""
        self.check_body()
        return body.read_object(self.headers.get("content-type"), self.body)

    def form(self) -> dict[str, str]:
        """The fields of a form of the page (``application/x-www-form-urlencoded``)."""
        self.check_body()
        try:
            pairs = parse_qsl(
                self.body.decode("ascii"),
                keep_blank_values=True,
                encoding="utf-8",
                errors="strict",
                max_num_fields=MOST_FORM_FIELDS,
            )
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "broken-form") from error
        # Forms send line ends as CR LF; on the air each of the two would cost a unit.
        return {name: value.replace("\r\n", "\n") for name, value in pairs}

    def query(self, *known: str) -> dict[str, str]:
        """The query parameters. Raises 400 for an unknown or doubled one: a mistyped filter must not be ignored."""
        try:
            pairs = parse_qsl(
                self.query_string, keep_blank_values=True, errors="strict", max_num_fields=MOST_FORM_FIELDS
            )
        except ValueError as error:
            raise bad_parameter("", "problem.parameter-encoding") from error
        values: dict[str, str] = {}
        for name, text in pairs:
            if name not in known:
                raise bad_parameter(name[:60], "problem.parameter-unknown", known=", ".join(known) or "-")
            if name in values:
                raise bad_parameter(name, "problem.parameter-twice")
            values[name] = text
        return values
