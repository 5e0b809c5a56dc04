"""Which commands a CDMA modem has in place of those of 27.005, by dialect."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.modem.simulator.cdma import huawei, text
from appliance.modem.simulator.cdma.habits import Dialect
from appliance.modem.simulator.commandline import Form, Request
from appliance.modem.simulator.commands import Command, Needs
from appliance.modem.simulator.errors import Family
from appliance.modem.simulator.outcome import Outcome

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

Handler = Callable[["Modem", Request], Outcome]
Key = tuple[str, Form]


def _message(handler: Handler) -> Command:
    return Command(handler, Family.MESSAGE, Needs.PIN_GIVEN)


def _without(*names: str) -> dict[Key, Command]:
    """What the standard has and such a modem has not."""
    return {(name, form): _message(huawei.refused) for name in names for form in Form}


_HUAWEI = {
    **_without("+CMGS", "+CMGR", "+CMGL", "+CMGW", "+CMSS", "+CSCA", "+CSMP", "+CSMS"),
    ("+CMGF", Form.SET): _message(huawei.message_format),
    ("^HSMSSS", Form.SET): _message(huawei.parameters),
    ("^HCMGS", Form.SET): _message(huawei.send),
    ("^HCMGS", Form.TEST): _message(huawei.known),
    ("^HCMGR", Form.SET): _message(huawei.read),
    ("^HCMGL", Form.SET): _message(huawei.list_messages),
}
_STANDARD = {
    **_without("+CMGW", "+CMSS", "+CSCA", "+CSMS"),
    ("+CMGF", Form.SET): _message(text.message_format),
    ("+WSCL", Form.SET): _message(text.language),
    ("+CMGS", Form.SET): _message(text.send_standard),
    ("+CMGR", Form.SET): _message(text.read_standard),
    ("+CMGL", Form.SET): _message(text.list_messages("+CMGL")),
}
_QUALCOMM = {
    **_without(
        *("+CMGF", "+CMGS", "+CMGR", "+CMGL", "+CMGD", "+CMGW", "+CMSS", "+CPMS", "+CNMI", "+CSCA", "+CSMS"),
        *("+CSMP", "+CSDH"),
    ),
    ("$QCMGF", Form.SET): _message(text.message_format),
    ("$QCMGF", Form.TEST): _message(huawei.known),
    ("$QCMGS", Form.SET): _message(text.send_qualcomm),
    ("$QCMGR", Form.SET): _message(text.read_qualcomm),
    ("$QCMGL", Form.SET): _message(text.list_messages("$QCMGL")),
    ("$QCMGD", Form.SET): _message(text.renamed("$QCMGD", "+CMGD", Form.SET)),
    **{
        (name, form): _message(text.renamed(name, original, form))
        for name, original in (("$QCPMS", "+CPMS"), ("$QCNMI", "+CNMI"))
        for form in (Form.SET, Form.READ, Form.TEST)
    },
}

_TABLES: dict[Dialect, dict[Key, Command]] = {
    Dialect.NONE: {},
    Dialect.HUAWEI_TEXT: _HUAWEI,
    Dialect.HUAWEI_PDU: _HUAWEI,
    Dialect.STANDARD: _STANDARD,
    Dialect.QUALCOMM: _QUALCOMM,
}


def cdma_command(modem: "Modem", request: Request) -> Command | None:
    """The command as a CDMA modem has it; None where it has that of the standard, and for every other modem."""
    return _TABLES[modem.profile.cdma.dialect].get((request.name, request.form))
