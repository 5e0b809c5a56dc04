"""What waits, and the batch behind it, as a forecast takes them: so many messages that are alike, never listed."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.policy.choice import WaitingMessage
from appliance.policy.forecast import BatchToSend
from appliance.policy.queue import Lane

KNOWN = "~known"
"""A recipient that every SIM has written to in this month."""


@dataclass(slots=True, kw_only=True, eq=False)
class Pile:
    """Messages that wait and are alike."""

    messages: int
    parts: int = 1
    """Of each."""
    priority: int
    account_id: int = 1
    destination: str = ""
    since_ms: int = 0
    """Since when the oldest of them could have gone."""
    newest_ms: int | None = None
    """The same of the youngest; None: all since the same instant."""
    due_at_ms: int = 0
    expires_at_ms: int | None = None
    sticky_sim_id: int | None = None
    pinned_sim_id: int | None = None
    is_to_known: bool = False
    """Recipients that were written to in this month already."""
    is_batch: bool = False

    left: int = field(init=False)
    head: WaitingMessage = field(init=False)
    lane: Lane = field(init=False)

    def begin(self, seq: int) -> None:
        """Before the first look."""
        self.left = self.messages
        self.head = WaitingMessage(
            parts=self.parts,
            seq=seq,
            recipient=KNOWN if self.is_to_known else "~new",
            priority=self.priority,
            account_id=self.account_id,
            destination=self.destination,
            since_ms=self.since_ms,
            expires_at_ms=self.expires_at_ms,
            sticky_sim_id=self.sticky_sim_id,
            pinned_sim_id=self.pinned_sim_id,
        )
        self.lane = Lane(
            self.priority, self.account_id, self.destination, [self.head], sticky_sim_id=self.sticky_sim_id
        )

    def take(self, messages: int) -> None:
        """So many of them go."""
        self.left -= messages
        if self.newest_ms is not None:
            gone = (self.messages - self.left) / self.messages
            self.head.since_ms = self.since_ms + int(gone * (self.newest_ms - self.since_ms))


def piles_of(batch: BatchToSend, now_ms: int) -> list[Pile]:
    """The batch by destination, in whole messages, and whether their recipients are known."""
    shares = {to: share for to, share in batch.destinations.items() if share > 0} or {"": 1}
    known_left = min(batch.known_recipients, batch.messages)
    total, left, piles = sum(shares.values()), batch.messages, []
    for place, (destination, share) in enumerate(shares.items(), 1):
        messages = left if place == len(shares) else min(left, round(batch.messages * share / total))
        left -= messages
        known = min(
            messages,
            known_left if place == len(shares) else round(known_left * messages / max(1, messages + left)),
        )
        known_left -= known
        for part, is_to_known in ((known, True), (messages - known, False)):
            if part:
                piles.append(
                    Pile(
                        messages=part,
                        parts=batch.parts,
                        priority=batch.priority,
                        account_id=batch.account_id,
                        destination=destination,
                        since_ms=max(now_ms, batch.not_before_ms),
                        due_at_ms=batch.not_before_ms,
                        expires_at_ms=batch.expires_at_ms,
                        is_to_known=is_to_known,
                        is_batch=True,
                    )
                )
    return piles
