"""Settings of 27.005: service, format, memories, service centre, text parameters, indications."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.charset import TeCharset, from_te, to_te
from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands.registry import Needs, command
from appliance.modem.simulator.errors import AtError, Family, UnsupportedParameterError, cms
from appliance.modem.simulator.outcome import DONE, Lines, Outcome
from appliance.modem.simulator.text_mode import type_of_address
from appliance.modem.sms import Address, TpduError, TypeOfNumber

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

OCTET = range(256)
SWITCH = range(2)
MORE_MESSAGES_WITHIN_S = 5.0


@command("+CSMS", Form.SET, Form.READ, Form.TEST, family=Family.MESSAGE)
def service(modem: "Modem", request: Request) -> Outcome:
    """AT+CSMS (27.005 clause 3.2.1): 0 phase 2, 1 phase 2+ (with +CNMA)."""
    settings = modem.messages.settings
    match request.form:
        case Form.SET:
            settings.phase_2_plus = request.arguments().number(0, SWITCH) == 1
            return Lines(("+CSMS: 1,1,1",))
        case Form.READ:
            return Lines((f"+CSMS: {int(settings.phase_2_plus)},1,1,1",))
        case _:
            return Lines(("+CSMS: (0,1)",))


@command("+CMGF", Form.SET, Form.READ, Form.TEST, family=Family.MESSAGE)
def message_format(modem: "Modem", request: Request) -> Outcome:
    """AT+CMGF (27.005 clause 3.2.3): 0 PDU, 1 text."""
    settings = modem.messages.settings
    match request.form:
        case Form.SET:
            arguments = request.arguments()
            arguments.at_most(1)
            pdu_mode = arguments.number(0, SWITCH, default=0) == 0
            if pdu_mode and modem.mischief.text_only:
                raise AtError
            settings.pdu_mode = pdu_mode
            return DONE
        case Form.READ:
            return Lines((f"+CMGF: {int(not settings.pdu_mode)}",))
        case _:
            return Lines(("+CMGF: (1)" if modem.mischief.text_only else "+CMGF: (0,1)",))


@command("+CPMS", Form.SET, Form.READ, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def memories(modem: "Modem", request: Request) -> Outcome:
    """AT+CPMS (27.005 clause 3.2.2)."""
    desk = modem.messages
    if request.form is Form.READ:
        modem.stop_flood()
        shown = ",".join(
            f'"{name}",{used},{total}' for name in desk.chosen for used, total in (desk.usage(name),)
        )
        return Lines((f"+CPMS: {shown}",))
    arguments = request.arguments()
    arguments.at_most(3)
    chosen = [arguments.text(place, default=desk.chosen[place]).upper() for place in range(3)]
    for name, allowed in zip(chosen, modem.profile.memories, strict=True):
        if name not in allowed:
            raise UnsupportedParameterError
    desk.chosen = chosen
    if modem.sim is not None:
        modem.network.centre.can_receive(modem.sim)
    shown = ",".join(f"{used},{total}" for used, total in map(desk.usage, chosen))
    return Lines((f"+CPMS: {shown}",))


@command("+CPMS", Form.TEST, family=Family.MESSAGE)
def memories_test(modem: "Modem", _request: Request) -> Outcome:
    """AT+CPMS=?"""
    lists = ",".join("(" + ",".join(f'"{name}"' for name in names) + ")" for names in modem.profile.memories)
    return Lines((f"+CPMS: {lists}",))


@command("+CSCA", Form.SET, Form.READ, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def service_centre(modem: "Modem", request: Request) -> Outcome:
    """AT+CSCA (27.005 clause 3.3.1): kept on the card."""
    sim = modem.sim
    assert sim is not None
    charset = modem.messages.settings.charset
    if request.form is Form.READ:
        if not sim.smsc:
            return Lines(('+CSCA: "",129',))
        shown = to_te(sim.smsc, charset) if charset is TeCharset.UCS2 else sim.smsc
        return Lines((f'+CSCA: "{shown}",{type_of_address(Address.from_text(sim.smsc))}',))
    arguments = request.arguments()
    arguments.at_most(2)
    sim.smsc = _number(arguments.text(0), charset, arguments.number(1, OCTET, default=0))
    return DONE


def _number(text: str, charset: TeCharset, toda: int) -> str:
    number = text
    if charset is TeCharset.UCS2:
        try:
            number = from_te(text.encode("ascii"), charset)
        except ValueError:
            raise UnsupportedParameterError from None
    if not number:
        return ""
    try:
        address = Address.from_text(number)
    except TpduError:
        raise UnsupportedParameterError from None
    if address.ton is TypeOfNumber.ALPHANUMERIC:
        raise UnsupportedParameterError
    return "+" + number if toda == 145 and not number.startswith("+") else number


@command("+CSMP", Form.SET, Form.READ, family=Family.MESSAGE)
def text_parameters(modem: "Modem", request: Request) -> Outcome:
    """AT+CSMP (27.005 clause 3.3.2)."""
    settings = modem.messages.settings.text
    if request.form is Form.READ:
        validity = f'"{settings.validity}"' if isinstance(settings.validity, str) else settings.validity
        return Lines((f"+CSMP: {settings.first_octet},{validity},{settings.pid},{settings.dcs}",))
    arguments = request.arguments()
    arguments.at_most(4)
    first_octet = arguments.number(0, OCTET, default=settings.first_octet)
    if first_octet & 0x03 > 1:
        raise UnsupportedParameterError
    validity = settings.validity
    if arguments.has(1):
        absolute = first_octet & 0x18 == 0x18
        validity = arguments.text(1) if absolute else arguments.number(1, OCTET)
    pid = arguments.number(2, OCTET, default=settings.pid)
    dcs = arguments.number(3, OCTET, default=settings.dcs)
    settings.first_octet, settings.validity, settings.pid, settings.dcs = first_octet, validity, pid, dcs
    return DONE


@command("+CSDH", Form.SET, Form.READ, Form.TEST, family=Family.MESSAGE)
def show_details(modem: "Modem", request: Request) -> Outcome:
    """AT+CSDH (27.005 clause 3.3.3)."""
    settings = modem.messages.settings.text
    match request.form:
        case Form.SET:
            settings.show_details = request.arguments().number(0, SWITCH, default=0) == 1
            return DONE
        case Form.READ:
            return Lines((f"+CSDH: {int(settings.show_details)}",))
        case _:
            return Lines(("+CSDH: (0,1)",))


@command("+CNMI", Form.SET, family=Family.MESSAGE)
def indications(modem: "Modem", request: Request) -> Outcome:
    """AT+CNMI= (27.005 clause 3.4.1), within what this make offers."""
    support = modem.profile.cnmi
    settings = modem.messages.settings
    arguments = request.arguments()
    arguments.at_most(5)
    modem.messages.set_indications(
        arguments.number(0, support.modes, default=settings.mode),
        arguments.number(1, support.deliver, default=settings.deliver),
        arguments.number(2, support.broadcast, default=settings.broadcast),
        arguments.number(3, support.reports, default=settings.reports),
        arguments.number(4, support.buffer, default=settings.buffer),
    )
    if modem.sim is not None:
        modem.network.centre.can_receive(modem.sim)
    return DONE


@command("+CNMI", Form.READ, Form.TEST, family=Family.MESSAGE)
def indications_read(modem: "Modem", request: Request) -> Outcome:
    """AT+CNMI?, AT+CNMI=?"""
    if request.form is Form.TEST:
        return Lines((f"+CNMI: {modem.profile.cnmi.shown}",))
    now = modem.messages.settings
    return Lines((f"+CNMI: {now.mode},{now.deliver},{now.broadcast},{now.reports},{now.buffer}",))


@command("+CMMS", Form.SET, Form.READ, Form.TEST, family=Family.MESSAGE)
def more_messages(modem: "Modem", request: Request) -> Outcome:
    """AT+CMMS (27.005 clause 3.5.6): keeps the link up between sends; 1 falls back to 0 when none follows soon.

    It saves no time here: the latency of this network is what it is said to be.
    """
    settings = modem.messages.settings
    if settings.more_to_send == 1 and modem.wall() - settings.last_answer_at > MORE_MESSAGES_WITHIN_S:
        settings.more_to_send = 0
    match request.form:
        case Form.SET:
            settings.more_to_send = request.arguments().number(0, range(3))
            settings.last_answer_at = modem.wall()
            return DONE
        case Form.READ:
            return Lines((f"+CMMS: {settings.more_to_send}",))
        case _:
            return Lines(("+CMMS: (0-2)",))


@command("+CSCB", Form.SET, family=Family.MESSAGE)
@command("+CSAS", Form.SET, Form.EXECUTE, family=Family.MESSAGE)
@command("+CRES", Form.SET, Form.EXECUTE, family=Family.MESSAGE)
@command("+CGSMS", Form.SET, family=Family.MESSAGE)
def without_effect(_modem: "Modem", _request: Request) -> Outcome:
    """Cell broadcast, saved settings and the choice of bearer."""
    return DONE


@command("+CNMA", Form.EXECUTE, Form.SET, family=Family.MESSAGE)
def acknowledge(modem: "Modem", request: Request) -> Outcome:
    """AT+CNMA (27.005 clauses 3.4.4, 4.5): 0 or 1 positive, 2 negative."""
    answer = request.arguments().number(0, range(3), default=0) if request.form is Form.SET else 0
    if not modem.messages.acknowledge(positive=answer != 2):
        raise cms(340)
    return DONE
