"""The one door into the queue: who, what, to whom, when → a stored message, or a refusal with reasons.

Every way in (API, page, command line, and whatever dialect comes later) calls :func:`submit`; nothing
else inserts a message. Approval, opt-out and credit will be asked in :func:`decide`, so that no way in can skip them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.numbers import read_recipient
from appliance.desk.submission import Submission
from appliance.modem.sms import TextPlan, TpduError, plan_text
from appliance.store import messages
from appliance.store.life import MessageState
from appliance.store.messages import Message, NewMessage
from appliance.store.writer import GroupCommitWriter


class Source(StrEnum):
    """Through which way in a message came; or, of the box's own, what for."""

    API = "api"
    PAGE = "page"
    CLI = "cli"
    LOOP_TEST = "loop-test"
    KEEP_ALIVE = "keep-alive"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks: the way in, and the API key where there was one."""

    source: Source
    api_key_id: int | None = None


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
        accepted = messages.accept(connection, verdict)
        if also is not None:
            also(connection, accepted)
        return accepted

    stored = writer.write_blocking(change)
    ring()
    return stored


def decide(submission: Submission, who: Who, rules: Rules, now_ms: int) -> NewMessage | Refusal:
    """The message that would be stored, or every reason against it. Reads and writes nothing."""
    recipient = read_recipient(submission.to, rules.home_region)
    plan = plan_or_mistake(submission.text, submission.transliterate, rules.most_parts)
    mistakes = tuple(each for each in (recipient, plan) if isinstance(each, Mistake))
    if isinstance(recipient, Mistake) or isinstance(plan, Mistake):
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
        reason="message.queued",
        expires_at_ms=None if submission.validity_s is None else now_ms + submission.validity_s * 1000,
        accepted_at_ms=now_ms,
        via_sim_id=submission.via_sim_id,
    )


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
