"""Commands of 27.007 about the card: PIN, identity, files."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.charset import TeCharset, to_te
from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands.registry import Needs, command
from appliance.modem.simulator.errors import UnsupportedParameterError, cme
from appliance.modem.simulator.outcome import DONE, Lines, Outcome
from appliance.modem.simulator.sim import PinState, SimCard

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

READ_BINARY = 176
EF_ICCID, EF_IMSI, EF_AD = 0x2FE2, 0x6F07, 0x6FAD
SUCCESS, FILE_NOT_FOUND, SECURITY = "144,0", "106,130", "105,130"


def _card(modem: "Modem") -> SimCard:
    if modem.sim is None:
        raise cme(10)
    return modem.sim


@command("+CIMI", Form.EXECUTE, needs=Needs.PIN_GIVEN)
def subscriber_identity(modem: "Modem", _request: Request) -> Outcome:
    """AT+CIMI."""
    return Lines((_card(modem).imsi,))


@command("+CNUM", Form.EXECUTE, needs=Needs.PIN_GIVEN)
def own_number(modem: "Modem", _request: Request) -> Outcome:
    """AT+CNUM: empty where the card does not know its number."""
    sim = _card(modem)
    if not sim.number_on_card:
        return DONE
    charset = modem.messages.settings.charset
    number = to_te(sim.msisdn, charset) if charset is TeCharset.UCS2 else sim.msisdn
    return Lines((f'+CNUM: "","{number}",145',))


@command("+CPIN", Form.READ)
def pin_state(modem: "Modem", _request: Request) -> Outcome:
    """AT+CPIN?; some makes answer it without a card too."""
    if modem.sim is None and modem.profile.card.absent:
        return Lines((modem.profile.card.absent,))
    sim = _card(modem)
    if sim.pin_state is PinState.BLOCKED:
        raise cme(13)
    return Lines((f"+CPIN: {sim.pin_state.value}",))


@command("+CPIN", Form.SET, needs=Needs.CARD)
def enter_pin(modem: "Modem", request: Request) -> Outcome:
    """AT+CPIN=pin, or =puk,newpin."""
    sim = _card(modem)
    arguments = request.arguments()
    arguments.at_most(2)
    match sim.pin_state:
        case PinState.READY:
            raise cme(3)
        case PinState.BLOCKED:
            raise cme(13)
        case PinState.SIM_PUK:
            if len(arguments) != 2:
                raise cme(12)
            if not sim.unblock(arguments.text(0), arguments.text(1)):
                raise cme(16)
        case PinState.SIM_PIN:
            _verify(sim, arguments.text(0))
    modem.pin_given()
    return DONE


def _verify(sim: SimCard, pin: str) -> None:
    if not sim.verify_pin(pin):
        raise cme(12 if sim.pin_state is PinState.SIM_PUK else 16)


@command("+CPINR", Form.EXECUTE, needs=Needs.CARD)
def tries_left(modem: "Modem", _request: Request) -> Outcome:
    """AT+CPINR (27.007 clause 8.65)."""
    sim = _card(modem)
    return Lines((f"+CPINR: SIM PIN,{sim.pin_tries},3", f"+CPINR: SIM PUK,{sim.puk_tries},10"))


@command("+CLCK", Form.SET, needs=Needs.PIN_GIVEN)
def facility_lock(modem: "Modem", request: Request) -> Outcome:
    """AT+CLCK="SC",mode[,pin]: asks for, sets or takes off the PIN at power-up."""
    sim = _card(modem)
    arguments = request.arguments()
    if arguments.text(0) != "SC":
        raise UnsupportedParameterError
    mode = arguments.number(1, range(3))
    if mode == 2:
        return Lines((f"+CLCK: {int(sim.pin_enabled)}",))
    _verify(sim, arguments.text(2))
    sim.pin_enabled = mode == 1
    return DONE


@command("+CLCK", Form.TEST)
def facility_lock_test(_modem: "Modem", _request: Request) -> Outcome:
    """AT+CLCK=?"""
    return Lines(('+CLCK: ("SC")',))


@command("+CPWD", Form.SET, needs=Needs.PIN_GIVEN)
def change_pin(modem: "Modem", request: Request) -> Outcome:
    """AT+CPWD="SC",old,new."""
    sim = _card(modem)
    arguments = request.arguments()
    if arguments.text(0) != "SC":
        raise UnsupportedParameterError
    if not sim.pin_enabled:
        raise cme(3)
    _verify(sim, arguments.text(1))
    sim.pin = arguments.text(2)
    return DONE


@command("+CRSM", Form.SET, needs=Needs.CARD)
def restricted_access(modem: "Modem", request: Request) -> Outcome:
    """AT+CRSM (27.007 clause 8.18), READ BINARY of a few files of 31.102;

    digits are packed with their nibbles swapped. The card itself answers, not what the firmware remembers of it.
    """
    sim = modem.slot.read()
    arguments = request.arguments()
    instruction = arguments.number(0, range(256))
    file = arguments.number(1, range(0x10000), default=0)
    if instruction != READ_BINARY:
        return Lines((f"+CRSM: {FILE_NOT_FOUND}",))
    if file == EF_ICCID:
        content = _packed(sim.iccid.ljust(20, "F"))
    elif sim.pin_state is not PinState.READY:
        return Lines((f"+CRSM: {SECURITY}",))
    elif file == EF_IMSI:
        content = "08" + _packed(f"9{sim.imsi}".ljust(16, "F"))
    elif file == EF_AD:
        content = "00000002"
    else:
        return Lines((f"+CRSM: {FILE_NOT_FOUND}",))
    length = arguments.number(4, range(256), default=0) * 2
    return Lines((f'+CRSM: {SUCCESS},"{content[:length] if length else content}"',))


def _packed(digits: str) -> str:
    return "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))
