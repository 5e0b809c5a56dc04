"""The commands of one make alone: fixed answers out of its profile, and its way to ask for the ICCID."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.commandline import Form, Request, parse_command_line
from appliance.modem.simulator.errors import AtError, cme
from appliance.modem.simulator.outcome import DONE, Lines, Outcome
from appliance.modem.simulator.profile import Profile
from appliance.modem.simulator.sim import PinState, SimCard

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem


class VendorAnswers:
    """What a profile says. Facts of the modem and its card stand in braces there ('{imei}', '{pin_tries}')."""

    def __init__(self, profile: Profile) -> None:
        self._iccid = profile.iccid
        self._unknown = profile.quirks.unknown_command
        self._switch = profile.card.switch
        self._switch_read = profile.card.switch_read
        self._answers: dict[tuple[str, Form], tuple[str, ...]] = {}
        for command, lines in profile.answers.items():
            (request,) = parse_command_line(command)
            self._answers[request.name, request.form] = lines
            self._answers.setdefault((request.name, Form.TEST), ())

    def answer(self, modem: "Modem", request: Request) -> Outcome:
        """The answer to a command that the standards do not know; plain ERROR when this make does not either."""
        if request.name == self._switch and request.form in (Form.SET, Form.READ):
            return self._turn(modem, request)
        if request.name == modem.profile.clock.switch and request.form in (Form.SET, Form.READ):
            return _clock_switch(modem, request)
        if request.name in modem.profile.reset.commands:
            modem.timers.call_later(0, modem.restart)
            return DONE
        return self._told(request, facts(modem))

    def _turn(self, modem: "Modem", request: Request) -> Outcome:
        """The switch of reports about the card."""
        if request.form is Form.SET:
            modem.slot.switch = request.arguments().number(0, range(256))
            return DONE
        values = {**facts(modem), "name": self._switch, "switch": str(modem.slot.switch)}
        return Lines((self._switch_read.format_map(values),))

    def _told(self, request: Request, facts: dict[str, str]) -> Outcome:
        if self._iccid is not None and request.name == self._iccid.name:
            return _iccid(request, self._iccid.answer, facts["iccid"])
        lines = self._answers.get((request.name, request.form))
        if lines is None:
            if self._unknown == "ERROR":
                raise AtError
            return Lines(final=self._unknown)
        return Lines(tuple(line.format_map(facts) for line in lines))


def _clock_switch(modem: "Modem", request: Request) -> Outcome:
    """The make's own command for a clock that follows the network."""
    switches = modem.settings.clock_switches
    if request.form is Form.READ:
        return Lines((f"{request.name}: {switches.get(request.name, 0)}",))
    switches[request.name] = request.arguments().number(0, range(4), default=0)
    return DONE


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
        "meid": f"A1{modem.imei[2:14]}",
        "esn": f"80{modem.imei[8:14]}",
        "iccid": modem.slot.shown_iccid(),
        "card_there": str(int(sim is not None)),
        "pin_state": "" if sim is None else sim.pin_state.value,
        "pin_tries": "0" if sim is None else str(sim.pin_tries),
        "asked_tries": "0" if sim is None else str(_asked_tries(sim)),
        "puk_tries": "0" if sim is None else str(sim.puk_tries),
    }


def _asked_tries(sim: SimCard) -> int:
    """Tries of what the card asks for."""
    return sim.pin_tries if sim.pin_state in (PinState.READY, PinState.SIM_PIN) else sim.puk_tries
