"""What can be called in v1, whichever way: send, read what was received, count."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.desk.mistake import Refusal
from appliance.desk.submission import LONGEST_VALIDITY_S, Priority, Submission
from appliance.desk.submit import decide
from appliance.desk.who import Source
from appliance.store import inbox, message_lists
from appliance.store.inbox import InboxMessage
from appliance.store.keys import Scope
from appliance.web.access import admit_secret
from appliance.web.asked import Asked
from appliance.web.dialects.parameters import word
from appliance.web.dialects.sending import recipients_of, send, split
from appliance.web.dialects.smseagle.words import Denied, Length, Received, Result, Sent
from appliance.web.filters import spellings
from appliance.web.office import Office
from appliance.web.problem import refused

Params = Mapping[str, object]

MOST_READ = 500
_VALIDITY = re.compile(r"(\d{1,3})([mhdw])", re.ASCII)
_UNIT_S = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DATE = re.compile(r"\d{12}(?:\d\d)?", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_MOST_COUNTED = 1_000_000


@dataclass(frozen=True, slots=True)
class _Method:
    scope: Scope
    perform: Callable[[Office, Asked, Params], Result]


def call(office: Office, asked: Asked, name: str, params: Params) -> Result:
    """Do what a method of this name does. Raises :class:`Denied` and :class:`Problem`."""
    method = _METHODS.get(name)
    # Who shows no key does not learn which methods there are.
    scope = Scope.SEND if method is None else method.scope
    let_in, at = admit_secret(office, asked, secret_of(params), scope, Source.SMSEAGLE)
    if method is None:
        raise Denied("Wrong parameters: this box does not know that method")
    return method.perform(at, let_in, params)


def secret_of(params: Params) -> str:
    """The key: the access token, else the password. The log-in is free."""
    return word(params, "access_token") or word(params, "pass")


def _send_sms(office: Office, asked: Asked, params: Params) -> Sent:
    given = params.get("to")
    numbers = [str(each) for each in given] if isinstance(given, list) else split(word(params, "to"))
    common = submission_of(params, office.now_ms(), office.zone)
    if word(params, "test") == "1":
        return _simulated(office, asked, numbers, common)
    return Sent([each.seq for each in send(office, asked, numbers, common).messages])


def _simulated(office: Office, asked: Asked, numbers: list[str], common: Submission) -> Sent:
    """``test=1``: judged, and not stored; the number of each is 0."""
    rules = office.settings.rules
    recipients = recipients_of(numbers, rules.home_region)
    for number in recipients:
        verdict = decide(Submission(to=number, text=common.text), asked.who, rules, office.now_ms())
        if isinstance(verdict, Refusal):
            raise refused(verdict)
    return Sent([0] * len(recipients))


def submission_of(params: Params, now_ms: int, zone: ZoneInfo) -> Submission:
    """What is to be sent, to whomever. Raises :class:`Denied`.

    ``modem_no``, ``unicode`` and ``oid`` change nothing: the box chooses SIM and alphabet by itself.
    """
    if word(params, "message_type").lower() not in ("", "sms") or params.get("attachments"):
        raise Denied("Wrong parameters: this box sends no MMS")
    text = params.get("message", params.get("text"))
    if not isinstance(text, str):
        raise Denied("Wrong parameters: message")
    return Submission(
        to="",
        text=text,
        flash=word(params, "flash") == "1",
        priority=Priority.OTP if word(params, "highpriority") == "1" else Priority.NOTICE,
        not_before_ms=_begin_ms(params, now_ms, zone),
        validity_s=_validity_s(word(params, "validity").lower()),
    )


def _validity_s(given: str) -> int | None:
    if given in ("", "max"):
        return None
    found = _VALIDITY.fullmatch(given)
    seconds = int(found[1]) * _UNIT_S[found[2]] if found else 0
    if not 60 <= seconds <= LONGEST_VALIDITY_S:
        raise Denied("Wrong parameters: validity")
    return seconds


def _begin_ms(params: Params, now_ms: int, zone: ZoneInfo) -> int | None:
    """``date`` by the clock on the wall here; ``send_after`` is the next such time of day."""
    if word(params, "send_before"):
        raise Denied("Wrong parameters: send_before can't be kept here; give the SIM's plan sending hours")
    date, after = word(params, "date"), word(params, "send_after")
    if date:
        return _instant_ms(date, zone)
    if not after:
        return None
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    found = _TIME.fullmatch(after)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise Denied("Wrong parameters: send_after")
    then = now.replace(hour=int(found[1]), minute=int(found[2]), second=int(found[3] or 0), microsecond=0)
    return None if then <= now else int(then.timestamp() * 1000)


def _instant_ms(given: str, zone: ZoneInfo) -> int:
    if not _DATE.fullmatch(given):
        raise Denied("Wrong parameters: date")
    try:
        return int(
            datetime.strptime(given.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=zone).timestamp() * 1000
        )
    except (ValueError, OverflowError) as error:
        raise Denied("Wrong parameters: date") from error


def _read_sms(office: Office, asked: Asked, params: Params) -> Received:
    """The inbox, by ascending number: who polls goes on with ``idfrom``."""
    if word(params, "folder") not in ("", "inbox"):
        raise Denied("Wrong parameters: only the folder inbox can be read")
    if word(params, "unread") == "1":
        raise Denied("Wrong parameters: unread is not kept here; go on with idfrom, one above the last ID")
    zone = office.zone
    after, before, sender = word(params, "datefrom"), word(params, "dateto"), word(params, "from")
    messages = inbox.ascending(
        office.reader(),
        from_seq=_number(params, "idfrom", 0),
        to_seq=_number(params, "idto", None),
        senders=spellings(sender, office.settings.rules.home_region) if sender else None,
        from_ms=_instant_ms(after, zone) if after else None,
        until_ms=_instant_ms(before, zone) + 1000 if before else None,
        limit=min(_number(params, "limit", MOST_READ) or MOST_READ, MOST_READ),
    )
    return Received([_fields(each, zone) for each in messages])


def _fields(message: InboxMessage, zone: ZoneInfo) -> Mapping[str, str]:
    text = message.text or ""
    plain = text.isascii()
    return {
        "UpdatedInDB": _stamp(message.completed_at_ms, zone),
        "ReceivingDateTime": _stamp(message.received_at_ms, zone),
        "Text": text.encode("utf-16-be", "replace").hex().upper(),
        "SenderNumber": message.sender,
        "Coding": "Default_No_Compression" if plain else "Unicode_No_Compression",
        "UDH": "",
        "SMSCNumber": "",
        "Class": "-1",
        "TextDecoded": text,
        "ID": str(message.seq),
        "RecipientID": message.sim_label or message.sim_msisdn or "",
        "Processed": "t",
        "id_folder": "1",
        "readed": "false",
        "oid": "",
        "Status": "0",
    }


def _stamp(at_ms: int, zone: ZoneInfo) -> str:
    return (datetime.fromtimestamp(0, zone) + timedelta(milliseconds=at_ms)).strftime("%Y-%m-%d %H:%M:%S")


def _number(params: Params, name: str, otherwise: int | None) -> int | None:
    given = word(params, name)
    if not given:
        return otherwise
    if not (given.isascii() and given.isdigit()) or len(given) > 15:
        raise Denied(f"Wrong parameters: {name}")
    return int(given)


def _inbox_length(office: Office, asked: Asked, params: Params) -> Length:
    return Length("inbox_length", inbox.count(office.reader()))


def _queue_length(office: Office, asked: Asked, params: Params) -> Length:
    waiting = message_lists.count_open(office.reader(), _MOST_COUNTED)
    return Length("queue_length", sum(waiting.values()))


def _to_group(office: Office, asked: Asked, params: Params) -> Result:
    raise Denied(f"Invalid group name – {word(params, 'groupname')[:60]}")


def _to_contact(office: Office, asked: Asked, params: Params) -> Result:
    raise Denied(f"Invalid contact name – {word(params, 'contactname')[:60]}")


_METHODS: Mapping[str, _Method] = {
    "send_sms": _Method(Scope.SEND, _send_sms),
    "send_togroup": _Method(Scope.SEND, _to_group),
    "send_tocontact": _Method(Scope.SEND, _to_contact),
    "read_sms": _Method(Scope.INBOX, _read_sms),
    "get_inbox_length": _Method(Scope.INBOX, _inbox_length),
    "get_queue_length": _Method(Scope.READ, _queue_length),
}
