"""Whose a SIM is; the built-in table; edits, and what is wrong with them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.desk import carriers
from appliance.desk.carrier_fields import members_of, read_carrier
from appliance.desk.mistake import Refusal
from appliance.desk.patterns import PatternError, PatternFault, check, search
from appliance.policy.carriers import BalanceQuery, Carrier, QueryMethod, carrier_of, is_among
from appliance.store import carriers as stored_carriers
from appliance.store.database import connect, prepare
from appliance.store.writer import GroupCommitWriter
from tests.money.desks import PERSON
from tests.store.stored import NOW_MS

GOOD = {
    "name": "Carrier",
    "imsi": ["46099"],
    "currency": "CNY",
    "low_balance": "5.00",
    "queries": [{"method": "sms", "to": "10086", "text": "YE", "pattern": "余额(?P<amount>[0-9.]+)元"}],
}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "simloft.db"
    prepare(path)
    return path


@pytest.fixture
def writer(database: Path) -> Iterator[GroupCommitWriter]:
    with contextlib.closing(GroupCommitWriter(database)) as made:
        yield made


@pytest.mark.parametrize(
    ("imsi", "iccid", "carrier_id"),
    [
        ("460001234567890", None, "china-mobile"),
        ("460110000000000", None, "china-telecom"),
        ("460090000000000", None, "china-unicom"),
        ("460150000000000", None, "china-broadnet"),
        (None, "89860012345678901234", "china-mobile"),
        (None, "89860312345678901234", "china-telecom"),
        (None, "89861112345678901234", "china-telecom"),
        (None, "89860612345678901234", "china-unicom"),
        (None, "89861512345678901234", "china-broadnet"),
        # A card of one issuer with a subscription of another: the subscription has the account.
        ("460010000000000", "89860012345678901234", "china-unicom"),
        # An IMSI that the table does not know: the card's issuer is the best guess.
        ("999990000000000", "89860012345678901234", "china-mobile"),
        ("250011234567890", None, "mts-ru"),
        (None, None, None),
        ("", "", None),
        ("310260000000000", "8901260000000000000", None),
    ],
)
def test_whose_a_sim_is(imsi: str | None, iccid: str | None, carrier_id: str | None) -> None:
    found = carrier_of(imsi, iccid, carriers.built_in())
    assert (found.id if found else None) == carrier_id


def test_the_longest_prefix_wins() -> None:
    short = Carrier(id="short", name="short", imsi_prefixes=("310",))
    long = Carrier(id="long", name="long", imsi_prefixes=("310260",))
    assert carrier_of("310260123456789", None, [short, long]) is long
    assert carrier_of("310410123456789", None, [long, short]) is short


def test_no_prefix_is_claimed_twice_in_the_built_in_table() -> None:
    known = carriers.built_in()
    prefixes = [prefix for each in known for prefix in (*each.imsi_prefixes, *each.iccid_prefixes)]
    assert len(prefixes) == len(set(prefixes))
    assert {each.currency for each in known if each.id.startswith("china-")} == {"CNY"}


def test_what_is_built_in_is_good_by_the_rules_for_what_people_write() -> None:
    for each in carriers.built_in():
        assert read_carrier(each.id, members_of(each)) == each


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": " "}, "/name", "problem.carrier-name"),
        ({"name": 5}, "/name", "problem.field-text"),
        ({"imsi": ["46o"]}, "/imsi/0", "problem.carrier-prefix"),
        ({"imsi": "46000"}, "/imsi", "problem.carrier-list"),
        ({"iccid": [898600]}, "/iccid/0", "problem.carrier-prefix"),
        ({"currency": "yuan"}, "/currency", "problem.carrier-currency"),
        ({"decimals": 9}, "/decimals", "problem.field-range"),
        ({"decimals": True}, "/decimals", "problem.field-whole-number"),
        ({"low_balance": "five"}, "/low_balance", "problem.amount"),
        ({"low_balance": 5.0}, "/low_balance", "problem.amount"),
        ({"keep_alive_days": -1}, "/keep_alive_days", "problem.field-range"),
        ({"colour": "red"}, "/colour", "problem.field-unknown"),
        ({"queries": {}}, "/queries", "problem.carrier-list"),
        ({"queries": ["YE"]}, "/queries/0", "problem.carrier-query"),
        ({"queries": [{"method": "fax"}]}, "/queries/0/method", "problem.carrier-method"),
        ({"queries": [{"method": "ussd", "code": "100"}]}, "/queries/0/code", "problem.carrier-code"),
        ({"queries": [{"method": "ussd"}]}, "/queries/0/code", "problem.field-missing"),
        (
            {"queries": [{"method": "sms", "to": "+8613912345678", "text": "YE"}]},
            "/queries/0/to",
            "problem.carrier-to",
        ),
        ({"queries": [{"method": "sms", "to": "10086"}]}, "/queries/0/text", "problem.field-missing"),
        (
            {"queries": [{"method": "sms", "to": "10086", "text": "YE", "from": ["*"]}]},
            "/queries/0/from/0",
            "problem.carrier-sender",
        ),
        (
            {"queries": [{"method": "ussd", "code": "*100#", "pattern": "("}]},
            "/queries/0/pattern",
            "problem.pattern-broken",
        ),
        (
            {"queries": [{"method": "ussd", "code": "*100#", "pattern": "[0-9]+"}]},
            "/queries/0/pattern",
            "problem.pattern-no-group",
        ),
        (
            {"queries": [{"method": "ussd", "code": "*100#", "pattern": f"(?P<amount>{'1' * 300})"}]},
            "/queries/0/pattern",
            "problem.pattern-too-long",
        ),
        (
            {"queries": [{"method": "ussd", "code": "*100#", "pattern": "(?P<amount>([0-9]+)+)x"}]},
            "/queries/0/pattern",
            "problem.pattern-too-slow",
        ),
        (
            {"queries": [{"method": "ussd", "code": "*100#", "wait_s": 0}]},
            "/queries/0/wait_s",
            "problem.field-range",
        ),
    ],
)
def test_a_mistake_says_its_field_and_reason(change: dict[str, object], pointer: str, code: str) -> None:
    read = read_carrier("mine", {**GOOD, **change})
    assert isinstance(read, Refusal)
    assert (pointer, code) in [(each.pointer, each.code) for each in read.mistakes]


def test_every_mistake_is_told_at_once() -> None:
    read = read_carrier("No Good", {"name": "", "currency": "x", "queries": [{"method": "fax"}, 3]})
    assert isinstance(read, Refusal)
    assert len(read.mistakes) >= 5


def test_an_edit_overrides_what_is_built_in_and_a_reset_takes_it_back(
    database: Path, writer: GroupCommitWriter
) -> None:
    edited = carriers.set_carrier(writer, PERSON, "china-mobile", GOOD, now_ms=NOW_MS)
    assert isinstance(edited, Carrier)
    assert edited.low_below == 500
    with contextlib.closing(connect(database, read_only=True)) as reader:
        entry = carriers.entry_of(carriers.table(reader), "china-mobile")
        assert entry is not None
        assert (entry.carrier, entry.is_built_in, entry.is_edited) == (edited, True, True)
        assert carriers.reset_carrier(writer, PERSON, "china-mobile", now_ms=NOW_MS)
        assert not carriers.reset_carrier(writer, PERSON, "china-mobile", now_ms=NOW_MS)
        again = carriers.entry_of(carriers.table(reader), "china-mobile")
        assert again is not None
        assert not again.is_edited
        assert again.carrier in carriers.built_in()


def test_a_carrier_that_is_added_goes_before_a_built_in_one_with_the_same_prefix(
    database: Path, writer: GroupCommitWriter
) -> None:
    carriers.set_carrier(writer, PERSON, "reseller", {"name": "Reseller", "imsi": ["46000"]}, now_ms=NOW_MS)
    with contextlib.closing(connect(database, read_only=True)) as reader:
        entries = carriers.table(reader)
    weighed = sorted(entries, key=lambda each: not each.is_edited)
    found = carrier_of("460001234567890", None, [each.carrier for each in weighed])
    assert found is not None
    assert found.id == "reseller"


def test_nothing_is_stored_where_a_field_is_wrong(database: Path, writer: GroupCommitWriter) -> None:
    assert isinstance(carriers.set_carrier(writer, PERSON, "x", {"name": ""}, now_ms=NOW_MS), Refusal)
    with contextlib.closing(connect(database, read_only=True)) as reader:
        assert stored_carriers.definitions(reader) == {}


def test_an_edit_that_this_release_can_not_read_leaves_the_built_in_one(
    database: Path, writer: GroupCommitWriter
) -> None:
    writer.write_blocking(
        lambda connection: stored_carriers.put(
            connection, "china-mobile", {"name": "x", "of_a_newer_release": 1}, by="", now_ms=NOW_MS
        )
    )
    with contextlib.closing(connect(database, read_only=True)) as reader:
        entry = carriers.entry_of(carriers.table(reader), "china-mobile")
    assert entry is not None
    assert entry.carrier in carriers.built_in()


@pytest.mark.parametrize(
    ("sender", "allowed", "is_answer"),
    [
        ("10086", (), True),
        ("10010", (), False),
        ("1008611", ("10086*",), True),
        ("+8610086", ("10086*",), False),
        ("10086", ("10086*",), True),
        ("100861", ("10086",), False),
    ],
)
def test_who_may_answer(sender: str, allowed: tuple[str, ...], is_answer: bool) -> None:
    query = BalanceQuery(method=QueryMethod.SMS, to="10086", text="YE", senders=allowed)
    assert is_among(sender, query) == is_answer


def test_a_pattern_catches_the_amount_and_only_within_its_time() -> None:
    assert search("余额(?P<amount>[0-9.]+)元", "您的余额12.5元") == "12.5"
    assert search("余额(?P<amount>[0-9.]+)元", "hello") is None
    with pytest.raises(PatternError) as caught:
        search("(?P<amount>(a+)+)b", "a" * 100)
    assert caught.value.fault is PatternFault.TOO_SLOW


def test_a_pattern_whose_group_takes_no_part_catches_nothing() -> None:
    pattern = "hello|(?P<amount>[0-9]+)"
    check(pattern)
    assert search(pattern, "hello") is None
