"""Scenarios of what comes from outside: calls, many messages, parts in disorder, messages that cannot be deleted."""

from collections.abc import Sequence

from appliance.modem.simulator.calls import Caller
from appliance.modem.simulator.scenarios.registry import ScenarioError, scenario
from appliance.modem.simulator.scenarios.stage import Scene
from appliance.modem.simulator.service_centre import Subscription
from appliance.modem.sms import Address, Submit, plan_text, submits

CALLER = "+8613700137000"
SENDER = "+8613812345678"
AN_HOUR_S = 3600.0
LONG_TEXT = "这是一条很长的短信，会分成好几条发送，用来检查拼接是否正确。" * 6


@scenario(
    "call",
    "somebody calls in the middle of a submission",
    ("number", CALLER, "who; empty for a withheld number"),
    ("rings", 5, "how often it rings before they give up"),
    ("every_ms", 3000, "pause between rings"),
    ("while_sending", True, "waits for the next submission of the modem"),
)
def call(scene: Scene) -> None:
    """RING, and +CLIP where it is switched on."""
    caller = Caller(scene.text("number") or None, max(1, scene.number("rings")), scene.seconds("every_ms"))
    scene.while_sending(lambda: scene.modem.calls.ring(caller))
    scene.on_calm(scene.modem.calls.give_up)


@scenario(
    "full-memory",
    "so many messages at once that the memory is full and the rest waits in the network",
    ("beyond", 3, "how many wait"),
    ("sender", SENDER, "who writes them"),
    ("silent", False, "without any +CMTI"),
)
def full_memory(scene: Scene) -> None:
    """Texts are 'full 1', 'full 2', …; all in one moment, so that nobody can read as fast."""
    modem, network = scene.modem, scene.stage.network
    target = _target(scene)
    used, total = modem.messages.usage(modem.messages.chosen[2])
    swallowed = modem.mischief.swallows_indications
    modem.mischief.swallows_indications = swallowed or scene.flag("silent")
    for number in range(1, total - used + scene.number("beyond") + 1):
        network.reply(scene.text("sender"), target.sim.msisdn, f"full {number}")
    network.centre.deliver(target)
    modem.mischief.swallows_indications = swallowed


@scenario(
    "delete-fails", "+CMGD gives an error and deletes nothing", ("count", 0, "how often; 0: until calm")
)
def delete_fails(scene: Scene) -> None:
    """+CMS ERROR: 320."""
    scene.modem.mischief.deletions_to_fail = scene.number("count") or -1


@scenario(
    "parts",
    "long messages in disorder: parts out of order and doubled, one that never comes, a reference used again",
    ("sender", SENDER, "who writes them"),
    ("text", LONG_TEXT, "the text of the whole ones (with a number in front)"),
    ("missing", True, "a message lacks its second part"),
    ("reused", True, "the same reference an hour before, for another text"),
)
def parts(scene: Scene) -> None:
    """'1 …' is whole, last part first and the first one doubled; '2 …' lacks its second; '3 …' is of an hour before."""
    target = _target(scene)
    text = scene.text("text")
    one = _parts(target, "1 " + text, 77)
    if len(one) < 2:
        raise ScenarioError("text", "text must be long enough for two parts")
    if scene.flag("reused"):
        _hand_in(scene, target, "3 " + text, _parts(target, "3 " + text, 77), age_s=AN_HOUR_S)
    _hand_in(scene, target, "1 " + text, [*reversed(one), one[0]])
    if scene.flag("missing"):
        two = _parts(target, "2 " + text, 78)
        _hand_in(scene, target, "2 " + text, [two[0], *two[2:]])


def _target(scene: Scene) -> Subscription:
    sim = scene.modem.sim
    if sim is None:
        raise ScenarioError("modem", f"there is no card in {scene.modem.name}")
    return scene.stage.network.centre.of(sim)


def _parts(target: Subscription, text: str, reference: int) -> tuple[Submit, ...]:
    return submits(
        plan_text(text), Address.from_text(target.sim.msisdn), reference=reference, reference_bits=8
    )


def _hand_in(
    scene: Scene, target: Subscription, text: str, those: Sequence[Submit], *, age_s: float = 0.0
) -> None:
    scene.stage.network.hand_in(scene.text("sender"), target, text, those, age_s=age_s)
