"""CDMA modems of every kind, from the queue over the air to a handset, and back as a delivery report and a reply."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from appliance.modem.cdma.text_plan import plan_cdma_text
from appliance.store import ports
from tests.bank import Bank, running_bank
from tests.pool.pools import DELIVERED, Box, box, numbers

KINDS = ("huawei-ec122", "huawei-mc509", "qualcomm-cdma", "multitech-cdma")
WITHOUT_CARD = ("huawei-ec122", "qualcomm-cdma", "multitech-cdma")
HANDSET = "+8613912345678"
LONG = "您的订单已经发货，预计明天下午送到，请保持电话畅通。不在家时可以放在门卫处😀！" * 5
ENGLISH = "Your order 4711 is on its way; please keep your phone switched on. " * 4


def received(bank: Bank, number: str) -> list[str]:
    return [each["text"] for each in bank.messages(number) if each["direction"] == "in"]


def joined(texts: list[str]) -> str:
    """What a person reads who takes the marks for what they are."""
    return "".join(re.sub(r"^\(\d+/\d+\) ?", "", text) for text in texts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_text_goes_out_in_marked_messages_and_its_reports_and_reply_come_back(
    tmp_path: Path, kind: str
) -> None:
    with running_bank(tmp_path, modems=1, latency_ms=5, report_delay_ms=5, profiles=(kind,)) as bank:
        pool = box(tmp_path, bank)
        chinese, english = pool.submit([HANDSET, numbers(1)[0]], lambda number: (LONG, ENGLISH)[number])
        with pool.running():
            for seq in (chinese, english):
                pool.wait_for_state(seq, DELIVERED)
            bank.reply(HANDSET, bank.msisdn(0), "收到，不用送了")
            [reply] = pool.wait_for(pool.inbox)
            bank.reply(HANDSET, bank.msisdn(0), "OK\nthanks, 100%")
            pool.wait_for(lambda: len(pool.inbox()) == 2)
        texts = received(bank, HANDSET)
        assert texts == list(plan_cdma_text(LONG))
        assert texts[0].startswith(f"(1/{len(texts)})")
        assert joined(texts) == LONG
        assert joined(received(bank, numbers(1)[0])) == ENGLISH
        assert (reply["sender"], reply["text"], reply["kind"]) == (HANDSET, "收到，不用送了", "text")
        assert pool.inbox()[1]["text"] == "OK\nthanks, 100%"
        _parts_are_as_they_went(pool, chinese, len(texts))
        assert not pool.rows("SELECT 1 FROM delivery_reports WHERE part_id IS NULL")


def _parts_are_as_they_went(pool: Box, seq: int, count: int) -> None:
    [message] = pool.rows("SELECT parts_total FROM messages WHERE seq = ?", seq)
    parts = pool.rows("SELECT * FROM parts WHERE message_seq = ? ORDER BY number", seq)
    assert message["parts_total"] == count
    assert [part["number"] for part in parts] == list(range(1, count + 1))
    assert all(part["concat_reference"] is None and part["state"] == "delivered" for part in parts)
    assert all(0 <= part["tp_mr"] <= 65535 for part in parts)


@pytest.mark.parametrize("kind", WITHOUT_CARD)
def test_a_modem_without_a_card_is_known_by_its_own_number(tmp_path: Path, kind: str) -> None:
    with running_bank(tmp_path, modems=1, profiles=(kind,)) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready()
        [sim] = pool.rows("SELECT identity FROM sims")
        assert sim["identity"].startswith(("meid:", "esn:"))
        [modem] = pool.rows("SELECT imei, meid FROM modems")
        assert sim["identity"].endswith(modem["meid"])
        connection = pool.connection()
        [port] = ports.list_ports(connection)
        connection.close()
        assert (port.imei, port.meid) == (None, modem["meid"])
        assert (port.form or "").startswith("cdma-")


def test_all_kinds_beside_a_gsm_modem_share_the_work(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=5, latency_ms=10, profiles=(*KINDS, "generic")) as bank:
        pool = box(tmp_path, bank)
        recipients = numbers(25)
        with pool.running():
            pool.wait_until_ready(5)
            pool.submit(recipients, lambda number: f"{number}: " + LONG[: 10 + number * 7])
            pool.wait_until_all(DELIVERED)
        for number, recipient in enumerate(recipients):
            assert joined(received(bank, recipient)) == f"{number}: " + LONG[: 10 + number * 7]
        shares = pool.rows("SELECT count(DISTINCT sim_id) FROM messages")
        assert shares[0][0] == 5


def test_a_number_abroad_is_left_to_a_sim_that_reaches_it(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2, profiles=("huawei-ec122", "generic")) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready(2)
            seqs = pool.submit(["+4915112345678"] * 3, "guten Tag")
            for seq in seqs:
                pool.wait_for_state(seq, DELIVERED)
        assert received(bank, "+4915112345678") == ["guten Tag"] * 3


def test_where_no_sim_reaches_a_number_abroad_it_waits_and_says_why(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1, profiles=("huawei-mc509",)) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready()
            abroad, at_home = pool.submit(["+4915112345678", HANDSET], "hello")
            pool.wait_for_state(at_home, DELIVERED)
            pool.wait_for(lambda: pool.state(abroad)[1] == "message.cdma-abroad")
            assert pool.state(abroad)[0] == "queued"
        assert received(bank, HANDSET) == ["hello"]


def test_a_text_that_a_gsm_modem_takes_as_one_part_is_two_here(tmp_path: Path) -> None:
    text = "Réponse à votre demande: " + "é" * 100
    with running_bank(tmp_path, modems=1, profiles=("multitech-cdma",)) as bank:
        pool = box(tmp_path, bank)
        [seq] = pool.submit([HANDSET], text)
        assert pool.rows("SELECT parts_total FROM messages")[0][0] == 1
        with pool.running():
            pool.wait_for_state(seq, DELIVERED)
        assert joined(received(bank, HANDSET)) == text
        assert pool.rows("SELECT parts_total FROM messages")[0][0] == 2


def test_more_messages_than_the_box_allows_wait_for_a_sim_that_joins_them(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1, profiles=("huawei-ec122",)) as bank:
        pool = box(tmp_path, bank, most_parts=2)
        [seq] = pool.submit([HANDSET], "字" * 134)
        assert pool.rows("SELECT parts_total FROM messages")[0][0] == 2
        with pool.running():
            pool.wait_for(lambda: pool.state(seq)[1] == "message.cdma-too-many-parts")
        assert received(bank, HANDSET) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_lost_leaves_an_uncertain_message_that_its_report_settles(
    tmp_path: Path, kind: str
) -> None:
    with running_bank(tmp_path, modems=1, latency_ms=5, report_delay_ms=1500, profiles=(kind,)) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready()
            bank.fault(0, "lost-final")
            [seq] = pool.submit([HANDSET], "好的")
            pool.wait_for_state(seq, "uncertain")
            pool.wait_for_state(seq, DELIVERED)
        assert received(bank, HANDSET) == ["好的"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_is_none_of_acceptance(tmp_path: Path, kind: str) -> None:
    with running_bank(tmp_path, modems=1, profiles=(kind,)) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready()
            bank.fault(0, "cms", code=1)
            [seq] = pool.submit([HANDSET], "hello")
            pool.wait_for_state(seq, "failed")
        assert received(bank, HANDSET) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_arrived_while_nobody_looked_is_read_once_and_deleted(tmp_path: Path, kind: str) -> None:
    texts = [f"第{number}条：不要漏掉，业务" for number in range(5)]
    with running_bank(tmp_path, modems=1, profiles=(kind,)) as bank:
        for text in texts:
            bank.reply(HANDSET, bank.msisdn(0), text)
        bank.wait_for("mt-stored", len(texts))
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_for(lambda: len(pool.inbox()) == len(texts))
            pool.wait_for(lambda: bank.modem(0)["stored"] == 0 if "stored" in bank.modem(0) else True)
        with pool.running():
            pool.wait_until_ready()
        assert sorted(str(row["text"]) for row in pool.inbox()) == texts
