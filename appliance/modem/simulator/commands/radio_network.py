"""Commands of 27.007 about the network: registration, operator, signal, switches for calls."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.charset import to_te
from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands.registry import Needs, command
from appliance.modem.simulator.errors import AtError, cme
from appliance.modem.simulator.outcome import DONE, Lines, Outcome

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem


@command("+CREG", Form.SET, Form.READ, Form.TEST)
@command("+CGREG", Form.SET, Form.READ, Form.TEST)
@command("+CEREG", Form.SET, Form.READ, Form.TEST)
def registration(modem: "Modem", request: Request) -> Outcome:
    """AT+CREG, +CGREG, +CEREG (27.007 clauses 7.2, 10.1.20, 10.1.22)."""
    name = request.name
    if name not in modem.profile.registration_commands:
        raise AtError
    reports = modem.settings.registration_reports
    match request.form:
        case Form.SET:
            reports[name] = request.arguments().number(0, range(3), default=0)
            return DONE
        case Form.READ:
            level = reports.get(name, 0)
            return Lines((f"{name}: {level},{modem.registration_fields(name, level)}",))
        case _:
            return Lines((f"{name}: (0-2)",))


@command("+COPS", Form.SET, needs=Needs.CARD)
def select_operator(modem: "Modem", request: Request) -> Outcome:
    """AT+COPS= (27.007 clause 7.3): automatic, deregister, or only the format."""
    arguments = request.arguments()
    mode = arguments.number(0, range(5))
    modem.settings.operator_format = arguments.number(1, range(3), default=modem.settings.operator_format)
    match mode:
        case 2:
            modem.radio_off()
        case 0 | 1 | 4:
            if not modem.is_registered:
                modem.begin_registration()
            if not modem.is_registered and mode == 1:
                raise cme(30)
    return DONE


@command("+COPS", Form.READ)
def current_operator(modem: "Modem", _request: Request) -> Outcome:
    """AT+COPS?"""
    sim = modem.sim
    if sim is None or not modem.is_registered:
        return Lines(("+COPS: 0",))
    shown = modem.settings.operator_format
    carrier = sim.carrier
    name = (carrier.long_name, carrier.short_name, carrier.plmn)[shown]
    if modem.mischief.operator:
        name = modem.mischief.operator
    if shown < 2:
        name = to_te(name, modem.messages.settings.charset)
    technology = modem.profile.access_technology
    return Lines((f'+COPS: 0,{shown},"{name}"' + ("" if technology is None else f",{technology}"),))


@command("+COPS", Form.TEST, needs=Needs.CARD)
def list_operators(modem: "Modem", _request: Request) -> Outcome:
    """AT+COPS=?: one network, ours."""
    assert modem.sim is not None
    carrier = modem.sim.carrier
    entry = f'(2,"{carrier.long_name}","{carrier.short_name}","{carrier.plmn}",0)'
    return Lines((f"+COPS: {entry},,(0-4),(0-2)",))


@command("+CGATT", Form.SET, Form.READ, Form.TEST)
def packet_service(modem: "Modem", request: Request) -> Outcome:
    """AT+CGATT: attached to the packet service as long as it is registered."""
    match request.form:
        case Form.SET:
            request.arguments().number(0, range(2))
            return DONE
        case Form.READ:
            return Lines((f"+CGATT: {int(modem.is_registered)}",))
        case _:
            return Lines(("+CGATT: (0,1)",))


@command("+CSQ", Form.EXECUTE)
def signal_quality(modem: "Modem", _request: Request) -> Outcome:
    """AT+CSQ."""
    return Lines((f"+CSQ: {modem.signal},99",))


@command("+WS46", Form.READ)
def wireless_network(modem: "Modem", _request: Request) -> Outcome:
    """AT+WS46?: GSM, or E-UTRAN too."""
    return Lines(("25" if modem.profile.access_technology == 7 else "12",))


@command("+CLIP", Form.SET, Form.READ, Form.TEST)
@command("+CRC", Form.SET, Form.READ, Form.TEST)
@command("+COLP", Form.SET, Form.READ, Form.TEST)
def call_setting(modem: "Modem", request: Request) -> Outcome:
    """AT+CLIP, +CRC, +COLP: switches for calls."""
    switches = modem.settings.call_switches
    match request.form:
        case Form.SET:
            switches[request.name] = request.arguments().number(0, range(2), default=0)
            return DONE
        case Form.READ:
            return Lines(
                (
                    f"{request.name}: {switches.get(request.name, 0)}"
                    + (",1" if request.name != "+CRC" else ""),
                )
            )
        case _:
            return Lines((f"{request.name}: (0,1)",))
