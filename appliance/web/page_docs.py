"""``/api/openapi.json`` and ``/docs``: the API for programs and for their authors. Open, as no secret is in it."""

from __future__ import annotations

from urllib.parse import urlsplit

from appliance.web.answer import Answer, html_answer
from appliance.web.asked import Asked
from appliance.web.docs_clients import CLIENTS
from appliance.web.docs_examples import LANGUAGES, TASKS
from appliance.web.docs_reference import reference
from appliance.web.office import Office
from appliance.web.openapi import document_json
from appliance.web.render import render


def openapi(office: Office, asked: Asked) -> Answer:
    """The description of the API, in the language that is asked for."""
    asked.query()
    return Answer(document_json(asked.language.tag))


def docs(office: Office, asked: Asked) -> Answer:
    """What people come for first, then every route."""
    asked.query()
    shown = render(
        "docs.html",
        office,
        asked,
        tasks=TASKS,
        code_languages=LANGUAGES,
        clients=CLIENTS,
        host=urlsplit(asked.base).hostname or "",
        groups=reference(asked.language.tag),
    )
    return html_answer(shown)
