"""What a technician's requests are made of, as members of JSON objects."""

from __future__ import annotations

from appliance.desk.fields import Choice, Flag, Instant, Kind, Text, WholeNumber
from appliance.desk.technician import LABEL_SHAPE, LONGEST_IDENTIFY_S, USSD_CODE
from appliance.policy.swap import SwapAction
from appliance.store.commands import PortCommand, RestartRung

LONGEST_KEEP_ALIVE_DAYS = 3650
AMOUNT = r"^[0-9]{1,6}(\.[0-9]{1,2})?$"
"""Money as people write it."""
LARGEST_ID = 10**15 - 1

PORT_FIELDS: dict[str, Kind] = {"label": Text(shape=LABEL_SHAPE)}
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

USSD_NEEDS_ITS_CODE: dict[str, object] = {
    "if": {"properties": {"command": {"const": PortCommand.USSD.value}}, "required": ["command"]},
    "then": {
        "properties": {"code": {"type": "string", "pattern": f"^{USSD_CODE.pattern}$"}},
        "required": ["code"],
    },
}
"""What a schema says of a command beside its members."""

PIN_FIELDS: dict[str, Kind] = {"pin": Text(shape={"pattern": "^[0-9]{4,8}$"}), "forced": Flag()}
"""Every member of ``PUT …/pin``."""

SIM_FIELDS: dict[str, Kind] = {
    "label": Text(required=False, shape=LABEL_SHAPE),
    "number": Text(required=False, shape={"pattern": r"^(\+86)?1[3-9][0-9]{9}$|^$"}),
}
"""Every member of ``PATCH /api/v1/sims/{id}``; '' takes away what was known."""

REST_FIELDS: dict[str, Kind] = {"until": Instant(), "why": Text(required=False)}
"""Every member of ``POST /api/v1/sims/{id}/rest``; without ``until`` it rests until someone resumes it."""

FORGET_FIELDS: dict[str, Kind] = {"end_waiting": Flag()}
"""Every member of ``POST /api/v1/sims/{id}/forget``."""

LOW_BALANCE_FIELDS: dict[str, Kind] = {
    "below": Text(required=False, shape={"pattern": AMOUNT}),
    "never_rests": Flag(),
}
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
