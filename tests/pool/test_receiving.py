"""What arrives: stored before it is deleted, once, whole, labelled, whatever the modem and the sender do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.modem.sms import (
    Address,
    Alphabet,
    Concatenation,
    Deliver,
    InformationElement,
    Ports,
    StatusReport,
    Timestamp,
    UserData,
    encode_pdu,
    general_dcs,
)
from appliance.pool.filing import FilingRules, file_received, show_overdue
from appliance.pool.received import GAP, ReceivedPart, delivery_of, kind_of, read_received
from appliance.store.database import connect
from appliance.store.inbound import InboundKind
from appliance.store.life import Delivery
from appliance.store.matching import Report
from tests.bank import running_bank
from tests.pool.pools import QUICK_TIMINGS, box, numbers
from tests.store.stored import NOW_MS, add_sim, watched_database

ALICE = "+8613912345678"
STAMP = Timestamp.from_datetime(datetime(2025, 11, 24, 8, 0, tzinfo=UTC))
HOUR_MS = 3_600_000


def deliver(text: str, *, place: Concatenation | None = None, hours: int = 0, **fields: object) -> Deliver:
    elements = () if place is None else (place.element(),)
    made = Deliver(
        Address.from_text(ALICE),
        Timestamp.from_datetime(datetime(2025, 11, 24, 8 + hours, 0, tzinfo=UTC)),
        UserData.from_text(text, Alphabet.UCS2, elements),
        general_dcs(Alphabet.UCS2),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def pdu(tpdu: Deliver | StatusReport) -> str:
    return encode_pdu(tpdu).hex


class Filed:
    """An inbox that a test files TPDUs into."""

    RULES = FilingRules(incomplete_after_ms=HOUR_MS, joined_within_ms=48 * HOUR_MS)

    def __init__(self, tmp_path: Path) -> None:
        self.connection = connect(watched_database(tmp_path / "simloft.db"))
        self.sim_id = add_sim(self.connection, 1)[0]
        self.now_ms = NOW_MS

    def read(self, *tpdus: Deliver | str) -> list[bool]:
        """File each; whether each was new."""
        new = []
        for tpdu in tpdus:
            received = read_received(tpdu if isinstance(tpdu, str) else pdu(tpdu), self.now_ms)
            assert isinstance(received, ReceivedPart)
            new.append(file_received(self.connection, self.sim_id, received, self.now_ms, self.RULES))
        return new

    def inbox(self) -> list[tuple[str | None, int, str]]:
        """Text, completeness and kind of each message."""
        rows = self.connection.execute("SELECT text, complete, kind FROM inbound_messages ORDER BY seq")
        return [(row[0], row[1], row[2]) for row in rows]

    def waiting(self) -> int:
        row = self.connection.execute(
            "SELECT count(*) FROM inbound_parts WHERE message_seq IS NULL"
        ).fetchone()
        return int(row[0])


@pytest.fixture
def filed(tmp_path: Path) -> Filed:
    return Filed(tmp_path)


def parts(*texts: str, reference: int = 7, hours: int = 0, bits: int = 8) -> list[Deliver]:
    return [
        deliver(text, place=Concatenation(reference, len(texts), number, bits), hours=hours)
        for number, text in enumerate(texts, 1)
    ]


class TestLongMessages:
    def test_parts_are_joined_in_their_order_however_they_come(self, filed: Filed) -> None:
        one, two, three = parts("一", "二", "三")
        filed.read(three, one)
        assert filed.inbox() == []
        filed.read(two)
        assert filed.inbox() == [("一二三", 1, "text")]
        assert filed.waiting() == 0

    def test_a_part_that_comes_twice_counts_once(self, filed: Filed) -> None:
        one, two = parts("一", "二")
        again = replace(one, timestamp=Timestamp.from_datetime(datetime(2025, 11, 24, 8, 5, tzinfo=UTC)))
        assert filed.read(one, one, again, two, again) == [True, False, True, True, False]
        assert filed.inbox() == [("一二", 1, "text")]
        assert filed.waiting() == 0, "its double belongs to it"

    def test_a_double_that_comes_when_it_is_shown_makes_no_second_one(self, filed: Filed) -> None:
        one, two = parts("一", "二")
        filed.read(one, two)
        filed.read(replace(one, timestamp=Timestamp.from_datetime(datetime(2025, 11, 24, 8, 5, tzinfo=UTC))))
        filed.now_ms += 2 * HOUR_MS
        assert show_overdue(filed.connection, filed.now_ms, filed.RULES) == 0
        assert filed.inbox() == [("一二", 1, "text")]

    def test_a_reference_used_again_an_hour_later_mixes_nothing(self, filed: Filed) -> None:
        old_one, _, old_three = parts("旧一", "旧二", "旧三")
        filed.read(old_one, old_three)
        for part in reversed(parts("新一", "新二", "新三", hours=1)):
            filed.read(part)
        assert filed.inbox() == [("新一新二新三", 1, "text")]
        filed.now_ms += 2 * HOUR_MS
        assert show_overdue(filed.connection, filed.now_ms, filed.RULES) == 1
        assert filed.inbox()[1] == (f"旧一{GAP}旧三", 0, "text")

    def test_a_missing_part_is_waited_for_then_shown_as_missing_then_put_in(self, filed: Filed) -> None:
        one, two, three = parts("一", "二", "三")
        filed.read(one, three)
        filed.now_ms += HOUR_MS - 1
        assert show_overdue(filed.connection, filed.now_ms, filed.RULES) == 0
        filed.now_ms += 1
        assert show_overdue(filed.connection, filed.now_ms, filed.RULES) == 1
        assert show_overdue(filed.connection, filed.now_ms, filed.RULES) == 0
        assert filed.inbox() == [(f"一{GAP}三", 0, "text")]
        filed.now_ms += 20 * HOUR_MS
        filed.read(two)
        assert filed.inbox() == [("一二三", 1, "text")]

    def test_references_of_8_and_16_bits_are_no_relatives(self, filed: Filed) -> None:
        filed.read(parts("一", "二")[0], parts("甲", "乙", bits=16)[1])
        assert filed.inbox() == []
        filed.read(parts("一", "二")[1], parts("甲", "乙", bits=16)[0])
        assert [text for text, _, _ in filed.inbox()] == ["一二", "甲乙"]

    def test_an_emoji_that_its_sender_cut_in_two_comes_out_whole(self, filed: Filed) -> None:
        octets = "😀".encode("utf-16-be")
        halves = [
            deliver("", user_data=UserData(octets[at : at + 2], Alphabet.UCS2, bytes((0, 3, 9, 2, number))))
            for number, at in ((1, 0), (2, 2))
        ]
        filed.read(*halves)
        assert filed.inbox() == [("😀", 1, "text")]

    def test_another_sender_or_sim_is_another_message(self, filed: Filed) -> None:
        one, two = parts("一", "二")
        filed.read(one, replace(two, originator=Address.from_text("10086")))
        assert filed.inbox() == []


class TestKinds:
    @pytest.mark.parametrize(
        ("tpdu", "kind"),
        [
            (deliver("hello"), InboundKind.TEXT),
            (deliver("hello", dcs=general_dcs(Alphabet.UCS2, 0)), InboundKind.FLASH),
            (deliver("", user_data=UserData(b"\x01\x02", Alphabet.DATA8), dcs=4), InboundKind.BINARY),
            (deliver("", user_data=UserData(b""), dcs=0xC8), InboundKind.VOICEMAIL),
            (
                deliver("", user_data=UserData(b"hi", header=bytes((1, 2, 0x80, 1))), dcs=0),
                InboundKind.VOICEMAIL,
            ),
            (
                deliver("", user_data=UserData.from_data(b"\x01\x06", (Ports(2948, 9200).element(),)), dcs=4),
                InboundKind.WAP_PUSH,
            ),
            (
                deliver("", user_data=UserData(b"\x02", Alphabet.DATA8), dcs=0xF6, pid=0x7F),
                InboundKind.SIM_OTA,
            ),
            (
                deliver(
                    "", user_data=UserData.from_data(b"\x02", (InformationElement(0x70, b""),)), dcs=0xF6
                ),
                InboundKind.SIM_OTA,
            ),
        ],
    )
    def test_what_a_message_is(self, tpdu: Deliver, kind: InboundKind) -> None:
        assert kind_of(tpdu) is kind

    def test_data_is_kept_as_octets_and_shown_as_no_text(self, filed: Filed) -> None:
        filed.read(deliver("", user_data=UserData(b"\x01\xff", Alphabet.DATA8), dcs=4))
        row = filed.connection.execute("SELECT text, data, kind FROM inbound_messages").fetchone()
        assert tuple(row) == (None, "01FF", "binary")

    @pytest.mark.parametrize("octets", ["", "00", "07911326", "zz", "0011000B91"])
    def test_what_can_t_be_read_is_kept_as_it_came_and_once(self, filed: Filed, octets: str) -> None:
        assert filed.read(octets, octets) == [True, False]
        row = filed.connection.execute("SELECT text, data, kind, sender FROM inbound_messages").fetchone()
        assert tuple(row) == (None, octets, "unreadable", "")

    def test_a_status_report_is_a_report_wherever_it_lies(self) -> None:
        report = StatusReport(214, Address.from_text(ALICE), STAMP, STAMP, 0x46)
        found = read_received(pdu(report), NOW_MS)
        assert isinstance(found, Report)
        assert (found.tp_mr, found.recipient, found.delivery) == (214, ALICE, Delivery.EXPIRED)
        assert found.scts_at_ms == int(datetime(2025, 11, 24, 8, 0, tzinfo=UTC).timestamp() * 1000)

    def test_every_status_has_a_meaning(self) -> None:
        assert {delivery_of(status) for status in range(256)} == set(Delivery)
        assert delivery_of(0x00) is delivery_of(0x02) is Delivery.DELIVERED
        assert delivery_of(0x01) is Delivery.UNCONFIRMED
        assert delivery_of(0x25) is Delivery.STILL_TRYING
        assert delivery_of(0x63) is delivery_of(0xE0) is Delivery.GIVEN_UP


PROFILES = ("generic", "huawei-e173", "quectel-ec25", "simcom-sim800", "wavecom-q24")


class TestThroughAModem:
    @pytest.mark.parametrize("profile", PROFILES)
    def test_messages_and_reports_come_through_every_make(self, tmp_path: Path, profile: str) -> None:
        long = "长消息，" * 60 + "完"
        with running_bank(tmp_path, modems=1, profiles=(profile,)) as bank:
            pool = box(tmp_path, bank)
            [seq] = pool.submit(numbers(1), long)
            with pool.running():
                pool.wait_for_state(seq, "delivered")
                own = bank.modem(0)["msisdn"]
                bank.reply(ALICE, own, "收到，谢谢👍")
                bank.reply(ALICE, own, long)
                pool.wait_for(lambda: len(pool.inbox()) == 2)
                pool.wait_for(lambda: not any(each["used"] for each in bank.modem(0)["memories"].values()))
            assert [(row["sender"], row["text"], row["complete"]) for row in pool.inbox()] == [
                (ALICE, "收到，谢谢👍", 1),
                (ALICE, long, 1),
            ]

    def test_what_came_while_the_pool_was_away_is_read_at_its_start(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1) as bank:
            pool = box(tmp_path, bank)
            with pool.running():
                pool.wait_until_ready()
            for index in range(12):
                bank.reply(ALICE, bank.msisdn(0), f"第 {index} 条")
            bank.wait_for("mt-stored", 1)
            with pool.running():
                pool.wait_for(lambda: len(pool.inbox()) == 12)
            assert [row["text"] for row in pool.inbox()] == [f"第 {index} 条" for index in range(12)]

    def test_messages_come_in_while_others_go_out(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=4, latency_ms=5, report_delay_ms=5) as bank:
            bank.control("auto_reply", text="回：{text}")
            bank.control("settings", reply_delay_ms=10)
            pool = box(tmp_path, bank)
            pool.submit(numbers(80), lambda index: f"问题 {index}")
            with pool.running():
                pool.wait_until_all("delivered")
                pool.wait_for(lambda: len(pool.inbox()) >= 80)
            assert sorted(row["text"] for row in pool.inbox()) == sorted(
                f"回：问题 {index}" for index in range(80)
            )

    def test_a_message_between_two_sims_of_the_box_arrives(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=2) as bank:
            pool = box(tmp_path, bank)
            with pool.running():
                pool.wait_until_ready(2)
                [seq] = pool.submit([bank.msisdn(1)], "loop test")
                pool.wait_for_state(seq, "delivered")
                pool.wait_for(pool.inbox)
            assert [row["text"] for row in pool.inbox()] == ["loop test"]

    def test_a_full_memory_is_emptied_and_reception_goes_on(self, tmp_path: Path) -> None:
        config = "[[modem]]\nprofile = 'generic'\nsm_capacity = 5\n"
        with running_bank(tmp_path, modems=1, config=config) as bank:
            pool = box(tmp_path, bank)
            for index in range(40):
                bank.reply(ALICE, bank.msisdn(0), f"第 {index} 条")
            with pool.running():
                pool.wait_for(lambda: len(pool.inbox()) == 40)
            assert {row["text"] for row in pool.inbox()} == {f"第 {index} 条" for index in range(40)}

    def test_an_incomplete_message_is_shown_after_its_time(self, tmp_path: Path) -> None:
        rules = FilingRules(incomplete_after_ms=300)
        with running_bank(tmp_path, modems=1) as bank:
            pool = box(tmp_path, bank, filing=rules, timings=QUICK_TIMINGS)
            with pool.running():
                pool.wait_until_ready()
                received = read_received(pdu(parts("一", "二")[0]), NOW_MS)
                assert isinstance(received, ReceivedPart)
                connection = pool.connection()
                file_received(connection, 1, received, NOW_MS, rules)
                connection.close()
                pool.wait_for(pool.inbox)
            assert [(row["text"], row["complete"]) for row in pool.inbox()] == [(f"一{GAP}", 0)]
