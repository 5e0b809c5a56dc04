"""What a bank is started with: from the command line, and modem by modem from a TOML file.

[network]
latency_ms = 300            # the command line wins where it says the same
report_delay_ms = 500
delivery_delay_ms = 0       # how long a message to a SIM is under way
reply_delay_ms = 500        # how long a handset thinks before it answers by itself

[[modem]]                   # modem01, then modem02, … ; every field may be left out
profile = "quectel-ec25"
imei = "866758040000016"
sim = true                  # false: no card in it
iccid = "89860012345678901234"
imsi = "460001234567890"
msisdn = "+8613800001234"
smsc = "+8613800210500"     # "": the card does not know its service centre
pin = "1234"                # the card asks for this PIN at power-up
number_on_card = true       # whether +CNUM knows the number
sm_capacity = 50            # message places on the card
registration = "home"       # home, roaming, searching, denied
registration_ms = 0
card_busy_ms = 0            # after power-up or PIN: so long message commands get +CMS ERROR: 314
signal = 22                 # <rssi> of +CSQ
"""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from appliance.modem.simulator.faults import RateRule
from appliance.modem.simulator.network import NetworkSettings
from appliance.modem.simulator.radio import Registration

_REGISTRATIONS = {
    "home": Registration.HOME,
    "roaming": Registration.ROAMING,
    "searching": Registration.SEARCHING,
    "denied": Registration.DENIED,
}


class BankConfigError(ValueError):
    """The settings cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class ModemSpec:
    """What one modem shall be; None leaves it to the bank."""

    profile: str | None = None
    imei: str | None = None
    sim: bool = True
    iccid: str | None = None
    imsi: str | None = None
    msisdn: str | None = None
    smsc: str | None = None
    pin: str | None = None
    number_on_card: bool = True
    sm_capacity: int | None = None
    registration: str = "home"
    registration_ms: int = 0
    card_busy_ms: int = 0
    signal: int = 22

    @property
    def outcome(self) -> Registration:
        """What registration comes to."""
        return _REGISTRATIONS[self.registration]


@dataclass(slots=True)
class BankSettings:
    """Everything that a bank needs to start."""

    directory: Path
    modems: int = 8
    control: Path | None = None
    ledger: Path | None = None
    profiles: tuple[str, ...] = ()
    seed: int = 1
    auto_reply: str | None = None
    network: NetworkSettings = field(default_factory=NetworkSettings)
    rates: RateRule = field(default_factory=RateRule)
    specs: tuple[ModemSpec, ...] = ()
    magic_numbers: bool = False
    """Whether the recipients of :mod:`appliance.magic_numbers` are special."""

    def spec(self, number: int) -> ModemSpec:
        """What modem `number` (from 1) shall be."""
        return self.specs[number - 1] if number <= len(self.specs) else ModemSpec()


def read_specs(path: Path) -> tuple[dict[str, int], tuple[ModemSpec, ...]]:
    """The [network] table and the modems of a TOML file. BankConfigError says what is wrong."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BankConfigError(f"{path}: {error}") from error
    modems = table.get("modem", [])
    if not isinstance(modems, list):
        raise BankConfigError(f"{path}: modem must be written as [[modem]]")
    specs = tuple(_spec(path, number, entry) for number, entry in enumerate(modems, 1))
    return _network(path, table.get("network", {})), specs


_NETWORK_KEYS = frozenset(("latency_ms", "report_delay_ms", "delivery_delay_ms", "reply_delay_ms"))


def _network(path: Path, table: Any) -> dict[str, int]:
    if not isinstance(table, dict):
        raise BankConfigError(f"{path}: [network] must be a table")
    for key, value in table.items():
        if key not in _NETWORK_KEYS:
            raise BankConfigError(
                f"{path}: [network] has no {key}; it has {', '.join(sorted(_NETWORK_KEYS))}"
            )
        if not isinstance(value, int) or value < 0:
            raise BankConfigError(f"{path}: [network] {key} must be a number of milliseconds")
    return dict(table)


def _spec(path: Path, number: int, entry: dict[str, Any]) -> ModemSpec:
    known = {field.name: field.type for field in fields(ModemSpec)}
    for key, value in entry.items():
        if key not in known:
            raise BankConfigError(f"{path}: modem {number} has no {key}; it has {', '.join(known)}")
        if type(value) is not _kind(known[key]):
            raise BankConfigError(f"{path}: modem {number}: {key} cannot be {value!r}")
    spec = ModemSpec(**entry)
    if spec.registration not in _REGISTRATIONS:
        raise BankConfigError(f"{path}: modem {number}: registration is one of {', '.join(_REGISTRATIONS)}")
    return spec


def _kind(annotation: Any) -> type:
    text = annotation if isinstance(annotation, str) else str(annotation)
    if "bool" in text:
        return bool
    return int if "int" in text else str
