"""What the network makes of addresses, times and validities."""

from datetime import UTC, datetime, timedelta, timezone

from appliance.modem.sms import (
    AbsoluteValidity,
    Address,
    EnhancedValidity,
    RelativeValidity,
    Submit,
    Timestamp,
    TypeOfNumber,
)

LONGEST_NUMBER = 20
LONGEST_VALIDITY_S = 63 * 7 * 86400
LOCAL_ZONE = timezone(timedelta(hours=8))


def stamp(second: float) -> Timestamp:
    """TP-SCTS of a moment (seconds since the epoch) in the network's zone."""
    return Timestamp.from_datetime(datetime.fromtimestamp(int(second), UTC).astimezone(LOCAL_ZONE))


def without_country(address: Address) -> Address:
    """A Chinese number as a national one."""
    number = str(address)
    return Address.from_text(number[3:]) if number.startswith("+86") else address


def is_diallable(address: Address) -> bool:
    """Whether a message can be sent there."""
    return 0 < len(address.number) <= LONGEST_NUMBER and address.ton is not TypeOfNumber.ALPHANUMERIC


def validity_s(submit: Submit, now: float) -> float:
    """How long the network keeps a message, in seconds (23.040 clause 9.2.3.12)."""
    match submit.validity:
        case RelativeValidity() as relative:
            return relative.seconds
        case EnhancedValidity(seconds=int(seconds)):
            return seconds
        case AbsoluteValidity() as absolute:
            until = absolute.until.to_datetime()
            return LONGEST_VALIDITY_S if until is None else max(0.0, until.timestamp() - now)
        case _:
            return LONGEST_VALIDITY_S
