"""How a SIM stands with its carrier, for people and programs: what was seen, and what the box does about it."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.policy.blocking import Pattern
from appliance.policy.breaker import BreakerRules, BreakerState, from_json
from appliance.store.sims import Sim
from appliance.web.moment import rfc3339
from appliance.web.objects import sims
from appliance.web.words import N_, Words

STATES = {
    "closed": N_("sends, and is watched"),
    "open": N_("rests"),
    "half-open": N_("tries one message"),
    "quarantined": N_("taken out of use"),
}
PATTERNS = {
    Pattern.REFUSED: N_("refused as a SIM without rights or credit"),
    Pattern.NETWORK: N_("refused by the network, while others are taken"),
    Pattern.MALFORMED: N_("called malformed, while others are taken"),
    Pattern.SILENT: N_("taken, and never delivered"),
}


@dataclass(frozen=True, slots=True)
class BreakerShown:
    """A SIM against which something stands."""

    state: str
    """A key of :data:`STATES`."""
    said: str
    """The state in words."""
    evidence: str | None
    """Why it rests, in one sentence."""
    rests: int
    """In a row, without a message that went between them."""
    until_ms: int | None
    """When its rest is over, and one message is tried."""
    runs: tuple[tuple[str, str, int], ...]
    """What was seen in a row: its code, in words, at how many different numbers."""


def breaker_of(card: Sim, words: Words, rules: BreakerRules | None = None) -> BreakerShown | None:
    """What stands against a SIM; None where nothing does."""
    rules = rules or BreakerRules()
    breaker = from_json(card.breaker)
    if breaker.is_blank:
        return None
    state = "quarantined" if breaker.is_quarantined(rules) else breaker.state.value
    why = breaker.why(card.name, rules)
    return BreakerShown(
        state=state,
        said=words.language.text(STATES[state]),
        evidence=None if why is None else words.reason(why),
        rests=breaker.trips,
        until_ms=breaker.until_ms if breaker.state is BreakerState.OPEN else None,
        runs=tuple(
            (pattern.value, words.language.text(PATTERNS[pattern]), run.count)
            for pattern, run in breaker.runs.items()
        ),
    )


def breaker_object(shown: BreakerShown | None) -> sims.Breaker | None:
    """The same as an object of the API."""
    if shown is None:
        return None
    return {
        "state": shown.state,
        "text": shown.evidence or shown.said,
        "rests_in_a_row": shown.rests,
        "tries_at": rfc3339(shown.until_ms),
        "seen_in_a_row": {code: count for code, _, count in shown.runs},
    }
