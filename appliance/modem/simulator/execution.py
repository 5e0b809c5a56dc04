"""How a modem runs one command: the table of the standards first, then what its make alone knows."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.cdma.table import cdma_command
from appliance.modem.simulator.commandline import Request
from appliance.modem.simulator.commands import COMMANDS, Command, Needs
from appliance.modem.simulator.errors import AtError, Family, UnsupportedParameterError, cme, cms
from appliance.modem.simulator.outcome import Outcome
from appliance.modem.simulator.sim import PinState

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem


def execute(modem: "Modem", request: Request) -> Outcome:
    """Runs one command. AtError when it fails."""
    if modem.mischief.all_errors:
        raise AtError
    own = cdma_command(modem, request)
    command = own or COMMANDS.get((request.name, request.form))
    if command is None or (own is None and request.name in modem.profile.refused):
        return modem.vendor.answer(modem, request)
    if command.needs is not Needs.NOTHING:
        _require(modem, command)
    try:
        return command.handler(modem, request)
    except UnsupportedParameterError:
        raise _unsupported(command) from None


def _require(modem: "Modem", command: Command) -> None:
    is_message = command.family is Family.MESSAGE
    sim = modem.sim
    if sim is None:
        raise cms(310) if is_message else cme(10)
    if command.needs is Needs.CARD:
        return
    match sim.pin_state:
        case PinState.SIM_PIN:
            raise cms(311) if is_message else cme(11)
        case PinState.SIM_PUK:
            raise cms(316) if is_message else cme(12)
        case PinState.BLOCKED:
            raise cms(313) if is_message else cme(13)
        case PinState.READY:
            if is_message and modem.is_card_busy:
                raise cms(314)
            if is_message and not modem.slot.is_sound:
                raise cms(313)


def _unsupported(command: Command) -> AtError:
    return cms(303) if command.family is Family.MESSAGE else cme(50)
