"""Scenarios of the network and its clock."""

from datetime import UTC, datetime

from appliance.modem.simulator.radio import Registration
from appliance.modem.simulator.scenarios.registry import ScenarioError, scenario
from appliance.modem.simulator.scenarios.stage import Scene

YEARS = range(1970, 2070)
DAY_S = 86_400


def _register_as(scene: Scene, outcome: Registration) -> None:
    radio, before = scene.modem.radio, scene.modem.radio.outcome
    radio.outcome = outcome
    scene.modem.begin_registration()

    def back() -> None:
        radio.outcome = before
        scene.modem.begin_registration()

    scene.on_calm(back)


@scenario(
    "no-network",
    "no network: the modem searches, or is denied",
    ("denied", False, "the network does not let it in (<stat> 3)"),
    ("for_ms", 0, "how long; 0: until calm"),
)
def no_network(scene: Scene) -> None:
    """An antenna has fallen off."""
    before = scene.modem.radio.outcome
    _register_as(scene, Registration.DENIED if scene.flag("denied") else Registration.SEARCHING)
    duration_s = scene.seconds("for_ms")

    def found() -> None:
        scene.modem.radio.outcome = before
        scene.modem.begin_registration()

    if duration_s:
        scene.after(duration_s, found)


@scenario("roaming", "registered abroad", ("operator", "Vodafone.de", "whose network it is"))
def roaming(scene: Scene) -> None:
    """<stat> 5."""
    scene.modem.mischief.operator = scene.text("operator")
    _register_as(scene, Registration.ROAMING)


@scenario(
    "lte-only",
    "registered in +CEREG alone",
    ("sms_only", False, "as <stat> 6: for short messages only"),
)
def lte_only(scene: Scene) -> None:
    """+CREG and +CGREG tell of no network; messages go all the same (by way of the LTE core)."""
    if "+CEREG" not in scene.modem.profile.registration_commands:
        raise ScenarioError("modem", f"{scene.modem.profile.name} is no LTE modem: it has no +CEREG")
    scene.modem.mischief.registered_in = frozenset(("+CEREG",))
    _register_as(scene, Registration.HOME_SMS_ONLY if scene.flag("sms_only") else Registration.HOME)


@scenario(
    "bad-clock",
    "the modem's clock stands in another year, and the network stamps in the future",
    ("year", 1980, "what +CCLK shows; 1980, 2000 and 2004 are seen"),
    ("stamp_days", 400, "how far ahead TP-SCTS of what arrives is"),
)
def bad_clock(scene: Scene) -> None:
    """No network time since power-up, and a service centre that is out of order."""
    modem = scene.modem
    if scene.number("year") not in YEARS:
        raise ScenarioError("year", "year must be between 1970 and 2069")
    moment = datetime(scene.number("year"), 1, 6, tzinfo=UTC)
    modem.clock.offset_s = moment.timestamp() - modem.wall()
    offsets = scene.stage.network.stamp_offset_s
    sim = modem.sim
    if sim is not None:
        offsets[sim.msisdn] = scene.number("stamp_days") * DAY_S

    def right() -> None:
        modem.clock.offset_s = 0.0
        if sim is not None:
            offsets.pop(sim.msisdn, None)

    scene.on_calm(right)


@scenario(
    "cnmi-forgotten",
    "the modem stops reporting what arrives",
    ("shows_it", False, "+CNMI? still shows what was set (else it shows zeros)"),
    ("every_ms", 0, "forgets again and again, so often; 0: once"),
)
def cnmi_forgotten(scene: Scene) -> None:
    """Some LTE firmware, after it has lost its network for a moment."""
    modem = scene.modem
    if scene.flag("shows_it"):
        modem.mischief.swallows_indications = True
        return

    def forget() -> None:
        modem.messages.set_indications(0, 0, 0, 0, 1)

    if every_s := scene.seconds("every_ms"):
        scene.repeat(every_s, forget)
    else:
        forget()
