"""The main job as a person has it: `simloft run`, an application, the network, a handset, the inbox."""

from __future__ import annotations

import stat
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.bank import running_bank
from tests.box import Box, eventually, running_box

QUICK = "[simulated]\nmodems = {modems}\nlatency_ms = {latency}\nreport_delay_ms = {report}\n"


def quick(modems: int = 8, latency: int = 0, report: int = 20) -> str:
    return QUICK.format(modems=modems, latency=latency, report=report)


def received(box: Box, number: str) -> list[str]:
    """The whole texts that a handset has received."""
    messages = box.bank("handset_messages", number=number)["messages"]
    return [each["text"] for each in messages if each["direction"] == "in" and each["complete"]]


def test_a_message_goes_out_its_report_and_its_reply_come_back(tmp_path: Path) -> None:
    with running_box(tmp_path / "box", settings=quick(modems=2)) as box:
        text = "您的订单已发货，明天送到。" * 9 + "🚚"
        posted = box.post("+8613912345678", text)
        delivered = box.wait_for_state(posted["id"], "delivered")
        assert delivered["text"] == text
        assert delivered["parts_total"] == 2
        assert received(box, "+8613912345678") == [text]

        sender = box.bank("handset_messages", number="+8613912345678")["messages"][0]["from"]
        box.bank("handset_reply", number="+8613912345678", to=sender, text="收到，谢谢👍")
        reply = eventually(box.inbox, what="the reply in the inbox")[0]
        assert (reply["from"], reply["text"]) == ("+8613912345678", "收到，谢谢👍")


def test_the_first_key_is_left_for_its_owner_alone_and_nobody_else_gets_in(tmp_path: Path) -> None:
    with running_box(tmp_path / "box", settings=quick(modems=1)) as box:
        assert stat.S_IMODE((box.data / "first-api-key").stat().st_mode) == 0o600
        for path in ("/api/v1/messages", "/api/v1/inbox", "/api/v1/modems"):
            assert requests.get(f"{box.url}{path}", timeout=60).status_code == 401
        refused = requests.post(f"{box.url}/api/v1/messages", json={"to": "10086", "text": "x"}, timeout=60)
        assert refused.status_code == 401
        assert box.states() == Counter()


def test_every_message_of_many_arrives_exactly_once_and_byte_equal(tmp_path: Path) -> None:
    """The ledger of the network against the database: none lost, none doubled, none changed."""
    count = 400
    with running_box(tmp_path / "box", settings=quick()) as box:
        texts = {f"+86139{index:08d}": _text(index) for index in range(count)}
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda pair: box.post(*pair), texts.items()))
        eventually(lambda: box.states()["delivered"] == count, limit_s=90, what="all delivered")
        for number, text in texts.items():
            assert received(box, number) == [text], number
        used = Counter(entry["sim"]["iccid"] for entry in box.modems())
        assert len(used) == 8


def _text(index: int) -> str:
    kinds = (
        "Order {} is ready",
        "您的验证码是 {}，五分钟内有效",
        "长文本{}：" + "春眠不觉晓，" * 25,
        "€[{}]~ {{}}",
        "🎉{}" * 40,
    )
    return kinds[index % len(kinds)].format(*[index] * 40)


def test_a_pool_killed_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    count = 300
    with running_box(tmp_path / "box", settings=quick(latency=15)) as box:
        numbers = [f"+86138{index:08d}" for index in range(count)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda number: box.post(number, f"号码 {number}"), numbers))
        for share in (0.2, 0.5, 0.8):
            eventually(
                lambda share=share: box.states()["delivered"] > count * share, limit_s=60, what="progress"
            )
            box.kill("pool")
        # A report that the modem was just saying when the pool was killed is gone: its message stays "sent".
        settled = ("delivered", "sent", "uncertain")
        eventually(
            lambda: sum(box.states()[state] for state in settled) == count and not box.states()["sending"],
            limit_s=60,
            what="everything settled or uncertain",
        )
        assert box.states()["sent"] <= 3 * 8
        marked = {recipient for recipient, _, state in box.texts().values() if state == "uncertain"}
        for number in numbers:
            times = len(received(box, number))
            assert times == 1 or (number in marked and times == 0), (number, times)


def test_ctrl_c_awaits_what_is_under_way_and_leaves_nothing_uncertain(tmp_path: Path) -> None:
    with running_box(tmp_path / "box", settings=quick(modems=4, latency=700)) as box:
        box.wait_until_ready(4)
        for index in range(12):
            box.post(f"+861370000{index:04d}", "稍等")
        eventually(lambda: box.states()["sending"] == 4, what="four are under way")
        assert box.stop() == 0
        assert set(box.states()) <= {"queued", "sent", "delivered"}
        assert box.states()["queued"] < 12


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data = tmp_path / "box"
    with running_box(data, settings=quick(modems=1, latency=200)) as box:
        ids = [box.post("+8613800000001", f"第 {index} 条")["id"] for index in range(5)]
        assert box.stop() == 0
    with running_box(data, settings=quick(modems=1)) as box:
        for each in ids:
            box.wait_for_state(each, "delivered", "sent", "uncertain")
        assert box.api.get(f"{box.url}/api/v1/messages", timeout=60).ok


def test_a_box_that_was_killed_starts_again_at_once_and_awaits_what_was_under_way(tmp_path: Path) -> None:
    """SIGKILL to `simloft run`: its pool still gets the answers of the network, the next one waits for that."""
    with running_bank(tmp_path, modems=4, latency_ms=1500) as bank:
        data = tmp_path / "box"
        with running_box(data, ports=bank.ports) as box:
            box.wait_until_ready(4)
            ids = [box.post(f"+861380000000{index}", f"第 {index} 条")["id"] for index in range(8)]
            eventually(lambda: box.states()["sending"] == 4, what="four are under way")
            box.process.kill()
            box.process.wait()
        with running_box(data, ports=bank.ports) as box:
            for each in ids:
                box.wait_for_state(each, "sent", "delivered")
        texts = Counter(message.text for message in bank.handset_texts())
        assert texts == Counter(f"第 {index} 条" for index in range(8))
