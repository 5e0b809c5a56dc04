"""A message that a SIM is sending, from its reservation to the outcome of each part."""

from __future__ import annotations

from appliance.pool.encoding import Outgoing
from appliance.pool.outcome import PartOutcome
from appliance.store.sending import Reservation
from appliance.values import value


@value
class Work:
    """A message that a SIM is sending, with what goes to its modem; ``pdus[0]`` is part 1."""

    reservation: Reservation
    pdus: tuple[Outgoing, ...]


@value
class Submitted:
    """A part that was given to the modem, as far as the database knows."""

    work: Work
    part_id: int
    number: int
    submitted_at_ms: int
    is_probe: bool = False
    """By it the SIM finds out whether it may go on."""


@value
class Finished:
    """A part whose outcome is known and not written yet."""

    submitted: Submitted
    outcome: PartOutcome
    answered_at_ms: int
