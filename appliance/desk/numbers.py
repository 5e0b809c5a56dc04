"""Recipients as people type them → as the box keeps them: E.164 with '+', or short and service numbers in digits."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

from appliance.desk.mistake import Mistake

LONGEST_ADDRESS_DIGITS = 20
"""An address on the air has at most 10 octets of semi-octets (TS 23.040 §9.1.2.5)."""

SHORTEST_CODE_DIGITS = 3

# Not with 00: that is how an international number begins, here one without an end.
_SHORT_CODE = re.compile(r"(?!00)[0-9]{3,8}")
# Nearly all that a box in China gets; what the long way says of these as well, at a tenth of its cost.
# Without 179…: there carriers' prefixes for calls begin, such as 17911, which are no part of a number.
_CHINESE_MOBILE = re.compile(r"(?:\+86)?1(?:[3-689][0-9]|7[0-8])[0-9]{8}")
_DIGITS = re.compile(r"\+?[0-9]+")

# What people and spreadsheets put between digits. Format characters (category Cf) come with numbers
# that are copied from address books and web pages.
_SEPARATORS = frozenset(" \t\r\n-‐‑‒–—―−./()[]·•_\u00a0")

SERVICE_PREFIXES: dict[str, tuple[str, ...]] = {
    # Numbering plan of MIIT: 106… and 12520… short message services, 95…/96… nationwide and local services,
    # 100…/101… carriers. They are dialled as they are, and have up to 20 digits with extensions.
    "CN": ("106", "12520", "100", "101", "95", "96"),
}

EMERGENCY_NUMBERS = frozenset({"112", "911", "000", "999"})
"""Emergency numbers whatever the card or the country (TS 22.101 §10.1.1); nobody sends an SMS there on purpose."""

EMERGENCY_NUMBERS_AT_HOME: dict[str, frozenset[str]] = {
    # Numbering plan of MIIT: police, fire, ambulance, traffic accidents. 12110, the police's own number for
    # alarms by SMS, is none of them and stays free.
    "CN": frozenset({"110", "119", "120", "122"}),
}


def read_recipient(typed: str, home_region: str) -> str | Mistake:
    """The recipient in the box's spelling, or what is wrong with it.

    ``13912345678`` and ``０１３９-1234 5678`` become ``+8613912345678`` at home in CN; ``10086`` and
    ``1069012345678`` stay as they are. Judged by length only (``is_possible_number``): new ranges of
    numbers are handed out more often than boxes are updated.
    """
    if home_region == "CN" and _CHINESE_MOBILE.fullmatch(typed):
        return f"+86{typed[-11:]}"
    spelt = _without_separators(typed)
    if not spelt:
        return Mistake("/to", "problem.recipient-empty")
    if not _DIGITS.fullmatch(spelt):
        return Mistake("/to", "problem.recipient-no-number")
    if spelt in EMERGENCY_NUMBERS or spelt in EMERGENCY_NUMBERS_AT_HOME.get(home_region, ()):
        return Mistake("/to", "problem.recipient-emergency")
    if _is_dialled_as_it_is(spelt, home_region):
        return spelt
    return _e164(spelt, home_region)


def _without_separators(typed: str) -> str:
    spelt = []
    for character in unicodedata.normalize("NFKC", typed):
        if character in _SEPARATORS or unicodedata.category(character) in ("Cf", "Zs"):
            continue
        digit = unicodedata.decimal(character, None)
        spelt.append(character if digit is None else str(digit))
    return "".join(spelt)


def _is_dialled_as_it_is(spelt: str, home_region: str) -> bool:
    if _SHORT_CODE.fullmatch(spelt):
        return True
    return (
        not spelt.startswith("+")
        and SHORTEST_CODE_DIGITS <= len(spelt) <= LONGEST_ADDRESS_DIGITS
        and spelt.startswith(SERVICE_PREFIXES.get(home_region, ("none",)))
    )


def _e164(spelt: str, home_region: str) -> str | Mistake:
    try:
        number = phonenumbers.parse(spelt, home_region)
    except phonenumbers.NumberParseException as error:
        return _unparsed(int(error.error_type))
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.TOO_SHORT:
            return Mistake("/to", "problem.recipient-too-short")
        case phonenumbers.ValidationResult.TOO_LONG:
            return Mistake("/to", "problem.recipient-too-long")
        case phonenumbers.ValidationResult.INVALID_COUNTRY_CODE:
            return Mistake("/to", "problem.recipient-country-code")
        case (
            phonenumbers.ValidationResult.INVALID_LENGTH
            | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
        ):
            return Mistake("/to", "problem.recipient-no-number")
        case _:
            kept = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
            # Zeros (000000000) of which one is taken away as a prefix each time it is read are no number at all.
            lasts = not number.italian_leading_zero or kept == spelt or _e164(kept, home_region) == kept
            return kept if lasts else Mistake("/to", "problem.recipient-no-number")


def _unparsed(error_type: int) -> Mistake:
    match error_type:
        case phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return Mistake("/to", "problem.recipient-country-code")
        case phonenumbers.NumberParseException.TOO_LONG:
            return Mistake("/to", "problem.recipient-too-long")
        case (
            phonenumbers.NumberParseException.TOO_SHORT_NSN
            | phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD
        ):
            return Mistake("/to", "problem.recipient-too-short")
        case _:
            return Mistake("/to", "problem.recipient-no-number")
