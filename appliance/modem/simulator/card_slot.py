"""The card slot of one modem: the card that lies in it, and the one that the firmware believes in.

Makes differ (`habits.CardHabits`): one sees at once that a card was pulled and says so, another goes on as if nothing
had happened until +CFUN=0/1 or a reset. What such a one is asked of the card itself fails meanwhile, because the card
that it had selected is gone.
"""

from collections.abc import Callable

from appliance.modem.simulator.errors import cme
from appliance.modem.simulator.habits import CardHabits, Notices
from appliance.modem.simulator.sim import SimCard


class CardSlot:
    """`card` lies in the slot; `believed` is what the firmware works with.

    `changed` is called after the firmware has seen another state of the slot, with the lines that it says unasked.
    """

    def __init__(
        self,
        habits: CardHabits,
        card: SimCard | None,
        changed: Callable[[SimCard | None, tuple[str, ...]], None],
    ) -> None:
        self._habits = habits
        self._changed = changed
        self.card = card
        self.believed = card
        self.iccid_at_power_up = "" if card is None else card.iccid
        self.switch = habits.switch_initial

    @property
    def is_sound(self) -> bool:
        """The card that the firmware works with is the one in the slot."""
        return self.card is self.believed

    def pull(self) -> SimCard | None:
        """Takes the card out; None when there was none."""
        card, self.card = self.card, None
        if card is not None and self._habits.notices is Notices.AT_ONCE:
            self.believed = None
            self._changed(None, self._said(self._habits.removed, self._habits.reported_removed))
        return card

    def insert(self, card: SimCard) -> None:
        """Puts a card in; one that is there must be pulled first."""
        assert self.card is None
        self.card = card
        if self._habits.notices is Notices.AT_ONCE:
            self.believed = card
            card.power_up()
            self._changed(card, self._said(self._habits.inserted, self._habits.reported_inserted))

    def look(self, *, reset: bool) -> None:
        """The firmware starts the card anew: at +CFUN from 0 to 1, and at a `reset`."""
        if reset:
            self.switch = self._habits.switch_initial
        if reset or self._habits.notices is not Notices.AFTER_RESET:
            self.believed = self.card
            self.iccid_at_power_up = "" if self.card is None else self.card.iccid
        if self.believed is not None:
            self.believed.power_up()

    def shown_iccid(self) -> str:
        """What the vendor's command tells; "" for no card."""
        if self._habits.caches_iccid and self.iccid_at_power_up:
            return self.iccid_at_power_up
        return "" if self.believed is None else self.believed.iccid

    def read(self) -> SimCard:
        """The card itself, for +CRSM and +CSIM. +CME ERROR 10 without one, 13 when one was pulled unseen."""
        if self.card is None:
            raise cme(10 if self.believed is None else 13)
        return self.card

    def _said(self, always: tuple[str, ...], where_on: tuple[str, ...]) -> tuple[str, ...]:
        return (*always, *where_on) if self.switch else always
