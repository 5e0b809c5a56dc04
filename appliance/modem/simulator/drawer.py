"""The drawer of SIM cards: every card has a name and keeps its memory, PIN state and TP-MR wherever it goes."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from random import Random

from appliance.modem.simulator.identity import make_sim
from appliance.modem.simulator.modem import Modem
from appliance.modem.simulator.network import Network
from appliance.modem.simulator.sim import SimCard

SPARE_CAPACITY = 50


class CardError(LookupError):
    """A card cannot be moved so; the text says why."""


@dataclass(frozen=True, slots=True)
class CardWish:
    """What a new card shall be; None leaves it to the drawer."""

    iccid: str | None = None
    imsi: str | None = None
    msisdn: str | None = None
    pin: str | None = None
    smsc: str | None = None


class Drawer:
    """All cards of a bank by name: 'card01' is the one that modem01 began with, 'spare1' the first new one."""

    def __init__(self, seed: int, network: Network, modems: Callable[[], list[Modem]]) -> None:
        self._random = Random(f"{seed} drawer")
        self._network = network
        self._modems = modems
        self._spares = 0
        self.cards: dict[str, SimCard] = {}

    def add(self, name: str, card: SimCard) -> None:
        """A card that is there already."""
        self.cards[name] = card

    def make(self, name: str | None = None, wish: CardWish | None = None) -> str:
        """A new card with a subscription of its own; its name. CardError where the name is taken."""
        if name in self.cards:
            raise CardError(f"there is a card {name!r} already")
        wish = wish or CardWish()
        self._spares += 1
        name = name or f"spare{self._spares}"
        card = make_sim(9000 + self._spares, self._random, capacity=SPARE_CAPACITY, first_index=1)
        card.iccid, card.imsi = wish.iccid or card.iccid, wish.imsi or card.imsi
        card.msisdn = wish.msisdn or card.msisdn
        card.smsc = card.smsc if wish.smsc is None else wish.smsc
        if wish.pin is not None:
            card.pin, card.pin_enabled = wish.pin, True
        card.power_up()
        self._network.centre.enrol(card)
        self.cards[name] = card
        return name

    def clone(self, of: str, name: str | None = None) -> str:
        """A copy that no one can tell from the card `of`; the network serves whichever registered last."""
        copy = deepcopy(self.card(of))
        name = name or f"{of}-clone"
        if name in self.cards:
            raise CardError(f"there is a card {name!r} already")
        self.cards[name] = copy
        return name

    def card(self, name: str) -> SimCard:
        """The card of that name. CardError when there is none."""
        if name not in self.cards:
            raise CardError(f"there is no card {name!r}; there are {', '.join(self.cards)}")
        return self.cards[name]

    def name_of(self, card: SimCard | None) -> str:
        """The name of a card; "" for none."""
        return next((name for name, other in self.cards.items() if other is card), "")

    def place_of(self, name: str) -> str:
        """The modem that a card is in; "" for the drawer."""
        card = self.card(name)
        return next((modem.name for modem in self._modems() if modem.slot.card is card), "")

    def pull(self, modem: Modem) -> str:
        """Takes the card out of a modem; its name. CardError when there is none in it."""
        card = modem.pull_card()
        if card is None:
            raise CardError(f"there is no card in {modem.name}")
        return self.name_of(card)

    def insert(self, modem: Modem, name: str | None) -> str:
        """Puts a card (None: a new one) into a modem; its name. CardError where one is in, or it is elsewhere."""
        if modem.slot.card is not None:
            raise CardError(f"{modem.name} has {self.name_of(modem.slot.card)} in it: pull it first")
        if name is not None and (place := self.place_of(name)):
            raise CardError(f"{name} is in {place}: pull it first")
        name = name or self.make()
        modem.insert_card(self.cards[name])
        return name
