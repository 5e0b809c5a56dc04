"""The SMS codec: TPDUs of 3GPP TS 23.040, alphabets of TS 23.038, and how a text is cut into parts.

Pure: octets and values in, values and octets out. Whatever the input, the answer is a value or a
:class:`TpduError`. Others use only what is exported here::

    plan = plan_text("您好")
    for submit in submits(plan, Address.from_text("+8613912345678"), reference=7):
        pdu = encode_pdu(submit)            # AT+CMGS=<pdu.tpdu_length>, then pdu.hex and Ctrl-Z
    deliver = decode_pdu(line, Direction.MOBILE_TERMINATED).tpdu
"""

from .address import Address, TypeOfNumber
from .data_coding import (
    Alphabet,
    CodingGroup,
    DataCoding,
    MessageWaiting,
    WaitingKind,
    data_coding,
    general_dcs,
)
from .decoding import Direction, decode_tpdu
from .errors import TpduError
from .explanation import Explanation, explain, type_name
from .explanation_lines import explanation_lines
from .gsm7 import decode_gsm7, encode_gsm7, try_encode_gsm7
from .pdu import EncodedPdu, Pdu, decode_pdu, encode_pdu, octets_of_hex
from .plain_report import PlainReport, read_plain_report
from .status import DeliveryOutcome, DeliveryStatus, delivery_status, failure_cause
from .stencil import Stencil, stencil
from .text_plan import TextPlan, plan_text, split_ucs2, submits
from .timestamp import Timestamp
from .tpdu import Command, Deliver, DeliverReport, OptionalFields, StatusReport, Submit, SubmitReport, Tpdu
from .transliteration import transliterate_to_gsm7
from .user_data import Concatenation, InformationElement, Ports, UserData, join_text
from .validity import AbsoluteValidity, EnhancedValidity, RelativeValidity, Validity

__all__ = [
    "AbsoluteValidity",
    "Address",
    "Alphabet",
    "CodingGroup",
    "Command",
    "Concatenation",
    "DataCoding",
    "Deliver",
    "DeliverReport",
    "DeliveryOutcome",
    "DeliveryStatus",
    "Direction",
    "EncodedPdu",
    "EnhancedValidity",
    "Explanation",
    "InformationElement",
    "MessageWaiting",
    "OptionalFields",
    "Pdu",
    "PlainReport",
    "Ports",
    "RelativeValidity",
    "StatusReport",
    "Stencil",
    "Submit",
    "SubmitReport",
    "TextPlan",
    "Timestamp",
    "Tpdu",
    "TpduError",
    "TypeOfNumber",
    "UserData",
    "Validity",
    "WaitingKind",
    "data_coding",
    "decode_gsm7",
    "decode_pdu",
    "decode_tpdu",
    "delivery_status",
    "encode_gsm7",
    "encode_pdu",
    "explain",
    "explanation_lines",
    "failure_cause",
    "general_dcs",
    "join_text",
    "octets_of_hex",
    "plan_text",
    "read_plain_report",
    "split_ucs2",
    "stencil",
    "submits",
    "transliterate_to_gsm7",
    "try_encode_gsm7",
    "type_name",
]
