"""A locked card in a real pool: its PIN is entered, tried once, and a wrong one is never tried again."""

from __future__ import annotations

from pathlib import Path

from appliance.desk.pins import OfPort, OfSim, enter_pin, pin_status
from appliance.store.clock import now_ms
from appliance.store.commands import PortCommand
from appliance.store.pins import PinState, PinStatus
from tests.technician.at_the_port import PERSON, Technician, at_the_port


def enter(person: Technician, pin: str) -> None:
    entered = enter_pin(
        person.writer,
        person.box.ring,
        PERSON,
        OfPort(person.bank.ports[0]),
        pin,
        directory=person.box.directory,
        forced=True,
        now_ms=now_ms(),
    )
    assert isinstance(entered, PinStatus), entered


def tries(person: Technician) -> int:
    """How often a PIN was given to the modem, by the trace of its line."""
    text = person.get(PortCommand.TRACE_PLAIN).text
    assert "1111" not in text
    assert "4711" not in text
    return text.count("AT+CPIN=")


def state(person: Technician) -> str:
    return str(person.box.port(0)["state"])


def test_a_wrong_pin_costs_one_try_and_the_right_one_opens_the_card(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        locked = person.bank.control("card", action="make", pin="4711")
        person.bank.control("card", action="swap", modem="modem01", card=locked["card"], gap_ms=50)
        person.box.wait_for(lambda: state(person) == "pin-required")
        assert tries(person) == 0
        enter(person, "1111")
        person.box.wait_for(lambda: state(person) == "wrong-pin")
        assert tries(person) == 1
        sim = int(person.box.port(0)["sim_id"])
        look = person.box.connection()
        assert pin_status(look, person.box.directory, OfSim(sim)).state is PinState.REFUSED
        again = person.get(PortCommand.PIN_NOW)
        assert not again.ok
        assert tries(person) == 1, "a refused one is not tried again, whoever asks"
        enter(person, "4711")
        person.box.wait_until_ready()
        assert tries(person) == 2
        assert pin_status(look, person.box.directory, OfSim(sim)).state is PinState.ACCEPTED
        look.close()
        kinds = [row["reason"] for row in person.box.rows("SELECT reason FROM events WHERE kind = 'pin'")]
        assert kinds == ["event.pin-refused"]


def test_a_stored_pin_opens_the_card_by_itself_wherever_it_is_put(tmp_path: Path) -> None:
    with at_the_port(tmp_path, modems=2) as person:
        locked = person.bank.control("card", action="make", pin="4711")
        person.bank.control("card", action="swap", modem="modem01", card=locked["card"], gap_ms=50)
        person.box.wait_for(lambda: state(person) == "pin-required")
        enter(person, "4711")
        person.box.wait_until_ready(2)
        person.bank.control("card", action="pull", modem="modem01")
        person.box.wait_for(lambda: state(person) == "no-sim")
        person.bank.control("card", action="swap", modem="modem02", card=locked["card"], gap_ms=50)
        sim = person.box.rows("SELECT id FROM sims WHERE iccid = ?", locked["iccid"])[0]["id"]
        person.box.wait_for(
            lambda: (person.box.port(1)["sim_id"], person.box.port(1)["state"]) == (sim, "ready")
        )
