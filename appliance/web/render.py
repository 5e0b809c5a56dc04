"""Templates with the words of one request."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from appliance.desk.box_clock import box_clock
from appliance.desk.hubs import short_name
from appliance.store.keys import Scope
from appliance.web.asked import Asked
from appliance.web.language import languages
from appliance.web.masking import shown_number
from appliance.web.menu import menu_of
from appliance.web.office import Office
from appliance.web.words import Words

HERE = Path(__file__).parent
STATIC = HERE / "static"
_NOT_IN_A_NAME = frozenset({"Cc", "Cf", "Zl", "Zp"})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["one_line"] = one_line
    environment.filters["short_name"] = short_name
    environment.globals["static"] = _address_of_static
    return environment


def render(template: str, office: Office, asked: Asked, **values: object) -> str:
    """A page or a piece of one. Templates see ``_`` and ``n_`` for texts, ``words`` for values, ``asked``.

    ``may("send")``: whether who looks at it may do that; nothing is offered that would be refused.
    """
    language = asked.language
    return (
        _environment()
        .get_template(template)
        .render(
            _=language.text,
            n_=language.count,
            words=Words(language, office.zone, office.now_ms()),
            language=language,
            languages=list(languages().values()),
            asked=asked,
            has_handsets=office.bank is not None,
            menu=menu_of(asked, office.bank is not None),
            may=lambda scope: Scope(scope) in asked.scopes,
            shown_number=partial(shown_number, asked),
            marker=office.mark,
            box_clock=lambda: box_clock(office.reader()),
            **values,
        )
    )


def one_line(name: str | None) -> str:
    """A name that came from outside, without what would break the line or turn its direction (Cc, Cf, Zl, Zp)."""
    return "".join(each for each in name or "" if unicodedata.category(each) not in _NOT_IN_A_NAME)


@cache
def _address_of_static(path: str) -> str:
    """Where a static file is; the address changes with its content, so that browsers may keep it for ever."""
    file = STATIC / path
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.exists() else "missing"
    return f"/static/{path}?v={digest}"
