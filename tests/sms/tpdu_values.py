"""Every value that a TPDU can have, as hypothesis draws it."""

from __future__ import annotations

from hypothesis import strategies as st

from appliance.modem.sms import (
    AbsoluteValidity,
    Address,
    Alphabet,
    Command,
    Deliver,
    DeliverReport,
    EnhancedValidity,
    InformationElement,
    OptionalFields,
    RelativeValidity,
    StatusReport,
    Submit,
    SubmitReport,
    Timestamp,
    TypeOfNumber,
    UserData,
    data_coding,
)
from appliance.modem.sms.user_data import MAX_OCTETS, header_octets

OCTET = st.integers(0, 255)
GSM7_CHARACTERS = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€"
)
GSM7_TEXT = st.text(GSM7_CHARACTERS, max_size=480)
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)

NUMBERS = st.builds(
    Address,
    st.text("0123456789*#abc", max_size=20),
    st.sampled_from([ton for ton in TypeOfNumber if ton is not TypeOfNumber.ALPHANUMERIC]),
    st.integers(0, 15),
)
NAMES = st.builds(
    Address,
    # An escape takes two of the eleven septets.
    st.text(GSM7_CHARACTERS, max_size=5) | st.text("Simloft 123@", max_size=11),
    st.just(TypeOfNumber.ALPHANUMERIC),
    st.just(0),
)
ADDRESSES = NUMBERS | NAMES

TIMESTAMPS = st.builds(Timestamp, st.binary(min_size=7, max_size=7))
VALIDITIES = (
    st.none()
    | st.builds(RelativeValidity, OCTET)
    | st.builds(AbsoluteValidity, TIMESTAMPS)
    | st.builds(EnhancedValidity, st.binary(min_size=7, max_size=7))
)
ELEMENTS = st.lists(
    st.builds(InformationElement, OCTET, st.binary(max_size=8))
    | st.builds(
        InformationElement, st.sampled_from((0x00, 0x04, 0x05, 0x08, 0x24, 0x25)), st.binary(max_size=4)
    ),
    max_size=5,
)
HEADERS = ELEMENTS.map(header_octets) | st.binary(max_size=30)


@st.composite
def user_datas(draw: st.DrawFn, dcs: int) -> UserData:
    """User data that fits ``dcs``."""
    coding = data_coding(dcs)
    header = draw(st.none() | HEADERS)
    covered = 0 if header is None else len(header) + 1
    if coding.alphabet is Alphabet.GSM7 and not coding.compressed:
        room = 160 - (covered * 8 + 6) // 7
        septets = draw(st.lists(st.integers(0, 127), max_size=room))
        return UserData(bytes(septets), Alphabet.GSM7, header)
    payload = draw(st.binary(max_size=MAX_OCTETS - covered))
    return UserData(payload, Alphabet.DATA8 if coding.compressed else coding.alphabet, header)


@st.composite
def submits(draw: st.DrawFn) -> Submit:
    """Any SMS-SUBMIT."""
    dcs = draw(OCTET)
    return Submit(
        draw(ADDRESSES),
        draw(user_datas(dcs)),
        dcs,
        draw(OCTET),
        draw(OCTET),
        draw(VALIDITIES),
        status_report_request=draw(st.booleans()),
        reject_duplicates=draw(st.booleans()),
        reply_path=draw(st.booleans()),
    )


@st.composite
def delivers(draw: st.DrawFn) -> Deliver:
    """Any SMS-DELIVER."""
    dcs = draw(OCTET)
    return Deliver(
        draw(ADDRESSES),
        draw(TIMESTAMPS),
        draw(user_datas(dcs)),
        dcs,
        draw(OCTET),
        more_messages=draw(st.booleans()),
        status_report_indication=draw(st.booleans()),
        reply_path=draw(st.booleans()),
        loop_prevention=draw(st.booleans()),
        reserved_type=draw(st.booleans()),
    )


@st.composite
def optional_fields(draw: st.DrawFn) -> OptionalFields:
    """TP-PI, possibly chained, with the fields that it announces."""
    announced = draw(st.integers(0, 7))
    chained = draw(st.binary(max_size=3))
    octets = [announced, *chained]
    indicator = bytes([octet | 0x80 for octet in octets[:-1]] + [octets[-1] & 0x7F])
    dcs = draw(OCTET) if announced & 2 else None
    return OptionalFields(
        indicator,
        draw(OCTET) if announced & 1 else None,
        dcs,
        draw(user_datas(dcs or 0)) if announced & 4 else None,
    )


STATUS_REPORTS = st.builds(
    StatusReport,
    OCTET,
    ADDRESSES,
    TIMESTAMPS,
    TIMESTAMPS,
    OCTET,
    more_messages=st.booleans(),
    for_command=st.booleans(),
    loop_prevention=st.booleans(),
    optional=st.just(OptionalFields()) | optional_fields(),
)
# A TP-PI that chains would be taken for the TP-FCS of a refusal, so that only a refusal has one here.
_CAUSES = st.integers(0x80, 0xFF)
_UNCHAINED = optional_fields().filter(
    lambda fields: fields.indicator is not None and len(fields.indicator) == 1
)
SUBMIT_REPORTS = st.builds(SubmitReport, TIMESTAMPS, st.none(), _UNCHAINED) | st.builds(
    SubmitReport, TIMESTAMPS, _CAUSES, optional_fields()
)
DELIVER_REPORTS = st.builds(DeliverReport, st.none(), _UNCHAINED) | st.builds(
    DeliverReport, _CAUSES, optional_fields()
)
COMMANDS = st.builds(
    Command,
    OCTET,
    OCTET,
    OCTET,
    ADDRESSES,
    st.binary(max_size=100),
    OCTET,
    status_report_request=st.booleans(),
    has_header=st.booleans(),
)
MOBILE_ORIGINATED = submits() | DELIVER_REPORTS | COMMANDS
MOBILE_TERMINATED = delivers() | STATUS_REPORTS | SUBMIT_REPORTS
