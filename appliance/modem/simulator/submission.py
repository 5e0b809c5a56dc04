"""A message on its way from a modem into the network."""

from dataclasses import dataclass
from typing import NamedTuple

from appliance.modem.simulator.numbers import subscriber_key
from appliance.modem.simulator.sim import SimCard
from appliance.modem.sms import Submit, UserData


class Part(NamedTuple):
    """Which part of which message (23.040 clause 9.2.3.24.1)."""

    reference: int = 0
    total: int = 1
    number: int = 1


WHOLE = Part()


def part_of(user_data: UserData) -> Part:
    """The place of this part; (0, 1, 1) for a message of one part."""
    place = user_data.concatenation
    return WHOLE if place is None else Part(place.reference, place.total, place.number)


@dataclass(frozen=True, slots=True)
class Submission:
    """A SUBMIT as a modem gives it to the network.

    `tpdu` has the modem's own TP-MR; `recipient` is a subscriber's key.
    """

    modem: str
    sim: SimCard
    submit: Submit
    tpdu: bytes
    tp_mr: int
    recipient: str

    @classmethod
    def of(cls, modem: str, sim: SimCard, submit: Submit, tpdu: bytes) -> "Submission":
        """What goes on the air: the TPDU with the next TP-MR of the card."""
        tp_mr = sim.next_tp_mr()
        on_air = b"%c%c%b" % (tpdu[0], tp_mr, tpdu[2:])
        return cls(modem, sim, submit, on_air, tp_mr, subscriber_key(str(submit.destination)))
