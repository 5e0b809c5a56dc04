"""A stage for scenarios in a street without ttys and without time."""

from pathlib import Path

from appliance.modem.simulator.drawer import Drawer
from appliance.modem.simulator.modem import Modem
from appliance.modem.simulator.scenarios import Theatre
from tests.simulator.street import Clock, Desk, Street


class StreetStage:
    """A street as scenarios see a bank; `gone` are the unplugged modems, `ports` the names of the others' ports."""

    def __init__(self, place: Street) -> None:
        self.place = place
        self.network = place.network
        self.faults = place.faults
        self.modems: dict[str, Modem] = {desk.modem.name: desk.modem for desk in place.desks}
        self.drawer = Drawer(1, place.network, lambda: list(self.modems.values()))
        self.ports = {name: name for name in self.modems}
        self.deaf: set[str] = set()
        for number, desk in enumerate(place.desks, 1):
            self.drawer.add(f"card{number:02d}", desk.sim)
        self.theatre = Theatre(self)

    @property
    def timers(self) -> Clock:
        return self.place.clock

    @property
    def first(self) -> Desk:
        return self.place.desks[0]

    def unplug(self, name: str) -> None:
        self.modems[name].power_off()
        self.ports.pop(name, None)

    def plug(self, name: str, port: str | None = None) -> Path:
        if not self.modems[name].is_on:
            self.ports[name] = port or name
            self.modems[name].start()
        return Path(self.ports[name])

    def stop_reading(self, name: str, *, stopped: bool) -> None:
        (self.deaf.add if stopped else self.deaf.discard)(name)

    def play(self, name: str, modem: str | None = None, **options: object) -> str:
        return self.theatre.play(name, modem, options)
