"""``/jsonrpc/sms``, ``/http_api/…`` (both also below ``/index.php``) and ``/api/v2/…``."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from appliance.desk.submission import Submission
from appliance.desk.who import Source
from appliance.store.keys import Scope
from appliance.web.access import admit_secret
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.parameters import json_of, parameters_of, query_of, word
from appliance.web.dialects.sending import send, why
from appliance.web.dialects.smseagle.methods import Params, call, submission_of
from appliance.web.dialects.smseagle.words import Denied, Form, answered, denied, of_problem
from appliance.web.office import Office
from appliance.web.problem import Problem


def jsonrpc(office: Office, asked: Asked) -> Answer:
    """``{"method": "sms.send_sms", "params": {…}}``; the members of JSON-RPC 2.0 are neither asked for nor lost."""
    form, by_token = Form.SIMPLE, True
    echoed: Mapping[str, object] = {}
    try:
        request = json_of(asked)
        echoed = {name: request[name] for name in ("jsonrpc", "id") if name in request}
        params = request.get("params")
        if not isinstance(params, dict):
            raise Denied("Wrong parameters")
        form = Form.EXTENDED if word(params, "responsetype") == "extended" else Form.SIMPLE
        by_token = _is_by_token(params)
        method = word(request, "method").removeprefix("sms.")
        return answered(form, call(office, asked, method, params), echoed)
    except Denied as reason:
        return denied(form, str(reason), echoed)
    except Problem as problem:
        words, headers = of_problem(problem, asked, by_token=by_token)
        return denied(form, words, echoed, headers)


def http_api(office: Office, asked: Asked, method: str) -> Answer:
    """``?access_token=…&to=…&message=…``, by GET or as a form."""
    form = _form_of(asked)
    try:
        params = parameters_of(asked)
        form = Form.XML if params.get("responsetype") == "xml" else Form.TEXT
        return answered(form, call(office, asked, method, params), {})
    except Denied as reason:
        return denied(form, str(reason))


def refusal_of_jsonrpc(office: Office, asked: Asked, problem: Problem) -> Answer:
    """What went wrong on our side, in the form that tells most."""
    words, headers = of_problem(problem, asked, by_token=True)
    return denied(Form.EXTENDED, words, None, headers)


def refusal_of_http_api(office: Office, asked: Asked, problem: Problem) -> Answer:
    """In text, or XML where the query asks for that."""
    try:
        by_token = _is_by_token(parameters_of(asked))
    except Problem:
        by_token = True
    words, headers = of_problem(problem, asked, by_token=by_token)
    return denied(_form_of(asked), words, None, headers)


def _form_of(asked: Asked) -> Form:
    try:
        return Form.XML if query_of(asked).get("responsetype") == "xml" else Form.TEXT
    except Problem:
        return Form.TEXT


def _is_by_token(params: Params) -> bool:
    return "access_token" in params or not ("login" in params or "pass" in params)


# -- v2 ----------------------------------------------------------------------------------------------------------


def send_v2(office: Office, asked: Asked) -> Answer:
    """200 with ``[{"status": "queued", "id": …}, …]``."""
    let_in, at = _let_in(office, asked)
    members = json_of(let_in)
    if members.get("contacts") or members.get("groups"):
        return _no(HTTPStatus.BAD_REQUEST, "This box has no phonebook yet: name the numbers in to.")
    to = members.get("to")
    numbers = [str(each) for each in to] if isinstance(to, list) else [word(members, "to")]
    try:
        common = _submission_v2(members, at)
    except Denied as reason:
        return _no(HTTPStatus.BAD_REQUEST, str(reason))
    sent = send(at, let_in, filter(None, numbers), common)
    told = [
        {"status": "queued", "number": each.recipient, "id": each.seq, "message": "OK"}
        for each in sent.messages
    ]
    return json_answer(told)


def _submission_v2(members: Mapping[str, object], office: Office) -> Submission:
    """The names of v2 are those of v1 but for priority, which has numbers above 1 too."""
    priority = word(members, "priority")
    named = {**members, "message": members.get("text"), "highpriority": "0" if priority in ("", "0") else "1"}
    return submission_of(named, office.now_ms(), office.zone)


def calls_v2(office: Office, asked: Asked, kind: str) -> Answer:
    """This box has no voice."""
    _let_in(office, asked)
    return _no(HTTPStatus.BAD_REQUEST, "This box sends text messages and makes no calls.")


def refusal_v2(office: Office, asked: Asked, problem: Problem) -> Answer:
    """An object with a message, and a status of its own."""
    return _no(problem.status, why(problem, asked), problem.headers)


def _let_in(office: Office, asked: Asked) -> tuple[Asked, Office]:
    return admit_secret(
        office, asked, asked.headers.get("access-token", "").strip(), Scope.SEND, Source.SMSEAGLE
    )


def _no(status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
    return json_answer({"status": "error", "message": words}, status, headers)
