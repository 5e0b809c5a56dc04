"""SMSEagle's "Callback URL": what was received, by GET or as a form."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from appliance.desk.outbox import Facts, HttpRequest, HttpResponse, Target, is_2xx
from appliance.store.changes import ChangeKind
from appliance.web.dialects.parameters import FORM
from appliance.web.office import Office


class SmsEagleRenderer:
    """``sender``, ``timestamp`` (of the clock on the wall here), ``text``, ``msgid``; ``apikey`` where one is set."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def render(self, facts: Facts, to: Target) -> HttpRequest | None:
        """Nothing of what is no text, or answers the box itself, or came late."""
        inbound = facts.inbound
        if inbound is None or facts.change.kind is not ChangeKind.INBOUND or facts.change.state != "received":
            return None
        if inbound.text is None or inbound.about is not None:
            return None
        when = datetime.fromtimestamp(inbound.received_at_ms / 1000, self._office.zone)
        fields = {
            "sender": inbound.sender,
            "timestamp": when.strftime("%Y%m%d%H%M%S"),
            "text": inbound.text,
            "msgid": str(inbound.seq),
        }
        if apikey := to.options.get("apikey"):
            fields["apikey"] = str(apikey)
        said = urlencode(fields, errors="replace")
        if to.options.get("method") == "GET":
            return HttpRequest(url=f"{to.url}{'&' if '?' in to.url else '?'}{said}", method="GET")
        return HttpRequest(url=to.url, headers={"Content-Type": FORM}, body=said.encode("ascii"))

    def is_taken(self, facts: Facts, to: Target, response: HttpResponse) -> bool:
        return is_2xx(response)

    def answered(self, facts: Facts, to: Target, response: HttpResponse) -> None:
        """Nothing follows from an answer."""
