"""Who may ask for what. Every route names one of these; a route that names none can't be added."""

from __future__ import annotations

import math
from dataclasses import replace
from enum import Enum
from http import HTTPStatus
from urllib.parse import urlsplit

from appliance.desk.who import Source, Who
from appliance.store import keys
from appliance.store.errors import StoreError
from appliance.store.keys import ApiKey
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.problem import Problem

SESSION_COOKIE = "simloft_session"
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Simloft"'}


class Access(Enum):
    """What a request has to show."""

    OPEN = "open"
    """Nothing: health, log-in, what the page looks like."""
    API = "api"
    """An API key, or the session of a browser."""
    PAGE = "page"
    """The session of a browser."""


def admit(access: Access, asked: Asked, office: Office) -> Asked:
    """The request with who asks it. Raises :class:`Problem`: 401, 403 or 429."""
    match access:
        case Access.OPEN:
            return asked
        case Access.API if "authorization" in asked.headers or SESSION_COOKIE not in asked.cookies:
            key = _key_of(asked, office)
            return replace(asked, who=Who(Source.API, key.id, key.account_id))
        case Access.API | Access.PAGE:
            _check_session(asked, office)
            _check_same_origin(asked)
            return replace(asked, who=Who(Source.PAGE))


def _key_of(asked: Asked, office: Office) -> ApiKey:
    scheme, _, shown = asked.headers.get("authorization", "").partition(" ")
    if not shown:
        raise Problem(HTTPStatus.UNAUTHORIZED, "no-key", headers=_CHALLENGE)
    key = keys.find_key(office.reader(), shown.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise _refused_guess(asked, office, "wrong-key")
    now_ms = office.now_ms()
    if keys.is_use_worth_noting(key, now_ms):
        try:
            office.writer.write_blocking(lambda connection: keys.note_use(connection, key.id, now_ms))
        except StoreError:
            # Knowing the last use is worth less than the answer that was asked for.
            office.log.warning("the use of API key %d could not be noted", key.id)
    return key


def _check_session(asked: Asked, office: Office) -> None:
    token = asked.cookies.get(SESSION_COOKIE)
    if token is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "not-logged-in", headers=_CHALLENGE)
    if not keys.is_session(office.reader(), token, office.now_ms()):
        raise Problem(HTTPStatus.UNAUTHORIZED, "not-logged-in", headers=_CHALLENGE)


def _refused_guess(asked: Asked, office: Office, slug: str) -> Problem:
    wait_s = office.throttle.failed(asked.remote)
    if wait_s > 0:
        return Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too-many-guesses",
            {"seconds": math.ceil(wait_s)},
            headers={"Retry-After": str(math.ceil(wait_s))},
        )
    return Problem(HTTPStatus.UNAUTHORIZED, slug, headers=_CHALLENGE)


def _check_same_origin(asked: Asked) -> None:
    """A browser sends its cookie wherever a page of another site tells it to; so ask where that page is from.

    ``Sec-Fetch-Site`` is only sent to https and localhost, ``Origin`` with every POST of today's browsers.
    The session's cookie is SameSite=Strict besides.
    """
    if asked.method in _SAFE_METHODS:
        return
    site = asked.headers.get("sec-fetch-site")
    origin = asked.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is not None and bool(asked.host) and _host_of(origin) == asked.host
    if not allowed:
        raise Problem(HTTPStatus.FORBIDDEN, "other-site")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
