"""How long each command may take: one table.

From the manuals of the makers (SIMCom SIM800 V1.09, Quectel EC25 V1.3, Huawei ME909s, u-blox SARA), the longest
that is usual. A command that isn't listed takes at most `Limits.command_s`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from appliance.modem.at.unsolicited import command_name

COMMAND_LIMITS_S: Mapping[str, float] = MappingProxyType(
    {
        "+CPIN": 10.0,
        "+COPS": 10.0,
        "+CFUN": 15.0,
        "+CRSM": 10.0,
        "+CCID": 10.0,
        "+CIMI": 10.0,
        "+CNUM": 10.0,
        "+CPMS": 10.0,
        "+CSCA": 10.0,
        "+CMGR": 10.0,
        "+CMGL": 20.0,
        "+CMGD": 25.0,
        "+CUSD": 15.0,
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds; tests and odd hardware override single ones."""

    command_s: float = 5.0
    by_command_s: Mapping[str, float] = field(default_factory=lambda: COMMAND_LIMITS_S)
    prompt_s: float = 15.0
    """From ``AT+CMGS`` to ``> ``; usually at once, 8 s have been seen."""
    submit_s: float = 90.0
    """From Ctrl-Z to the final result code: usually 2–6 s on GSM; makers name 60 to 150 s as the most."""
    after_reference_s: float = 5.0
    """From ``+CMGS: n`` to its ``OK``."""
    probe_s: tuple[float, ...] = (1.0, 1.0, 2.0, 2.0, 3.0)
    """For each ``AT`` of a resynchronisation or first contact in turn."""
    quiet_s: float = 0.1
    """Silence after which what was left over has been read."""
    drain_s: float = 2.0
    """The most that is spent on waiting for silence."""
    sim_busy_s: float = 30.0
    """How long a SIM may be busy after power-up or PIN; 2–20 s are usual."""
    registration_s: float = 60.0
    poll_s: float = 1.0
    """Between two questions to a SIM that is busy or a modem that looks for a network."""

    def of(self, command: str) -> float:
        """The limit of a whole command such as ``AT+CREG?``."""
        return self.by_command_s.get(command_name(command), self.command_s)

    def with_profile(self, seconds: Mapping[str, float]) -> Limits:
        """These with those of a profile (by command, and ``prompt``, ``submit``) where nobody set others."""
        usual = Limits()
        limits = self
        if self.by_command_s == usual.by_command_s:
            limits = replace(limits, by_command_s=MappingProxyType({**COMMAND_LIMITS_S, **seconds}))
        if self.prompt_s == usual.prompt_s and "prompt" in seconds:
            limits = replace(limits, prompt_s=seconds["prompt"])
        if self.submit_s == usual.submit_s and "submit" in seconds:
            limits = replace(limits, submit_s=seconds["submit"])
        return limits


LIMITS = Limits()
