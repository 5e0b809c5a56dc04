"""Commands of V.250: the line itself, resets, identification, calls."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands.registry import COMMANDS, command
from appliance.modem.simulator.errors import UnsupportedParameterError
from appliance.modem.simulator.outcome import DONE, Later, Lines, Outcome
from appliance.modem.simulator.vendor_answers import facts

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

CALL_FAILS_AFTER_S = 1.0


def _switch(request: Request) -> bool:
    if request.parameters not in ("", "0", "1"):
        raise UnsupportedParameterError
    return request.parameters == "1"


@command("E", Form.EXECUTE)
def echo(modem: "Modem", request: Request) -> Outcome:
    """ATE0, ATE1."""
    modem.line.echo = _switch(request)
    return DONE


@command("V", Form.EXECUTE)
def verbose(modem: "Modem", request: Request) -> Outcome:
    """ATV0 numbers, ATV1 words."""
    modem.line.verbose = _switch(request)
    return DONE


@command("Q", Form.EXECUTE)
def quiet(modem: "Modem", request: Request) -> Outcome:
    """ATQ1: no result codes."""
    modem.line.quiet = _switch(request)
    return DONE


@command("Z", Form.EXECUTE)
@command("&F", Form.EXECUTE)
def reset(modem: "Modem", request: Request) -> Outcome:
    """ATZ, AT&F: settings as after power-up; some makes leave +CNMI as it is at ATZ."""
    before = modem.messages.settings
    modem.restore_settings()
    if request.name == "Z" and modem.profile.reset.atz_keeps_indications:
        modem.messages.set_indications(
            before.mode, before.deliver, before.broadcast, before.reports, before.buffer
        )
    return DONE


@command("I", Form.EXECUTE)
def identification(modem: "Modem", _request: Request) -> Outcome:
    """ATI."""
    return Lines(tuple(line.format_map(facts(modem)) for line in modem.profile.ati))


@command("&C", Form.EXECUTE)
@command("&D", Form.EXECUTE)
@command("&K", Form.EXECUTE)
@command("&S", Form.EXECUTE)
@command("&W", Form.EXECUTE)
@command("X", Form.EXECUTE)
@command("L", Form.EXECUTE)
@command("M", Form.EXECUTE)
@command("+IPR", Form.SET)
@command("+ICF", Form.SET)
@command("+IFC", Form.SET)
def accepted(_modem: "Modem", _request: Request) -> Outcome:
    """Settings of a line that a pty has not."""
    return DONE


@command("+IPR", Form.READ)
def rate(_modem: "Modem", _request: Request) -> Outcome:
    """AT+IPR?"""
    return Lines(("+IPR: 0",))


@command("+IFC", Form.READ)
def flow_control(_modem: "Modem", _request: Request) -> Outcome:
    """AT+IFC?"""
    return Lines(("+IFC: 0,0",))


@command("+GCAP", Form.EXECUTE)
def capabilities(modem: "Modem", _request: Request) -> Outcome:
    """AT+GCAP."""
    return Lines((f"+GCAP: {modem.profile.quirks.capabilities}",))


@command("+CLAC", Form.EXECUTE)
def list_commands(modem: "Modem", _request: Request) -> Outcome:
    """AT+CLAC: every command there is (27.007 clause 8.37)."""
    names = {name for name, _ in COMMANDS if name not in modem.profile.refused}
    return Lines(tuple(f"AT{name}" for name in sorted(names)))


@command("D", Form.EXECUTE)
def dial(modem: "Modem", request: Request) -> Outcome:
    """ATD: nobody takes a call in this network."""
    if not request.parameters:
        return DONE
    if not modem.is_registered:
        return Lines(final="NO CARRIER")
    answer = Later()
    modem.timers.call_later(CALL_FAILS_AFTER_S, answer.resolve, Lines(final="NO CARRIER"))
    return answer


@command("A", Form.EXECUTE)
def answer_call(_modem: "Modem", _request: Request) -> Outcome:
    """ATA with no call there."""
    return Lines(final="NO CARRIER")


@command("H", Form.EXECUTE)
@command("+CHUP", Form.EXECUTE)
def hang_up(modem: "Modem", _request: Request) -> Outcome:
    """ATH, AT+CHUP."""
    modem.calls.hang_up()
    return DONE


def _enter_registers() -> None:
    for number in (0, 3, 4, 5, 7):
        command(f"S{number}", Form.SET, Form.READ, Form.EXECUTE)(register)


def register(modem: "Modem", request: Request) -> Outcome:
    """ATSn? and ATSn=v."""
    number = int(request.name[1:])
    if request.form is Form.SET:
        modem.line.registers[number] = int(request.parameters or "0") & 0xFF
    elif request.form is Form.READ:
        return Lines((f"{modem.line.registers.get(number, 0):03d}",))
    return DONE


_enter_registers()
