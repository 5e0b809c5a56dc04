"""Text modes after 27.005: +CMGS with +WSCL of Multi-Tech and Wavecom, and Qualcomm's $QCMGS with +CSCS."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.modem.simulator.cdma.sending import give_to_network, submit_of
from appliance.modem.simulator.cdma.showing import Shown, shown
from appliance.modem.simulator.cdma.state import state_of
from appliance.modem.simulator.charset import TeCharset
from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands import COMMANDS
from appliance.modem.simulator.errors import cms
from appliance.modem.simulator.outcome import DONE, Lines, Outcome, Prompt
from appliance.modem.simulator.storage import STATUS_TEXT, MessageMemory, MessageStatus

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

LONGEST_BODY = 1024
ANY_INDEX = range(100_000)
CHINESE, ENGLISH = 6, 1
ASCII, UNICODE = 2, 4
DELIVERED, NOT_DELIVERED = 32768, 32769
"""<st> of +CDS: Multi-Tech's examples have the former."""


def message_format(modem: "Modem", request: Request) -> Outcome:
    """+CMGF or $QCMGF: text mode only."""
    if request.arguments().number(0, range(2)) == 0:
        raise cms(303)
    modem.messages.settings.pdu_mode = False
    return DONE


def language(modem: "Modem", request: Request) -> Outcome:
    """AT+WSCL=<language>,<encoding>: 1,2 English in ASCII; 6,4 Chinese in Unicode."""
    arguments = request.arguments()
    arguments.number(0, range(8))
    state_of(modem).unicode = arguments.number(1, frozenset((ASCII, UNICODE))) == UNICODE
    return DONE


def send_standard(modem: "Modem", request: Request) -> Outcome:
    """AT+CMGS="number": the text as octets, as +WSCL has it."""
    number = request.arguments().text(0)
    wide = state_of(modem).unicode

    def finish(octets: bytes) -> Outcome:
        return _send(modem, number, octets, "utf-16-be" if wide else "ascii", "+CMGS")

    return Prompt(finish, LONGEST_BODY, wide=wide)


def send_qualcomm(modem: "Modem", request: Request) -> Outcome:
    """AT$QCMGS="number": number and text as +CSCS has them."""
    is_hex = modem.messages.settings.charset is TeCharset.UCS2
    number = request.arguments().text(0)
    try:
        number = bytes.fromhex(number).decode("utf-16-be") if is_hex else number
    except ValueError:
        raise cms(305) from None

    def finish(octets: bytes) -> Outcome:
        try:
            text = bytes.fromhex(octets.decode("ascii")) if is_hex else octets
        except ValueError:
            raise cms(305) from None
        return _send(modem, number, text, "utf-16-be" if is_hex else "ascii", "$QCMGS")

    return Prompt(finish, LONGEST_BODY)


def _send(modem: "Modem", number: str, octets: bytes, codec: str, name: str) -> Outcome:
    try:
        text = octets.decode(codec)
    except UnicodeDecodeError:
        raise cms(305) from None
    return give_to_network(modem, submit_of(number, text, report=True), name)


def read_standard(modem: "Modem", request: Request) -> Outcome:
    """+CMGR: <stat>,<oa>,<scts>,<lang>,<encod>,<priority>,<length> and the text as octets."""
    return _read(modem, request, _standard_lines)


def read_qualcomm(modem: "Modem", request: Request) -> Outcome:
    """$QCMGR: <stat>,<oa>,,<scts> and the text as +CSCS has it."""
    return _read(modem, request, _qualcomm_lines)


def _read(
    modem: "Modem", request: Request, show: Callable[["Modem", Shown, MessageStatus], tuple[str, ...]]
) -> Outcome:
    memory = _memory(modem)
    index = request.arguments().number(0, ANY_INDEX)
    message = memory.get(index)
    if message is None:
        raise cms(321)
    lines = show(modem, shown(modem, message), message.status)
    if message.status is MessageStatus.RECEIVED_UNREAD:
        memory.mark(index, MessageStatus.RECEIVED_READ)
    return Lines(lines)


def _standard_lines(_modem: "Modem", content: Shown, status: MessageStatus) -> tuple[str, ...]:
    when = f'"{content.moment:%y/%m/%d,%H:%M:%S}"'
    if content.reference is not None:
        return (f'+CMGR: "READ",{_report(content)}',)
    wide = not content.text.isascii()
    body = content.text.encode("utf-16-be" if wide else "ascii")
    coding = f"{CHINESE},{UNICODE}" if wide else f"{ENGLISH},{ASCII}"
    header = f'+CMGR: "{STATUS_TEXT[status]}","{content.number}",{when},{coding},0,{len(body)}'
    return header, body.decode("latin-1")


def _report(content: Shown) -> str:
    when = f'"{content.moment:%y/%m/%d,%H:%M:%S}"'
    status = DELIVERED if content.status.error_class == 0 else NOT_DELIVERED
    return f'{content.reference},"{content.number}",129,{when},{when},{status}'


def _qualcomm_lines(modem: "Modem", content: Shown, status: MessageStatus) -> tuple[str, ...]:
    is_hex = modem.messages.settings.charset is TeCharset.UCS2
    when = f'"{content.moment:%y/%m/%d,%H:%M:%S}+32"'
    if content.reference is not None:
        return (f'$QCMGR: "REC READ",{_report(content)}',)
    number, text = content.number, content.text
    if is_hex:
        number, text = (each.encode("utf-16-be").hex().upper() for each in (number, text))
    elif not text.isascii():
        text = text.encode("ascii", "replace").decode("ascii")
    return f'$QCMGR: "{STATUS_TEXT[status]}","{number}",,{when}', text


def list_messages(name: str) -> Callable[["Modem", Request], Outcome]:
    """+CMGL or $QCMGL="ALL": each with its first line only."""

    def handler(modem: "Modem", request: Request) -> Outcome:
        if request.arguments().text(0, default="ALL").upper() != "ALL":
            raise cms(305)
        lines: list[str] = []
        for index, message in _memory(modem).items():
            content = shown(modem, message)
            lines.append(f'{name}: {index},"{STATUS_TEXT[message.status]}","{content.number}",1,2,4')
            if content.reference is None:
                lines.append(content.text.encode("ascii", "replace").decode("ascii").replace("\n", " "))
        return Lines(tuple(lines))

    return handler


def renamed(name: str, original: str, form: Form) -> Callable[["Modem", Request], Outcome]:
    """A command of 27.005 under another name, which its answer has too."""
    command = COMMANDS[original, form]

    def handler(modem: "Modem", request: Request) -> Outcome:
        outcome = command.handler(modem, request)
        if isinstance(outcome, Lines):
            return Lines(tuple(line.replace(original, name, 1) for line in outcome.lines), outcome.final)
        return outcome

    return handler


def _memory(modem: "Modem") -> MessageMemory:
    memory = modem.messages.chosen_memory(0)
    if memory is None:
        raise cms(310)
    return memory
