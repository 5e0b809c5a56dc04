"""Reading, listing and deleting stored messages (27.005 clauses 3.4.2, 3.4.3, 3.5.4)."""

from typing import TYPE_CHECKING

from appliance.modem.simulator.commandline import Arguments, Form, Request
from appliance.modem.simulator.commands.registry import Needs, command
from appliance.modem.simulator.errors import Family, cms
from appliance.modem.simulator.outcome import DONE, Lines, Outcome
from appliance.modem.simulator.storage import STATUS_TEXT, MessageMemory, MessageStatus
from appliance.modem.simulator.text_mode import STATUS_BY_TEXT, cmgl_lines, cmgr_lines

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

ALL = 4
ANY_INDEX = range(100_000)
MEMORY_FAILURE = 320

# <delflag> of +CMGD: which statuses go.
DELETED: dict[int, frozenset[MessageStatus]] = {
    1: frozenset((MessageStatus.RECEIVED_READ,)),
    2: frozenset((MessageStatus.RECEIVED_READ, MessageStatus.STORED_SENT)),
    3: frozenset((MessageStatus.RECEIVED_READ, MessageStatus.STORED_SENT, MessageStatus.STORED_UNSENT)),
    4: frozenset(MessageStatus),
}


def _memory(modem: "Modem") -> MessageMemory:
    memory = modem.messages.chosen_memory(0)
    if memory is None:
        raise cms(310)
    return memory


@command("+CMGR", Form.SET, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def read(modem: "Modem", request: Request) -> Outcome:
    """AT+CMGR=<index>: what was unread is read now."""
    memory = _memory(modem)
    arguments = request.arguments()
    arguments.at_most(2)
    index = arguments.number(0, ANY_INDEX)
    message = memory.get(index)
    if message is None:
        raise cms(321)
    settings = modem.messages.settings
    lines = cmgr_lines(message, settings.text, settings.charset, pdu_mode=settings.pdu_mode)
    if message.status is MessageStatus.RECEIVED_UNREAD and arguments.number(1, range(2), default=0) == 0:
        memory.mark(index, MessageStatus.RECEIVED_READ)
    return Lines(lines)


@command("+CMGL", Form.SET, Form.EXECUTE, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def list_messages(modem: "Modem", request: Request) -> Outcome:
    """AT+CMGL[=<stat>]: what was unread is read now."""
    memory = _memory(modem)
    settings = modem.messages.settings
    wanted = _wanted(request, pdu_mode=settings.pdu_mode)
    lines: list[str] = []
    for index, message in memory.items():
        if wanted is not None and message.status is not wanted:
            continue
        lines.extend(cmgl_lines(index, message, settings.text, settings.charset, pdu_mode=settings.pdu_mode))
        if message.status is MessageStatus.RECEIVED_UNREAD:
            memory.mark(index, MessageStatus.RECEIVED_READ)
    return Lines(tuple(lines))


def _wanted(request: Request, *, pdu_mode: bool) -> MessageStatus | None:
    if request.form is Form.EXECUTE:
        return MessageStatus.RECEIVED_UNREAD
    arguments: Arguments = request.arguments()
    arguments.at_most(2)
    if pdu_mode:
        stat = arguments.number(0, range(5), default=0)
        return None if stat == ALL else MessageStatus(stat)
    text = arguments.text(0, default="REC UNREAD").upper()
    if text == "ALL":
        return None
    if text not in STATUS_BY_TEXT:
        raise cms(305)
    return STATUS_BY_TEXT[text]


@command("+CMGL", Form.TEST, family=Family.MESSAGE)
def list_test(modem: "Modem", _request: Request) -> Outcome:
    """AT+CMGL=?"""
    if modem.messages.settings.pdu_mode:
        return Lines(("+CMGL: (0-4)",))
    names = ",".join(f'"{text}"' for text in (*STATUS_TEXT.values(), "ALL"))
    return Lines((f"+CMGL: ({names})",))


@command("+CMGD", Form.SET, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def delete(modem: "Modem", request: Request) -> Outcome:
    """AT+CMGD=<index>[,<delflag>]; with a <delflag> above 0 the index does not matter."""
    memory = _memory(modem)
    arguments = request.arguments()
    arguments.at_most(2)
    if modem.mischief.deletions_to_fail:
        modem.mischief.deletions_to_fail -= 1
        raise cms(MEMORY_FAILURE)
    index = arguments.number(0, ANY_INDEX)
    flag = arguments.number(1, range(5), default=0)
    if flag:
        for place, message in memory.items():
            if message.status in DELETED[flag]:
                memory.delete(place)
    elif not memory.in_range(index):
        raise cms(321)
    else:
        memory.delete(index)
    if modem.sim is not None:
        modem.network.centre.can_receive(modem.sim)
    return DONE


@command("+CMGD", Form.TEST, family=Family.MESSAGE, needs=Needs.PIN_GIVEN)
def delete_test(modem: "Modem", _request: Request) -> Outcome:
    """AT+CMGD=?: the places that are taken."""
    places = ",".join(str(index) for index, _ in _memory(modem).items())
    return Lines((f"+CMGD: ({places}),(0-4)",))
