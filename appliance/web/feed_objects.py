"""A change with what it is about, and as the object of the API: the same in webhooks, event streams and long polls."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from appliance.desk.change_types import GAP
from appliance.desk.outbox import Facts
from appliance.policy.reason import Reason
from appliance.store import changes, inbox, messages
from appliance.store.changes import Change, ChangeKind
from appliance.store.life import MessageState
from appliance.web.language import Language
from appliance.web.moment import rfc3339
from appliance.web.office import Office
from appliance.web.problem import as_json
from appliance.web.represent import inbox_object, message_object, reason_object, sim_object
from appliance.web.words import Words


def facts_of(reader: sqlite3.Connection, change: Change, box: str) -> Facts | None:
    """A change with what it is about, as that was then; None where it is kept no more."""
    change_id = f"evt_{box}_{change.id}"
    if change.message_seq is not None:
        now = messages.of_seq(reader, change.message_seq)
        return None if now is None else Facts(change=change, id=change_id, message=_as_it_was(now, change))
    if change.inbound_seq is not None:
        received = inbox.get(reader, changes.inbound_id(reader, change.inbound_seq))
        return None if received is None else Facts(change=change, id=change_id, inbound=received)
    return Facts(change=change, id=change_id)


def _as_it_was(message: messages.Message, change: Change) -> messages.Message:
    return replace(
        message,
        state=MessageState(change.state),
        reason=change.reason,
        reason_args=dict(change.reason_args),
        attempt=change.attempt or 0,
        sim_id=change.sim_id,
        sent_at_ms=change.sent_at_ms,
        finished_at_ms=change.finished_at_ms,
        updated_at_ms=change.at_ms,
    )


def feed_object(office: Office, facts: Facts, language: Language) -> dict[str, object]:
    """``{"type": …, "timestamp": …, "data": …}``, where ``data`` is what the API has of it elsewhere."""
    return {
        "type": facts.type,
        "timestamp": rfc3339(facts.change.at_ms),
        "data": _data(office, facts, Words(language, office.zone, office.now_ms())),
    }


def gap_object(at_ms: int) -> dict[str, object]:
    """What is said where changes may be missing."""
    return {"type": GAP, "timestamp": rfc3339(at_ms), "data": {}}


def body_of(office: Office, facts: Facts, language: Language) -> bytes:
    """The same as JSON on one line."""
    return as_json(feed_object(office, facts, language))


def _data(office: Office, facts: Facts, words: Words) -> object:
    change = facts.change
    reason = Reason(change.reason, change.reason_args)
    if facts.message is not None:
        return message_object(facts.message, reason, office.book(), words)
    if facts.inbound is not None:
        return inbox_object(facts.inbound)
    if change.kind is ChangeKind.BEGAN:
        return {}
    return {
        "id": change.event_id,
        "at": rfc3339(change.at_ms),
        "kind": change.state,
        "port": change.port_id,
        "port_state": change.port_state,
        "sim": sim_object(change.sim_id, office.book()),
        "reason": {**reason_object(reason, words), "args": change.reason_args},
    }
