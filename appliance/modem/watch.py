"""What a modem in service does not tell by itself, asked for a little at a time.

:meth:`Watch.glance` asks one question of a rota in turn, so that an idle modem hears one command in a while. The card
comes at every other turn, because that is what people change.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import cycle

from appliance.modem.asking import card_trouble
from appliance.modem.at.dialogue import Answer, Dialogue
from appliance.modem.bearings import CardPresence, NetworkStatus
from appliance.modem.bringup import Modem, network_status
from appliance.modem.card import iccid_of, ways_to_iccid
from appliance.modem.events import ModemEvent, NetworkTimeHeard, SimChanged, SimRemoved
from appliance.modem.identity import READ_EF_ICCID, imsi_in, is_same_card, operator_in
from appliance.modem.network_time import NetworkTime, clock_in
from appliance.modem.registration import Domains, ask_registration
from appliance.modem.signal_strength import rssi_in
from appliance.modem.states import PortState

_GONE = {PortState.NO_SIM, PortState.SIM_FAILURE}
_ASK_FOR_PIN = {PortState.PIN_REQUIRED, PortState.PUK_REQUIRED}
CARD_STATE = "AT+CPIN?"
READ_IMSI = "AT+CIMI"


class Watch:
    """Looks after one modem that was brought up."""

    def __init__(
        self, dialogue: Dialogue, domains: Domains, modem: Modem, tell: Callable[[ModemEvent], None]
    ) -> None:
        self._dialogue = dialogue
        self._domains = domains
        self._modem = modem
        self._tell = tell
        self._status = NetworkStatus(
            modem.bearings.registration, modem.bearings.operator, modem.bearings.rssi_dbm
        )
        self._card_question: str | None = modem.profile.card_check or READ_EF_ICCID
        self._card_known = modem.bearings.iccid
        self._subscriber_known = modem.bearings.imsi
        self._state_is_next = True
        self._would_be_known = modem.bearings.imsi is None and self._card_question in ways_to_iccid(
            modem.profile
        )
        self._rota = cycle(self._questions())

    @property
    def knows_card(self) -> bool:
        """Whether another card would be noticed."""
        return self._card_known is not None or self._subscriber_known is not None

    def hear_signal(self, rssi_dbm: int | None) -> None:
        """A strength that the modem told of its own accord."""
        self._status = replace(self._status, rssi_dbm=rssi_dbm)

    async def glance(self) -> NetworkStatus:
        """One question, one command; all that is known of the network with its answer."""
        await next(self._rota)()
        return replace(self._status, registration=self._domains.verdict)

    async def network(self) -> NetworkStatus:
        """Every question of the network, and the card."""
        await self._modem.messaging.restore()
        await self.card()
        self._status = await network_status(self._dialogue, self._domains, self._modem.questions)
        return self._status

    async def network_time(self) -> NetworkTime | None:
        """The modem's clock, if a network has set it (``+CCLK``)."""
        said = (await self._dialogue.execute("AT+CCLK?")).named("+CCLK")
        return None if said is None else clock_in(said)

    # -- the card -------------------------------------------------------------------------------------------

    async def card(self) -> CardPresence:
        """Look at the card itself. Tells `SimRemoved` and `SimChanged`."""
        presence = await self._look()
        if presence is CardPresence.PRESENT and not self._domains.verdict.can_send:
            # The number of a card can be read while it is locked: one that was out for a moment wants its PIN again.
            presence = await self._state()
        return self._told(presence)

    def _told(self, presence: CardPresence) -> CardPresence:
        if presence is CardPresence.REMOVED:
            self._tell(SimRemoved())
        elif presence is CardPresence.CHANGED:
            self._tell(SimChanged())
        return presence

    async def _card_in_turn(self) -> None:
        """One question at a time also where it takes two to see another card."""
        if self._card_question is not None or self._subscriber_known is None:
            await self.card()
            return
        self._state_is_next = not self._state_is_next
        self._told(await (self._subscriber() if self._state_is_next else self._state()))

    async def _look(self) -> CardPresence:
        if self._card_question is None:
            return await self._state_and_subscriber()
        answer = await self._dialogue.execute(self._card_question)
        iccid = iccid_of(answer)
        if iccid is not None:
            if self._card_known is None and self._would_be_known:
                return CardPresence.CHANGED  # What it is can be told by now, so it is not served as nobody's.
            self._card_known = self._card_known or iccid
            return CardPresence.PRESENT if is_same_card(iccid, self._card_known) else CardPresence.CHANGED
        if answer.final is not None and card_trouble(answer.error) is None:
            presence = await self._state_and_subscriber()
            if not answer.lines and presence is CardPresence.PRESENT:
                # Refused as a command, though the card is there: this modem doesn't tell its card in that way. Without
                # the card it is only what a modem that has no numbers for its errors says of that.
                self._card_question = None
            return presence
        return _presence_by(answer)

    async def _state_and_subscriber(self) -> CardPresence:
        presence = await self._state()
        return await self._subscriber() if presence is CardPresence.PRESENT else presence

    async def _state(self) -> CardPresence:
        return _presence_by(await self._dialogue.execute(CARD_STATE))

    async def _subscriber(self) -> CardPresence:
        """Whether it is the card with the IMSI of bring-up, where that was read."""
        if self._subscriber_known is None:
            return CardPresence.PRESENT
        answer = await self._dialogue.execute(READ_IMSI)
        found = next((imsi for line in answer.lines if (imsi := imsi_in(line.text))), None)
        if found is None:
            return CardPresence.UNKNOWN if answer.ok else _presence_by(answer)
        return CardPresence.PRESENT if found == self._subscriber_known else CardPresence.CHANGED

    # -- the rota -------------------------------------------------------------------------------------------

    def _questions(self) -> list[Callable[[], Awaitable[object]]]:
        others: list[Callable[[], Awaitable[object]]] = [self._modem.messaging.restore]
        for question in self._modem.questions:
            others.append(self._reader_of(question))
        others.append(self._clock)
        return [turn for other in others for turn in (self._card_in_turn, other)]

    def _reader_of(self, question: str) -> Callable[[], Awaitable[object]]:
        match question:
            case "AT+CSQ":
                return self._signal
            case "AT+COPS?":
                return self._operator
            case _:

                async def registration() -> None:
                    await ask_registration(self._dialogue, question, self._domains)

                return registration

    async def _signal(self) -> None:
        said = (await self._dialogue.execute("AT+CSQ")).named("+CSQ")
        if said is not None:
            self._status = replace(self._status, rssi_dbm=rssi_in(said))

    async def _operator(self) -> None:
        said = (await self._dialogue.execute("AT+COPS?")).named("+COPS")
        if said is not None:
            self._status = replace(self._status, operator=operator_in(said))

    async def _clock(self) -> None:
        time = await self.network_time()
        if time is not None:
            self._tell(NetworkTimeHeard(time.at_ms, time.offset_minutes))


def _presence_by(answer: Answer) -> CardPresence:
    """What an answer or its error says of the card. One that asks for its PIN again was out, or is another."""
    trouble = card_trouble(answer.error)
    if trouble in _GONE:
        return CardPresence.REMOVED
    if trouble in _ASK_FOR_PIN:
        return CardPresence.CHANGED
    if trouble is not None or answer.final is None:
        return CardPresence.UNKNOWN
    said = (answer.named("+CPIN") or "").upper()
    if "NOT READY" in said or "NOT INSERTED" in said:
        return CardPresence.REMOVED
    if said.endswith(("SIM PIN", "SIM PUK")):
        return CardPresence.CHANGED
    return CardPresence.PRESENT if "READY" in said else CardPresence.UNKNOWN


def presence_in(answer: Answer) -> CardPresence:
    """What ``AT+CPIN?`` says of a card that nobody knows yet: one that is locked is there."""
    found = _presence_by(answer)
    return CardPresence.PRESENT if found is CardPresence.CHANGED else found
