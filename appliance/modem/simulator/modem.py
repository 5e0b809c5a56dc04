"""One simulated modem: its card, its state, and the commands that it runs.

The terminal's line is `terminal.py`, the network `network.py`.
"""

from appliance.modem.simulator.calls import CallDesk
from appliance.modem.simulator.card_slot import CardSlot
from appliance.modem.simulator.clock import Cancellable
from appliance.modem.simulator.clock_reading import ZONE, ClockReading
from appliance.modem.simulator.commandline import Request
from appliance.modem.simulator.equipment import Equipment, EquipmentSettings, Port, Surroundings
from appliance.modem.simulator.errors import AtError, result_line
from appliance.modem.simulator.execution import execute
from appliance.modem.simulator.message_desk import MessageDesk
from appliance.modem.simulator.mischief import Mischief
from appliance.modem.simulator.mouth import Mouth
from appliance.modem.simulator.outcome import Outcome
from appliance.modem.simulator.radio import REGISTERED, Functionality, Registration
from appliance.modem.simulator.service_centre import MobileTerminated, Receipt
from appliance.modem.simulator.sim import PinState, SimCard
from appliance.modem.simulator.terminal import LineSettings, Terminal
from appliance.modem.simulator.vendor_answers import VendorAnswers


class Modem:
    """One modem. Everything that the terminal can see of it."""

    def __init__(
        self, equipment: Equipment, sim: SimCard | None, surroundings: Surroundings, port: Port
    ) -> None:
        self.name = equipment.name
        self.profile = equipment.profile
        self.imei = equipment.imei
        self.radio = equipment.radio
        self.slot = CardSlot(self.profile.card, sim, self._card_changed)
        self.network = surroundings.network
        self.faults = surroundings.faults
        self.timers = surroundings.timers
        self.wall = surroundings.wall
        self.port = port
        self.line = LineSettings()
        self.settings = EquipmentSettings()
        self.registration = Registration.NOT_REGISTERED
        self.functionality = Functionality.FULL
        self.clock = ClockReading(
            self.profile.clock, self.wall, lambda name: self.settings.clock_switches.get(name, 0) > 0
        )
        self.answer_delay_s = 0.0
        self.times_renumbered = 0
        self.mouth = Mouth(port.write, self.timers)
        self.mischief = Mischief()
        self.terminal = Terminal(self, self.mouth.write)
        self.messages = MessageDesk(
            self.profile,
            self.timers,
            indicate=self._indicate,
            is_line_reserved=lambda: self.terminal.is_reserved,
            settled=self._settled,
        )
        self.calls = CallDesk(
            self.timers,
            say=lambda text: self.terminal.unsolicited(text, at_once=True),
            is_switched_on=lambda name: self.settings.call_switches.get(name, 0) == 1,
        )
        self.is_on = False
        self._starting: Cancellable | None = None
        self._flood: Cancellable | None = None
        self._registering: Cancellable | None = None
        self._attached: SimCard | None = None
        self._card_busy_until = 0.0
        self.vendor = VendorAnswers(self.profile)

    @property
    def sim(self) -> SimCard | None:
        """The card that the firmware works with; it may have been pulled unseen (`slot`)."""
        return self.slot.believed

    @property
    def is_card_busy(self) -> bool:
        """The messages of the card cannot be had yet."""
        return self.wall() < self._card_busy_until

    # Card

    def pull_card(self) -> SimCard | None:
        """Someone takes the card out."""
        return self.slot.pull()

    def insert_card(self, card: SimCard) -> None:
        """Someone puts a card in. A modem that is off sees it when it is switched on."""
        if self.is_on:
            self.slot.insert(card)
        else:
            self.slot.card = card

    def _card_changed(self, card: SimCard | None, said: tuple[str, ...]) -> None:
        """The firmware sees that the card has gone, or that there is one."""
        if card is None:
            self.radio_off()
        self.messages.insert(card)
        for text in said:
            self.terminal.unsolicited(text, at_once=True)
        if card is not None:
            self._card_ready()

    def _card_ready(self) -> None:
        """The card has got current: it is ready, or asks for its PIN."""
        self._card_busy_until = self.wall() + self.radio.card_busy_s
        self.begin_registration()

    # Power and radio

    def power_on(self) -> None:
        """Cold start: settings as delivered, the card gets current, registration begins."""
        self.is_on = True
        self.restore_settings()
        self.stop_flood()
        self._say_flood()
        self.clock.power_on()
        self.functionality = Functionality.FULL
        self.slot.look(reset=True)
        self.messages.insert(self.sim)
        self._card_ready()

    def power_off(self) -> None:
        """Unplugged: off the network, and nothing is read or said."""
        self.is_on = False
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None
        self.stop_flood()
        self.radio_off()
        self.terminal.reset()
        self.terminal.hung = True
        self.mouth.fall_silent()

    def restart(self) -> None:
        """+CFUN=1,1: silent, or gone from the bus, for a while; then a cold start with the chatter of this make."""
        habits = self.profile.reset
        if habits.gone_s:
            if habits.goes_after_s:
                self.timers.call_later(habits.goes_after_s, self.lose_line, habits.gone_s)
            else:
                self.lose_line(habits.gone_s)
            return
        self.radio_off()
        self.terminal.reset()
        self.terminal.hung = True
        self._starting = self.timers.call_later(habits.boot_s, self._booted)

    def start(self) -> None:
        """Plugged in: a cold start with the chatter of this make."""
        self._booted()

    def _booted(self) -> None:
        self._starting = None
        self.terminal.reset()
        self.power_on()
        for text in self.profile.quirks.boot_urcs:
            self.terminal.unsolicited(text)
        if self.sim is None:
            for text in self.profile.card.boots_without:
                self.terminal.unsolicited(text)
        if self.sim is not None and self.sim.pin_state is PinState.READY:
            for text in self.profile.quirks.ready_urcs:
                self.terminal.unsolicited(text)

    def _say_flood(self) -> None:
        habits = self.profile.card
        for text in habits.flood:
            self.terminal.unsolicited(text)
        if habits.flood:
            self._flood = self.timers.call_later(habits.floods_every_s, self._say_flood)

    def stop_flood(self) -> None:
        """+CPMS? was taken, or the power is off."""
        if self._flood is not None:
            self._flood.cancel()
            self._flood = None

    def set_functionality(self, wanted: Functionality) -> None:
        """+CFUN. From minimum to full the card gets current anew, and asks for its PIN again."""
        before, self.functionality = self.functionality, wanted
        if wanted is before:
            return
        if wanted is Functionality.FULL:
            if before is Functionality.MINIMUM:
                self.slot.look(reset=False)
                self.messages.insert(self.sim)
            self.begin_registration()
        else:
            self.radio_off()

    def pin_given(self) -> None:
        """The card has been unlocked."""
        self._card_busy_until = self.wall() + self.radio.card_busy_s
        for text in self.profile.quirks.ready_urcs:
            self.terminal.unsolicited(text)
        self.begin_registration()

    def lose_line(self, return_after_s: float) -> None:
        """The modem resets and falls off the bus;

        it comes back under the same name with nothing remembered but its memories.
        """
        self.power_off()
        self.port.hang_up(return_after_s)
        self._starting = self.timers.call_later(return_after_s, self.start)

    def hang(self, for_s: float | None) -> None:
        """The firmware crashes: nothing is read or answered, for so long or until `recover`."""
        self.terminal.hung = True
        if for_s is not None:
            self.timers.call_later(for_s, self.recover)

    def recover(self) -> None:
        """A hung modem comes round, with its settings and without what it was about to say."""
        if self.terminal.hung:
            self.terminal.reset()
            if self.sim is not None:
                self.network.centre.can_receive(self.sim)

    def restore_settings(self) -> None:
        """Line and message settings as after power-up."""
        quirks = self.profile.quirks
        self.line = LineSettings(
            echo=quirks.echo_after_reset,
            echo_body=quirks.echo_body or self.mischief.echo_body,
            escape_answers_ok=quirks.escape_answers_ok,
        )
        self.settings = EquipmentSettings(error_detail=quirks.initial_cmee)
        self.messages.restore()
        self.messages.settings.pdu_mode = not self.mischief.text_only
        self.messages.settings.text.no_alpha = '""' if quirks.alpha_as_quotes else ""

    @property
    def is_registered(self) -> bool:
        """Messages can go."""
        return self.registration in REGISTERED

    def begin_registration(self) -> None:
        """Looks for the network, where radio and card allow it."""
        if self._registering is not None:
            self._registering.cancel()
            self._registering = None
        if (
            self.functionality != Functionality.FULL
            or self.sim is None
            or self.sim.pin_state is not PinState.READY
        ):
            self._set_registration(Registration.NOT_REGISTERED)
            return
        if self.radio.registration_s > 0:
            self._set_registration(Registration.SEARCHING)
            self._registering = self.timers.call_later(self.radio.registration_s, self._registered)
        else:
            self._registered()

    def _registered(self) -> None:
        self._registering = None
        self._set_registration(self.radio.outcome)
        if self.is_registered:
            self.clock.told_by_network()
            match self.settings.clock_switches.get("+CTZR", 0):
                case 1:
                    self.terminal.unsolicited(f"+CTZV: {ZONE}")
                case 2:
                    self.terminal.unsolicited(f'+CTZE: "{ZONE}",0')

    def radio_off(self) -> None:
        """+CFUN=0 or 4, or a restart: off the network."""
        if self._registering is not None:
            self._registering.cancel()
            self._registering = None
        self.calls.forget()
        self._set_registration(Registration.NOT_REGISTERED)

    def _set_registration(self, registration: Registration) -> None:
        changed = registration is not self.registration
        self.registration = registration
        if self._attached is not None and (not self.is_registered or self._attached is not self.sim):
            self.network.centre.detach(self._attached, self)
            self._attached = None
        if self.is_registered and self.sim is not None:
            self._attached = self.sim
            self.network.centre.attach(self.sim, self)
        if changed:
            self._report_registration()

    def _report_registration(self) -> None:
        for command, level in self.settings.registration_reports.items():
            if level:
                self.terminal.unsolicited(f"{command}: {self.registration_fields(command, level)}")

    @property
    def signal(self) -> int:
        """<rssi> of +CSQ: unknown while the radio is off."""
        return self.radio.signal if self.functionality is Functionality.FULL else 99

    def registration_fields(self, command: str, level: int) -> str:
        """<stat>[,<lac>,<ci>[,<AcT>]] as a URC of `command` (+CREG, …) has it at that <n>."""
        elsewhere = self.mischief.registered_in
        if elsewhere and command not in elsewhere and self.is_registered:
            return str(Registration.NOT_REGISTERED.value)
        text = str(self.registration.value)
        if level >= 2 and self.is_registered:
            text += f',"{self.radio.area}","{self.radio.cell}"'
            if self.profile.access_technology is not None:
                text += f",{self.profile.access_technology}"
        return text

    # Commands

    def execute(self, request: Request) -> Outcome:
        """Runs one command. AtError when it fails."""
        return execute(self, request)

    def error_line(self, error: AtError) -> str:
        """The final result of a failed command, as +CMEE and this make have it."""
        return result_line(
            error, cmee=self.settings.error_detail, cms_follows_cmee=self.profile.quirks.cms_follows_cmee
        )

    # The network's side

    def receive(self, message: MobileTerminated) -> tuple[Receipt, str]:
        """A message from the network."""
        if not self.is_registered or self.terminal.hung or not self.slot.is_sound:
            return Receipt.ABSENT, ""
        return self.messages.receive(message)

    def _indicate(self, text: str, at_once: bool) -> None:
        if not (self.mischief.swallows_indications and text.startswith(("+CMTI:", "+CDSI:"))):
            self.terminal.unsolicited(text, at_once=at_once or self.mischief.indicates_at_once)

    def _settled(self, place: str | None) -> None:
        if self.sim is not None:
            self.network.centre.settled(self.sim, place)
