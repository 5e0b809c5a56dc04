"""What Aliyun pushes: ``SmsReport`` of what became of a message, ``SmsUp`` of what came in. JSON arrays by POST."""

from __future__ import annotations

import json

from appliance.desk.outbox import Facts, HttpRequest, HttpResponse, Target, is_2xx
from appliance.store import aliyun
from appliance.store.changes import ChangeKind
from appliance.store.inbox import InboxMessage
from appliance.web.dialects.aliyun.asking import DELIVERED, WAITING, error_code, spelt, status_of
from appliance.web.dialects.aliyun.numbers import as_aliyun
from appliance.web.office import Office
from appliance.web.problem import as_json

DIALECT = "aliyun"
TAKEN = 0


class AliyunRenderer:
    """One push for each change; receivers take arrays of any length."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def render(self, facts: Facts, to: Target) -> HttpRequest | None:
        """Of messages that came in by this dialect, and of every text that was received."""
        said = None
        if facts.change.kind is ChangeKind.MESSAGE:
            said = self._report(facts)
        elif facts.inbound is not None and facts.change.state == "received":
            said = self._up(facts.inbound)
        if said is None:
            return None
        headers = {"Content-Type": "application/json;charset=utf-8"}
        return HttpRequest(url=to.url, headers=headers, body=as_json([said]))

    def is_taken(self, facts: Facts, to: Target, response: HttpResponse) -> bool:
        """``{"code": 0}``, as its documentation wants it."""
        try:
            said = json.loads(response.body)
        except (ValueError, RecursionError):
            return False
        return is_2xx(response) and isinstance(said, dict) and str(said.get("code")) == str(TAKEN)

    def answered(self, facts: Facts, to: Target, response: HttpResponse) -> None:
        """Nothing follows from an answer."""

    def _report(self, facts: Facts) -> dict[str, object] | None:
        message = facts.message
        if message is None or status_of(message.state) == WAITING:
            return None
        sent = aliyun.sent_of(self._office.reader(), message.seq)
        if sent is None:
            return None
        zone = self._office.zone
        return {
            "phone_number": as_aliyun(message.recipient),
            "send_time": spelt(message.sent_at_ms or message.accepted_at_ms, zone),
            "report_time": spelt(facts.change.at_ms, zone),
            "success": status_of(message.state) == DELIVERED,
            "err_code": error_code(message.state),
            "err_msg": "",
            "sms_size": str(message.parts_total),
            "biz_id": sent.biz_id,
            "out_id": sent.out_id,
        }

    def _up(self, inbound: InboxMessage) -> dict[str, object] | None:
        if inbound.text is None or inbound.about is not None:
            return None
        return {
            "phone_number": as_aliyun(inbound.sender),
            "content": inbound.text,
            "send_time": spelt(inbound.scts_at_ms or inbound.received_at_ms, self._office.zone),
            "sign_name": "",
            "dest_code": as_aliyun(inbound.sim_msisdn or inbound.sim_label or ""),
            "sequence_id": inbound.seq,
        }
