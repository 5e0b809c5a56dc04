"""May this SIM send this message now; and is it the one that should.

The pool chooses for a SIM that is free (:mod:`appliance.policy.queue`) by what :func:`verdict` and
:func:`left_to` are made of; the web asks :mod:`appliance.policy.why` for a message that is queued. All are made of the
same, so they can't disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.policy import prices
from appliance.policy.destination import UNKNOWN
from appliance.policy.opening import Opening, opening
from appliance.policy.plan import Plan, Urgency
from appliance.policy.reason import Reason
from appliance.policy.usage import Usage
from appliance.store.groups import Strategy
from appliance.store.sims import UNTIL_RESUMED_MS

READY = "ready"
"""The one port state (``appliance.modem.states``) in which a SIM sends."""

NOWHERE = "absent"
"""The state of a SIM that is in no port of the box."""

QUEUED = Reason("message.queued")

MOST_AHEAD = 1000
"""Messages before another one are counted up to here; what is beyond is only "more"."""


PATIENCE_MS = (5_000, 120_000, 1_800_000)
"""By urgency: for so long a message is left to the SIM of its conversation, or to a cheaper one, that may begin it
soon; and so much older must another one be to go before one that stays in the SIM's own network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStanding:
    """A group of SIMs at one instant."""

    id: int
    name: str
    strategy: str = Strategy.SPREAD
    usage: Usage = field(default_factory=Usage)
    """What all its SIMs used together, of the plan that it has (``usage.plan``). The pool shares one among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimStanding:
    """What decides about a SIM at one instant."""

    sim_id: int
    name: str
    """What people call it: its label, its number, or the end of its card number."""
    plan: Plan = field(default_factory=Plan)
    usage: Usage = field(default_factory=Usage)
    """What it has used of ``plan``."""
    group: GroupStanding | None = None
    carrier_id: str = ""
    """Whose SIM it is; '' where nobody knows."""
    port_state: str = READY
    """State of the port that it is in; a word that is no port state where it is in none."""
    resting_until_ms: int = 0
    """Out of service until then, after refusals or by a person."""
    drains: bool = False
    """It rests because cards are being swapped: meanwhile it sends only what no other SIM may send."""
    held: Reason | None = None
    """What keeps it from beginning anything in its port: a pause after failures, a full memory, roaming. Where that is
    over by itself, its ``until_ms`` says when."""
    low_balance: Reason | None = None
    """It rests because too little is on it, whatever else it rests for; until a newer balance is above."""


@dataclass(slots=True, kw_only=True)
class WaitingMessage:
    """What decides about a message that is queued (mutable only to be built cheaply)."""

    parts: int
    """Parts that are still to be sent."""
    seq: int = 0
    recipient: str = ""
    """In E.164, or a short number."""
    priority: int = Urgency.NOTICE
    account_id: int = 1
    destination: str = UNKNOWN
    """Of :func:`appliance.policy.destination.destination_of`."""
    since_ms: int = 0
    """Since when it could have gone: its acceptance, or the end of what it waited for itself."""
    expires_at_ms: int | None = None
    not_before_ms: int = 0
    sticky_sim_id: int | None = None
    """The SIM of the conversation with its recipient: others leave it to that one where it can begin it soon."""
    pinned_sim_id: int | None = None
    """Only this SIM may go on, because other parts went through it, or because it was meant for this SIM only."""
    is_for_one_sim: bool = False
    """The latter: that no other SIM may send it was so from the first."""
    asks_balance: bool = False
    """The box asks the SIM's carrier with it what is on the SIM. Such a question is all that passes a rest for a low
    balance, because that ends with its answer only; every other rest and the plan hold it like anything else."""
    excluded_sim_ids: frozenset[int] = frozenset()
    """SIMs that were refused it."""
    ahead: int = 0
    """How many messages are before it, counted up to :data:`MOST_AHEAD`."""
    reason: Reason = QUEUED
    """What was said when it was put into the queue, or put back."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """This SIM may send this message now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now, or not this SIM; and why."""

    reason: Reason


Verdict = Allowed | Wait


def verdict(sim: SimStanding, message: WaitingMessage, now_ms: int) -> Verdict:
    """Whether ``sim`` may begin ``message`` at ``now_ms``. A SIM that is busy is not asked."""
    if message.not_before_ms > now_ms:
        return Wait(Reason(message.reason.code, message.reason.args, message.not_before_ms))
    if message.pinned_sim_id not in (None, sim.sim_id):
        return Wait(Reason("message.other-sim-goes-on"))
    if sim.sim_id in message.excluded_sim_ids:
        return Wait(Reason("message.sim-was-refused", {"sim": sim.name}))
    held = sim_holds(sim, now_ms, goes_on=message.pinned_sim_id == sim.sim_id)
    if held is not None and not (message.asks_balance and held is sim.low_balance):
        return Wait(held)
    return _plan_verdict(sim, message, now_ms)


def sim_holds(sim: SimStanding, now_ms: int, *, goes_on: bool = False) -> Reason | None:
    """Why ``sim`` may send nothing at all now, whatever its plan says; None if it may.

    ``goes_on``: with what only it may send.
    """
    if sim.port_state != READY:
        return Reason("sim.not-ready", {"sim": sim.name, "state": sim.port_state})
    if sim.resting_until_ms > now_ms and not (sim.drains and goes_on):
        until_ms = sim.resting_until_ms
        if sim.drains:
            return Reason("sim.draining", {"sim": sim.name})
        if until_ms >= UNTIL_RESUMED_MS:
            return Reason("sim.rests-until-resumed", {"sim": sim.name})
        return Reason("sim.resting", {"sim": sim.name, "until_ms": until_ms}, until_ms)
    if sim.held is not None and (sim.held.until_ms is None or sim.held.until_ms > now_ms):
        return sim.held
    return sim.low_balance


def opening_for(sim: SimStanding, message: WaitingMessage, now_ms: int) -> Opening:
    """When the plan of a SIM, and of its group, lets it begin a message."""
    return opening(
        sim.plan,
        sim.usage,
        message.parts,
        now_ms,
        recipient=message.recipient,
        # What has begun is held by no reserve any more.
        priority=Urgency.CODE if message.pinned_sim_id == sim.sim_id else message.priority,
        group=None if sim.group is None else sim.group.usage,
    )


def _plan_verdict(sim: SimStanding, message: WaitingMessage, now_ms: int) -> Verdict:
    opens = opening_for(sim, message, now_ms)
    return Allowed() if opens.limit is None else Wait(reason_of_opening(sim, message, opens))


def reason_of_opening(sim: SimStanding, message: WaitingMessage, opens: Opening) -> Reason:
    """Why the plan of a SIM holds a message, in one sentence."""
    if opens.at_ms is None:
        most = longest_by(sim, message.priority) or 0
        return Reason("message.too-many-parts", {"parts": message.parts, "most": most})
    args: dict[str, str | int] = {"sim": sim.name, "until_ms": opens.at_ms}
    whose = "sim"
    if opens.is_group and sim.group is not None:
        args, whose = {"group": sim.group.name, "until_ms": opens.at_ms}, "group"
    code = f"{whose}.keeps-reserve" if opens.is_reserve else f"{whose}.at-limit.{opens.limit}"
    return Reason(code, args, opens.at_ms)


def longest_by(sim: SimStanding, priority: int) -> int | None:
    """Most parts of a message that the plans of a SIM and of its group can ever hold; None is any number."""
    own = sim.plan.longest_for(priority)
    of_group = None if sim.group is None else sim.group.usage.plan.longest_for(priority)
    return min((each for each in (own, of_group) if each is not None), default=None)


# -- which SIM, where several may ---------------------------------------------------------------------------------


def is_on_net(sim: SimStanding, recipient: str, destination: str) -> bool:
    """Whether a recipient seems to be in the SIM's own network."""
    return prices.is_on_net(sim.plan, sim.carrier_id, recipient, destination)


def price_micros(sim: SimStanding, message: WaitingMessage, now_ms: int) -> int:
    """What a part of a message costs by a SIM, as far as its plan tells."""
    plan = sim.plan
    if plan.allowance_parts and sim.usage.parts_in_month(now_ms) + message.parts <= plan.allowance_parts:
        return 0
    return prices.part_price(plan, sim.carrier_id, message.recipient, message.destination)


def left_until(message: WaitingMessage) -> int:
    """Until when a message may be left to a better SIM; of one with a deadline never beyond the middle of its time."""
    until_ms = message.since_ms + PATIENCE_MS[min(message.priority, Urgency.BULK)]
    if message.expires_at_ms is None:
        return until_ms
    return min(until_ms, (message.since_ms + message.expires_at_ms) // 2)


def left_to(
    sim: SimStanding, message: WaitingMessage, others: Mapping[int, SimStanding], now_ms: int
) -> SimStanding | None:
    """The SIM that a message is left to, though ``sim`` may send it; None: it is not left to another one.

    That is the SIM of its conversation, or in a group that is filled a cheaper one, if that one can begin it before
    :func:`left_until`.
    """
    fills = sim.group is not None and sim.group.strategy == Strategy.FILL
    sticky = message.sticky_sim_id
    if (sticky is None and not fills) or sticky == sim.sim_id:
        return None
    until_ms = left_until(message)
    if until_ms <= now_ms:
        return None
    if sticky is not None:
        its = others.get(sticky)
        if its is not None and _begins_by(its, message, now_ms, until_ms):
            return its
    return _cheaper(sim, message, others, now_ms, until_ms) if fills else None


def _cheaper(
    sim: SimStanding, message: WaitingMessage, others: Mapping[int, SimStanding], now_ms: int, until_ms: int
) -> SimStanding | None:
    cheapest, price = None, price_micros(sim, message, now_ms)
    for other in others.values():
        if price <= 0:
            break
        if sim.group is None or other.group is None or other.group.id != sim.group.id:
            continue
        its_price = price_micros(other, message, now_ms)
        if its_price < price and _begins_by(other, message, now_ms, until_ms):
            cheapest, price = other, its_price
    return cheapest


def _begins_by(sim: SimStanding, message: WaitingMessage, now_ms: int, until_ms: int) -> bool:
    """Whether a SIM can begin a message before ``until_ms``, as far as its plan and its rest tell."""
    if sim.sim_id in message.excluded_sim_ids or message.pinned_sim_id not in (None, sim.sim_id):
        return False
    held = sim_holds(sim, now_ms)
    if held is not None and (held.until_ms is None or held.until_ms > until_ms):
        return False
    opens = opening_for(sim, message, now_ms)
    return opens.at_ms is not None and opens.at_ms <= until_ms
