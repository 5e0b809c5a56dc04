"""What the pool remembers of a SIM that is in service: what its plan counts, and how it fared of late."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.modem.messaging import SmsForm
from appliance.policy.plan import Plan
from appliance.store.sending import Said
from appliance.store.sims import Sim

OwnLimits = tuple[int | None, int | None, int | None, int | None]
"""Minimum gap in ms, parts a minute, an hour, a day, as a SIM has them of its own."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The reasons of the hot path, made once for each SIM."""

    sending: Said
    sent: Said
    sent_without_report: Said

    @classmethod
    def of(cls, name: str) -> Phrases:
        return cls(
            Said.of("message.sending", sim=name),
            Said.of("message.sent", sim=name),
            Said.of("message.sent-without-report", sim=name),
        )


@dataclass(slots=True)
class Card:
    """A SIM in service in one port. Only the task that sends through it changes this."""

    sim_id: int
    port_id: int
    name: str
    phrases: Phrases
    form: SmsForm = SmsForm.TPDU
    """What its modem takes."""
    own_limits: OwnLimits | None = None
    """None: not read yet."""
    plan: Plan = field(default_factory=Plan)
    counted: list[int] = field(default_factory=list)
    """Instants as of which its finished parts count, ascending; at least as many as ``plan`` can need."""
    enough: int = 64
    """So many of them that it is time to forget some."""
    is_on_record: bool = False
    """Something may stand against it in its circuit breaker, which a message that goes takes back."""
    failures_in_a_row: int = 0
    """Of its network or modem; each costs a pause."""
    pause_until_ms: int = 0

    @classmethod
    def of(cls, sim: Sim, port_id: int, form: SmsForm = SmsForm.TPDU) -> Card:
        return cls(
            sim_id=sim.id,
            port_id=port_id,
            name=sim.name,
            phrases=Phrases.of(sim.name),
            form=form,
            is_on_record=sim.breaker is not None,
        )

    def count(self, answered_at_ms: int) -> None:
        """A part was answered: its plan counts it as of now."""
        self.counted.append(answered_at_ms)
        if len(self.counted) > self.enough:
            most = self.plan.remembered_parts
            del self.counted[: -most or None]
            self.enough = 2 * most + 64

    def count_later(self, gave_up_at_ms: int, answered_at_ms: int) -> None:
        """A part of which nobody knew was answered after all, so the network may have taken it until now."""
        if gave_up_at_ms in self.counted:
            self.counted.remove(gave_up_at_ms)
        self.count(answered_at_ms)
