"""Huawei: ^HSMSSS, ^HCMGS, ^HCMGR, ^HCMGL, in text and in PDU mode (MC509 AT manual 2011, chapter 8)."""

from typing import TYPE_CHECKING

from appliance.modem.cdma.is637 import CdmaError, DisplayMode, MessageType, decode_packet
from appliance.modem.simulator.cdma.habits import Dialect
from appliance.modem.simulator.cdma.sending import give_to_network, submit_of
from appliance.modem.simulator.cdma.showing import packet, shown
from appliance.modem.simulator.cdma.state import state_of
from appliance.modem.simulator.commandline import Request
from appliance.modem.simulator.errors import AtError, cms
from appliance.modem.simulator.outcome import DONE, Lines, Outcome, Prompt
from appliance.modem.simulator.storage import MessageMemory, MessageStatus, StoredMessage

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

ASCII, UNICODE = 1, 6
LONGEST_BODY = 1024
ANY_INDEX = range(100_000)
CHINESE, ENGLISH = 6, 1


def message_format(modem: "Modem", request: Request) -> Outcome:
    """AT+CMGF=: EC122 knows text mode only, MC509 both."""
    wanted = request.arguments().number(0, range(2))
    if wanted == 0 and modem.profile.cdma.dialect is not Dialect.HUAWEI_PDU:
        raise cms(303)
    modem.messages.settings.pdu_mode = wanted == 0
    return DONE


def parameters(modem: "Modem", request: Request) -> Outcome:
    """AT^HSMSSS=<ack>,<prt>,<fmt>,<prv>."""
    arguments = request.arguments()
    state = state_of(modem)
    encoding = arguments.number(2, frozenset((ASCII, UNICODE)))
    state.acknowledge, state.unicode = arguments.number(0, range(2)) == 1, encoding == UNICODE
    return DONE


def known(_modem: "Modem", _request: Request) -> Outcome:
    """A test command: it is there."""
    return DONE


def send(modem: "Modem", request: Request) -> Outcome:
    """AT^HCMGS="number"[,toda], or =<length> in PDU mode."""
    arguments = request.arguments()
    if modem.messages.settings.pdu_mode:
        length = arguments.number(0, range(1, 256))
        return Prompt(lambda text: _send_packet(modem, length, text), LONGEST_BODY)
    number = arguments.text(0)
    wide = state_of(modem).unicode
    return Prompt(lambda text: _send_text(modem, number, text, wide=wide), LONGEST_BODY, wide=wide)


def _send_text(modem: "Modem", number: str, octets: bytes, *, wide: bool) -> Outcome:
    try:
        text = octets.decode("utf-16-be" if wide else "ascii")
    except UnicodeDecodeError:
        raise cms(305) from None
    submit = submit_of(number, text, report=state_of(modem).acknowledge)
    return give_to_network(modem, submit, "^HCMGSS", refused="^HCMGSF")


def _send_packet(modem: "Modem", length: int, text: bytes) -> Outcome:
    try:
        octets = bytes.fromhex(text.decode("ascii"))
        message = decode_packet(octets)
    except (ValueError, CdmaError):
        raise cms(304) from None
    bearer = message.bearer_data
    if len(octets) != length or message.destination is None or bearer is None:
        raise cms(304)
    if bearer.message_type != MessageType.SUBMIT or bearer.user_data is None or bearer.unread:
        raise cms(304)
    option = bearer.reply_option
    submit = submit_of(
        str(message.destination),
        bearer.user_data.text,
        report=option is not None and option.delivery,
        flash=bearer.display_mode == DisplayMode.IMMEDIATE,
        validity=bearer.validity_relative,
    )
    return give_to_network(modem, submit, "^HCMGS")


def read(modem: "Modem", request: Request) -> Outcome:
    """AT^HCMGR=<index>[,<mode>]: what was unread is read now."""
    memory = _memory(modem)
    index = request.arguments().number(0, ANY_INDEX)
    message = memory.get(index)
    if message is None:
        raise cms(321)
    lines = _lines(modem, message)
    if message.status is MessageStatus.RECEIVED_UNREAD:
        memory.mark(index, MessageStatus.RECEIVED_READ)
    return Lines(lines)


def list_messages(modem: "Modem", request: Request) -> Outcome:
    """AT^HCMGL=<tag>: places and tags, and nothing of what is in them."""
    wanted = request.arguments().number(0, range(5), default=0)
    return Lines(
        tuple(
            f"^HCMGL:{index},{message.status.value}"
            for index, message in _memory(modem).items()
            if wanted in (4, message.status.value)
        )
    )


def _lines(modem: "Modem", message: StoredMessage) -> tuple[str, str]:
    content, status = shown(modem, message), message.status.value
    if modem.messages.settings.pdu_mode:
        octets = packet(content)
        return f"^HCMGR: {status},,{len(octets)}", octets.hex().upper()
    wide = not content.text.isascii()
    body = content.text.encode("utf-16-be" if wide else "ascii")
    when = f"{content.moment:%Y,%m,%d,%H,%M,%S}"
    language, encoding = (CHINESE, UNICODE) if wide else (ENGLISH, ASCII)
    header = f"^HCMGR:{content.number},{when},{language},{encoding},{len(body)},0,0,{content.type},{status}"
    return header, (body + (b"\x00\x1a" if wide else b"\x1a")).decode("latin-1")


def _memory(modem: "Modem") -> MessageMemory:
    memory = modem.messages.chosen_memory(0)
    if memory is None:
        raise cms(310)
    return memory


def refused(_modem: "Modem", _request: Request) -> Outcome:
    """A command of 27.005 that this modem has not."""
    raise AtError
