"""Whether a message may enter the queue as it is asked for, and every reason against it. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.numbers import read_recipient
from appliance.desk.submission import LONGEST_VALIDITY_S, Submission
from appliance.desk.who import Who
from appliance.modem.sms import TextPlan, TpduError, plan_text
from appliance.store import messages
from appliance.store.life import MessageState
from appliance.store.messages import NewMessage
from appliance.values import value

_DAY_MS = 86_400_000
FARTHEST_AHEAD_MS = 366 * _DAY_MS
"""A message for later than this is more likely a slip of the pen than a plan."""

MOST_MISTAKES = 100
"""Of more mistakes in one request only the number is told."""

Place = Callable[[int, str], str]
"""Where the mistake of the n-th submission is in the request: its JSON pointer, by that of the submission alone."""


def in_list(index: int, pointer: str) -> str:
    """``/to`` of the submission ``messages[3]`` → ``/messages/3/to``."""
    return f"/messages/{index}{pointer}"


def alone(_: int, pointer: str) -> str:
    """The request is the one submission."""
    return pointer


@value
class Rules:
    """What this box accepts."""

    home_region: str = "CN"
    most_parts: int = 10


def decide_all(
    submissions: Sequence[Submission], who: Who, rules: Rules, now_ms: int, place: Place
) -> list[NewMessage] | Refusal:
    """What would be stored of several, or every mistake in them, each place named once.

    Texts that are the same are cut once.
    """
    plans: dict[tuple[str, bool], TextPlan | Mistake] = {}
    decided: list[NewMessage] = []
    mistakes: dict[tuple[str, str], Mistake] = {}
    for index, submission in enumerate(submissions):
        key = (submission.text, submission.transliterate)
        plan = plans.get(key)
        if plan is None:
            plan = plans[key] = plan_or_mistake(submission.text, submission.transliterate, rules.most_parts)
        verdict = _decide(submission, plan, who, rules, now_ms)
        if isinstance(verdict, NewMessage):
            decided.append(verdict)
            continue
        for each in verdict.mistakes:
            placed = replace(each, pointer=place(index, each.pointer))
            mistakes.setdefault((placed.pointer, placed.code), placed)
    return decided if not mistakes else some_of(list(mistakes.values()))


def some_of(mistakes: Sequence[Mistake]) -> Refusal:
    """A refusal for so many mistakes, of which :data:`MOST_MISTAKES` are told one by one."""
    return Refusal(tuple(mistakes[:MOST_MISTAKES]), more=max(0, len(mistakes) - MOST_MISTAKES))


def decide(submission: Submission, who: Who, rules: Rules, now_ms: int) -> NewMessage | Refusal:
    """The message that would be stored, or every reason against it. Reads and writes nothing."""
    plan = plan_or_mistake(submission.text, submission.transliterate, rules.most_parts)
    return _decide(submission, plan, who, rules, now_ms)


def _decide(
    submission: Submission, plan: TextPlan | Mistake, who: Who, rules: Rules, now_ms: int
) -> NewMessage | Refusal:
    recipient = read_recipient(submission.to, rules.home_region)
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
        campaign=submission.campaign,
    )


@value
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
    try:
        text.encode()
    except UnicodeEncodeError:
        return Mistake("/text", "problem.text-surrogate")
    try:
        plan = plan_text(text, transliterate=transliterate)
    except TpduError:
        return Mistake("/text", "problem.text-too-long", {"limit": most_parts})
    if len(plan.parts) > most_parts:
        return Mistake("/text", "problem.text-parts", {"parts": len(plan.parts), "limit": most_parts})
    return plan
