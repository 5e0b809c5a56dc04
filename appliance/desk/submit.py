"""The one door into the queue: who, what, to whom, when → a stored message, or a refusal with reasons.

Every way in (API, page, command line, and whatever dialect comes later) calls :func:`submit`; nothing
else inserts a message. Approval, opt-out and credit will be asked in :func:`decide`, so that no way in can skip them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.desk.carriers import number_table
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.numbers import read_recipient
from appliance.desk.submission import LONGEST_VALIDITY_S, Submission
from appliance.desk.who import Who
from appliance.modem.sms import TextPlan, TpduError, plan_text
from appliance.policy.destination import destination_of
from appliance.store import messages
from appliance.store.conversation import sim_of_conversation
from appliance.store.life import MessageState
from appliance.store.messages import Message, NewMessage
from appliance.store.writer import GroupCommitWriter

_DAY_MS = 86_400_000
FARTHEST_AHEAD_MS = 366 * _DAY_MS
"""A message for later than this is more likely a slip of the pen than a plan."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What this box accepts."""

    home_region: str = "CN"
    most_parts: int = 10


def submit(
    writer: GroupCommitWriter,
    rules: Rules,
    submission: Submission,
    who: Who,
    *,
    now_ms: int,
    ring: Callable[[], object],
    also: Callable[[sqlite3.Connection, Message], None] | None = None,
) -> Message | Refusal:
    """Judge a submission and store it; returns when it is on disk, and has rung the pool's doorbell.

    ``also`` is done in the transaction that stores it; what it raises undoes both and is raised here.

    Raises :class:`~appliance.store.errors.StoreError` where the disk or the database refused; then
    nothing was stored.
    """
    verdict = decide(submission, who, rules, now_ms)
    if isinstance(verdict, Refusal):
        return verdict

    def change(connection: sqlite3.Connection) -> Message:
        accepted = messages.accept(connection, _with_its_way(connection, verdict, rules))
        if also is not None:
            also(connection, accepted)
        return accepted

    stored = writer.write_blocking(change)
    ring()
    return stored


def _with_its_way(connection: sqlite3.Connection, message: NewMessage, rules: Rules) -> NewMessage:
    """The same with the network that its recipient seems to be in, and the SIM that he knows.

    One that is for a certain SIM prefers none.
    """
    destination = destination_of(message.recipient, number_table(connection, rules.home_region))
    known = None
    if message.via_sim_id is None:
        known = sim_of_conversation(connection, message.recipient)
    return replace(message, destination=destination, sticky_sim_id=known)


def decide(submission: Submission, who: Who, rules: Rules, now_ms: int) -> NewMessage | Refusal:
    """The message that would be stored, or every reason against it. Reads and writes nothing."""
    recipient = read_recipient(submission.to, rules.home_region)
    plan = plan_or_mistake(submission.text, submission.transliterate, rules.most_parts)
    times = times_or_mistake(submission, now_ms)
    mistakes = tuple(each for each in (recipient, plan, times) if isinstance(each, Mistake))
    if isinstance(recipient, Mistake) or isinstance(plan, Mistake) or isinstance(times, Mistake):
        return Refusal(mistakes)
    return NewMessage(
        id=messages.new_id(now_ms),
        recipient=recipient,
        text=plan.text,
        alphabet=plan.alphabet.value,
        parts_total=len(plan.parts),
        flash=submission.flash,
        delivery_report=submission.delivery_report,
        priority=int(submission.priority),
        on_uncertain=submission.on_uncertain.value,
        source=who.source.value,
        api_key_id=who.api_key_id,
        state=MessageState.QUEUED,
        reason="message.scheduled" if times.not_before_ms else "message.queued",
        reason_args={"until_ms": times.not_before_ms} if times.not_before_ms else {},
        not_before_ms=times.not_before_ms,
        expires_at_ms=times.expires_at_ms,
        accepted_at_ms=now_ms,
        via_sim_id=submission.via_sim_id,
        account_id=who.account_id,
    )


@dataclass(frozen=True, slots=True)
class Times:
    """Between which instants a message may be sent."""

    not_before_ms: int
    """0: at once."""
    expires_at_ms: int | None


def times_or_mistake(submission: Submission, now_ms: int) -> Times | Mistake:
    """When a message may go, or why that can't be."""
    begins_ms = max(submission.not_before_ms or 0, now_ms)
    if begins_ms - now_ms > FARTHEST_AHEAD_MS:
        return Mistake("/not_before", "problem.too-far-ahead", {"days": FARTHEST_AHEAD_MS // _DAY_MS})
    if submission.validity_s is None:
        ends = _end_or_mistake(submission.expires_at_ms, begins_ms, now_ms)
    elif submission.expires_at_ms is None:
        ends = begins_ms + submission.validity_s * 1000
    else:
        ends = Mistake("/expires_at", "problem.two-deadlines")
    if isinstance(ends, Mistake):
        return ends
    return Times(begins_ms if begins_ms > now_ms else 0, ends)


def _end_or_mistake(expires_at_ms: int | None, begins_ms: int, now_ms: int) -> int | Mistake | None:
    if expires_at_ms is None:
        return None
    if expires_at_ms <= now_ms:
        return Mistake("/expires_at", "problem.expires-in-the-past")
    if expires_at_ms <= begins_ms:
        return Mistake("/expires_at", "problem.expires-before-it-begins")
    if expires_at_ms - begins_ms > LONGEST_VALIDITY_S * 1000:
        return Mistake("/expires_at", "problem.too-far-ahead", {"days": LONGEST_VALIDITY_S // 86_400})
    return expires_at_ms


def plan_or_mistake(text: str, transliterate: bool, most_parts: int) -> TextPlan | Mistake:
    """How a text goes on the air, or why it can't."""
    if not text.strip():
        return Mistake("/text", "problem.text-empty")
    if "\0" in text:
        return Mistake("/text", "problem.text-nul")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return Mistake("/text", "problem.text-surrogate")
    try:
        plan = plan_text(text, transliterate=transliterate)
    except TpduError:
        return Mistake("/text", "problem.text-too-long", {"limit": most_parts})
    if len(plan.parts) > most_parts:
        return Mistake("/text", "problem.text-parts", {"parts": len(plan.parts), "limit": most_parts})
    return plan
