"""How a port in service stands: what the wall shows of it, and why its SIM begins nothing for now. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.modem.session import PortState, Registration
from appliance.policy.reason import Reason
from appliance.pool.settings import Roaming
from appliance.pool.wall import condition_of
from appliance.store.ports import Condition

_STATE_BY_REGISTRATION = {
    Registration.DENIED: PortState.REGISTRATION_DENIED,
    Registration.SEARCHING: PortState.REGISTERING,
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A SIM waits a little after failures of its network or modem in a row."""

    until_ms: int
    failures: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStanding:
    """What is known of a modem in service at one instant."""

    device: str
    sim_name: str
    roaming_rule: Roaming
    sends: bool = False
    """This port is the one that sends for its SIM."""
    others: tuple[str, ...] = ()
    """Other ports that show the same SIM."""
    registration: Registration = Registration.UNKNOWN
    operator: str | None = None
    memory_is_full: bool = False
    memory_is_stuck: bool = False
    """It was full, and the modem deletes nothing: it sends, and receives no more."""
    pause: Pause | None = None

    @property
    def has_network(self) -> bool:
        """A modem that doesn't tell is tried as it is."""
        return self.registration is Registration.UNKNOWN or self.registration.can_send

    @property
    def roams_and_waits(self) -> bool:
        return self.roaming_rule is Roaming.WAIT and bool(self.registration.roaming)

    def condition(self) -> Condition:
        """What the wall shows."""
        if not self.sends:
            return self._ready("sim.clone", port=", ".join(self.others))
        if not self.has_network:
            state = _STATE_BY_REGISTRATION.get(self.registration, PortState.NO_NETWORK)
            return condition_of(state, {"device": self.device, "detail": self.registration.value})
        if self.others:
            return self._ready("sim.clone-sends", port=", ".join(self.others))
        if self.memory_is_full or self.memory_is_stuck:
            return self._ready("port.storage-full", device=self.device)
        if self.roams_and_waits:
            return self._ready("port.roams", operator=self.operator or "?")
        return condition_of(PortState.READY, {"device": self.device, "detail": ""})

    def hold(self) -> Reason | None:
        """Why nothing is begun although the port is ready."""
        if not self.sends:
            return None
        if self.memory_is_full:
            return Reason("sim.memory-full", {"sim": self.sim_name})
        if self.roams_and_waits:
            return Reason("sim.roams", {"sim": self.sim_name, "operator": self.operator or "?"})
        if self.pause is not None:
            args: dict[str, str | int] = {
                "sim": self.sim_name,
                "failures": self.pause.failures,
                "detail": self.pause.detail,
                "until_ms": self.pause.until_ms,
            }
            return Reason("sim.pauses", args, self.pause.until_ms)
        return None

    def _ready(self, reason: str, **args: str | int) -> Condition:
        return Condition(state=PortState.READY.value, reason=reason, args=args)
