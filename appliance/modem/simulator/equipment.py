"""A device and its surroundings: what a modem is made of, where it stands, and what the terminal may set of it."""

from dataclasses import dataclass, field
from typing import Protocol

from appliance.modem.simulator.clock import Timers, WallClock
from appliance.modem.simulator.faults import FaultBoard
from appliance.modem.simulator.network import Network
from appliance.modem.simulator.profile import Profile
from appliance.modem.simulator.radio import RadioSettings


class Port(Protocol):
    """The tty end of a modem."""

    def write(self, octets: bytes) -> None:
        """Octets to the terminal."""

    def hang_up(self, return_after_s: float) -> None:
        """The tty vanishes and comes back under the same name."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """The device and its place: name of the port, make, IMEI, and how the cell looks from there."""

    name: str
    profile: Profile
    imei: str
    radio: RadioSettings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all modems of a bank share."""

    network: Network
    faults: FaultBoard
    timers: Timers
    wall: WallClock


@dataclass(slots=True)
class EquipmentSettings:
    """What 27.007 lets the terminal set, beside messages."""

    error_detail: int = 0
    registration_reports: dict[str, int] = field(default_factory=dict)
    operator_format: int = 0
    call_switches: dict[str, int] = field(default_factory=dict)
    phonebook: str = "SM"
    ussd_reports: int = 0
    ussd_menu: str = ""
    clock_switches: dict[str, int] = field(default_factory=dict)
