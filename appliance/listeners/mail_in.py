"""One mail → one message for each recipient, all of them or none. Blocking: for a thread."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.desk.decision import plan_or_mistake
from appliance.desk.door import Shut
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.shorten import shortened
from appliance.desk.submission import Submission
from appliance.desk.submit import Once, submit_many
from appliance.desk.who import Source, Who
from appliance.listeners.counter import Counter
from appliance.listeners.mail import Mail, UnreadableMailError, read_mail
from appliance.listeners.settings import SmtpRules
from appliance.listeners.smtp_entry import as_it_is
from appliance.listeners.smtp_reply import of_refusal, of_shut_door, of_store, reply, said
from appliance.listeners.wording import words_of
from appliance.store.accounts import BOX
from appliance.store.errors import StoreError
from appliance.store.keys import ApiKey

log = logging.getLogger("simloft.smtp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One mail as it came."""

    key: ApiKey
    remote: str
    """The address of the client."""
    recipients: tuple[str, ...]
    """Numbers in the box's spelling, none twice."""
    octets: bytes


def take_mail(counter: Counter, rules: SmtpRules, delivery: Delivery) -> str:
    """The reply to a mail.

    250 means that every message is on disk, or was by an earlier try of the same mail.
    """
    try:
        mail = read_mail(delivery.octets)
    except UnreadableMailError:
        return said("554 5.6.0", "smtp.unreadable")
    text = words_of(mail, rules.wanted)
    if not text.strip():
        return said("554 5.6.0", "smtp.nothing-said")
    try:
        return _stored(counter, rules, delivery, mail, text)
    except StoreError as error:
        log.error("a mail could not be stored (%s)", type(error).__name__)
        return of_store(error)


def _stored(counter: Counter, rules: SmtpRules, delivery: Delivery, mail: Mail, text: str) -> str:
    key = as_it_is(counter, delivery.key, delivery.remote)
    if isinstance(key, Shut):
        return of_shut_door(key)
    tools = counter.tools_for(key)
    most_parts = min(rules.most_parts, tools.rules.most_parts)
    if rules.cuts:
        text = shortened(text, most_parts)
    elif isinstance(mistake := plan_or_mistake(text, False, most_parts), Mistake):
        return of_refusal(Refusal((mistake,)))
    stored = submit_many(
        tools.writer,
        tools.rules,
        [Submission(to=each, text=text, priority=rules.priority) for each in delivery.recipients],
        Who(Source.SMTP, key.id, BOX if key.is_sandbox else key.account_id, remote=delivery.remote),
        now_ms=counter.now_ms(),
        ring=tools.ring,
        once=once_of(mail, delivery.recipients, text),
    )
    if isinstance(stored, Refusal):
        return of_refusal(stored)
    ids = " ".join(each.id for each in stored.messages[:3])
    left_out = f"; {len(mail.attachments)} attachments left out" if mail.attachments else ""
    return reply("250 2.0.0", f"stored as {ids}{left_out}")


def once_of(mail: Mail, recipients: Sequence[str], text: str) -> Once | None:
    """What makes a mail the same one again: its Message-ID, date, recipients and text.

    All of them, because there are devices that give each mail the same Message-ID: what they say next is another
    alarm. None where it has no Message-ID: then a second one like it is a second one.
    """
    if not mail.message_id:
        return None
    said_all = "\0".join([mail.message_id, mail.date, *sorted(recipients), text])
    digest = hashlib.sha256(said_all.encode("utf-8", "surrogatepass")).digest()
    return Once(f"mail:{digest.hex()}", digest)
