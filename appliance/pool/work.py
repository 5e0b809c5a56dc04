"""A message that a SIM is sending, from its reservation to the outcome of each part."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.pool.encoding import Outgoing
from appliance.pool.outcome import PartOutcome
from appliance.store.sending import Reservation


@dataclass(frozen=True, slots=True)
class Work:
    """A message that a SIM is sending, with what goes to its modem; ``pdus[0]`` is part 1."""

    reservation: Reservation
    pdus: tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class Submitted:
    """A part that was given to the modem, as far as the database knows."""

    work: Work
    part_id: int
    number: int
    submitted_at_ms: int
    is_probe: bool = False
    """By it the SIM finds out whether it may go on."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A part whose outcome is known and not written yet."""

    submitted: Submitted
    outcome: PartOutcome
    answered_at_ms: int
