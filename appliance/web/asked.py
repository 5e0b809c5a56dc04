"""One request as the routes see it: read once from the WSGI environ, decoded, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from appliance.desk.buckets import Taken
from appliance.desk.who import Source, Who
from appliance.store.keys import ApiKey, Scope
from appliance.store.sessions import Session
from appliance.web import body
from appliance.web.gateway import REFUSED
from appliance.web.language import LANGUAGE_COOKIE, Language, choose_language
from appliance.web.problem import Problem, bad_parameter

MOST_FORM_FIELDS = 50
NOBODY = Who(Source.API)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request before and after it is known who asks (``who``)."""

    method: str
    path: str
    host: str
    """As the client spelt it in ``Host``; empty where it did not."""
    scheme: str
    remote: str
    headers: Mapping[str, str]
    """By lower-case name."""
    cookies: Mapping[str, str]
    query_string: str
    body: bytes
    refused: str | None
    """Why the body was given up, see :mod:`appliance.web.gateway`."""
    language: Language
    who: Who = NOBODY
    scopes: frozenset[Scope] = frozenset()
    """What whoever asks may do."""
    key: ApiKey | None = None
    session: Session | None = None
    """Of a person in a browser."""
    requests_left: Taken | None = None
    """What the key has left of its requests; None where they are not limited."""

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
        """Whether what people wrote is shown to this person where it is not what the page is about."""
        return Scope.ADMIN in self.scopes

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
        for name, value in pairs:
            if name not in known:
                raise bad_parameter(name[:60], "problem.parameter-unknown", known=", ".join(known) or "-")
            if name in values:
                raise bad_parameter(name, "problem.parameter-twice")
            values[name] = value
        return values


def asked_from(environ: Mapping[str, Any]) -> Asked:
    """Read a WSGI environ (PEP 3333)."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    cookies = _cookies(headers.get("cookie", ""))
    return Asked(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        host=headers.get("host", ""),
        scheme=environ["wsgi.url_scheme"],
        remote=environ.get("REMOTE_ADDR") or "",
        headers=headers,
        cookies=cookies,
        query_string=environ.get("QUERY_STRING") or "",
        body=environ["wsgi.input"].read(),
        refused=environ.get(REFUSED),
        language=choose_language(cookies.get(LANGUAGE_COOKIE), headers.get("accept-language")),
    )


def _cookies(header: str) -> dict[str, str]:
    if not header:
        return {}
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}
