"""Hands on the bank: cards that are pulled, put in and swapped, modems that are unplugged, calls."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.modem.simulator.calls import Caller
from appliance.modem.simulator.ledger import LedgerEvent
from tests.bank import Bank, BankError, running_bank
from tests.simulator.street import desk, pdu, street

OK = "\r\n\r\nOK\r\n"
OTHER_CALLER = "+8613700000000"


def ask(port: str, command: bytes, until: bytes = b"OK\r\n") -> bytes:
    """What a real tty gives to a command."""
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(descriptor, command + b"\r")
        heard = b""
        deadline = time.monotonic() + 5
        while until not in heard and time.monotonic() < deadline:
            heard += os.read(descriptor, 4096)
        return heard
    finally:
        os.close(descriptor)


def test_a_pulled_card_is_missed_at_once(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    card = modem.modem.pull_card()
    assert card is not None
    assert modem.at("+CPIN?") == "\r\n+CME ERROR: 10\r\n"
    assert modem.at("+CMGS=20") == "\r\n+CMS ERROR: 310\r\n"
    assert modem.at("+CREG?") == f"\r\n+CREG: 0,0{OK}"
    modem.modem.insert_card(card)
    assert modem.at("+CPIN?") == f"\r\n+CPIN: READY{OK}"
    assert modem.at("+CREG?") == f"\r\n+CREG: 0,1{OK}"


def test_a_card_that_is_pulled_at_the_prompt_sends_nothing(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    assert modem.say(f"AT+CMGS={pdu().tpdu_length}\r").endswith("> ")
    modem.modem.pull_card()
    assert "+CMS ERROR: 310" in modem.say(f"{pdu().hex}\x1a")
    assert modem.at("") == OK[2:]


def test_a_card_keeps_its_messages_its_pin_and_its_reference_in_another_modem(tmp_path: Path) -> None:
    both = street(tmp_path, "generic", "generic")
    first, second = both.desks
    assert "+CMGS: 0" in first.send(pdu())
    card = first.modem.pull_card()
    assert card is not None
    card.pin_enabled = True
    second.modem.pull_card()
    second.modem.insert_card(card)
    assert second.at("+CPIN?") == f"\r\n+CPIN: SIM PIN{OK}"
    second.at("+CPIN=9999")
    second.at('+CPIN="1234"')
    assert "+CMGS: 1" in second.send(pdu())
    assert first.at("+CPIN?") == "\r\n+CME ERROR: 10\r\n"


def test_a_card_pulled_on_the_way_takes_nothing_to_the_network(tmp_path: Path) -> None:
    modem = street(tmp_path, latency_s=1.0).desks[0]
    assert modem.send(pdu()) == ""
    modem.modem.pull_card()
    assert modem.read(2.0) == "\r\n+CMS ERROR: 313\r\n"
    assert modem.modem.network.ledger.counts[LedgerEvent.ACCEPTED] == 0


def test_a_call_rings_until_the_terminal_hangs_up(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.at("+CLIP=1")
    modem.modem.calls.ring(Caller(OTHER_CALLER, rings=2))
    assert modem.read() == f'\r\nRING\r\n\r\n+CLIP: "{OTHER_CALLER}",145,,,,0\r\n'
    assert "RING" in modem.read(3.0)
    assert modem.read(3.0) == "\r\nNO CARRIER\r\n"
    modem.at("+CRC=1")
    modem.modem.calls.ring(Caller(None))
    assert modem.read() == '\r\n+CRING: VOICE\r\n\r\n+CLIP: "",128,,,,1\r\n'
    assert modem.at("+CHUP") == "\r\nOK\r\n"
    assert modem.read(10.0) == ""
    assert modem.modem.calls.hung_up == 1


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with running_bank(tmp_path_factory.mktemp("bank"), modems=2, profiles=("generic",)) as running:
        yield running


def test_a_swap_by_the_control_socket(bank: Bank) -> None:
    before = bank.modem(0)
    assert before["card"] == "card01"
    fresh = bank.control("card", action="swap", modem="modem01", gap_ms=0)
    assert fresh["iccid"] == bank.modem(0)["iccid"] != before["iccid"]
    places = {card["card"]: card["modem"] for card in bank.control("cards")}
    assert places == {"card01": "", "card02": "modem02", fresh["card"]: "modem01"}
    with pytest.raises(BankError, match="card02 is in modem02"):
        bank.control("card", action="swap", modem="modem01", card="card02")
    bank.control("card", action="swap", modem="modem01", card="card01", gap_ms=0)
    assert bank.modem(0)["iccid"] == before["iccid"]


def test_a_clone_shows_the_same_identity(bank: Bank) -> None:
    bank.control("card", action="pull", modem="modem02")
    bank.control("card", action="clone", of="card01", card="twin")
    bank.control("card", action="insert", modem="modem02", card="twin")
    assert bank.modem(0)["iccid"] == bank.modem(1)["iccid"]
    bank.control("card", action="swap", modem="modem02", card="card02", gap_ms=0)


def test_an_unplugged_modem_comes_back_under_another_name(bank: Bank) -> None:
    bank.control("unplug", modem="modem02")
    assert not os.path.lexists(bank.ports[1])
    assert not bank.modem(1)["registered"]
    path = bank.control("plug", modem="modem02", port="ttyUSB7")["ports"]["modem02"]
    assert path == bank.modem(1)["port"]
    assert path.endswith("/ttyUSB7")
    assert b"Generic GSM" in ask(path, b"AT+CGMM")
    bank.control("unplug", modem="modem02")
    bank.control("plug", modem="modem02", port="modem02")
    assert not os.path.lexists(path)
    assert b"OK" in ask(bank.ports[1], b"AT")


def test_a_wrong_action_is_told(bank: Bank) -> None:
    with pytest.raises(BankError, match="there is no action"):
        bank.control("card", action="eat", modem="modem01")
    with pytest.raises(BankError, match="pull it first"):
        bank.control("card", action="insert", modem="modem01")
    with pytest.raises(BankError, match="plain file name"):
        bank.control("plug", modem="modem01", port="../else")
    with pytest.raises(BankError, match="no modem 'modem09'"):
        bank.control("unplug", modems=["modem01", "modem09"])
