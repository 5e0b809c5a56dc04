"""USSD (3GPP TS 22.090, 27.007 clause 7.15): what networks answer to codes, and how a make puts it on the line."""

import binascii
from dataclasses import dataclass

from appliance.modem.simulator.charset import TeCharset, from_te, to_te
from appliance.modem.simulator.errors import cme
from appliance.modem.simulator.habits import UssdEncoding
from appliance.modem.sms.gsm7 import decode_gsm7, try_encode_gsm7
from appliance.modem.sms.septets import pack_septets, unpack_septets

DEFAULT_DELAY_S = 0.5
DCS_GSM7, DCS_UCS2 = 15, 72
NO_FURTHER_ACTION, ANSWER_WANTED, TERMINATED, OTHER_CLIENT, NOT_SUPPORTED, TIMED_OUT = range(6)
CARRIAGE_RETURN = 0x0D
PATH = ">"


@dataclass(frozen=True, slots=True)
class UssdReply:
    """What the network says. `status` is <m> of +CUSD; `delay_s` None: it never answers; "" for no text."""

    text: str
    status: int = NO_FURTHER_ACTION
    delay_s: float | None = DEFAULT_DELAY_S


UNKNOWN_CODE = UssdReply("", NOT_SUPPORTED)


class UssdService:
    """The codes of all carriers. A menu's choices are codes with their way: '*100#>1' is 1 in the menu of '*100#'."""

    def __init__(self) -> None:
        self._replies: dict[tuple[str, str], UssdReply] = {
            ("", "*100#"): UssdReply("Balance {balance}"),
            ("", "*101#"): UssdReply("1.Balance\n2.Own number", ANSWER_WANTED),
            ("", "*101#>1"): UssdReply("Balance {balance}"),
            ("", "*101#>2"): UssdReply("Your number is {msisdn}"),
        }

    def answer(self, code: str, reply: UssdReply | None, *, plmn: str = "") -> None:
        """Sets what `code` is answered with, for one carrier or ("") for all; None: it is no code any more."""
        if reply is None:
            self._replies.pop((plmn, code), None)
        else:
            self._replies[plmn, code] = reply

    def reply(self, plmn: str, code: str) -> UssdReply:
        """What a carrier says to a code, or to a choice in a menu."""
        own = self._replies.get((plmn, code))
        return own or self._replies.get(("", code)) or UNKNOWN_CODE


def read_code(text: str, encoding: UssdEncoding, charset: TeCharset) -> str:
    """The code that the terminal gave. +CME ERROR 50 where it is not written as this make wants it."""
    try:
        match encoding:
            case UssdEncoding.PLAIN:
                return text
            case UssdEncoding.GSM7_HEX:
                return _unpacked(bytes.fromhex(text))
            case UssdEncoding.UCS2_HEX:
                return bytes.fromhex(text).decode("utf-16-be")
            case UssdEncoding.BY_CSCS:
                return from_te(text.encode("latin-1"), charset)
    except (ValueError, binascii.Error):
        raise cme(50) from None


def cusd_line(status: int, text: str, encoding: UssdEncoding, charset: TeCharset) -> str:
    """The unsolicited +CUSD. What GSM-7 cannot carry comes as hex of UCS-2 with <dcs> 72, whatever the encoding."""
    if not text:
        return f"+CUSD: {status}"
    septets = try_encode_gsm7(text)
    if septets is None:
        return f'+CUSD: {status},"{_ucs2(text)}",{DCS_UCS2}'
    match encoding:
        case UssdEncoding.PLAIN:
            shown = text
        case UssdEncoding.GSM7_HEX:
            shown = _packed(septets)
        case UssdEncoding.UCS2_HEX:
            return f'+CUSD: {status},"{_ucs2(text)}",{DCS_UCS2}'
        case UssdEncoding.BY_CSCS:
            shown = to_te(text, charset)
    return f'+CUSD: {status},"{shown}",{DCS_GSM7}'


def _ucs2(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").hex().upper()


def _packed(septets: bytes) -> str:
    # 23.038 clause 6.1.2.3.1: seven spare bits are filled with CR, so that they are no '@'.
    padded = septets + bytes((CARRIAGE_RETURN,)) if len(septets) % 8 == 7 else septets
    return pack_septets(padded).hex().upper()


def _unpacked(octets: bytes) -> str:
    count = len(octets) * 8 // 7
    septets = unpack_septets(octets, count)
    if count % 8 == 0 and septets.endswith(bytes((CARRIAGE_RETURN,))):
        septets = septets[:-1]
    return decode_gsm7(septets)
