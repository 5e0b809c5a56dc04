"""The commands of one make alone: fixed answers out of its profile, and its way to ask for the ICCID."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.commandline import Form, Request, parse_command_line
from appliance.modem.simulator.errors import AtError, cme
from appliance.modem.simulator.outcome import DONE, Lines, Outcome
from appliance.modem.simulator.profile import Profile

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem


class VendorAnswers:
    """What a profile says; facts of the modem and its card stand in braces there ('{imei}', '{pin_tries}')."""

    def __init__(self, profile: Profile) -> None:
        self._iccid = profile.iccid
        self._answers: dict[tuple[str, Form], tuple[str, ...]] = {}
        for command, lines in profile.answers.items():
            (request,) = parse_command_line(command)
            self._answers[request.name, request.form] = lines
            self._answers.setdefault((request.name, Form.TEST), ())

    def answer(self, request: Request, facts: dict[str, str]) -> Outcome:
        """The answer to a command that the standards do not know; plain ERROR when this make does not either."""
        if self._iccid is not None and request.name == self._iccid.name:
            return _iccid(request, self._iccid.answer, facts["iccid"])
        lines = self._answers.get((request.name, request.form))
        if lines is None:
            raise AtError
        return Lines(tuple(line.format_map(facts) for line in lines))


def _iccid(request: Request, answer: str, iccid: str) -> Outcome:
    match request.form:
        case Form.EXECUTE | Form.READ:
            if not iccid:
                raise cme(10)
            return Lines((answer.format(iccid=iccid),))
        case Form.TEST:
            return DONE
        case Form.SET:
            raise AtError


def facts(modem: "Modem") -> dict[str, str]:
    """What the answers of a profile may name in braces."""
    sim = modem.sim
    return {
        "imei": modem.imei,
        "iccid": modem.slot.shown_iccid(),
        "card_there": str(int(sim is not None)),
        "pin_state": "" if sim is None else sim.pin_state.value,
        "pin_tries": "0" if sim is None else str(sim.pin_tries),
        "puk_tries": "0" if sim is None else str(sim.puk_tries),
    }
