"""PINs: sealed for the pool alone, tried once, never shown, never tried again after a refusal."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path

import pytest

from appliance.desk.mistake import Refusal
from appliance.desk.pins import OfPort, OfSim, enter_pin, pin_status, remove_pin
from appliance.store import commands, pins
from appliance.store.commands import PortCommand
from appliance.store.pins import PinState
from appliance.store.sealing import Opener, keys_of_the_pool, public_key
from tests.technician.office import NOW_MS, PERSON, Office

ICCID = "89860000000000000001"
THE_SIM = OfSim(1)


@pytest.fixture
def opener(office: Office) -> Opener:
    return keys_of_the_pool(office.directory)


def entered(
    office: Office, pin: str = "1234", whose: OfPort | OfSim = THE_SIM, *, forced: bool = False
) -> object:
    return enter_pin(
        office.writer,
        office.ring,
        PERSON,
        whose,
        pin,
        directory=office.directory,
        forced=forced,
        now_ms=NOW_MS,
    )


def to_try(office: Office, opener: Opener, iccid: str | None = ICCID, port: str = "modem01") -> str | None:
    found = office.writer.write_blocking(lambda c: pins.pin_to_try(c, opener, iccid, port))
    return None if found is None else found.pin


def state(office: Office, whose: OfPort | OfSim = THE_SIM) -> PinState:
    return office.writer.write_blocking(lambda c: pin_status(c, office.directory, whose)).state


def test_only_the_pool_reads_a_pin_and_no_byte_of_the_box_shows_it(office: Office, opener: Opener) -> None:
    entered(office, "73952846")
    assert to_try(office, opener) == "73952846"
    assert stat.S_IMODE((office.directory / "pin.key").stat().st_mode) == 0o600
    for path in office.directory.iterdir():
        if path.is_file():
            assert b"73952846" not in path.read_bytes(), path
    assert "73952846" not in repr(office.acts())


@pytest.mark.parametrize("typed", ["", "123", "123456789", "12a4", "１２３４", "12 34"])
def test_what_is_no_pin_is_refused_in_words(office: Office, opener: Opener, typed: str) -> None:
    refused = entered(office, typed)
    assert isinstance(refused, Refusal)
    assert [each.code for each in refused.mistakes] == ["problem.pin-digits"]
    assert state(office) is PinState.NONE


def test_before_the_first_start_of_the_pool_nothing_can_be_sealed(office: Office) -> None:
    refused = entered(office)
    assert isinstance(refused, Refusal)
    assert [each.code for each in refused.mistakes] == ["problem.pin-no-key"]


def test_a_refused_pin_is_never_tried_again_until_a_person_enters_one(office: Office, opener: Opener) -> None:
    write = office.writer.write_blocking
    entered(office)
    owner = pins.owner_of(ICCID, "")
    write(lambda c: pins.note_trying(c, owner, NOW_MS))
    assert to_try(office, opener) is None, "a pool that was killed meanwhile does not try it twice"
    write(lambda c: pins.note_refused(c, owner, tries_left=2, now_ms=NOW_MS))
    assert state(office) is PinState.REFUSED
    assert to_try(office, opener) is None
    entered(office, "5678")
    assert to_try(office, opener) == "5678"


def test_a_pin_that_was_accepted_is_tried_again_after_a_crash_but_not_by_force(
    office: Office, opener: Opener
) -> None:
    write = office.writer.write_blocking
    entered(office, forced=True)
    owner = pins.owner_of(ICCID, "")
    write(lambda c: pins.note_trying(c, owner, NOW_MS))
    write(lambda c: pins.note_accepted(c, owner, NOW_MS))
    assert write(lambda c: pins.pin_to_try(c, opener, ICCID, "modem01")).forced  # type: ignore[union-attr]
    write(lambda c: pins.note_trying(c, owner, NOW_MS))
    again = write(lambda c: pins.pin_to_try(c, opener, ICCID, "modem01"))
    assert again is not None
    assert not again.forced


def test_a_row_that_is_moved_to_another_card_opens_nothing(office: Office, opener: Opener) -> None:
    entered(office)
    office.writer.write_blocking(
        lambda c: c.execute("UPDATE sim_pins SET owner = 'iccid:89860000000000000002'")
    )
    assert to_try(office, opener, "89860000000000000002") is None


def test_a_lost_key_is_said_and_new_pins_work(office: Office, opener: Opener) -> None:
    entered(office)
    (office.directory / "pin.key").unlink()
    fresh = keys_of_the_pool(office.directory)
    assert state(office) is PinState.UNREADABLE
    assert to_try(office, fresh) is None
    entered(office, "4321")
    assert state(office) is PinState.STORED
    assert to_try(office, fresh) == "4321"


def test_a_damaged_key_is_put_aside_and_a_torn_public_one_is_written_again(tmp_path: Path) -> None:
    keys_of_the_pool(tmp_path)
    (tmp_path / "pin.pub").write_bytes(b"half")
    assert public_key(tmp_path) is None
    keys_of_the_pool(tmp_path)
    assert public_key(tmp_path) is not None
    before = public_key(tmp_path)
    (tmp_path / "pin.key").write_bytes(os.urandom(5))
    keys_of_the_pool(tmp_path)
    after = public_key(tmp_path)
    assert before is not None
    assert after is not None
    assert before.key_id != after.key_id
    assert (tmp_path / "pin.key.damaged").exists()


def test_a_card_that_asks_gets_its_pin_at_once_by_the_number_that_was_read_before(
    office: Office, opener: Opener
) -> None:
    office.put("modem02", "pin-required", iccid="8986777", tries_left=3)
    entered(office, whose=OfPort("modem02"))
    asked = office.writer.write_blocking(commands.unbegun)
    assert [(each.port_name, each.command) for each in asked] == [("modem02", PortCommand.PIN_NOW)]
    assert to_try(office, opener, "8986777", "modem02") == "1234"
    assert to_try(office, opener, None, "modem02") is None


def test_a_pin_for_a_card_without_a_number_is_for_that_port_until_the_card_is_gone(
    office: Office, opener: Opener
) -> None:
    write = office.writer.write_blocking
    office.put("modem02", "pin-required", tries_left=3)
    entered(office, whose=OfPort("modem02"))
    assert to_try(office, opener, None, "modem01") is None
    assert to_try(office, opener, None, "modem02") == "1234"
    write(partial(pins.note_trying, owner="port:modem02", now_ms=NOW_MS))
    write(partial(pins.note_accepted, owner="port:modem02", now_ms=NOW_MS))
    again = write(
        lambda connection: pins.pin_to_try(connection, opener, None, "modem02")
    )  # after a restart of the modem
    assert again is not None
    assert not again.forced, "by then it may be another card: only where the tries that are left are known"
    write(partial(pins.forget_of_port, port_name="modem02"))
    assert to_try(office, opener, None, "modem02") is None


def test_a_pin_is_found_by_a_modem_that_leaves_out_the_check_digit(office: Office, opener: Opener) -> None:
    entered(office)
    assert to_try(office, opener, ICCID[:-1], "modem02") == "1234"
    office.put("modem02", "pin-required", iccid=ICCID[:-1], tries_left=3)
    entered(office, "4321", OfPort("modem02"))
    assert to_try(office, opener) == "4321"


def test_a_pin_that_was_not_tried_can_be_forced_at_once(office: Office, opener: Opener) -> None:
    """Nobody knows how many tries are left: what a person enters then is tried, and for no other card."""
    office.put("modem02", "pin-not-tried", iccid="8986777", tries_left="?")
    entered(office, whose=OfPort("modem02"), forced=True)
    asked = office.writer.write_blocking(commands.unbegun)
    assert [(each.port_name, each.command) for each in asked] == [("modem02", PortCommand.PIN_NOW)]
    assert to_try(office, opener, "8986777", "modem02") == "1234"


def test_a_pin_can_be_removed(office: Office, opener: Opener) -> None:
    entered(office)
    assert remove_pin(office.writer, PERSON, OfSim(1), now_ms=NOW_MS) is True
    assert to_try(office, opener) is None
    assert remove_pin(office.writer, PERSON, OfSim(1), now_ms=NOW_MS) is False
    assert [code for code, _ in office.acts()] == [
        "event.technician.pin-entered",
        "event.technician.pin-removed",
    ]
