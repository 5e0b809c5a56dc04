"""Scenarios of plugs and hubs."""

from appliance.modem.simulator.scenarios.registry import ScenarioError, scenario
from appliance.modem.simulator.scenarios.stage import Scene


@scenario(
    "renumbered",
    "unplugged, and comes back as another tty",
    ("return_ms", 2000, "how long it is gone"),
    ("port", "", "the new name in the bank's directory (the old one with -2, -3, … behind it)"),
)
def renumbered(scene: Scene) -> None:
    """The device is the same, its node is not."""
    stage, name = scene.stage, scene.modem.name
    port = scene.text("port")
    if "/" in port or port.startswith("."):
        raise ScenarioError("port", "port must be a plain file name")
    stage.unplug(name)
    scene.modem.times_renumbered += 1
    port = port or f"{name}-{scene.modem.times_renumbered + 1}"
    scene.after(scene.seconds("return_ms"), lambda: stage.plug(name, port))


@scenario(
    "unplugged",
    "the modem is unplugged",
    ("return_ms", 0, "how long it is gone; 0: until somebody plugs it in, or calm"),
)
def unplugged(scene: Scene) -> None:
    """A modem in someone's hand."""
    stage, name = scene.stage, scene.modem.name
    stage.unplug(name)
    return_s = scene.seconds("return_ms")
    if return_s:
        scene.after(return_s, lambda: stage.plug(name))
    scene.on_calm(lambda: stage.plug(name))


@scenario(
    "flap",
    "unplugs and returns again and again",
    ("every_ms", 10_000, "from one unplugging to the next"),
    ("gone_ms", 2000, "how long it is gone each time"),
)
def flap(scene: Scene) -> None:
    """A bad contact."""
    stage, name = scene.stage, scene.modem.name

    def once() -> None:
        stage.unplug(name)
        scene.after(scene.seconds("gone_ms"), lambda: stage.plug(name))

    scene.on_calm(lambda: stage.plug(name))
    scene.repeat(max(scene.seconds("every_ms"), scene.seconds("gone_ms") + 0.01), once)


@scenario(
    "hub-off",
    "a whole hub vanishes and returns",
    ("modems", 8, "how many hang on it, from this one on"),
    ("return_ms", 5000, "how long it is without power; 0: until calm"),
)
def hub_off(scene: Scene) -> None:
    """All at the same moment."""
    stage = scene.stage
    names = list(stage.modems)
    first = names.index(scene.modem.name)
    hub = names[first : first + scene.number("modems")]
    for name in hub:
        stage.unplug(name)

    def on() -> None:
        for name in hub:
            stage.plug(name)

    return_s = scene.seconds("return_ms")
    if return_s:
        scene.after(return_s, on)
    scene.on_calm(on)
