"""IS-637 (3GPP2 C.S0015-B v2.0): short messages of CDMA networks. Pure, and apart from all that talks to a modem.

Octets and values in, values and octets out. Whatever the input, the answer is a value or a :class:`CdmaError`::

    message = decode_packet("0000021002040702C4CC484898580601FC08190003200010010A104F88307C61F106C4100306080731164709")
    message.teleservice, str(message.destination), message.bearer_data.user_data.text
"""

from appliance.modem.cdma.is637.framing import Unread

from .address import CdmaAddress, NumberType
from .bearer_data import (
    BearerData,
    DisplayMode,
    MessageType,
    Priority,
    ReplyOption,
    Status,
    SubParameter,
    read_bearer_data,
)
from .errors import CdmaError
from .moment import Moment, relative_validity
from .transport import (
    CauseCodes,
    Parameter,
    Teleservice,
    TransportMessage,
    TransportType,
    decode_packet,
)
from .user_data import Encoding, UserData

__all__ = [
    "BearerData",
    "CauseCodes",
    "CdmaAddress",
    "CdmaError",
    "DisplayMode",
    "Encoding",
    "MessageType",
    "Moment",
    "NumberType",
    "Parameter",
    "Priority",
    "ReplyOption",
    "Status",
    "SubParameter",
    "Teleservice",
    "TransportMessage",
    "TransportType",
    "Unread",
    "UserData",
    "decode_packet",
    "read_bearer_data",
    "relative_validity",
]
