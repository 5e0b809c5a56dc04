"""Scenarios of the card: pulled, swapped, cloned, locked."""

from appliance.modem.simulator.scenarios.registry import ScenarioError, scenario
from appliance.modem.simulator.scenarios.stage import Scene
from appliance.modem.simulator.sim import PinState, SimCard

WHILE_SENDING = ("while_sending", True, "waits for the next submission of the modem")


@scenario(
    "swap",
    "the card is pulled and another put in, in the middle of a submission",
    ("card", "", "its name in the drawer (a new one)"),
    ("gap_ms", 2000, "how long the slot is empty"),
    WHILE_SENDING,
)
def swap(scene: Scene) -> None:
    """What is on the way when the card goes is refused."""
    drawer, modem, name = scene.stage.drawer, scene.modem, scene.text("card")
    if name and name not in drawer.cards:
        raise ScenarioError("card", f"there is no card {name!r}; there are {', '.join(drawer.cards)}")

    def pull() -> None:
        if modem.slot.card is not None:
            drawer.pull(modem)
        scene.stage.timers.call_later(scene.seconds("gap_ms"), insert)

    def insert() -> None:
        if modem.slot.card is None and not (name and drawer.place_of(name)):
            drawer.insert(modem, name or None)

    scene.while_sending(pull)


@scenario("no-sim", "the card is pulled and not put back", WHILE_SENDING)
def no_sim(scene: Scene) -> None:
    """It lies in the drawer under its name."""
    modem = scene.modem
    scene.while_sending(lambda: scene.stage.drawer.pull(modem) if modem.slot.card is not None else None)


@scenario(
    "clone",
    "the modem shows the ICCID of another one's card",
    ("of", "", "the card that is copied (that of the first other modem)"),
)
def clone(scene: Scene) -> None:
    """Its own card goes to the drawer; calm puts it back."""
    drawer, modem = scene.stage.drawer, scene.modem
    others = (drawer.name_of(other.slot.card) for other in scene.stage.modems.values() if other is not modem)
    of = scene.text("of") or next((name for name in others if name), "")
    if not of or of not in drawer.cards:
        raise ScenarioError("of", f"there is no card {of!r} to copy; there are {', '.join(drawer.cards)}")
    before = drawer.pull(modem) if modem.slot.card is not None else None
    twin = f"{of}-in-{modem.name}"
    if twin not in drawer.cards:
        drawer.clone(of, twin)
    drawer.insert(modem, twin)

    def put_back() -> None:
        if modem.slot.card is drawer.cards[twin]:
            drawer.pull(modem)
            if before is not None and not drawer.place_of(before):
                drawer.insert(modem, before)

    scene.on_calm(put_back)


def _lock(scene: Scene, pin: str, state: PinState = PinState.SIM_PIN, tries: int = 3) -> SimCard | None:
    """Changes the card while it is out of the modem for a moment, as if another one had been put in."""
    card = scene.modem.slot.card
    if card is None:
        return None
    scene.stage.drawer.pull(scene.modem)
    card.pin, card.pin_enabled, card.pin_state, card.pin_tries = pin, True, state, tries
    scene.stage.timers.call_later(scene.seconds("gap_ms"), _back, scene, card)
    return card


def _back(scene: Scene, card: SimCard) -> None:
    if scene.modem.slot.card is None:
        scene.stage.drawer.insert(scene.modem, scene.stage.drawer.name_of(card))


GAP = ("gap_ms", 500, "how long the card is out")


@scenario(
    "pin",
    "the card comes back and asks for its PIN",
    ("pin", "1234", "the PIN"),
    ("tries", 3, "tries left"),
    GAP,
)
def pin(scene: Scene) -> None:
    """The right one opens it."""
    _lock(scene, scene.text("pin"), tries=scene.number("tries"))


@scenario(
    "wrong-pin",
    "the card has another PIN than anyone knows",
    ("tries", 3, "tries left at the beginning"),
    GAP,
)
def wrong_pin(scene: Scene) -> None:
    """Every PIN of four digits is wrong."""
    _lock(scene, "no PIN", tries=scene.number("tries"))


@scenario("puk", "the card asks for its PUK", ("puk", "12345678", "the PUK"), GAP)
def puk(scene: Scene) -> None:
    """Someone has tried three PINs before."""
    card = _lock(scene, "1234", PinState.SIM_PUK, tries=0)
    if card is not None:
        card.puk = scene.text("puk")
