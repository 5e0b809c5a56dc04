"""What a CDMA modem remembers beside the settings of 27.005: its references, and how texts go."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from appliance.modem.simulator.message_desk import MessageSettings

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

REFERENCES = 1 << 16


@dataclass(slots=True)
class CdmaState:
    """`settings`: those of the last power-up; with others everything is as delivered.

    `by_tp_mr`: the reference of 16 bits that was told for one of the network's.
    """

    settings: MessageSettings
    reference: int
    acknowledge: bool = False
    unicode: bool = False
    by_tp_mr: dict[int, int] = field(default_factory=dict)

    def told_for(self, tp_mr: int) -> int:
        """The next reference, which stands for this TP-MR from here on."""
        reference = self.reference
        self.reference = (reference + 1) % REFERENCES
        self.by_tp_mr[tp_mr] = reference
        return reference


_STATES: "WeakKeyDictionary[Modem, CdmaState]" = WeakKeyDictionary()


def state_of(modem: "Modem") -> CdmaState:
    """The state of one modem. Its references go on over a restart, its settings do not."""
    state = _STATES.get(modem)
    settings = modem.messages.settings
    if state is None:
        state = _STATES[modem] = CdmaState(settings, modem.profile.cdma.first_reference)
    elif state.settings is not settings:
        state.settings, state.acknowledge, state.unicode = settings, False, False
    return state
