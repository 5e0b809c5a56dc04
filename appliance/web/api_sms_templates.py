"""``/api/v1/sms-templates``: texts with gaps, which programs of Aliyun's send by their code."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import sms_templates as desk
from appliance.desk.submission import Priority
from appliance.store import sms_templates
from appliance.store.sms_templates import SmsTemplate
from appliance.web.answer import Answer, json_answer
from appliance.web.api_ports import NO_CONTENT
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.moment import rfc3339
from appliance.web.objects import templates
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.problem import Problem
from appliance.web.words import N_


@operation(N_("Every template"), Group.MESSAGES, Page[templates.SmsTemplate])
def list_templates(office: Office, asked: Asked) -> Answer:
    """Oldest first."""
    items = [template_object(each) for each in sms_templates.list_templates(office.reader())]
    return json_answer({"items": items, "next_cursor": None})


@operation(
    N_("Make a template"),
    Group.MESSAGES,
    {HTTPStatus.CREATED: templates.SmsTemplate},
    body=desk.TEMPLATE_FIELDS,
    problems=("conflict",),
    about=N_("Programs that were written for Aliyun send it by its code; without one it gets one."),
)
def post_template(office: Office, asked: Asked) -> Answer:
    """201."""
    made = agreed(desk.create_template(office.writer, asked.who, asked.members, now_ms=office.now_ms()))
    shown = template_object(made)
    return json_answer(shown, HTTPStatus.CREATED, {"Location": f"/api/v1/sms-templates/{made.code}"})


@operation(N_("One template"), Group.MESSAGES, templates.SmsTemplate, problems=("no-such-template",))
def get_template(office: Office, asked: Asked, template_code: str) -> Answer:
    """By its code."""
    return json_answer(template_object(find_template(office, template_code)))


@operation(
    N_("Change a template"),
    Group.MESSAGES,
    templates.SmsTemplate,
    body=desk.CHANGED_TEMPLATE_FIELDS,
    problems=("no-such-template",),
)
def patch_template(office: Office, asked: Asked, template_code: str) -> Answer:
    """What is not given stays; so does the code."""
    find_template(office, template_code)
    members = asked.members
    changed = desk.change_template(office.writer, asked.who, template_code, members, now_ms=office.now_ms())
    return json_answer(template_object(agreed(changed)))


@operation(
    N_("Remove a template"), Group.MESSAGES, {HTTPStatus.NO_CONTENT: None}, problems=("no-such-template",)
)
def delete_template(office: Office, asked: Asked, template_code: str) -> Answer:
    """What was sent with it stays."""
    find_template(office, template_code)
    agreed(desk.remove_template(office.writer, asked.who, template_code, now_ms=office.now_ms()))
    return NO_CONTENT


def find_template(office: Office, code: str) -> SmsTemplate:
    """The template of a code, or 404."""
    found = sms_templates.find(office.reader(), code)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-template")
    return found


def template_object(template: SmsTemplate) -> dict[str, object]:
    """As the API tells of it."""
    return {
        "code": template.code,
        "name": template.name,
        "text": template.text,
        "gaps": list(desk.gaps_of(template.text)),
        "priority": Priority(template.priority).name.lower(),
        "created_at": rfc3339(template.made_at_ms),
        "updated_at": rfc3339(template.changed_at_ms),
        "links": {"self": f"/api/v1/sms-templates/{template.code}"},
    }
