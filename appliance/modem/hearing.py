"""What one modem says of its own accord, made into events, in the light of what is known of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from appliance.modem.announcements import announced, is_restart, of_maker, tells_registration
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.parser import Unsolicited
from appliance.modem.bringup import Modem
from appliance.modem.errors import modem_error
from appliance.modem.events import (
    LateAccepted,
    LateRefused,
    ModemEvent,
    RegistrationChanged,
    SignalChanged,
    SimInserted,
    SimRemoved,
)
from appliance.modem.messaging import Messaging
from appliance.modem.profile import Profile
from appliance.modem.registration import Domains
from appliance.modem.states import LineError
from appliance.modem.tpdu_messaging import TpduMessaging
from appliance.modem.ussd_dialogue import UssdDialogue
from appliance.modem.watch import Watch


class Hearing:
    """Tells the events of one line; ``lose`` is called where the modem has forgotten how it was set up."""

    def __init__(
        self,
        dialogue: Dialogue,
        generic: Profile,
        tell: Callable[[ModemEvent], None],
        lose: Callable[[str], None],
    ) -> None:
        self.domains = Domains()
        self.profile = generic
        self.messaging: Messaging = TpduMessaging(dialogue, generic)
        self.ussd = UssdDialogue(dialogue, generic)
        self.watch: Watch | None = None
        """Of a modem that is up."""
        self._dialogue = dialogue
        self._generic = generic
        self._tell = tell
        self._lose = lose
        self._brings_up = False
        self._card_moved = False
        self._looking: asyncio.Task[None] | None = None

    def begin_bring_up(self) -> None:
        """From here on, what is said of the card is a matter of the bring-up."""
        self.watch = None
        self._brings_up, self._card_moved = True, False

    def know(self, profile: Profile) -> None:
        """Which family the modem is of, known before its card is."""
        self.profile = profile
        self.ussd = UssdDialogue(self._dialogue, profile)

    def read(self, messaging: Messaging) -> None:
        """How its messages are read: what comes directly from here on is not lost, though the modem is not up yet."""
        self.messaging = messaging

    def end_bring_up(self, modem: Modem | None) -> bool:
        """The modem is up, or could not be brought up (None). Whether its card may have moved meanwhile."""
        self._brings_up = False
        if modem is not None:
            self.messaging = modem.messaging
            self.watch = self._watch_over(modem)
        return self._card_moved

    def _watch_over(self, modem: Modem) -> Watch:
        """What it finds once the modem is brought up anew is about the card of before, and no news."""

        def tell(event: ModemEvent) -> None:
            if self.watch is watch:
                self._tell(event)

        watch = Watch(self._dialogue, self.domains, modem, tell)
        return watch

    def close(self) -> None:
        """Nothing is looked at any more."""
        if self._looking is not None:
            self._looking.cancel()

    # -- lines ----------------------------------------------------------------------------------------------

    def hear(self, line: Unsolicited) -> None:
        """Take a line that came unasked."""
        if line.pdu is not None and line.text.startswith("+CDS:"):
            # A report, as most are; it can be nothing else.
            event = self.messaging.announced(line)
            if event is not None:
                self._tell(event)
                return
        if self.watch is not None and (is_restart(line) or self.messaging.lost_settings(line)):
            self._lose("the modem has restarted")
        elif tells_registration(line):
            if self.domains.hear(line.text):
                self._tell(RegistrationChanged(self.domains.verdict))
        elif line.text.upper().startswith("+CMS ERROR"):
            self._hear_late_refusal(line)
        elif not self.ussd.hear(line):
            event = (
                self.messaging.announced(line)
                or announced(line)
                or of_maker(line, self.profile, self._generic)
            )
            if event is not None:
                self._take(event)

    def _take(self, event: ModemEvent) -> None:
        match event:
            case SimInserted() | SimRemoved() if self._brings_up:
                # '+CPIN: READY' after a PIN, '+CPIN: NOT READY' of a card that is starting.
                self._card_moved = True
                return
            case SimInserted() if self.watch is not None and self.watch.knows_card:
                self._look_at_card(self.watch)
                return
            case LateAccepted():
                self._dialogue.may_be_refused_late = False
            case SignalChanged(rssi) if self.watch is not None:
                self.watch.hear_signal(rssi)
            case _:
                pass
        self._tell(event)

    def _hear_late_refusal(self, line: Unsolicited) -> None:
        if self._dialogue.may_be_refused_late:
            self._dialogue.may_be_refused_late = False
            self._tell(LateRefused(modem_error(line.text)))

    def _look_at_card(self, watch: Watch) -> None:
        """Some modems say every few minutes that their card is in: it is another one only if it says so itself."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(watch))

    async def _look(self, watch: Watch) -> None:
        with suppress(LineError):  # whoever uses the line hears of it
            await watch.card()
