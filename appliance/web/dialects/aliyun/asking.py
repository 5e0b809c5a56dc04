"""``QuerySendDetails``, and the templates as Aliyun lists and adds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from http import HTTPStatus

from appliance.desk import sms_templates as desk
from appliance.desk.fields import read_members
from appliance.desk.mistake import Refusal
from appliance.desk.submission import Priority
from appliance.sentences import sentence
from appliance.store import aliyun, messages, sms_templates
from appliance.store.aliyun import Sent
from appliance.store.keys import Scope
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.store.sms_templates import SmsTemplate
from appliance.web.asked import Asked
from appliance.web.dialects.aliyun import words
from appliance.web.dialects.aliyun.numbers import as_aliyun, read_number
from appliance.web.dialects.aliyun.request import SignedRequest
from appliance.web.dialects.aliyun.words import Rejected, missing
from appliance.web.office import Office

WAITING, FAILED, DELIVERED = 1, 2, 3
"""Aliyun's ``SendStatus``."""
PASSED = 1
"""``TemplateStatus``: nobody has to look at a template of the box first."""
_TYPES = {Priority.OTP: 0, Priority.NOTICE: 1, Priority.BULK: 2}
_FARTHEST_PAGE = 1_000_000


def query_send_details(box: Office, at: Office, asked: Asked, request: SignedRequest) -> Mapping[str, object]:
    """What went to a number on a day; a key without ``read`` sees what it sent itself."""
    given = request.parameters
    number = given.get("PhoneNumber", "").strip()
    if not number:
        raise missing("PhoneNumber")
    day = _day(given.get("SendDate", ""), at.zone)
    size = _number(given, "PageSize", 10, 50)
    page = _number(given, "CurrentPage", 1, _FARTHEST_PAGE)
    reader = at.reader()
    count, found = aliyun.count_and_find(
        reader,
        read_number(number, at.settings.rules.home_region),
        from_ms=int(day.timestamp() * 1000),
        until_ms=int((day + timedelta(days=1)).timestamp() * 1000),
        biz_id=given.get("BizId", "").strip() or None,
        api_key_id=asked.only_of_key(Scope.READ),
        limit=size,
        offset=(page - 1) * size,
    )
    shown = [
        _detail(message, each, at.zone)
        for each in found
        if (message := messages.of_seq(reader, each.message_seq)) is not None
    ]
    return {
        "Code": "OK",
        "Message": "OK",
        "TotalCount": count,
        "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown},
    }


def _detail(message: Message, sent: Sent, zone: tzinfo) -> dict[str, object]:
    status = status_of(message.state)
    detail: dict[str, object] = {
        "PhoneNum": as_aliyun(message.recipient),
        "SendStatus": status,
        "SendDate": spelt(message.accepted_at_ms, zone),
        "Content": message.text,
        "TemplateCode": sent.template_code,
        "OutId": sent.out_id,
    }
    if status != WAITING:
        detail["ErrCode"] = error_code(message.state)
        detail["ReceiveDate"] = spelt(message.finished_at_ms or message.updated_at_ms, zone)
    return detail


def status_of(state: MessageState) -> int:
    """What a message of the box is to Aliyun's clients."""
    match state:
        case MessageState.DELIVERED:
            return DELIVERED
        case MessageState.UNDELIVERED | MessageState.FAILED | MessageState.EXPIRED | MessageState.CANCELLED:
            return FAILED
        case _:
            return WAITING


def error_code(state: MessageState) -> str:
    """``DELIVERED``, and words of ours for what networks number in a thousand ways."""
    return state.value.upper()


def spelt(at_ms: int, zone: tzinfo) -> str:
    """In the zone of the box, as Aliyun has its times in that of Beijing."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def query_template(box: Office, at: Office, asked: Asked, request: SignedRequest) -> Mapping[str, object]:
    """One, by its code."""
    code = request.parameters.get("TemplateCode", "").strip()
    if not code:
        raise missing("TemplateCode")
    found = next((each for each in _templates(box, at) if each.code == code), None)
    if found is None:
        raise Rejected(words.TEMPLATE, "The box has no template with this code.")
    return {"Code": "OK", "Message": "OK", **_template(found, at.zone), "TemplateStatus": PASSED}


def query_templates(box: Office, at: Office, asked: Asked, request: SignedRequest) -> Mapping[str, object]:
    """All of them, in pages."""
    size = _number(request.parameters, "PageSize", 10, 50)
    page = _number(request.parameters, "PageIndex", 1, _FARTHEST_PAGE)
    found = _templates(box, at)
    shown = [
        {
            **_template(each, at.zone),
            "AuditStatus": "AUDIT_STATE_PASS",
            "OuterTemplateType": _TYPES[Priority(each.priority)],
        }
        for each in found[(page - 1) * size : page * size]
    ]
    return {
        "Code": "OK",
        "Message": "OK",
        "CurrentPage": page,
        "PageSize": size,
        "TotalCount": len(found),
        "SmsTemplateList": shown,
    }


def add_template(box: Office, at: Office, asked: Asked, request: SignedRequest) -> Mapping[str, object]:
    """A new one; it may be used at once."""
    given = request.parameters
    by_type = {str(number): priority for priority, number in _TYPES.items()}
    if not given.get("TemplateContent"):
        raise missing("TemplateContent")
    members = {
        "text": given["TemplateContent"],
        "priority": by_type.get(given.get("TemplateType", "1"), Priority.NOTICE).name.lower(),
        **({"name": given["TemplateName"]} if given.get("TemplateName") else {}),
    }
    read = read_members(desk.TEMPLATE_FIELDS, members)
    made = (
        read
        if isinstance(read, Refusal)
        else desk.create_template(at.writer, asked.who, read, now_ms=at.now_ms())
    )
    if isinstance(made, Refusal):
        mistake = made.mistakes[0]
        raise Rejected(words.INVALID, sentence(mistake.code, dict(mistake.args)))
    return {"Code": "OK", "Message": "OK", "TemplateCode": made.code}


def _templates(box: Office, at: Office) -> Sequence[SmsTemplate]:
    """A sandbox has those of the box besides its own, which go before."""
    found = {each.code: each for each in sms_templates.list_templates(box.reader())}
    if at is not box:
        found |= {each.code: each for each in sms_templates.list_templates(at.reader())}
    return list(found.values())


def _template(template: SmsTemplate, zone: tzinfo) -> dict[str, object]:
    return {
        "TemplateCode": template.code,
        "TemplateName": template.name,
        "TemplateContent": template.text,
        "TemplateType": _TYPES[Priority(template.priority)],
        "CreateDate": spelt(template.made_at_ms, zone),
    }


def _day(given: str, zone: tzinfo) -> datetime:
    if not given:
        raise missing("SendDate")
    try:
        if len(given) != len("20261124"):
            raise ValueError(given)
        day = datetime.strptime(given, "%Y%m%d").replace(tzinfo=zone)
        if not 1971 <= day.year <= 9000:
            raise ValueError(given)
    except ValueError as error:
        raise Rejected(words.INVALID, "SendDate has to be a day, such as 20261124.") from error
    return day


def _number(given: Mapping[str, str], name: str, otherwise: int, most: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit()) or len(text) > 7 or not 1 <= int(text) <= most:
        raise Rejected("InvalidParameter", f"{name} has to be 1 to {most}.", HTTPStatus.BAD_REQUEST)
    return int(text)
