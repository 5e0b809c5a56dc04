"""Who may ask for what. Every route names one of these; a route that names none can't be added."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from http import HTTPStatus
from urllib.parse import urlsplit

from appliance.desk.door import Opened, Shut, open_known, try_door, try_remembered
from appliance.desk.who import Source, Who
from appliance.store import people, sessions
from appliance.store.accounts import BOX
from appliance.store.keys import EVERY_SCOPE, ApiKey, Scope, hash_of
from appliance.store.people import MAY, Role
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.problem import Problem

MOST_REMEMBERED = 64
"""Keys."""
SESSION_COOKIE = "simloft_session"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Simloft"'}
_SAFE_METHODS = frozenset({"GET", "HEAD"})


_SCOPES = {each.value: each for each in Scope}


class Access(Enum):
    """What a request has to show."""

    OPEN = "open"
    """Nothing: health, log-in, what the page looks like."""
    DIALECT = "dialect"
    """The handler lets in by itself (:func:`admit_secret`), because each client shows its key elsewhere."""
    # An API key with the scope, or the session of a browser of a person who may do it.
    ANY = "any"
    """Whatever scope; the handler shows each what its scopes let it see."""
    SEND = "send"
    OWN = "own"
    """``read``; or ``send``, which sees the messages that it sent itself."""
    READ = "read"
    INBOX = "inbox"
    MODEMS = "modems"
    ADMIN = "admin"
    # The session of a browser, of a person who may do it.
    PAGE = "page"
    """Of anybody who is logged in: the way out, one's own password."""
    PAGE_SEND = "page-send"
    PAGE_READ = "page-read"
    PAGE_INBOX = "page-inbox"
    PAGE_MODEMS = "page-modems"
    PAGE_ADMIN = "page-admin"

    @property
    def is_page(self) -> bool:
        """Whether a person looks at it, in a browser."""
        return self.value.startswith("page")

    @property
    def scope(self) -> Scope | None:
        """What whoever asks must be allowed to do."""
        if self is Access.OWN:
            return Scope.READ
        return _SCOPES.get(self.value.removeprefix("page-"))


def admit(access: Access, asked: Asked, office: Office) -> tuple[Asked, Office]:
    """The request with who asks it, and the box that answers. Raises :class:`Problem`: 401, 403 or 429."""
    if access in (Access.OPEN, Access.DIALECT):
        return asked, office
    if not access.is_page and ("authorization" in asked.headers or SESSION_COOKIE not in asked.cookies):
        return _admit_key(access, asked, office)
    return _admit_browser(access, asked, office), office


def admit_secret(
    office: Office, asked: Asked, secret: str, scope: Scope | None, source: Source = Source.API
) -> tuple[Asked, Office]:
    """The same for a dialect, with the API key that its client showed in its own way.

    ``source``: the way in that its messages are said to come by. Raises :class:`Problem`: 401, 403 or 429.
    """
    return _let_in(office, asked, secret, scope, source=source)


def admit_known(
    office: Office, asked: Asked, key: ApiKey, scope: Scope | None, source: Source
) -> tuple[Asked, Office]:
    """The same for a client that showed something else that stands for a key in use, maybe with fewer scopes.

    Raises :class:`Problem`: 401, 403 or 429.
    """
    opened = open_known(office.tools, key, scope, asked.remote, office.now_ms())
    if isinstance(opened, Shut):
        asked.head.key_id = key.id
        raise _problem_of(opened)
    return _entered(office, asked, Opened(opened, None), source, None)


def _admit_key(access: Access, asked: Asked, office: Office) -> tuple[Asked, Office]:
    scheme, _, shown = asked.headers.get("authorization", "").partition(" ")
    if not shown:
        raise Problem(HTTPStatus.UNAUTHORIZED, "no-key", headers=CHALLENGE)
    # What comes in another way than as a bearer's token is no key of ours, whatever it is.
    secret = shown.strip() if scheme.lower() == "bearer" else ""
    other = Scope.SEND if access is Access.OWN else None
    return _let_in(office, asked, secret, access.scope, other=other)


def _let_in(
    office: Office,
    asked: Asked,
    secret: str,
    scope: Scope | None,
    *,
    other: Scope | None = None,
    source: Source = Source.API,
) -> tuple[Asked, Office]:
    judged = None
    opened: Opened | Shut | None = None
    if asked.head.may_remember_key and (judged := office.known_keys.get(hash_of(secret))):
        opened = try_remembered(
            office.tools, judged, scope, remote=asked.remote, now_ms=office.now_ms(), other_scope=other
        )
    if opened is None or isinstance(opened, Shut):
        judged = None
        opened = try_door(
            office.tools,
            office.reader(),
            secret,
            scope,
            remote=asked.remote,
            now_ms=office.now_ms(),
            other_scope=other,
        )
        _remember(office, secret, opened)
    return enter(office, asked, opened, source, judged=judged)


def enter(
    office: Office, asked: Asked, opened: Opened | Shut, source: Source, *, judged: ApiKey | None = None
) -> tuple[Asked, Office]:
    """What the door said of a key, for a dialect whose clients prove in their own way which one they have.

    Raises :class:`Problem` where it stays shut.
    """
    if isinstance(opened, Shut):
        asked.head.key_id = opened.key_id
        raise _problem_of(opened)
    return _entered(office, asked, opened, source, judged)


def _entered(
    office: Office, asked: Asked, opened: Opened, source: Source, judged: ApiKey | None
) -> tuple[Asked, Office]:
    key = opened.key
    asked.head.key_id = key.id
    # The accounts of the box are not in the sandbox.
    account_id = BOX if key.is_sandbox else key.account_id
    who = Who(source, key.id, account_id, remote=asked.remote, judged=judged)
    return asked.let_in(who, key, key.scopes, opened.requests), _office_of(key, office)


def _office_of(key: ApiKey, office: Office) -> Office:
    """Where a key works: a sandbox is a box of its own."""
    if not key.is_sandbox:
        return office
    sandbox = office.sandbox_of(key)
    if sandbox is None:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no-sandbox", headers={"Retry-After": "5"})
    return sandbox


def _remember(office: Office, secret: str, opened: Opened | Shut) -> None:
    # A sandbox has rows of its own for its keys, so theirs are read each time.
    if isinstance(opened, Opened) and not opened.key.is_sandbox:
        if len(office.known_keys) >= MOST_REMEMBERED:
            office.known_keys.clear()
        office.known_keys[hash_of(secret)] = opened.key


_STATUS = {
    "wrong-key": HTTPStatus.UNAUTHORIZED,
    "key-expired": HTTPStatus.UNAUTHORIZED,
    "key-network": HTTPStatus.FORBIDDEN,
    "missing-scope": HTTPStatus.FORBIDDEN,
    "too-many-guesses": HTTPStatus.TOO_MANY_REQUESTS,
    "too-many-requests": HTTPStatus.TOO_MANY_REQUESTS,
}


def _problem_of(shut: Shut) -> Problem:
    status = _STATUS[shut.slug]
    headers = dict(CHALLENGE) if status is HTTPStatus.UNAUTHORIZED else {}
    if shut.retry_after_s is not None:
        headers["Retry-After"] = str(shut.retry_after_s)
    if shut.slug == "too-many-requests":
        headers["RateLimit-Policy"] = f'"requests";q={shut.args["limit"]};w=60'
        headers["RateLimit"] = f'"requests";r=0;t={shut.retry_after_s}'
    return Problem(status, shut.slug, shut.args, headers=headers)


def _admit_browser(access: Access, asked: Asked, office: Office) -> Asked:
    token = asked.cookies.get(SESSION_COOKIE)
    session = None if token is None else sessions.find_session(office.reader(), token, office.now_ms())
    if session is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "not-logged-in", headers=CHALLENGE)
    check_same_origin(asked)
    # Whoever makes a link on the box has the box.
    scopes = EVERY_SCOPE if session.role is None else MAY[Role(session.role)]
    if access.scope is not None and access.scope not in scopes:
        who_may = people.names_of_who_may(office.reader(), access.scope)
        raise Problem(
            HTTPStatus.FORBIDDEN, "role-may-not", {"who": ", ".join(who_may) or "simloft login-link"}
        )
    who = Who(Source.PAGE, person=session.name, remote=asked.remote)
    return replace(asked, who=who, scopes=scopes, session=session)


def check_same_origin(asked: Asked) -> None:
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
