"""What looks as if a carrier has blocked a SIM: patterns of recent outcomes, with the numbers that show them. Pure.

A carrier says that it has blocked a SIM in two ways: it refuses what the SIM sends, to whomever; or it takes
everything and delivers nothing. Either shows only in several parts to different recipients, and never in a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zlib import crc32

from appliance.policy.failure import Fault
from appliance.policy.reason import Reason


class Pattern(StrEnum):
    """How it shows; ``SENTENCES`` says each in words."""

    REFUSED = "refused"
    """The subscription is refused (21, 50, 30, 8 …): blocked, barred, or without credit."""
    NETWORK = "network"
    """The network takes nothing of this SIM (38, 41, 17 …) while it takes what other SIMs send."""
    MALFORMED = "malformed"
    """What it sends is called wrong (304, 111 …), while the same is taken of other SIMs."""
    SILENT = "silent"
    """Everything is taken and nothing arrives."""


SENTENCES: Mapping[Pattern, str] = {
    Pattern.REFUSED: "sim.rests-after-refusals",
    Pattern.NETWORK: "sim.rests-network",
    Pattern.MALFORMED: "sim.rests-malformed",
    Pattern.SILENT: "sim.rests-silent",
}
"""The reason of a rest, a code of :mod:`appliance.sentences`."""

QUARANTINED = "sim.quarantined"
"""The reason of a rest after which only single messages are tried, ever later."""

OF_THE_NUMBER = frozenset({1, 195, 196, 197})
"""``+CMS ERROR`` that are said of one number or one message (unassigned, barred, doubled): a list of old numbers has
many of them in a row, and they are no sign against the SIM."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen, in numbers."""

    pattern: Pattern
    parts: int
    recipients: int
    detail: str = ""
    """What the network or modem said last."""
    before_percent: int | None = None
    """Of the parts before those, how many were delivered."""

    def reason(self, sim_name: str, until_ms: int) -> Reason:
        """Why the SIM rests, as one sentence."""
        args: dict[str, str | int] = {
            "sim": sim_name,
            "failures": self.parts,
            "recipients": self.recipients,
            "detail": self.detail,
            "until_ms": until_ms,
        }
        if self.before_percent is not None:
            args["percent"] = self.before_percent
        return Reason(SENTENCES[self.pattern], args, until_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRules:
    """From how much on a pattern is one."""

    refused: int = 3
    """Recipients in a row to whom the subscription was refused."""
    network: int = 10
    malformed: int = 5
    silent_parts: int = 20
    """Parts in a row that were taken and not delivered; with 70 % before, chance does that once in 10^10."""
    silent_recipients: int = 15
    silent_after_ms: int = 15 * 60_000
    """A part is silent when no final report has come for so long; most come within seconds."""
    earlier_parts: int = 30
    earlier_percent: int = 70
    """A SIM whose parts were seldom reported before shows nothing by their silence."""
    others_parts: int = 3
    others_percent: int = 50
    """Where other SIMs of the carrier are not delivered either, it is the network, or its reports."""
    remembered_ms: int = 14 * 86_400_000
    """Older outcomes say nothing any more."""


# -- refusals ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """Refusals of one kind in a row."""

    count: int = 0
    """For recipients that were not among those before."""
    recipients: tuple[int, ...] = ()
    """Marks of the latest of them (no numbers: they are stored)."""
    since_ms: int = 0

    def and_another(self, recipient: str, now_ms: int) -> Run:
        """One more; a recipient that refuses again and again is no new sign against the SIM."""
        mark = crc32(recipient.encode())
        if mark in self.recipients:
            return self
        return Run(
            self.count + 1, (*self.recipients, mark)[-MOST_MARKS:], self.since_ms if self.count else now_ms
        )


MOST_MARKS = 16

_PATTERN_OF: Mapping[Fault, Pattern] = {
    Fault.SIM: Pattern.REFUSED,
    Fault.NETWORK: Pattern.NETWORK,
    Fault.MESSAGE: Pattern.MALFORMED,
}


def pattern_of(fault: Fault, code: int | None) -> Pattern | None:
    """What a row of such refusals would be a sign of; None: nothing against the SIM's subscription."""
    if fault is Fault.MESSAGE and (code is None or code in OF_THE_NUMBER):
        return None
    return _PATTERN_OF.get(fault)


def is_enough(pattern: Pattern, run: Run, rules: BlockRules) -> bool:
    """Whether a row of refusals is as long as its pattern asks for."""
    least = {
        Pattern.REFUSED: rules.refused,
        Pattern.NETWORK: rules.network,
        Pattern.MALFORMED: rules.malformed,
    }
    return run.count >= least[pattern]


def needs_others(pattern: Pattern) -> bool:
    """Whether the pattern is one only where other SIMs could send meanwhile."""
    return pattern in (Pattern.NETWORK, Pattern.MALFORMED)


# -- silence ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a part that was taken long enough ago and was to be reported."""

    recipient: str
    submitted_at_ms: int
    is_delivered: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of some parts were delivered."""

    parts: int = 0
    delivered: int = 0

    @property
    def percent(self) -> int:
        """Rounded down; 0 where there are no parts."""
        return self.delivered * 100 // self.parts if self.parts else 0


@dataclass(frozen=True, slots=True)
class Silence:
    """A row of parts that were taken and not delivered, and how it was before."""

    parts: int = 0
    recipients: frozenset[str] = field(default_factory=frozenset)
    since_ms: int = 0
    before: Rate = field(default_factory=Rate)


def silence_in(newest_first: Iterable[Fate], *, not_before_ms: int = 0) -> Silence:
    """The undelivered parts at the end of what a SIM sent. What went before ``not_before_ms`` counts as before.

    Reads no more of ``newest_first`` than the latest delivered part where that comes first.
    """
    fates = iter(newest_first)
    parts, recipients, since_ms = 0, set[str](), 0
    before = Rate()
    for fate in fates:
        if fate.is_delivered or fate.submitted_at_ms < not_before_ms:
            if parts:
                before = Rate(1, int(fate.is_delivered))
            break
        parts, since_ms = parts + 1, fate.submitted_at_ms
        recipients.add(fate.recipient)
    if parts:
        for fate in fates:
            before = Rate(before.parts + 1, before.delivered + fate.is_delivered)
    return Silence(parts, frozenset(recipients), since_ms, before)


def is_suspect(silence: Silence, rules: BlockRules) -> bool:
    """Whether a silence is worth comparing with other SIMs: long, to many, and new."""
    return (
        silence.parts >= rules.silent_parts
        and len(silence.recipients) >= rules.silent_recipients
        and silence.before.parts >= rules.earlier_parts
        and silence.before.percent >= rules.earlier_percent
    )


def silent_block(silence: Silence, others: Rate, rules: BlockRules) -> Evidence | None:
    """The evidence that a SIM is blocked without a word; None where there is none.

    ``others``: what other SIMs of the carrier sent since the silence began. Where they sent hardly anything, the
    SIM's own history decides.
    """
    if not is_suspect(silence, rules):
        return None
    if others.parts >= rules.others_parts and others.percent < rules.others_percent:
        return None
    return Evidence(
        Pattern.SILENT, silence.parts, len(silence.recipients), before_percent=silence.before.percent
    )
