"""Sending: +CMGS, +CMSS, and +CMGW beside them, in PDU and text mode (27.005 clauses 3.5, 4.3, 4.4)."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from appliance.modem.simulator.charset import TeCharset, from_te
from appliance.modem.simulator.commandline import Arguments, Form, Request
from appliance.modem.simulator.commands.registry import Needs, command
from appliance.modem.simulator.errors import Family, UnsupportedParameterError, cms
from appliance.modem.simulator.faults import Answer, Verdict
from appliance.modem.simulator.outcome import Later, Lines, Outcome, Prompt, Silence
from appliance.modem.simulator.sim import SimCard
from appliance.modem.simulator.storage import MessageStatus, StoredMessage
from appliance.modem.simulator.submission import Submission
from appliance.modem.simulator.text_mode import (
    STATUS_BY_TEXT,
    address_of,
    taken_user_data,
    text_submit,
    tpdu_of,
)
from appliance.modem.sms import Address, Deliver, Direction, Submit, TpduError, decode_tpdu

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

SHORTEST_TPDU, LONGEST_TPDU = 7, 176
LONGEST_PDU_TEXT = 1024
LONGEST_TEXT = 1024
OCTET = range(256)
SIM_FAILURE = 313


@command("+CMGS", Form.SET, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def send(modem: "Modem", request: Request) -> Outcome:
    """AT+CMGS=<length> or ="number"[,toda]."""
    arguments = request.arguments()
    if modem.messages.settings.pdu_mode:
        length = _length(arguments)
        return Prompt(lambda text: _send_pdu(modem, length, text), LONGEST_PDU_TEXT)
    destination = _destination(modem, arguments, 0)
    return Prompt(lambda text: _send_text(modem, destination, text), LONGEST_TEXT, by_lines=True)


def _length(arguments: Arguments) -> int:
    try:
        return arguments.number(0, range(SHORTEST_TPDU, LONGEST_TPDU + 1))
    except UnsupportedParameterError:
        raise cms(304) from None


def _destination(modem: "Modem", arguments: Arguments, place: int) -> Address:
    try:
        number = arguments.text(place)
        toda = arguments.number(place + 1, OCTET) if arguments.has(place + 1) else None
        if modem.messages.settings.charset is TeCharset.UCS2:
            number = from_te(number.encode("ascii"), TeCharset.UCS2)
    except (UnsupportedParameterError, ValueError):
        raise cms(305) from None
    return address_of(number, toda)


def _send_pdu(modem: "Modem", length: int, text: bytes) -> Outcome:
    smsc_field, tpdu = split_pdu(length, text)
    try:
        submit = decode_tpdu(tpdu, Direction.MOBILE_ORIGINATED)
    except TpduError:
        raise cms(304) from None
    if not isinstance(submit, Submit) or submit.trailing:
        raise cms(304)
    return transmit(modem, submit, tpdu, has_smsc=len(smsc_field) > 1, name="+CMGS")


def split_pdu(length: int, text: bytes) -> tuple[bytes, bytes]:
    """SMSC address field and TPDU of a PDU in hex.

    +CMS ERROR 304 when it is no hex, or has not `length` octets after the SMSC address.
    """
    try:
        octets = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        raise cms(304) from None
    border = 1 + octets[0] if octets else 0
    if not octets or len(octets) - border != length or border == 2:
        raise cms(304)
    return octets[:border], octets[border:]


def _send_text(modem: "Modem", destination: Address, text: bytes) -> Outcome:
    submit, tpdu = _from_text(modem, destination, text)
    return transmit(modem, submit, tpdu, has_smsc=False, name="+CMGS")


def _from_text(modem: "Modem", destination: Address, text: bytes) -> tuple[Submit, bytes]:
    settings = modem.messages.settings
    submit = text_submit(destination, taken_user_data(text, settings.text, settings.charset), settings.text)
    try:
        return submit, submit.to_bytes()
    except TpduError:
        raise cms(305) from None


def _that_may_send(modem: "Modem", *, has_smsc: bool) -> SimCard:
    if modem.sim is None:
        raise cms(310)  # Pulled since the prompt.
    if not modem.is_registered:
        raise cms(331)
    if not has_smsc and not modem.sim.smsc:
        raise cms(330)
    return modem.sim


def transmit(
    modem: "Modem",
    submit: Submit,
    tpdu: bytes,
    *,
    has_smsc: bool,
    name: str,
    mark_sent: Callable[[int], None] | None = None,
) -> Later:
    """Gives a SUBMIT to the network, which answers after its latency.

    TP-MR is the modem's own, whatever the PDU says.
    """
    sim = _that_may_send(modem, has_smsc=has_smsc)
    submission = Submission.of(modem.name, sim, submit, tpdu)
    verdict = modem.faults.verdict(submission)
    later = Later()
    line = f"{name}: {submission.tp_mr}"
    mark = None if mark_sent is None else partial(mark_sent, submission.tp_mr)
    flag = modem.profile.quirks.sent_flag
    if mark is not None and flag == "before-sending":
        mark()
    mark_later = mark if flag == "after-answer" else None

    def answer(cause: int | None) -> None:
        was_taken = verdict.refusal is None and verdict.taken and cause is None
        if (
            mark_later is not None
            and was_taken
            and (verdict.answer is not Answer.LINE_LOST or verdict.marked)
        ):
            mark_later()
        _answer(modem, later, verdict, cause, line)

    def arrive() -> None:
        cause = None
        if modem.slot.card is not sim or modem.sim is not sim:
            # Pulled on the way: TP-MR cannot be written to the card (31.102 EF-SMSS), so nothing goes on the air.
            modem.network.refuse(submission, f"cms {SIM_FAILURE}")
            later.resolve(cms(SIM_FAILURE))
            return
        if verdict.refusal is not None:
            modem.network.refuse(submission, str(verdict.refusal).lower())
        elif verdict.taken:
            cause = modem.network.submit(submission, swallowed=verdict.swallowed)
        delay_s = verdict.delay_s + modem.answer_delay_s
        if delay_s:
            modem.timers.call_later(delay_s, answer, cause)
        else:
            answer(cause)

    latency_s = modem.network.settings.latency_s
    if latency_s > 0:
        modem.timers.call_later(latency_s, arrive)
    else:
        arrive()
    return later


def _answer(modem: "Modem", later: Later, verdict: Verdict, cause: int | None, line: str) -> None:
    modem.messages.settings.last_answer_at = modem.wall()
    match verdict.answer:
        case Answer.GIVEN:
            if verdict.refusal is not None:
                later.resolve(verdict.refusal)
            elif cause is not None:
                later.resolve(cms(cause))
            else:
                later.resolve(Lines((line,)))
        case Answer.LOST:
            later.resolve(Silence())
        case Answer.HUNG:
            modem.terminal.hung = True
        case Answer.LINE_LOST:
            modem.lose_line(verdict.return_s)


# Storing


@command("+CMGW", Form.SET, Form.EXECUTE, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def write(modem: "Modem", request: Request) -> Outcome:
    """AT+CMGW=<length>[,stat] or [="number"[,toda[,stat]]]."""
    if modem.messages.settings.pdu_mode:
        arguments = request.arguments()
        length = _length(arguments)
        status = MessageStatus(arguments.number(1, range(4), default=MessageStatus.STORED_UNSENT))
        return Prompt(lambda text: _write_pdu(modem, length, status, text), LONGEST_PDU_TEXT)
    if request.form is Form.EXECUTE:
        raise cms(305)
    arguments = request.arguments()
    destination = _destination(modem, arguments, 0)
    status_text = arguments.text(2, default="STO UNSENT")
    if status_text not in ("STO UNSENT", "STO SENT"):
        raise cms(305)
    status = STATUS_BY_TEXT[status_text]
    return Prompt(lambda text: _write_text(modem, destination, status, text), LONGEST_TEXT, by_lines=True)


def _write_pdu(modem: "Modem", length: int, status: MessageStatus, text: bytes) -> Outcome:
    smsc_field, tpdu = split_pdu(length, text)
    message = StoredMessage(status, smsc_field, tpdu)
    direction = Direction.MOBILE_TERMINATED if message.is_incoming else Direction.MOBILE_ORIGINATED
    try:
        decoded = decode_tpdu(tpdu, direction)
    except TpduError:
        raise cms(304) from None
    if not isinstance(decoded, Deliver if message.is_incoming else Submit):
        raise cms(304)
    return _stored(modem, message)


def _write_text(modem: "Modem", destination: Address, status: MessageStatus, text: bytes) -> Outcome:
    _, tpdu = _from_text(modem, destination, text)
    return _stored(modem, StoredMessage(status, b"\x00", tpdu))


def _stored(modem: "Modem", message: StoredMessage) -> Outcome:
    memory = modem.messages.chosen_memory(1)
    index = None if memory is None else memory.put(message)
    if index is None:
        raise cms(322)
    return Lines((f"+CMGW: {index}",))


@command("+CMSS", Form.SET, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def send_stored(modem: "Modem", request: Request) -> Outcome:
    """AT+CMSS=<index>[,"number"[,toda]] (27.005 clause 3.5.2)."""
    arguments = request.arguments()
    arguments.at_most(3)
    memory = modem.messages.chosen_memory(1)
    index = arguments.number(0, range(100_000))
    message = None if memory is None else memory.get(index)
    if memory is None or message is None:
        raise cms(321)
    submit = tpdu_of(message)
    if not isinstance(submit, Submit):
        raise cms(302)
    tpdu = message.tpdu
    if arguments.has(1):
        submit, tpdu = _readdressed(submit, _destination(modem, arguments, 1))
    has_smsc = len(message.smsc_field) > 1
    return transmit(
        modem,
        submit,
        tpdu,
        has_smsc=has_smsc,
        name="+CMSS",
        # To another number than the stored one it stays as it was (MC55 AT command set, +CMSS).
        mark_sent=None if arguments.has(1) else lambda tp_mr: memory.mark_sent(index, tp_mr),
    )


def _readdressed(submit: Submit, destination: Address) -> tuple[Submit, bytes]:
    changed = Submit(
        destination,
        submit.user_data,
        submit.dcs,
        submit.pid,
        validity=submit.validity,
        status_report_request=submit.status_report_request,
        reject_duplicates=submit.reject_duplicates,
        reply_path=submit.reply_path,
    )
    return changed, changed.to_bytes()
