"""Scenarios of sending: answers that are late, lost or a refusal, and a modem that falls off the bus."""

from appliance.modem.simulator.errors import AtError, Family
from appliance.modem.simulator.faults import Answer, CountedRule, HourlyRule, SwallowRule, Verdict
from appliance.modem.simulator.scenarios.registry import scenario
from appliance.modem.simulator.scenarios.stage import Scene

FOREVER = 1_000_000_000
COUNT = ("count", 1, "how many submissions; 0: all until calm")


def _next(scene: Scene, verdict: Verdict) -> None:
    scene.rule(CountedRule(scene.modem.name, verdict, scene.number("count") or FOREVER))


@scenario(
    "late-final",
    "the network takes a message, +CMGS and OK come long after",
    ("delay_ms", 180_000, "how late"),
    COUNT,
)
def late_final(scene: Scene) -> None:
    """The modem is busy with it all that time."""
    _next(scene, Verdict(delay_s=scene.seconds("delay_ms")))


@scenario("lost-final", "the network takes a message, its answer never comes, the modem goes on", COUNT)
def lost_final(scene: Scene) -> None:
    """Neither +CMGS nor OK."""
    _next(scene, Verdict(answer=Answer.LOST))


@scenario(
    "reset-mid-send",
    "the tty vanishes after Ctrl-Z, the network having taken the message or not, and comes back",
    ("taken", True, "whether the network took it"),
    ("marked", False, "whether a memory that it was sent from says so"),
    ("return_ms", 3000, "how long the port is gone"),
    COUNT,
)
def reset_mid_send(scene: Scene) -> None:
    """A weak hub and a transmit burst; or the current fails."""
    verdict = Verdict(
        answer=Answer.LINE_LOST,
        taken=scene.flag("taken"),
        return_s=scene.seconds("return_ms"),
        marked=scene.flag("marked"),
    )
    _next(scene, verdict)


@scenario("cms-N", "refuses with +CMS ERROR: N (27.005 clause 3.2.5)", ("code", 500, "N"), COUNT)
def cms_error(scene: Scene) -> None:
    """The network or the modem says no; nothing goes on the air."""
    _next(scene, Verdict(refusal=AtError(Family.MESSAGE, scene.number("code")), taken=False))


@scenario("cme-N", "refuses a message with +CME ERROR: N (27.007 clause 9.2)", ("code", 100, "N"), COUNT)
def cme_error(scene: Scene) -> None:
    """Some makes answer +CMGS from the other table."""
    _next(scene, Verdict(refusal=AtError(Family.EQUIPMENT, scene.number("code")), taken=False))


@scenario(
    "blocked",
    "the carrier refuses whatever the card sends beyond so many messages an hour",
    ("first", 31, "the first message of the hour that is refused"),
    ("code", 21, "the +CMS ERROR"),
    ("window_ms", 3_600_000, "the hour"),
)
def blocked(scene: Scene) -> None:
    """Follows the card, not the modem."""
    sim = scene.modem.sim
    if sim is not None:
        refusal = AtError(Family.MESSAGE, scene.number("code"))
        most = max(0, scene.number("first") - 1)
        scene.rule(HourlyRule(sim.iccid, most, refusal, scene.modem.wall, scene.seconds("window_ms")))


@scenario(
    "silent-block",
    "the carrier takes whatever the card sends, and delivers nothing of it",
    ("first", 1, "the first message that is not delivered"),
)
def silent_block(scene: Scene) -> None:
    """Follows the card, not the modem."""
    sim = scene.modem.sim
    if sim is not None:
        scene.rule(SwallowRule(sim.iccid, max(0, scene.number("first") - 1)))


@scenario(
    "empty",
    "prepaid: each part costs, and when nothing is left the network refuses",
    ("balance_fen", 100, "what is left"),
    ("price_fen", 10, "what a part costs"),
    ("code", 50, "the +CMS ERROR when it is empty (50, 21 and 30 are seen)"),
    ("service", True, "whether 10086, 10010 and 10001 answer"),
)
def empty(scene: Scene) -> None:
    """USSD and the carrier's service number tell what is left; what is sent to the latter costs nothing."""
    sim = scene.modem.sim
    if sim is None:
        return
    account = scene.stage.network.accounts.of(sim)
    account.balance_fen, account.price_fen = scene.number("balance_fen"), scene.number("price_fen")
    account.refusal, account.answers_service = scene.number("code"), scene.flag("service")

    def paid() -> None:
        account.price_fen = 0

    scene.on_calm(paid)
