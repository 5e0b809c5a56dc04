"""A SIM card: what it is, its PIN, and the messages that it carries from modem to modem."""

from dataclasses import dataclass, field
from enum import StrEnum

from appliance.modem.simulator.storage import Memory


class PinState(StrEnum):
    """What `+CPIN?` answers (27.007 clause 8.3)."""

    READY = "READY"
    SIM_PIN = "SIM PIN"
    SIM_PUK = "SIM PUK"
    BLOCKED = "SIM PUK BLOCKED"


PIN_TRIES = 3
PUK_TRIES = 10


@dataclass(frozen=True, slots=True)
class Carrier:
    """Whose card it is: PLMN code ('46001'), names, and the service centre that its cards come with."""

    plmn: str
    long_name: str
    short_name: str
    smsc: str


@dataclass(slots=True)
class SimCard:
    """One card. `msisdn` is E.164 with '+';

    `number_on_card` is what `+CNUM` reads (empty on most cards, 31.102 EF-MSISDN).
    """

    iccid: str
    imsi: str
    msisdn: str
    carrier: Carrier
    smsc: str
    memory: Memory
    pin: str = "1234"
    puk: str = "12345678"
    pin_enabled: bool = False
    number_on_card: bool = True
    pin_state: PinState = PinState.READY
    pin_tries: int = PIN_TRIES
    puk_tries: int = PUK_TRIES
    last_tp_mr: int = field(default=255)

    def power_up(self) -> None:
        """The card gets current: a PIN that was given before must be given again."""
        if self.pin_state in (PinState.READY, PinState.SIM_PIN):
            self.pin_state = PinState.SIM_PIN if self.pin_enabled else PinState.READY

    def verify_pin(self, pin: str) -> bool:
        """VERIFY PIN: three wrong ones in a row and the card asks for its PUK."""
        if pin == self.pin:
            self.pin_tries = PIN_TRIES
            self.pin_state = PinState.READY
            return True
        self.pin_tries = max(0, self.pin_tries - 1)
        if self.pin_tries == 0:
            self.pin_state = PinState.SIM_PUK
        return False

    def unblock(self, puk: str, new_pin: str) -> bool:
        """UNBLOCK PIN: ten wrong PUKs and the card is dead."""
        if puk == self.puk:
            self.pin, self.pin_tries, self.puk_tries = new_pin, PIN_TRIES, PUK_TRIES
            self.pin_state = PinState.READY
            return True
        self.puk_tries = max(0, self.puk_tries - 1)
        if self.puk_tries == 0:
            self.pin_state = PinState.BLOCKED
        return False

    def next_tp_mr(self) -> int:
        """The next TP-MR: 0–255 and round again; kept on the card (23.040 clause 9.2.3.6, 31.102 EF-SMSS)."""
        self.last_tp_mr = (self.last_tp_mr + 1) & 0xFF
        return self.last_tp_mr
