"""``/`` as ``dysmsapi.aliyuncs.com`` answers it: which action is asked for, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from appliance.store.keys import Scope
from appliance.web.answer import Answer
from appliance.web.asked import Asked
from appliance.web.dialects.aliyun import asking, sending
from appliance.web.dialects.aliyun.entrance import admit
from appliance.web.dialects.aliyun.request import SignedRequest, read_request, wants_xml
from appliance.web.dialects.aliyun.words import Rejected, answer_with, of_problem
from appliance.web.office import Office
from appliance.web.problem import Problem

VERSION = "2017-05-25"

Act = Callable[[Office, Office, Asked, SignedRequest], Mapping[str, object]]
"""The box, the box that answers (its sandbox), who asks, for what."""


@dataclass(frozen=True, slots=True)
class Action:
    """What a key must be allowed to do, and what is done."""

    scope: Scope | None
    act: Act


ACTIONS = {
    "SendSms": Action(Scope.SEND, sending.send_sms),
    "SendBatchSms": Action(Scope.SEND, sending.send_batch),
    "QuerySendDetails": Action(None, asking.query_send_details),
    "QuerySmsTemplate": Action(None, asking.query_template),
    "QuerySmsTemplateList": Action(None, asking.query_templates),
    "AddSmsTemplate": Action(Scope.ADMIN, asking.add_template),
}
"""What is asked without a scope shows a key only what is its own, or what every program may know."""


def answer(office: Office, asked: Asked) -> Answer:
    """One request, signed in either way."""
    as_xml = wants_xml(asked)
    try:
        request = read_request(asked)
        action = ACTIONS.get(request.action)
        if action is None:
            raise Rejected(
                "InvalidAction.NotFound",
                "Specified api is not found, please check your url and method.",
                HTTPStatus.NOT_FOUND,
            )
        if request.version != VERSION:
            raise Rejected(
                "InvalidVersion", f"Specified version has to be {VERSION}.", HTTPStatus.BAD_REQUEST
            )
        let_in, at = admit(office, asked, request, action.scope)
        body = action.act(office, at, let_in, request)
    except Rejected as rejected:
        return rejected.answer(as_xml=as_xml)
    return answer_with(body, f"{request.action}Response", as_xml=as_xml)


def refusal(office: Office, asked: Asked, problem: Problem) -> Answer:
    """How Aliyun says what happened here."""
    return of_problem(problem).answer(as_xml=wants_xml(asked))
