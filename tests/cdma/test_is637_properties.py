"""Whatever is written reads the same; whatever comes over the air is a value or the one named error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.cdma.is637 import (
    BearerData,
    CauseCodes,
    CdmaAddress,
    CdmaError,
    Encoding,
    Moment,
    NumberType,
    ReplyOption,
    Status,
    TransportMessage,
    TransportType,
    UserData,
    decode_packet,
    read_bearer_data,
)
from tests.cdma.test_is637_vectors import vectors

DIGITS = st.text("0123456789*#", max_size=32)
ADDRESSES = st.builds(CdmaAddress, DIGITS) | st.builds(
    CdmaAddress,
    st.text(st.characters(max_codepoint=0xFF), max_size=32),
    st.just(True),
    st.just(False),
    st.sampled_from(NumberType),
    st.integers(0, 15),
)
CALL_BACKS = ADDRESSES
HEADERS = st.none() | st.just(bytes.fromhex("0003070201")) | st.just(bytes.fromhex("080400070301"))
ASCII = st.text(st.characters(max_codepoint=0x7F), max_size=150)
TEXTS = st.one_of(
    st.builds(UserData.from_text, ASCII, st.sampled_from([Encoding.ASCII, Encoding.IA5]), HEADERS),
    st.builds(UserData.from_text, st.text("@£$abcÄÖ€[]", max_size=70), st.just(Encoding.GSM7), HEADERS),
    st.builds(UserData.from_text, st.text(max_size=60), st.just(Encoding.UNICODE), HEADERS),
    st.builds(
        UserData.from_text,
        st.text(st.characters(max_codepoint=0xFF), max_size=60),
        st.just(Encoding.LATIN),
        HEADERS,
    ),
    st.builds(UserData, st.just(Encoding.OCTET), st.binary(max_size=140), HEADERS),
)
MOMENTS = st.integers(820_454_400, 3_975_955_199).map(
    lambda second: Moment.from_datetime(datetime.fromtimestamp(second, UTC))
)
TWO_BITS, OCTET = st.integers(0, 3), st.integers(0, 255)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def bearers(draw: st.DrawFn) -> BearerData:
    user_data = draw(maybe(TEXTS))
    return BearerData(
        message_type=draw(st.integers(0, 15)),
        message_id=draw(st.integers(0, 0xFFFF)),
        user_data=user_data,
        user_response_code=draw(maybe(OCTET)),
        time_stamp=draw(maybe(MOMENTS)),
        validity_absolute=draw(maybe(MOMENTS)),
        validity_relative=draw(maybe(OCTET)),
        deferred_absolute=draw(maybe(MOMENTS)),
        deferred_relative=draw(maybe(OCTET)),
        priority=draw(maybe(TWO_BITS)),
        privacy=draw(maybe(TWO_BITS)),
        reply_option=draw(maybe(st.builds(ReplyOption, *[st.booleans()] * 4))),
        number_of_messages=draw(maybe(st.integers(0, 99))),
        alert=draw(maybe(TWO_BITS)),
        language=draw(maybe(OCTET)),
        call_back=draw(maybe(CALL_BACKS)),
        display_mode=draw(maybe(TWO_BITS)),
        deposit_index=draw(maybe(st.integers(0, 0xFFFF))),
        status=draw(maybe(st.builds(Status, TWO_BITS, st.integers(0, 63)))),
    )


def is_small(bearer: BearerData) -> bool:
    try:
        return len(bearer.to_bytes()) <= 255
    except CdmaError:
        return False


@given(bearers().filter(is_small))
def test_bearer_data_reads_as_it_was_written(bearer: BearerData) -> None:
    assert read_bearer_data(bearer.to_bytes()) == bearer


CAUSES = st.builds(CauseCodes, st.integers(0, 63)) | st.builds(
    CauseCodes, st.integers(0, 63), st.integers(1, 3), OCTET
)


@st.composite
def messages(draw: st.DrawFn) -> TransportMessage:
    return TransportMessage(
        transport_type=draw(st.sampled_from(TransportType)),
        teleservice=draw(maybe(st.integers(0, 0xFFFF))),
        service_category=draw(maybe(st.integers(0, 0xFFFF))),
        originating=draw(maybe(ADDRESSES)),
        destination=draw(maybe(ADDRESSES)),
        reply_sequence=draw(maybe(st.integers(0, 63))),
        cause_codes=draw(maybe(CAUSES)),
        bearer_data=draw(maybe(bearers().filter(is_small))),
    )


@given(messages())
def test_a_message_reads_as_it_was_written(message: TransportMessage) -> None:
    assert decode_packet(message.to_bytes()) == message
    assert decode_packet(message.to_bytes().hex()) == message


def look_at_everything(message: TransportMessage) -> None:
    """No property raises, and what was read can be written again."""
    assert isinstance(str(message.originating), str)
    bearer = message.bearer_data
    if bearer is None:
        return
    if bearer.user_data is not None:
        assert isinstance(bearer.user_data.text, str)
        assert isinstance(bearer.user_data.is_text, bool)
    if bearer.time_stamp is not None:
        bearer.time_stamp.at(UTC)
    try:
        again = message.to_bytes()
    except CdmaError:
        return  # a digit that there is none of ('?') was read, and can't be written
    decode_packet(again)


def read(packet: bytes | str) -> None:
    try:
        message = decode_packet(packet)
    except CdmaError:
        return
    look_at_everything(message)


@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    read(octets)
    read(b"\x00" + octets)


@given(st.text(max_size=80) | st.text("0123456789ABCDEF", max_size=200))
def test_any_characters(text: str) -> None:
    read(text)


PACKETS = [bytes.fromhex(vector["packet"]) for vector in vectors("packets")]


@given(st.sampled_from(PACKETS), st.data())
def test_a_packet_with_damage(packet: bytes, data: st.DataObject) -> None:
    damaged = bytearray(packet)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(packet) - 1))] = data.draw(OCTET)
    read(bytes(damaged))
    read(bytes(damaged[: data.draw(st.integers(0, len(packet)))]))


@given(st.integers(0, 31), st.binary(max_size=40), st.booleans())
def test_any_user_data(encoding: int, octets: bytes, has_header: bool) -> None:
    identifier = bytes((0, 3, 0x10, 0, 0x18 if has_header else 0x10))
    first = bytes((encoding << 3 | (octets[0] & 7 if octets else 0),)) + octets[1:]
    read(
        b"\x00\x08" + bytes((len(identifier) + 2 + len(first),)) + identifier + bytes((1, len(first))) + first
    )
