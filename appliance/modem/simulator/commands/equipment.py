"""Commands of 27.007 about the equipment: identity, errors, power, clock, character set, phonebook."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.charset import TeCharset
from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands.registry import Needs, command
from appliance.modem.simulator.errors import UnsupportedParameterError, cme
from appliance.modem.simulator.outcome import DONE, Lines, Outcome
from appliance.modem.simulator.radio import Functionality

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

SWITCH = range(2)


@command("+CGMI", Form.EXECUTE)
@command("+GMI", Form.EXECUTE)
def manufacturer(modem: "Modem", _request: Request) -> Outcome:
    """AT+CGMI."""
    return Lines((modem.profile.manufacturer,))


@command("+CGMM", Form.EXECUTE)
@command("+GMM", Form.EXECUTE)
def model(modem: "Modem", _request: Request) -> Outcome:
    """AT+CGMM."""
    return Lines((modem.profile.model,))


@command("+CGMR", Form.EXECUTE)
@command("+GMR", Form.EXECUTE)
def revision(modem: "Modem", _request: Request) -> Outcome:
    """AT+CGMR."""
    return Lines((modem.profile.revision,))


@command("+CGSN", Form.EXECUTE)
@command("+GSN", Form.EXECUTE)
def serial_number(modem: "Modem", _request: Request) -> Outcome:
    """AT+CGSN: the IMEI."""
    return Lines((modem.imei,))


@command("+CMEE", Form.SET, Form.READ, Form.TEST)
def error_detail(modem: "Modem", request: Request) -> Outcome:
    """AT+CMEE (27.007 clause 9.1)."""
    match request.form:
        case Form.SET:
            arguments = request.arguments()
            arguments.at_most(1)
            modem.settings.error_detail = arguments.number(0, range(3), default=0)
            return DONE
        case Form.READ:
            return Lines((f"+CMEE: {modem.settings.error_detail}",))
        case _:
            return Lines(("+CMEE: (0-2)",))


@command("+CFUN", Form.SET, Form.READ, Form.TEST)
def functionality(modem: "Modem", request: Request) -> Outcome:
    """AT+CFUN (27.007 clause 8.2)."""
    match request.form:
        case Form.READ:
            return Lines((f"+CFUN: {modem.functionality.value}",))
        case Form.TEST:
            extra = "".join(f",{number}" for number in sorted(modem.profile.reset.functions))
            return Lines((f"+CFUN: (0,1,4{extra}),(0,1)",))
        case _:
            arguments = request.arguments()
            arguments.at_most(2)
            number = arguments.number(0, frozenset((0, 1, 4)) | modem.profile.reset.functions)
            if number in modem.profile.reset.functions:
                modem.timers.call_later(0, modem.restart)
                return DONE
            wanted = Functionality(number)
            if arguments.number(1, SWITCH, default=0):
                modem.timers.call_later(0, modem.restart)
            else:
                modem.set_functionality(wanted)
            return DONE


@command("+CPAS", Form.EXECUTE)
def activity(_modem: "Modem", _request: Request) -> Outcome:
    """AT+CPAS: ready."""
    return Lines(("+CPAS: 0",))


@command("+CBC", Form.EXECUTE)
def battery(_modem: "Modem", _request: Request) -> Outcome:
    """AT+CBC."""
    return Lines(("+CBC: 0,100,4100",))


@command("+CCLK", Form.READ, Form.SET)
def clock(modem: "Modem", request: Request) -> Outcome:
    """AT+CCLK (27.007 clause 8.15): local time with the zone in quarters of an hour."""
    if request.form is Form.READ:
        return Lines((f'+CCLK: "{modem.clock.shown()}"',))
    try:
        modem.clock.set(request.arguments().text(0))
    except ValueError:
        raise UnsupportedParameterError from None
    return DONE


@command("+CTZU", Form.SET, Form.READ)
@command("+CTZR", Form.SET, Form.READ)
def time_zone(modem: "Modem", request: Request) -> Outcome:
    """AT+CTZU, +CTZR (27.007 clauses 8.40, 8.41): whether the clock follows the network, and whether that is told."""
    switches = modem.settings.clock_switches
    if request.form is Form.READ:
        return Lines((f"{request.name}: {switches.get(request.name, 0)}",))
    switches[request.name] = request.arguments().number(0, range(4), default=0)
    return DONE


@command("+CMER", Form.SET)
def silent_setting(_modem: "Modem", _request: Request) -> Outcome:
    """A setting whose reports this network never gives."""
    return DONE


@command("+CSCS", Form.SET, Form.READ, Form.TEST)
def charset(modem: "Modem", request: Request) -> Outcome:
    """AT+CSCS (27.007 clause 5.5)."""
    match request.form:
        case Form.READ:
            return Lines((f'+CSCS: "{modem.messages.settings.charset.value}"',))
        case Form.TEST:
            names = ",".join(f'"{name}"' for name in modem.profile.charsets)
            return Lines((f"+CSCS: ({names})",))
        case _:
            name = request.arguments().text(0).upper()
            if name not in modem.profile.charsets:
                raise UnsupportedParameterError
            modem.messages.settings.charset = TeCharset(name)
            return DONE


@command("+CPBS", Form.SET, Form.READ, Form.TEST, needs=Needs.PIN_GIVEN)
def phonebook(modem: "Modem", request: Request) -> Outcome:
    """AT+CPBS: an empty phonebook on the card, and the own number."""
    match request.form:
        case Form.READ:
            return Lines((f'+CPBS: "{modem.settings.phonebook}",0,250',))
        case Form.TEST:
            return Lines(('+CPBS: ("SM","ON")',))
        case _:
            name = request.arguments().text(0)
            if name not in ("SM", "ON"):
                raise UnsupportedParameterError
            modem.settings.phonebook = name
            return DONE


@command("+CPBR", Form.SET, Form.TEST, needs=Needs.PIN_GIVEN)
def phonebook_read(_modem: "Modem", request: Request) -> Outcome:
    """AT+CPBR: nothing there."""
    if request.form is Form.TEST:
        return Lines(("+CPBR: (1-250),20,14",))
    arguments = request.arguments()
    arguments.number(0, range(1, 251))
    if len(arguments) == 1:
        raise cme(22)
    return DONE
