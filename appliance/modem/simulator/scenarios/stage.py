"""Where scenarios are played: the bank as they see it, and what must be put right afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from appliance.modem.simulator.clock import Cancellable, Timers
from appliance.modem.simulator.drawer import Drawer
from appliance.modem.simulator.faults import FaultBoard, SubmitRule, WatchRule
from appliance.modem.simulator.modem import Modem
from appliance.modem.simulator.network import Network
from appliance.modem.simulator.scenarios.registry import Scenario, ScenarioError, Value, find


class Stage(Protocol):
    """A bank."""

    network: Network
    faults: FaultBoard
    drawer: Drawer
    modems: dict[str, Modem]

    @property
    def timers(self) -> Timers:
        """Its timers."""

    def unplug(self, name: str) -> None:
        """Takes a modem off the bus."""

    def plug(self, name: str, port: str | None = None) -> Path:
        """Puts it back, under the name that its port had or another."""

    def stop_reading(self, name: str, *, stopped: bool) -> None:
        """The device takes nothing from its line any more, or does again."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One scenario on one modem, with all its options."""

    stage: Stage
    modem: Modem
    values: Mapping[str, Value]
    on_calm: Callable[[Callable[[], object]], None]

    def number(self, name: str) -> int:
        """An option that is a number."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def seconds(self, name: str) -> float:
        """An option in milliseconds, as seconds."""
        return self.number(name) / 1000

    def text(self, name: str) -> str:
        """An option that is a text."""
        return str(self.values[name])

    def flag(self, name: str) -> bool:
        """An option that is true or false."""
        return bool(self.values[name])

    def after(self, delay_s: float, call: Callable[[], object]) -> Cancellable:
        """Calls it so much later, unless calm comes first."""
        timer = self.stage.timers.call_later(delay_s, call)
        self.on_calm(timer.cancel)
        return timer

    def repeat(self, every_s: float, call: Callable[[], object]) -> None:
        """Calls it now, and again every so many seconds until calm comes."""
        call()
        self.after(every_s, lambda: self.repeat(every_s, call))

    def rule(self, rule: SubmitRule) -> None:
        """Puts a rule before all others, until calm comes."""
        rules = self.stage.faults.rules
        rules.insert(0, rule)
        self.on_calm(lambda: rules.remove(rule) if rule in rules else None)

    def while_sending(self, action: Callable[[], object]) -> None:
        """Does it during the next submission of this modem, or at once where `while_sending` is false."""
        if self.flag("while_sending"):
            delay_s = self.stage.network.settings.latency_s / 2
            self.rule(WatchRule(self.modem.name, lambda: self.stage.timers.call_later(delay_s, action)))
        else:
            action()


class Theatre:
    """Plays scenarios on one bank."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._endings: dict[str, list[Callable[[], object]]] = {}

    def check(self, name: str, modem: str | None, given: Mapping[str, Any]) -> tuple[Scenario, str]:
        """The scenario and its modem (the first one where none is said). ScenarioError for what cannot be."""
        scenario, named = find(name)
        scenario.values({**named, **given})
        modem = modem or next(iter(self._stage.modems))
        if modem not in self._stage.modems:
            raise ScenarioError(
                "modem", f"there is no modem {modem!r}; there are {', '.join(self._stage.modems)}"
            )
        return scenario, modem

    def play(self, name: str, modem: str | None = None, given: Mapping[str, Any] | None = None) -> str:
        """Plays it; the modem that it struck. ScenarioError for what cannot be played."""
        given = given or {}
        scenario, modem = self.check(name, modem, given)
        _, named = find(name)
        if scenario.name == "calm":
            self._calm(modem)
        endings = self._endings.setdefault(modem, [])
        values = scenario.values({**named, **given})
        scenario.play(Scene(self._stage, self._stage.modems[modem], values, endings.append))
        return modem

    def _calm(self, modem: str) -> None:
        for ending in reversed(self._endings.pop(modem, [])):
            ending()
