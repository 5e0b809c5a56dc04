"""Scenarios of what is no modem, or claims too much."""

from collections.abc import Callable

from appliance.modem.simulator.babble import FULL_LINE_SPEED, Babbler
from appliance.modem.simulator.scenarios.registry import scenario
from appliance.modem.simulator.scenarios.stage import Scene


def _possess(scene: Scene, take: Callable[[bytes], None]) -> None:
    terminal = scene.modem.terminal
    terminal.possessed_by = take

    def free() -> None:
        terminal.possessed_by = None

    scene.on_calm(free)


@scenario(
    "babble",
    "endless garbage at full line speed",
    ("octets_per_s", FULL_LINE_SPEED, "how fast (11520 is 115,200 baud; over USB it may be a million)"),
    ("lines", False, "printable lines instead of octets of every value"),
)
def babble(scene: Scene) -> None:
    """It hears nothing, and has no pause."""
    modem = scene.modem
    speed = max(50, scene.number("octets_per_s"))
    babbler = Babbler(modem.port.write, scene.stage.timers, octets_per_s=speed, lines=scene.flag("lines"))
    _possess(scene, lambda _octets: None)
    scene.on_calm(babbler.stop)
    babbler.start()


@scenario("loop-back", "a plug that gives everything back as it was written")
def loop_back(scene: Scene) -> None:
    """Every command is its own answer."""
    _possess(scene, scene.modem.port.write)


@scenario("all-errors", "answers every command with ERROR")
def all_errors(scene: Scene) -> None:
    """AT too."""
    scene.modem.mischief.all_errors = True


@scenario(
    "long-line",
    "answers every command with one line of a megabyte",
    ("octets", 1 << 20, "how long the line is"),
)
def long_line(scene: Scene) -> None:
    """CR LF and OK come at its end."""
    line = b"\r\n+X: " + b"A" * scene.number("octets") + b"\r\n\r\nOK\r\n"

    def answer(octets: bytes) -> None:
        if b"\r" in octets:
            scene.modem.port.write(line)

    _possess(scene, answer)


@scenario(
    "long-operator", "claims an operator with a name of thousands of characters", ("length", 4000, "how many")
)
def long_operator(scene: Scene) -> None:
    """In +COPS."""
    scene.modem.mischief.operator = "X" * scene.number("length")
