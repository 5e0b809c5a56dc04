"""What the pool remembers of a SIM that is in service: what it used of its plan, and how it fared of late."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.modem.messaging import SmsForm
from appliance.policy.choice import SimStanding
from appliance.policy.usage import Usage
from appliance.store.sending import Said
from appliance.store.sims import Sim


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
class Held:
    """The parts of a message that are not answered, as the group of its SIM holds them."""

    usage: Usage | None
    """None: the SIM is in no group. It may be put into one meanwhile."""
    recipient: str
    parts: int


@dataclass(slots=True)
class Card:
    """A SIM in service in one port. Only the task that sends through it, and its transactions, change this."""

    sim_id: int
    port_id: int
    name: str
    phrases: Phrases
    form: SmsForm = SmsForm.TPDU
    """What its modem takes."""
    terms: tuple[object, ...] | None = None
    """What people, the breaker and the balance say of it, as it was read."""
    read_version: int = -1
    standing: SimStanding | None = None
    """What follows from its terms, with what it used; None: not read yet."""
    held: Held | None = None
    unwritten: tuple[str, int] | None = None
    """Recipient and instant of a part that was answered and is not written yet."""
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

    def hold(self, usage: Usage | None, recipient: str, parts: int) -> None:
        """A message of ``parts`` is reserved; the other SIMs of the group count it from now on."""
        if usage is not None:
            usage.hold(recipient, parts)
        self.held = Held(usage, recipient, parts)

    def hold_in(self, usage: Usage) -> None:
        """The usage of its group was read anew, which has only what is answered and written."""
        if self.held is not None:
            self.held.usage = usage
            usage.hold(self.held.recipient, self.held.parts)
        if self.unwritten is not None:
            recipient, at_ms = self.unwritten
            usage.count(at_ms, recipient)

    def answered(self, recipient: str, at_ms: int, *, counts: bool) -> None:
        """A part was answered; its plans count it as of now if the network may have taken it."""
        held = self.held
        if held is not None:
            if held.usage is not None:
                held.usage.release(recipient)
            held.parts -= 1
            if held.parts <= 0:
                self.held = None
        if not counts or self.standing is None:
            return
        self.unwritten = (recipient, at_ms)
        usage = self.standing.usage
        if usage.plan.is_unlimited and not usage.plan.counts_months:
            usage.first_sent_at_ms = usage.first_sent_at_ms or at_ms
        else:
            usage.count(at_ms, recipient)
        if self.standing.group is not None:
            self.standing.group.usage.count(at_ms, recipient)

    def answered_later(self, gave_up_at_ms: int, answered_at_ms: int, recipient: str) -> None:
        """A part of which nobody knew was answered after all, so the network may have taken it until now."""
        if self.standing is None:
            return
        self.standing.usage.count_later(gave_up_at_ms, answered_at_ms, recipient)
        if self.standing.group is not None:
            self.standing.group.usage.count_later(gave_up_at_ms, answered_at_ms, recipient)

    def let_go(self) -> None:
        """What is left of the message that it had begun does not go now."""
        held, self.held = self.held, None
        if held is not None and held.usage is not None:
            held.usage.release(held.recipient, held.parts)
