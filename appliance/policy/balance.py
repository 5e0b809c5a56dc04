"""What a carrier's answer says of the money on a SIM, and when it is time to ask.

Amounts are integers of the smallest unit of their currency (fen, cent): money is never a float.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

LONGEST_ANSWER = 2000
"""Characters of an answer that are looked at; three times what ten parts can carry."""

HOUR_MS = 3_600_000

EMPTY_SIGNS = frozenset({21, 30, 50})
"""``+CMS ERROR`` that prepaid SIMs get when they ran out: rejected, unknown subscriber, not subscribed (27.005 §3.2.5).
Field knowledge: any of them may mean something else, so the balance is asked for and nothing is concluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRules:
    """When the box asks of its own accord."""

    every_h: int = 24
    """Between two questions of one SIM; 0: only when a person asks or the SIM seems empty."""
    from_hour: int = 8
    to_hour: int = 20
    """Local hours outside of which the box does not ask by itself."""
    tries: int = 3
    """Questions sent for one reading before it is given up."""
    retry_after_min: int = 30
    warn_below: int = 5
    """In whole units of the currency: below it a SIM that has no threshold of its own is warned about."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Money, as an integer of the smallest unit."""

    units: int
    currency: str
    decimals: int

    def __str__(self) -> str:
        return f"{spelt(self.units, self.decimals)} {self.currency}"


def spelt(units: int, decimals: int) -> str:
    """``1234`` with two decimals is ``12.34``."""
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(decimals + 1, "0")
    return f"{sign}{digits[: len(digits) - decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


_MINUS = "-−－﹣–"
_SEPARATED = re.compile(rf"([{_MINUS}]?)([0-9][0-9,.' \u00a0]*)")


def read_amount(text: str, decimals: int) -> int | None:
    """The smallest units that a spelling of a number means, or None where it is none.

    ``1,234.56``, ``1.234,56``, ``1 234.56`` and ``１２３４．５６`` are 123456 with two decimals. One comma with three
    digits after it parts thousands, one point is a decimal point; what is finer than the smallest unit is cut off.
    """
    found = _SEPARATED.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    sign, number = found.groups()
    number = re.sub(r"[ '\u00a0]", "", number).rstrip(",.")
    whole, fraction = _parted(number)
    if not whole.isdigit() or (fraction and not fraction.isdigit()) or len(whole) > 15:
        return None
    units = int(whole + fraction[:decimals].ljust(decimals, "0"))
    return -units if sign else units


def _parted(number: str) -> tuple[str, str]:
    """The digits before and after the decimal sign, without what parts thousands."""
    last = max(number.rfind(","), number.rfind("."))
    if last < 0:
        return number, ""
    sign, other = number[last], "," if number[last] == "." else "."
    whole, fraction = number[:last], number[last + 1 :]
    parts_thousands = sign in whole or (sign == "," and other not in whole and len(fraction) == 3)
    if parts_thousands:
        return re.sub("[,.]", "", number), ""
    return re.sub("[,.]", "", whole), fraction


# -- an answer without a pattern: the amount is known by the words around it ---------------------------------

_CURRENCY = r"¥|\$|€|£|₽|₹|CNY|RMB|USD|EUR|GBP|RUB|INR|HKD"
# Every repetition is possessive, so that no text takes longer than its length.
_NUMBER = (
    r"[0-9]{1,3}(?:[ ,'][0-9]{3})++(?:\.[0-9]++)?|[0-9]{1,3}(?:\.[0-9]{3})++,[0-9]++|[0-9]++(?:[.,][0-9]++)?"
)
_CANDIDATE = re.compile(
    rf"(?<![0-9A-Za-z])(?<![0-9][-:/.])([{_MINUS}]?) ?({_CURRENCY})? ?([{_MINUS}]?)({_NUMBER})"
    rf"(?: ?(元|圆|块|yuan|руб|р\.|r\b|{_CURRENCY}))?",
    re.IGNORECASE,
)
_NO_MONEY_AFTER = re.compile(
    r"\s?(?:年|月|日|号|时|点|分钟|分(?!之)|秒|条|天|小时|折|次|个|兆|积分|%|[-:/][0-9]"
    r"|(?:[kmg]b?|mins?|minutes?|sms|days?|hours?|h|points?)\b)",
    re.IGNORECASE,
)
_BALANCE_WORDS = (
    re.compile(r"可用余额|可用金额|available (?:balance|credit)", re.IGNORECASE),
    re.compile(r"余额|结余|余款|balance|balans|баланс|saldo|guthaben|credit", re.IGNORECASE),
)
_DEBT_WORDS = re.compile(r"欠费|欠款|debt|you owe|overdue", re.IGNORECASE)
_OTHER_MATTER_BEFORE = re.compile(
    r"(?:冻结|赠送|赠款|流量|积分|套餐|专用|bonus|data|sms|points)\W*$", re.IGNORECASE
)
_OTHER_MATTER = re.compile(
    r"充值|缴费|交费|消费|不足|低于|套餐|已用|流量|冻结|赠送|top.?up|recharge|less than|below|bonus",
    re.IGNORECASE,
)
_END_OF_SENTENCE = re.compile(r"[。;!?\n]")  # after NFKC, which makes ； a ;
_REACH = 40
"""Characters between a word and the amount that it is about."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    units: int
    has_currency: bool


def find_amount(text: str, decimals: int) -> int | None:
    """The balance that a carrier's answer tells, in smallest units; None where that is not clear.

    What can be spent counts before the whole balance; "欠费 3.20 元" is -320. Of several amounts without a word for
    the balance none is taken: a wrong number is worse than none.
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST_ANSWER])
    candidates = tuple(_candidates(plain, decimals))
    for words in _BALANCE_WORDS:
        units = _said_after(plain, words, candidates)
        if units is not None:
            return units
    owed = _said_after(plain, _DEBT_WORDS, candidates)
    if owed is not None:
        return -abs(owed)
    in_currency = [each for each in candidates if each.has_currency]
    if len(in_currency) != 1 or _OTHER_MATTER.search(plain, 0, in_currency[0].start):
        return None
    return in_currency[0].units


def _candidates(plain: str, decimals: int) -> Iterable[_Candidate]:
    for found in _CANDIDATE.finditer(plain):
        minus, before, inner_minus, number, after = found.groups()
        end = found.end(4)
        if not after and _NO_MONEY_AFTER.match(plain, end):
            continue
        units = read_amount(number, decimals)
        if units is not None:
            negative = bool(minus or inner_minus)
            yield _Candidate(found.start(), -units if negative else units, bool(before or after))


def _said_after(plain: str, words: re.Pattern[str], candidates: tuple[_Candidate, ...]) -> int | None:
    for word in words.finditer(plain):
        if _OTHER_MATTER_BEFORE.search(plain, max(0, word.start() - 12), word.start()):
            continue
        first = next((each for each in candidates if each.start >= word.end()), None)
        if first is None or first.start - word.end() > _REACH:
            continue
        between = (plain, word.end(), first.start)
        if not _OTHER_MATTER.search(*between) and not _END_OF_SENTENCE.search(*between):
            return first.units
    return None


# -- time -----------------------------------------------------------------------------------------------------


def daytime_from(now_ms: int, zone: tzinfo, from_hour: int, to_hour: int) -> int:
    """``now_ms`` where it is between the two local hours, else the next instant at which it is."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    if from_hour <= now.hour < to_hour:
        return now_ms
    day = now if now.hour < from_hour else now + timedelta(days=1)
    opens = day.replace(hour=from_hour, minute=0, second=0, microsecond=0)
    return int(opens.timestamp() * 1000)


def asked_next_ms(
    last_asked_ms: int | None, first_seen_ms: int, at_most_every_h: int, rules: BalanceRules
) -> int | None:
    """When a SIM is asked by the schedule; None: never. A new SIM is left alone for its first such time."""
    if rules.every_h <= 0:
        return None
    since_ms = first_seen_ms if last_asked_ms is None else last_asked_ms
    return since_ms + max(rules.every_h, at_most_every_h) * HOUR_MS


def is_low(units: int, low_below: int | None) -> bool:
    """Whether a balance is below its threshold; without one it never is."""
    return low_below is not None and units < low_below
