"""What is answered over plain HTTP where a box also has HTTPS: by setting everything, or pages are sent there.

Nothing with a body is ever redirected: it has gone over the wire in the clear by then, which its sender should know.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import quote

from appliance.web.answer import HTML, Answer
from appliance.web.asked import Asked
from appliance.web.head import Head
from appliance.web.office import Office
from appliance.web.problem import Problem

_ALWAYS = ("/healthz", "/readyz", "/certificate", "/static/", "/favicon.ico", "/language/")
"""Also who does not trust the box's certificate yet must get at these: it is installed from there."""
_HOST = re.compile(r"([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?", re.IGNORECASE)


def instead_of_plain(office: Office, head: Head, *, is_page: bool) -> Answer | None:
    """What is answered to a request over plain HTTP instead of what it asked for; None where that is answered.

    Raises :class:`Problem`: 403 where it is refused. Nothing is redirected while HTTPS is not answered.
    """
    rules, port = office.settings.tls, office.https_port
    if head.scheme == "https" or rules is None or port is None or head.path.startswith(_ALWAYS):
        return None
    if not (rules.redirect if is_page else not rules.http_api):
        return None
    there = _address(head, port)
    if is_page and head.method in ("GET", "HEAD") and there is not None:
        # Not for ever: a browser remembers that, whatever the setting says later.
        return Answer(b"", HTTPStatus.TEMPORARY_REDIRECT, HTML, {"Location": there})
    raise Problem(HTTPStatus.FORBIDDEN, "https-only", {"port": port})


def strict_transport(office: Office, asked: Asked) -> dict[str, str]:
    """The header that keeps a browser at HTTPS (RFC 6797), where that is wanted."""
    rules = office.settings.tls
    if rules is None or not rules.hsts_days or asked.scheme != "https":
        return {}
    return {"Strict-Transport-Security": f"max-age={rules.hsts_days * 86_400}"}


def _address(head: Head, port: int) -> str | None:
    host = _HOST.fullmatch(head.headers.get("host", ""))
    if host is None:
        return None
    query = f"?{head.query_string}" if head.query_string else ""
    path = quote(head.path, safe="/:@!$&'()*+,;=~-._")
    return f"https://{host[1]}{'' if port == 443 else f':{port}'}{path}{query}"
