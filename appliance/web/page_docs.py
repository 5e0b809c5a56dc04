"""``/api/openapi.json`` and ``/docs``: the API for programs and for their authors. Open, as no secret is in it."""

from __future__ import annotations

from appliance.web.answer import Answer, html_answer
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.openapi import document_json
from appliance.web.render import render


def openapi(office: Office, asked: Asked) -> Answer:
    """The description of the API, in the language that is asked for."""
    asked.query()
    return Answer(document_json(asked.language.tag))


def docs(office: Office, asked: Asked) -> Answer:
    """The page of it."""
    asked.query()
    return html_answer(render("docs.html", office, asked))
