"""What other programs ask before they use a modem (ModemManager's plugins, wvdial, gammu), and the card by APDU."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands.registry import Needs, command
from appliance.modem.simulator.errors import UnsupportedParameterError
from appliance.modem.simulator.outcome import DONE, Lines, Outcome
from appliance.modem.simulator.sim import PinState

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

VERIFY_PIN1 = ("0020000100", "00200001")
WRONG_INSTRUCTION, NORMAL, BLOCKED = "6D00", "9000", "6983"


@command("+CIND", Form.READ, Form.TEST)
def indicators(modem: "Modem", request: Request) -> Outcome:
    """AT+CIND (27.007 clause 8.9): signal, service, message, roaming."""
    if request.form is Form.TEST:
        shown = '("signal",(0-5)),("service",(0-1)),("message",(0-1)),("roam",(0-1))'
        return Lines((f"+CIND: {shown}",))
    bars = 0 if modem.signal == 99 else min(5, modem.signal // 5)
    return Lines((f"+CIND: {bars},{int(modem.is_registered)},0,{int(modem.registration in (5, 7))}",))


@command("+CGDCONT", Form.SET, Form.READ, Form.TEST)
def packet_context(_modem: "Modem", request: Request) -> Outcome:
    """AT+CGDCONT: one context that nobody uses."""
    match request.form:
        case Form.READ:
            return Lines(('+CGDCONT: 1,"IP","cmnet","",0,0',))
        case Form.TEST:
            return Lines(('+CGDCONT: (1-16),"IP",,,(0-2),(0-3)', '+CGDCONT: (1-16),"IPV6",,,(0-2),(0-3)'))
        case _:
            return DONE


@command("+CGACT", Form.SET, Form.READ)
def packet_activation(_modem: "Modem", request: Request) -> Outcome:
    """AT+CGACT: no data connection."""
    return Lines(("+CGACT: 1,0",)) if request.form is Form.READ else DONE


@command("+CGEREP", Form.SET)
@command("+CSSN", Form.SET)
@command("+CCWA", Form.SET)
@command("+CMUT", Form.SET)
@command("+CLVL", Form.SET)
def taken(_modem: "Modem", _request: Request) -> Outcome:
    """Settings whose reports this network never gives."""
    return DONE


@command("+CSIM", Form.SET, needs=Needs.CARD)
def generic_access(modem: "Modem", request: Request) -> Outcome:
    """AT+CSIM (27.007 clause 8.17): VERIFY without a PIN tells how many tries are left (ETSI TS 102 221 clause 11.1.9);

    nothing else is understood.
    """
    sim = modem.slot.read()
    arguments = request.arguments()
    length, apdu = arguments.number(0, range(4, 600)), arguments.text(1).upper()
    if length != len(apdu):
        raise UnsupportedParameterError
    status = WRONG_INSTRUCTION
    if apdu in VERIFY_PIN1:
        if sim.pin_state is PinState.READY:
            status = NORMAL
        else:
            status = BLOCKED if sim.pin_tries == 0 else f"63C{sim.pin_tries:X}"
    return Lines((f'+CSIM: {len(status)},"{status}"',))
