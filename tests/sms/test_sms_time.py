"""Times of the network and validity periods (TS 23.040 §9.2.3.11, §9.2.3.12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms import EnhancedValidity, RelativeValidity, Timestamp, TpduError

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800

ZONES = st.integers(-79, 79).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
MOMENTS = st.datetimes(datetime(1981, 1, 2), datetime(2078, 12, 30), timezones=ZONES)  # noqa: DTZ001


@given(MOMENTS)
def test_a_moment_comes_back_with_its_zone(moment: datetime) -> None:
    read = Timestamp.from_datetime(moment).to_datetime()
    assert read == moment.replace(microsecond=0)
    assert read is not None
    assert read.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    ("octets", "moment"),
    [
        ("62113051438023", "2026-11-03T15:34:08+08:00"),
        ("62113051438000", "2026-11-03T15:34:08+00:00"),
        ("62113051438008", "2026-11-03T15:34:08+00:00"),  # minus zero
        ("62113051438022", "2026-11-03T15:34:08+05:30"),
        ("62113051438032", "2026-11-03T15:34:08+05:45"),
        ("6211305143804A", "2026-11-03T15:34:08-06:00"),
        ("62113051438041", "2026-11-03T15:34:08+03:30"),
        ("08104000000000", "1980-01-04T00:00:00+00:00"),
        ("99211332959500", "1999-12-31T23:59:59+00:00"),
        ("00101000000000", "2000-01-01T00:00:00+00:00"),
    ],
)
def test_zones_are_quarters_of_an_hour(octets: str, moment: str) -> None:
    read = Timestamp(bytes.fromhex(octets)).to_datetime()
    assert read is not None
    assert read.isoformat() == moment


@pytest.mark.parametrize(
    "octets",
    [
        "62313051438023",  # month 13
        "62001051438023",  # month 0
        "62200351438023",  # day 30 of February
        "62113042438023",  # hour 24
        "62113051068023",  # minute 60
        "62113051430623",  # second 60
        "6A113051438023",
        "62113051438AFF"[:14],
        "621130514380F3",
        "FFFFFFFFFFFFFF",
        "00000000000000",
    ],
)
def test_impossible_times_keep_their_octets(octets: str) -> None:
    timestamp = Timestamp(bytes.fromhex(octets))
    assert timestamp.to_datetime() is None
    assert str(timestamp) == octets
    assert timestamp.octets.hex().upper() == octets


@given(st.binary(min_size=7, max_size=7))
def test_any_seven_octets_are_a_moment_or_none(octets: bytes) -> None:
    moment = Timestamp(octets).to_datetime()
    if moment is not None:
        assert moment.tzinfo is not None
        assert str(Timestamp(octets)) == moment.isoformat()


def test_an_offset_between_quarters_keeps_the_instant() -> None:
    odd = timezone(timedelta(hours=8, minutes=5, seconds=43))  # Shanghai before 1901
    moment = datetime(2026, 11, 3, 15, 34, 8, tzinfo=odd)
    assert Timestamp.from_datetime(moment).to_datetime() == moment


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (datetime(2026, 11, 3), "timestamp.naive"),  # noqa: DTZ001
        (datetime(1979, 1, 1, tzinfo=UTC), "timestamp.range"),
        (datetime(2080, 1, 1, tzinfo=UTC), "timestamp.range"),
        (datetime.max.replace(tzinfo=UTC), "timestamp.range"),
        (datetime.min.replace(tzinfo=UTC), "timestamp.range"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=20))), "timestamp.range"),
    ],
)
def test_moments_that_no_timestamp_can_say(moment: datetime, code: str) -> None:
    with pytest.raises(TpduError) as refused:
        Timestamp.from_datetime(moment)
    assert refused.value.code == code


@pytest.mark.parametrize("octets", [b"", b"123456", b"12345678"])
def test_a_timestamp_has_seven_octets(octets: bytes) -> None:
    with pytest.raises(TpduError):
        Timestamp(octets)
    with pytest.raises(TpduError):
        EnhancedValidity(octets)


@pytest.mark.parametrize(
    ("octet", "seconds"),
    [
        (0, 5 * MINUTE),
        (11, HOUR),
        (143, 12 * HOUR),
        (144, 12 * HOUR + 30 * MINUTE),
        (167, DAY),
        (168, 2 * DAY),
        (169, 3 * DAY),
        (196, 30 * DAY),
        (197, 5 * WEEK),
        (255, 63 * WEEK),
    ],
)
def test_the_ranges_of_a_relative_validity(octet: int, seconds: int) -> None:
    assert RelativeValidity(octet).seconds == seconds
    assert RelativeValidity.from_seconds(seconds) == RelativeValidity(octet)


@given(st.integers(1, 63 * WEEK))
def test_a_validity_is_rounded_up_to_the_next_that_can_be_said(validity_s: int) -> None:
    validity = RelativeValidity.from_seconds(validity_s)
    assert 0 <= validity.octet <= 255
    assert validity.seconds >= validity_s
    if validity.octet:
        assert RelativeValidity(validity.octet - 1).seconds < validity_s


def test_a_longer_validity_is_the_longest_that_there_is() -> None:
    assert RelativeValidity.from_seconds(100 * WEEK).octet == 255


@pytest.mark.parametrize("validity_s", [0, -1])
def test_a_validity_must_be_positive(validity_s: int) -> None:
    with pytest.raises(TpduError):
        RelativeValidity.from_seconds(validity_s)
    with pytest.raises(TpduError):
        EnhancedValidity.from_seconds(validity_s)


@pytest.mark.parametrize(
    ("octets", "seconds", "single_shot"),
    [
        ("00000000000000", None, False),
        ("010B0000000000", HOUR, False),
        ("421E0000000000", 30, True),
        ("03102030000000", HOUR + 2 * MINUTE + 3, False),
        ("03A02030000000", None, False),
        ("07000000000000", None, False),
    ],
)
def test_enhanced_validities(octets: str, seconds: int | None, single_shot: bool) -> None:
    validity = EnhancedValidity(bytes.fromhex(octets))
    assert (validity.seconds, validity.single_shot) == (seconds, single_shot)
    assert validity.to_bytes().hex().upper() == octets


def test_an_enhanced_validity_says_seconds() -> None:
    assert EnhancedValidity.from_seconds(30, single_shot=True).to_bytes().hex() == "421e0000000000"
    assert EnhancedValidity.from_seconds(HOUR).seconds == HOUR
