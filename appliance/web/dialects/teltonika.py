"""Teltonika's routers as a way to send: ``/cgi-bin/sms_send``, and the log-in and action of their newer API.

The password is the API key. What is here is what Checkmk and scripts use; docs/clients/teltonika.md.
"""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk.submission import Submission
from appliance.desk.who import Source
from appliance.store.keys import Scope
from appliance.web.access import admit_secret
from appliance.web.answer import TEXT, Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.credentials import shown_secret
from appliance.web.dialects.parameters import json_of, parameters_of, word
from appliance.web.dialects.sending import send, split, why
from appliance.web.office import Office
from appliance.web.problem import Problem

TOKEN_LIFE_S = 299
"""What the routers say; the token is the key itself and ends with it."""


def sms_send(office: Office, asked: Asked) -> Answer:
    """``OK`` on the first line once it is on disk."""
    fields = parameters_of(asked)
    let_in, at = admit_secret(office, asked, fields.get("password", ""), Scope.SEND, Source.TELTONIKA)
    send(at, let_in, split(fields.get("number", "")), Submission(to="", text=fields.get("text", "")))
    return Answer(b"OK\n", HTTPStatus.OK, TEXT)


def refusal(office: Office, asked: Asked, problem: Problem) -> Answer:
    """``ERROR``, and why on the next line."""
    return Answer(
        f"ERROR\n{why(problem, asked)}\n".encode("utf-8", "replace"), problem.status, TEXT, problem.headers
    )


def log_in(office: Office, asked: Asked) -> Answer:
    """``{"username", "password"}`` → a token, which is the password: whoever asks has it already."""
    password = word(json_of(asked), "password")
    admit_secret(office, asked, password, Scope.SEND, Source.TELTONIKA)
    told = {"username": "admin", "group": "root", "expires": TOKEN_LIFE_S, "token": password}
    return json_answer({"success": True, "data": told})


def send_action(office: Office, asked: Asked) -> Answer:
    """``{"data": {"number", "message", "modem"}}`` with the token as bearer's."""
    let_in, at = admit_secret(office, asked, shown_secret(asked), Scope.SEND, Source.TELTONIKA)
    data = json_of(let_in).get("data")
    members = data if isinstance(data, dict) else {}
    text = members.get("message")
    common = Submission(to="", text=text if isinstance(text, str) else "")
    sent = send(at, let_in, split(word(members, "number")), common)
    return json_answer(
        {"success": True, "data": {"sms_used": sum(each.parts_total for each in sent.messages)}}
    )


def refusal_of_api(office: Office, asked: Asked, problem: Problem) -> Answer:
    """Errors in the routers' list of them."""
    error = {"code": problem.status, "error": why(problem, asked), "source": "simloft"}
    return json_answer({"success": False, "errors": [error]}, problem.status, problem.headers)
