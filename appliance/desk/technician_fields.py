"""What a technician's requests are made of, as members of JSON objects."""

from __future__ import annotations

from appliance.desk.fields import Choice, Flag, Instant, Kind, Text, WholeNumber
from appliance.desk.technician import LONGEST_IDENTIFY_S
from appliance.policy.swap import SwapAction
from appliance.store.commands import PortCommand, RestartRung

LONGEST_KEEP_ALIVE_DAYS = 3650
LARGEST_ID = 10**15 - 1

PORT_FIELDS: dict[str, Kind] = {"label": Text()}
"""Every member of ``PATCH /api/v1/ports/{id}``; '' takes the name away."""

COMMAND_FIELDS: dict[str, Kind] = {
    "command": Choice({each.value: each for each in PortCommand}, required=True),
    "code": Text(required=False),
    "line": Text(required=False),
    "seconds": WholeNumber(0, LONGEST_IDENTIFY_S),
    "plain": Flag(),
    "from_the_beginning": Flag(),
    "rung": Choice({each.value: each for each in RestartRung}),
}
"""Every member of ``POST /api/v1/ports/{id}/commands``."""

PIN_FIELDS: dict[str, Kind] = {"pin": Text(), "forced": Flag()}
"""Every member of ``PUT …/pin``."""

SIM_FIELDS: dict[str, Kind] = {"label": Text(required=False), "number": Text(required=False)}
"""Every member of ``PATCH /api/v1/sims/{id}``; '' takes away what was known."""

REST_FIELDS: dict[str, Kind] = {"until": Instant(), "why": Text(required=False)}
"""Every member of ``POST /api/v1/sims/{id}/rest``; without ``until`` it rests until someone resumes it."""

FORGET_FIELDS: dict[str, Kind] = {"end_waiting": Flag()}
"""Every member of ``POST /api/v1/sims/{id}/forget``."""

LOW_BALANCE_FIELDS: dict[str, Kind] = {"below": Text(required=False), "never_rests": Flag()}
"""Every member of ``PUT /api/v1/sims/{id}/low-balance``; without ``below`` its carrier's threshold holds."""

KEEP_ALIVE_FIELDS: dict[str, Kind] = {"every_days": WholeNumber(0, LONGEST_KEEP_ALIVE_DAYS)}
"""Every member of ``PUT /api/v1/sims/{id}/keep-alive``; ``null``: as its carrier's entry says, 0: never."""

LOOP_TEST_FIELDS: dict[str, Kind] = {
    "from": WholeNumber(1, LARGEST_ID),
    "to": WholeNumber(1, LARGEST_ID),
}
"""Every member of ``POST /api/v1/loop-tests``: ids of SIMs; without both, around through all."""

SWAP_FIELDS: dict[str, Kind] = {"port": WholeNumber(1, LARGEST_ID, required=True)}
"""Every member of ``POST /api/v1/swaps``."""

SWAP_CHOICE_FIELDS: dict[str, Kind] = {
    "action": Choice({each.value: each for each in SwapAction}, required=True)
}
"""What ``POST /api/v1/swaps/{id}/choose`` has beside the plan (:mod:`appliance.desk.plans`) for ``plan-own``."""
