"""Cards and serial numbers made up from a seed: the same bank has the same SIMs each time it is started."""

from random import Random

from appliance.modem.simulator.profile import Profile
from appliance.modem.simulator.sim import Carrier, SimCard
from appliance.modem.simulator.storage import Memory

CHINA_MOBILE = Carrier("46000", "CHINA MOBILE", "CMCC", "+8613800210500")
CHINA_UNICOM = Carrier("46001", "CHN-UNICOM", "UNICOM", "+8613010112500")

_CARRIERS = (
    (CHINA_MOBILE, "898600", "138"),
    (CHINA_UNICOM, "898601", "130"),
)


def luhn_digit(digits: str) -> str:
    """The check digit of an IMEI (3GPP TS 23.003 Annex B) or ICCID (ITU-T E.118)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def make_imei(profile: Profile, random: Random) -> str:
    """Fifteen digits with the type allocation code of the profile."""
    body = profile.type_allocation_code + f"{random.randrange(10**6):06d}"
    return body + luhn_digit(body)


def make_sim(number: int, random: Random, *, capacity: int, first_index: int) -> SimCard:
    """The card of modem `number` (from 1);

    carriers take turns. The number of the modem is in the MSISDN, so all differ.
    """
    carrier, issuer, prefix = _CARRIERS[number % len(_CARRIERS)]
    serial = f"{issuer}{random.randrange(10**9):09d}{number:04d}"
    return SimCard(
        iccid=serial + luhn_digit(serial),
        imsi=f"{carrier.plmn}{random.randrange(10**6):06d}{number:04d}",
        msisdn=f"+86{prefix}{random.randrange(10**4):04d}{number:04d}",
        carrier=carrier,
        smsc=carrier.smsc,
        memory=Memory(capacity, first_index),
    )
