"""What a scenario is, and the table of all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.modem.simulator.scenarios.stage import Scene

Value = int | str | bool


class ScenarioError(ValueError):
    """A scenario cannot be played so. `field` is what is wrong ('name', 'modem' or an option)."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class Option:
    """One parameter. The kind of its default is the kind that it must be; numbers are not below 0."""

    name: str
    default: Value
    meaning: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `tells` is one line on what happens."""

    name: str
    tells: str
    options: tuple[Option, ...]
    play: "Callable[[Scene], None]"

    def values(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """Every option with what was given for it, or its default. ScenarioError where that is no value for it."""
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                there_are = f"it has {', '.join(known)}" if known else "it has none"
                raise ScenarioError(name, f"{self.name} has no option {name}; {there_are}")
        return {name: _checked(option, given.get(name)) for name, option in known.items()}


def _checked(option: Option, given: Any) -> Value:
    if given is None:
        return option.default
    kind = type(option.default)
    if type(given) is not kind or (isinstance(given, int) and given < 0):
        wanted = {int: "a whole number, not below 0", str: "a text", bool: "true or false"}[kind]
        raise ScenarioError(option.name, f"{option.name} must be {wanted}, and is {given!r}")
    value: Value = given
    return value


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    name: str, tells: str, *options: tuple[str, Value, str]
) -> "Callable[[Callable[[Scene], None]], Callable[[Scene], None]]":
    """Enters a scenario into the table."""

    def enter(play: "Callable[[Scene], None]") -> "Callable[[Scene], None]":
        SCENARIOS[name] = Scenario(name, tells, tuple(Option(*option) for option in options), play)
        return play

    return enter


def find(name: str) -> tuple[Scenario, dict[str, Value]]:
    """The scenario that `name` means, and the options that stand in its name ('cms-38'). ScenarioError for none."""
    if name in SCENARIOS:
        return SCENARIOS[name], {}
    family, _, code = name.partition("-")
    if family in ("cms", "cme") and code.isdecimal() and len(code) < 5:
        return SCENARIOS[f"{family}-N"], {"code": int(code)}
    raise ScenarioError("name", f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)}")
