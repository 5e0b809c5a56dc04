"""What is not a message to send: the inbox, how the box is, and which devices there are."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk.who import Source
from appliance.store import inbox
from appliance.store.inbox import InboxFilters
from appliance.store.keys import Scope
from appliance.store.ports import list_ports
from appliance.web.access import admit_secret
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.android.entry import entered
from appliance.web.dialects.android.query import FARTHEST, MOST, pages_of, span_of
from appliance.web.dialects.android.shapes import DEVICE, Rejected, read
from appliance.web.dialects.android.tokens import TokenRequest, sealed, token_of
from appliance.web.dialects.credentials import shown_secret
from appliance.web.dialects.parameters import query_of
from appliance.web.moment import rfc3339
from appliance.web.office import Office

_READY = "ready"


@entered(Scope.INBOX)
def list_inbox(office: Office, asked: Asked) -> Answer:
    """Newest first, with ``type``, ``from``, ``to``, ``limit`` and ``offset``."""
    query = query_of(asked)
    if query.get("type", "SMS") != "SMS":
        return json_answer([])
    after_ms, before_ms = span_of(query, office.zone)
    filters = InboxFilters(received_after_ms=after_ms, received_before_ms=before_ms)
    found = inbox.list_inbox(office.reader(), filters, limit=FARTHEST + MOST).messages
    return json_answer(
        [
            {
                "id": each.id,
                "type": "SMS",
                "sender": each.sender,
                "recipient": each.sim_msisdn,
                "simNumber": each.sim_id,
                "contentPreview": each.text or "",
                "createdAt": rfc3339(each.received_at_ms),
            }
            for each in [each for each in found if each.text is not None][pages_of(query)]
        ]
    )


@entered(Scope.INBOX)
def refresh_inbox(office: Office, asked: Asked) -> Answer:
    """202: the box reads its SIMs by itself, so that there is nothing to do."""
    return json_answer({}, HTTPStatus.ACCEPTED)


@entered(None)
def health(office: Office, asked: Asked) -> Answer:
    """``pass`` while a SIM is ready, else ``warn``: what is sent waits."""
    ready = sum(each.state == _READY for each in list_ports(office.reader()))
    status = "pass" if ready else "warn"
    check = {
        "description": "Modems that are ready",
        "observedUnit": "modems",
        "observedValue": ready,
        "status": status,
    }
    return json_answer(
        {"status": status, "version": "1.0", "releaseId": 1, "checks": {"modems:ready": check}}
    )


@entered(None)
def list_devices(office: Office, asked: Asked) -> Answer:
    """The box is the one there is."""
    now = rfc3339(office.now_ms())
    return json_answer(
        [{"id": DEVICE, "name": "Simloft", "createdAt": now, "updatedAt": now, "lastSeen": now}]
    )


def post_token(office: Office, asked: Asked) -> Answer:
    """201 with a token of the key that is shown; of a token there is none."""
    shown = shown_secret(asked)
    let_in, _ = admit_secret(office, asked, shown, None, Source.ANDROID)
    assert let_in.key is not None
    try:
        token = token_of(read(let_in, TokenRequest), let_in.key, office.now_ms())
    except Rejected as rejected:
        return json_answer({"message": str(rejected)}, rejected.status)
    told = {
        "id": token.id,
        "accessToken": sealed(office, token),
        "tokenType": "Bearer",
        "expiresAt": rfc3339(token.ends_at_ms),
    }
    return json_answer(told, HTTPStatus.CREATED)
