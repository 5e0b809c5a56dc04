"""What Kannel calls: the ``dlr-url`` of a message, and the ``get-url`` of a service for what was received."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from appliance.desk.charset import text_of
from appliance.desk.html_text import text_of_html
from appliance.desk.mistake import Refusal
from appliance.desk.outbox import Facts, HttpRequest, HttpResponse, Target, is_2xx
from appliance.desk.shorten import shortened
from appliance.desk.submission import Submission
from appliance.desk.submit import Once, submit
from appliance.desk.who import Source, Who
from appliance.store.changes import Change, ChangeKind
from appliance.store.inbox import InboxMessage
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.web.dialects.kannel.escapes import filled, plus_spelt, times, words_of
from appliance.web.office import Office

DELIVERED, FAILED, ACCEPTED, REJECTED = 1, 2, 8, 16
"""Kannel's events, the bits of ``dlr-mask``. 4 (the network keeps it for now) and 32 are never told."""

_STAT = {DELIVERED: "DELIVRD", FAILED: "UNDELIV"}
_HEADERS = {"Accept": "*/*"}
NAME = "simloft"
"""What ``%i`` says where the request named no SMSC: RapidSMS takes no report without one."""


class KannelRenderer:
    """By GET, as smsbox does it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def render(self, facts: Facts, to: Target) -> HttpRequest | None:
        url = None
        if to.callback is not None and facts.message is not None:
            url = report_url(facts.change, facts.message, to)
        elif to.webhook is not None and facts.inbound is not None and facts.change.kind is ChangeKind.INBOUND:
            url = service_url(facts.inbound, to) if facts.change.state == "received" else None
        return None if url is None else HttpRequest(url=url, method="GET", headers=_HEADERS)

    def is_taken(self, facts: Facts, to: Target, response: HttpResponse) -> bool:
        return is_2xx(response)

    def answered(self, facts: Facts, to: Target, response: HttpResponse) -> None:
        """The body of a service's answer goes back to who wrote, where the subscription lets it: through the door."""
        most = _most_messages(to)
        if to.webhook is None or facts.inbound is None or most <= 0:
            return
        text = reply_text(response)
        if not text:
            return
        office, webhook = self._office, to.webhook
        stored = submit(
            office.writer,
            office.settings.rules,
            Submission(to=facts.inbound.sender, text=shortened(text, most)),
            Who(Source.KANNEL, webhook.api_key_id, webhook.account_id or 1),
            now_ms=office.now_ms(),
            ring=office.ring,
            once=Once(f"kannel-reply:{webhook.id}:{facts.id}", hashlib.sha256(facts.id.encode()).digest()),
        )
        if isinstance(stored, Refusal):
            office.log.warning("the reply of a service was not sent (%s)", stored.mistakes[0].code)


def event_of(change: Change) -> int | None:
    """Which event of Kannel a step of a message is; None where it has none."""
    match change.state:
        case MessageState.SENT:
            return ACCEPTED
        case MessageState.DELIVERED:
            return DELIVERED
        case MessageState.UNDELIVERED:
            return FAILED
        case MessageState.FAILED | MessageState.EXPIRED | MessageState.CANCELLED:
            return REJECTED if change.sent_at_ms is None else FAILED
        case _:
            return None


def report_url(change: Change, message: Message, to: Target) -> str | None:
    """The ``dlr-url`` with its escapes filled in; None where the mask asks for no such event."""
    event = event_of(change)
    mask = to.options.get("mask")
    if event is None or not isinstance(mask, int) or not event & mask:
        return None
    given = {name: str(value or "") for name, value in to.options.items()}
    recipient, sender = given.get("to") or message.recipient, given.get("from", "")
    said = _said(event, message, change)
    return filled(
        to.url,
        {
            **words_of(said),
            **times(change.at_ms),
            "d": str(event),
            "A": said,
            "F": message.id,
            "I": message.id,
            # Of a report: who got the message is who it is from.
            "p": recipient,
            "P": sender,
            "q": plus_spelt(recipient),
            "Q": plus_spelt(sender),
            "i": given.get("smsc") or NAME,
            "n": given.get("account", ""),
            "o": given.get("account", ""),
            "B": given.get("binfo", ""),
            "D": given.get("meta-data", ""),
            "O": "8" if message.alphabet == "ucs2" else "0",
            "c": "2" if message.alphabet == "ucs2" else "0",
            "C": "UTF-8",
            "m": "0" if message.flash else "",
            "M": "",
            "u": "",
            "U": "",
            "R": str(mask),
        },
    )


def _said(event: int, message: Message, change: Change) -> str:
    """``%A``: what a message centre would have said."""
    if event == ACCEPTED:
        return "ACK/"
    if event == REJECTED:
        return f"NACK/{change.reason}"
    stamps = [
        datetime.fromtimestamp((each or change.at_ms) / 1000, UTC).strftime("%y%m%d%H%M")
        for each in (message.sent_at_ms, change.at_ms)
    ]
    delivered = "001" if event == DELIVERED else "000"
    return (
        f"id:{message.id} sub:001 dlvrd:{delivered} submit date:{stamps[0]} done date:{stamps[1]} "
        f"stat:{_STAT[event]} err:000 text:"
    )


def service_url(inbound: InboxMessage, to: Target) -> str | None:
    """The ``get-url`` with its escapes filled in; None for what is no text, or answers the box itself."""
    if inbound.text is None or inbound.about is not None:
        return None
    receiver = inbound.sim_msisdn or inbound.sim_label or ""
    return filled(
        to.url,
        {
            **words_of(inbound.text),
            **times(inbound.received_at_ms),
            "p": inbound.sender,
            "P": receiver,
            "q": plus_spelt(inbound.sender),
            "Q": plus_spelt(receiver),
            "i": inbound.sim_label or NAME,
            "I": inbound.id,
            "c": "0",
            "C": "UTF-8",
            "d": "0",
            "n": to.webhook.name if to.webhook is not None else "",
            **dict.fromkeys("ADFmMuUBoOR", ""),
        },
    )


def reply_text(response: HttpResponse) -> str:
    """The text that a service answers with; empty for none."""
    kind, _, rest = response.headers.get("content-type", "text/plain").partition(";")
    if kind.strip().lower() not in ("text/plain", "text/html", ""):
        return ""
    charset = rest.partition("charset=")[2].strip().strip('"') or None
    text = text_of(response.body, charset)
    if kind.strip().lower() == "text/html":
        text = "\n".join(" ".join(line.split()) for line in text_of_html(text).splitlines() if line.strip())
    return "".join(each for each in text.strip() if each.isprintable() or each in "\n\t")


def _most_messages(to: Target) -> int:
    most = to.options.get("max_messages", 0)
    return most if isinstance(most, int) and not isinstance(most, bool) else 0
