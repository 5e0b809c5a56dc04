"""USSD (27.007 clause 7.15)."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands.registry import Needs, command
from appliance.modem.simulator.errors import cme
from appliance.modem.simulator.outcome import DONE, Lines, Outcome
from appliance.modem.simulator.sim import SimCard
from appliance.modem.simulator.ussd import ANSWER_WANTED, PATH, UssdReply, cusd_line, read_code

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

CANCEL = 2


@command("+CUSD", Form.SET, Form.READ, Form.TEST, needs=Needs.PIN_GIVEN)
def ussd(modem: "Modem", request: Request) -> Outcome:
    """AT+CUSD: the answer of the carrier comes later, unasked; in a menu the next code is a choice."""
    settings = modem.settings
    match request.form:
        case Form.READ:
            return Lines((f"+CUSD: {settings.ussd_reports}",))
        case Form.TEST:
            return Lines(("+CUSD: (0-2)",))
        case _:
            pass
    arguments = request.arguments()
    mode = arguments.number(0, range(3), default=0)
    if mode == CANCEL:
        settings.ussd_menu = ""
        return DONE
    settings.ussd_reports = mode
    if not arguments.has(1):
        return DONE
    sim = modem.sim
    if sim is None or not modem.is_registered:
        raise cme(30)
    code = read_code(arguments.text(1), modem.profile.ussd.encoding, modem.messages.settings.charset)
    if settings.ussd_menu:
        code = f"{settings.ussd_menu}{PATH}{code}"
    reply = modem.network.ussd.reply(sim.carrier.plmn, code)
    if reply.delay_s is not None:
        modem.timers.call_later(reply.delay_s, _answer, modem, sim, code, reply)
    return DONE


def _answer(modem: "Modem", sim: SimCard, code: str, reply: UssdReply) -> None:
    """The network answers; to a SIM that has gone meanwhile it says nothing, and +CUSD=0 shows nothing."""
    if modem.sim is not sim or not modem.is_registered:
        return
    modem.settings.ussd_menu = code if reply.status == ANSWER_WANTED else ""
    if modem.settings.ussd_reports:
        text = reply.text.replace("{msisdn}", sim.msisdn)
        text = text.replace("{balance}", modem.network.accounts.shown_balance(sim))
        charset = modem.messages.settings.charset
        modem.terminal.unsolicited(
            cusd_line(reply.status, text, modem.profile.ussd.encoding, charset), at_once=True
        )
