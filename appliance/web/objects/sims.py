"""SIMs, places for modems, and what is asked of them."""

from __future__ import annotations

from typing import TypedDict

from appliance.web.objects.common import Links, Reason, Said, SimShort, Time
from appliance.web.objects.plans import GroupShort, OwnPlan, Plan


class SentParts(TypedDict):
    """Parts that a SIM sent in the last minute, hour and 24 hours."""

    minute: int
    hour: int
    day: int


class SimOnWall(TypedDict):
    """A SIM with its plan and what it used of it."""

    id: int
    iccid: str | None
    imsi: str | None
    number: str | None
    number_source: str | None
    label: str | None
    resting_until: Time | None
    plan: Plan
    own_plan: OwnPlan
    group: int | None
    sent_parts: SentParts


class PortShort(TypedDict):
    """A place in short."""

    id: int
    port: str
    label: str | None
    state: str


class CarrierShort(TypedDict):
    """A carrier in short."""

    id: str
    name: str


class Amount(TypedDict):
    """Money: ``units`` of the smallest unit, of which ``decimals`` digits stand after the point."""

    units: int
    decimals: int
    currency: str
    text: str
    at: Time | None


class Breaker(TypedDict):
    """What stands against a SIM after refusals."""

    state: str
    text: str
    rests_in_a_row: int
    tries_at: Time | None
    seen_in_a_row: dict[str, int]


class Pin(TypedDict):
    """How a PIN stands; itself it is never given back."""

    state: str
    text: str
    tries_left: int | None
    at: Time | None


class Sim(SimOnWall):
    """A SIM with where it is and what is on it."""

    port: PortShort | None
    carrier: CarrierShort | None
    balance: Amount | None
    rests_for_balance: bool
    breaker: Breaker | None
    first_seen_at: Time
    last_seen_at: Time
    links: Links


class SimWithPin(Sim):
    """The same, with how its PIN stands."""

    pin: Pin


class Modem(TypedDict):
    """The modem in a place."""

    imei: str | None
    meid: str | None
    manufacturer: str | None
    model: str | None
    revision: str | None
    profile: str | None
    form: str | None
    same_imei_in: list[str]


class Port(TypedDict):
    """A place of the modem wall with the modem and the SIM that are in it."""

    id: int
    port: str
    label: str | None
    hub: str | None
    usb_path: str | None
    device: str | None
    state: str
    reason: Said
    since: Time
    hold: Reason | None
    identified: bool
    simulated: bool
    modem: Modem | None
    sim: SimOnWall | None
    operator: str | None
    registration: str | None
    rssi_dbm: int | None
    smsc: str | None
    network_clock_offset_ms: int | None
    links: Links


class PortWithPin(Port):
    """The same, with how the PIN for the card in it stands."""

    pin: Pin


class Command(TypedDict):
    """Something that was asked of a modem: ``state`` is waiting, running, done or failed."""

    id: int
    command: str
    port: str
    state: str
    progress: Said | None
    reason: Said | None
    text: str | None
    links: Links


class GroupOfSim(TypedDict):
    """In which group a SIM is now, and in which it was."""

    group: GroupShort | None
    before: GroupShort | None
    reason: Said


class BalanceQuestion(TypedDict):
    """The question to the carrier that was asked last."""

    id: int
    state: str
    cause: str
    tries: int
    wanted_at: Time
    done_at: Time | None


class Reading(TypedDict):
    """What a carrier answered, and the amount that was read in it."""

    at: Time
    amount: Amount | None
    text: str


class Balance(TypedDict):
    """What is on a SIM."""

    balance: Amount | None
    low_below_units: int | None
    rests: bool
    never_rests: bool
    reason: Reason | None
    question: BalanceQuestion | None
    readings: list[Reading]


class Proof(TypedDict):
    """One time that a SIM spent something to stay in use, or tried."""

    state: str
    message: str | None
    to: str | None
    due_at: Time | None
    tried_at: Time | None
    sent_at: Time | None
    delivered_at: Time | None
    received_at: Time | None
    reason: Said


class KeepAlive(TypedDict):
    """By when a SIM must spend something, and the proofs that it did."""

    every_days: int
    last_spent_at: Time | None
    due_at: Time | None
    planned_at: Time | None
    stuck: Reason | None
    proofs: list[Proof]


LoopTest = TypedDict(
    "LoopTest",
    {
        "id": int,
        "run": str,
        "from": SimShort | None,
        "to": SimShort | None,
        "began_at": Time,
        "sent_at": Time | None,
        "delivered_at": Time | None,
        "received_at": Time | None,
        "done_at": Time | None,
        "passed": bool | None,
        "reason": Said | None,
    },
)
"""One message of a loop test; ``passed`` is null until it is over."""


class LoopTestRun(TypedDict):
    """The tests that were asked for together."""

    run: str
    done: bool
    items: list[LoopTest]
    links: Links


class Swap(TypedDict):
    """A guided swap: ``reason`` says what to do now, ``actions`` what may be chosen."""

    id: int
    port: int | None
    step: str
    reason: Said
    actions: list[str]
    old_sim: SimShort | None
    new_sim: SimShort | None
    loop_test: str | None
    done: list[Said]
    began_at: Time
    ended_at: Time | None
    links: Links
