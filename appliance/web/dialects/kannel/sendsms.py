"""``/cgi-bin/sendsms`` as smsbox of Kannel answers it. The password is the API key; the user name is free."""

from __future__ import annotations

import hashlib
import sqlite3
from http import HTTPStatus

from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.numbers import read_recipient
from appliance.desk.submit import Also, Once, submit_many
from appliance.desk.who import Source
from appliance.store.keys import Scope
from appliance.store.messages import Message
from appliance.store.webhooks import add_callback
from appliance.web.access import admit_secret
from appliance.web.answer import Answer
from appliance.web.asked import Asked
from appliance.web.dialects.kannel.fields import fields_of
from appliance.web.dialects.kannel.request import Report, Sending, read_request
from appliance.web.dialects.kannel.words import (
    ACCEPTED,
    FORBIDDEN,
    LATER,
    Rejected,
    answer_with,
    misformed,
    of_refusal,
)
from appliance.web.office import Office
from appliance.web.problem import Problem

DIALECT = "kannel"
_ID_OF_BEARERBOX = "dlr-mid="


def sendsms(office: Office, asked: Asked) -> Answer:
    """202 ``0: Accepted for delivery`` once every message is on disk; all of them or none."""
    try:
        if asked.method == "HEAD":
            # Whoever looks whether an address is there wants nothing to be sent.
            raise Rejected(HTTPStatus.METHOD_NOT_ALLOWED, "Unknown request.")
        fields = fields_of(asked)
        secret = fields.get("password", b"").decode("utf-8", "replace")
        let_in, at = admit_secret(office, asked, secret, Scope.SEND, Source.KANNEL)
        _send(at, let_in, read_request(fields, at.now_ms(), at.settings.rules.home_region))
    except Rejected as rejected:
        return rejected.answer()
    return answer_with(ACCEPTED, HTTPStatus.ACCEPTED)


def _send(office: Office, asked: Asked, sending: Sending) -> None:
    now_ms = office.now_ms()
    stored = submit_many(
        office.writer,
        office.settings.rules,
        sending.submissions,
        asked.who,
        now_ms=now_ms,
        ring=office.ring,
        once=_once(sending),
        also=None if sending.report is None else _also(office, sending, sending.report, now_ms),
    )
    if isinstance(stored, Refusal):
        raise of_refusal(stored)


def _once(sending: Sending) -> Once | None:
    """A bearerbox that got no answer asks again, and its ``dlr-url`` has the id of its message in it."""
    if sending.report is None or _ID_OF_BEARERBOX not in sending.report.url:
        return None
    said_all = "\0".join([sending.report.url, *sending.recipients, sending.submissions[0].text])
    digest = hashlib.sha256(said_all.encode("utf-8", "surrogatepass")).digest()
    return Once(f"kannel:{digest.hex()}", digest)


def _also(office: Office, sending: Sending, report: Report, now_ms: int) -> Also:
    """Note who is told of each message, in the transaction that stores it."""
    home_region = office.settings.rules.home_region
    spelt = {
        number: typed
        for typed in sending.recipients
        if not isinstance(number := read_recipient(typed, home_region), Mistake)
    }

    def note(connection: sqlite3.Connection, message: Message) -> None:
        options: dict[str, str | int] = dict(report.options)
        options["mask"] = report.mask
        options["to"] = spelt.get(message.recipient, message.recipient)
        add_callback(connection, message.seq, DIALECT, report.url, options, now_ms=now_ms)

    return note


def refusal(office: Office, asked: Asked, problem: Problem) -> Answer:
    """How Kannel says what happened here: what it can't do now it may do later."""
    retry_after = problem.headers.get("Retry-After")
    match problem.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return answer_with(FORBIDDEN, HTTPStatus.FORBIDDEN)
        case HTTPStatus.BAD_REQUEST | HTTPStatus.REQUEST_TIMEOUT:
            return misformed("Charset or body").answer()
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return answer_with("Charset or body misformed, rejected", problem.status)
        case _:
            headers = {} if retry_after is None else {"Retry-After": retry_after}
            return answer_with(LATER, HTTPStatus.SERVICE_UNAVAILABLE, headers)
