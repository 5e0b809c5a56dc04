"""The control socket of a running bank: every op, and whatever else is thrown at it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from appliance.modem.sms import Address, encode_pdu, plan_text, submits
from tests.bank import Bank, BankError, running_bank

HANDSET = "+8613912345678"
LONG = "您好，您预订的商品已到店。" * 8


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with running_bank(tmp_path, modems=2, latency_ms=0, report_delay_ms=0) as running:
        yield running


def send(bank: Bank, text: str, to: str = HANDSET) -> None:
    """Sends a text by the first modem, as plainly as can be."""
    with serial.Serial(bank.ports[0], timeout=5) as line:
        line.write(b"\x1bATE0+CMEE=1\r")
        line.read_until(b"OK\r\n")
        line.reset_input_buffer()
        for submit in submits(plan_text(text), Address.from_text(to), reference=5):
            pdu = encode_pdu(submit)
            line.write(f"AT+CMGS={pdu.tpdu_length}\r".encode())
            assert line.read_until(b"> ").endswith(b"> ")
            line.write(f"{pdu.hex}\x1a".encode())
            answer = line.read_until(b"OK\r\n")
            assert answer.endswith(b"OK\r\n"), answer


def test_modems_tell_who_they_are(bank: Bank) -> None:
    first, second = bank.control("modems")
    assert first["modem"] == "modem01"
    assert first["port"] == bank.ports[0]
    assert first["registered"] is True
    assert first["sim"] == "READY"
    assert first["memories"]["SM"] == {"used": 0, "total": 50}
    assert first["iccid"] != second["iccid"]
    send(bank, LONG)
    assert bank.modem(0)["sent"] == 2


def test_a_conversation_with_a_handset(bank: Bank) -> None:
    send(bank, LONG)
    (message,) = bank.wait_for_messages(HANDSET)
    assert message["text"] == LONG
    assert (message["parts_total"], message["parts_received"], message["complete"]) == (2, 2, True)
    assert (message["from"], message["to"], message["direction"]) == (bank.msisdn(0), HANDSET, "in")

    bank.reply("13912345678", bank.msisdn(0).removeprefix("+86"), "好的")
    bank.wait_for("mt-stored")
    assert bank.modem(0)["received"] == 1
    (entry,) = bank.control("handsets")
    assert entry["number"] == HANDSET
    assert (entry["received"], entry["sent"], entry["unread"], entry["last_text"]) == (1, 1, 0, "好的")


def test_unread_until_looked_at(bank: Bank) -> None:
    send(bank, "在吗")
    bank.wait_for("delivered")
    assert bank.control("handsets")[0]["unread"] == 1
    bank.control("handset_messages", number=HANDSET, keep_unread=True)
    assert bank.control("handsets")[0]["unread"] == 1
    (message,) = bank.control("handset_messages", number=HANDSET, with_tpdus=True)["messages"]
    assert message["tpdus"][0].startswith("2100")
    assert bank.control("handsets")[0]["unread"] == 0


def test_a_handset_that_nobody_wrote_to_has_no_messages(bank: Bank) -> None:
    assert bank.control("handset_messages", number="10086") == {"number": "10086", "messages": []}
    assert bank.control("handsets") == []


def test_automatic_replies_on_and_off(bank: Bank) -> None:
    bank.control("settings", reply_delay_ms=0)
    assert bank.control("auto_reply", text="收到") == {"number": None, "text": "收到"}
    assert bank.control("auto_reply", number="13800000000", text=None) == {
        "number": "+8613800000000",
        "text": None,
    }
    send(bank, "在吗")
    send(bank, "在吗", "+8613800000000")
    bank.wait_for("mt-stored")
    assert [message["direction"] for message in bank.messages(HANDSET)] == ["in", "out"]
    assert [message["direction"] for message in bank.messages("+8613800000000")] == ["in"]


def test_settings_are_shown_and_changed(bank: Bank) -> None:
    before = bank.control("settings")
    assert before["latency_ms"] == 0
    after = bank.control("settings", latency_ms=1500, error_rate=0.25, error_code=41)
    assert after == {**before, "latency_ms": 1500, "error_rate": 0.25, "error_code": 41}
    with pytest.raises(BankError, match="between 0 and 1"):
        bank.control("settings", latency_ms=7, error_rate=2)
    assert bank.control("settings") == after


def test_a_refusal_asked_for(bank: Bank) -> None:
    bank.fault(0, "cms", code=21)
    with pytest.raises(AssertionError, match="CMS ERROR: 21"):
        send(bank, "在吗")
    send(bank, "在吗")
    assert bank.control("ledger")["refused"] == 1


def test_a_fault_can_be_taken_back(bank: Bank) -> None:
    bank.fault(0, "cms", code=21, count=100)
    bank.fault(0, "mute")
    assert bank.modem(0)["hung"] is True
    bank.fault(0, "clear")
    send(bank, "在吗")


def test_the_fate_of_a_handset(bank: Bank) -> None:
    assert bank.control("handset_fate", number=HANDSET, status=70) == {"number": HANDSET, "status": 70}
    send(bank, "在吗")
    assert bank.messages(HANDSET) == []
    assert bank.control("ledger")["undelivered"] == 1
    bank.control("handset_fate", number=HANDSET, status=None)
    send(bank, "在吗")
    assert len(bank.messages(HANDSET)) == 1


def test_waiting_ends_with_the_event_or_the_time(bank: Bank) -> None:
    assert bank.control("wait", event="delivered", at_least=1, timeout_ms=50) == {
        "reached": False,
        "count": 0,
    }
    send(bank, "在吗")
    assert bank.control("wait", event="delivered", at_least=1) == {"reached": True, "count": 1}
    with pytest.raises(BankError, match="of 2 accepted"):
        bank.wait_for("accepted", 2, timeout_ms=50)


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({}, "op is missing"),
        ({"op": 7}, "op must be a text"),
        ({"op": "dance"}, "there is no op 'dance'"),
        ({"op": "handset_messages"}, "number is missing"),
        ({"op": "handset_messages", "number": 5}, "number must be a text"),
        ({"op": "handset_messages", "number": "1", "limit": 0}, "at least 1"),
        ({"op": "handset_messages", "number": "1", "limit": True}, "whole number"),
        (
            {"op": "handset_reply", "number": HANDSET, "to": "13700000000", "text": "hi"},
            "no SIM of this bank",
        ),
        ({"op": "handset_reply", "number": HANDSET, "to": "", "text": "hi"}, "to must be a number"),
        ({"op": "handset_reply", "number": HANDSET, "to": "1", "text": ""}, "text is empty"),
        ({"op": "handset_fate", "number": HANDSET, "status": 3}, "at least 32"),
        ({"op": "settings", "latency_ms": -1}, "at least 0"),
        ({"op": "settings", "latency_ms": "fast"}, "whole number"),
        ({"op": "fault", "modem": "modem99", "kind": "cms"}, "no modem 'modem99'"),
        ({"op": "fault", "modem": "modem01", "kind": "earthquake"}, "no kind 'earthquake'"),
        ({"op": "fault", "modem": "modem01", "kind": "cms"}, "code is missing"),
        ({"op": "wait", "event": "wedding"}, "no event 'wedding'"),
    ],
)
def test_a_wrong_request_is_answered_with_a_sentence(
    bank: Bank, request_: dict[str, Any], complaint: str
) -> None:
    answer = ask(bank, json.dumps(request_).encode())
    assert answer["ok"] is False
    assert complaint in answer["error"]


@pytest.mark.parametrize("line", [b"", b"{", b"[1]", b'"op"', b"\xff\xfe", b"[" * 100_000, b'{"op": "ping"'])
def test_what_is_no_request_is_answered_too(bank: Bank, line: bytes) -> None:
    answer = ask(bank, line)
    assert answer["ok"] is False
    assert bank.control("ping") == {"version": 1}


def test_a_text_that_no_message_can_carry_is_refused(bank: Bank) -> None:
    request = {"op": "handset_reply", "number": HANDSET, "to": bank.msisdn(0), "text": "长" * 20_000}
    answer = ask(bank, json.dumps(request).encode())
    assert answer["ok"] is False
    assert "cannot be sent" in answer["error"]
    assert bank.messages(HANDSET) == []


def test_many_clients_and_requests_in_a_row(bank: Bank) -> None:
    clients = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    try:
        for client in clients:
            client.connect(str(bank.control_path))
        for client in clients:
            client.sendall(b'{"op": "ping"}\n{"op": "nothing"}\n{"op": "ledger"}\n')
        for client in clients:
            with client.makefile() as lines:
                assert [json.loads(lines.readline())["ok"] for _ in range(3)] == [True, False, True]
    finally:
        for client in clients:
            client.close()


def ask(bank: Bank, line: bytes) -> dict[str, Any]:
    """One line as it is, and the answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(bank.control_path))
        client.sendall(line + b"\n")
        with client.makefile() as lines:
            answer: dict[str, Any] = json.loads(lines.readline())
            return answer
