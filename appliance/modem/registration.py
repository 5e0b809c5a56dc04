"""Where a SIM is registered: three domains that a modem reports one by one, and one verdict."""

from __future__ import annotations

from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.syntax import number, values
from appliance.modem.at.unsolicited import command_name, has_mode_and_status, line_name
from appliance.modem.bearings import Registration

_STATUS = {
    0: Registration.NOT_REGISTERED,
    1: Registration.HOME,
    2: Registration.SEARCHING,
    3: Registration.DENIED,
    4: Registration.UNKNOWN,
    5: Registration.ROAMING,
    6: Registration.SMS_ONLY_HOME,
    7: Registration.SMS_ONLY_ROAMING,
    8: Registration.EMERGENCY_ONLY,
    9: Registration.HOME,  # CS fallback not preferred: no matter for short messages
    10: Registration.ROAMING,
}
"""<stat> of TS 27.007 §7.2."""

_BEST_FIRST = (
    Registration.HOME,
    Registration.ROAMING,
    Registration.SMS_ONLY_HOME,
    Registration.SMS_ONLY_ROAMING,
    Registration.SEARCHING,
    Registration.DENIED,
    Registration.EMERGENCY_ONLY,
    Registration.UNKNOWN,
    Registration.NOT_REGISTERED,
)


class Domains:
    """What each of ``+CREG`` (CS), ``+CGREG`` (GPRS), ``+CEREG`` (LTE) said last.

    A SIM that is registered in one is registered: LTE-only ones are never in the first.
    """

    def __init__(self) -> None:
        self._said: dict[str, Registration] = {}

    def hear(self, line: str) -> bool:
        """Take an answer or an unsolicited line; whether the verdict changed with it."""
        before = self.verdict
        registration = registration_in(line)
        if registration is not None:
            self._said[line_name(line)] = registration
        return self.verdict is not before

    @property
    def verdict(self) -> Registration:
        """The best of what was said; UNKNOWN where nothing was."""
        return next((best for best in _BEST_FIRST if best in self._said.values()), Registration.UNKNOWN)


def registration_in(line: str) -> Registration | None:
    """<stat> of ``+CREG: <n>,<stat>…`` (an answer) or ``+CREG: <stat>…`` (unsolicited); None where there is none."""
    fields = values(line)
    if not fields:
        return None
    if line_name(line) == "^SYSINFO":
        return _of_system(fields)
    status = number(fields[1] if has_mode_and_status(line) else fields[0])
    return None if status is None else _STATUS.get(status, Registration.UNKNOWN)


def _of_system(fields: list[str]) -> Registration:
    """``^SYSINFO:<srv_status>,<srv_domain>,<roam_status>,…``: 2 is valid service, 1 roams (Huawei MC509 manual)."""
    service, _, roams = [*(number(field) for field in fields), None, None, None][:3]
    if service != 2:
        return Registration.SEARCHING
    return Registration.ROAMING if roams == 1 else Registration.HOME


async def ask_registration(dialogue: Dialogue, question: str, domains: Domains) -> bool:
    """Whether the modem answered; ``domains`` has heard what."""
    answer = await dialogue.execute(question)
    said = answer.named(command_name(question))
    if said is not None:
        domains.hear(said)
    return answer.ok and said is not None
