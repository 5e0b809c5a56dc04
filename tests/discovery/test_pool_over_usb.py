"""The whole pool over mock devices, behind which are the lines of simulated modems."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bank import Bank, running_bank
from tests.discovery.mock_usb import MockUsb, ec25, mock_usb, stick
from tests.pool.pools import DELIVERED, Box, box, numbers

pytestmark = pytest.mark.peer("umockdev")


@contextlib.contextmanager
def running_pool(box: Box, usb: MockUsb, *options: str) -> Iterator[None]:
    """``simloft pool`` as a process that sees the mock devices."""
    command = [sys.executable, "-m", "appliance.cli.main", "pool", "--data", str(box.directory), *options]
    process = subprocess.Popen(command, env=usb.environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def ports(box: Box) -> dict[str, tuple[str, str]]:
    """State and tty of each port."""
    return {row["name"]: (row["state"], row["device"]) for row in box.rows("SELECT * FROM ports")}


def modem(bank: Bank, number: int) -> str:
    return os.path.realpath(bank.ports[number])


def test_a_modem_is_taken_up_lost_and_found_again_under_other_numbers(tmp_path: Path) -> None:
    with mock_usb() as usb, running_bank(tmp_path, modems=1, latency_ms=5) as bank:
        pool = box(tmp_path, bank)
        usb.plug(stick("1-1.5", "2341:0043", 0, driver="cdc_acm"), ec25("1-1.4", 1, modem(bank, 0)))
        with running_pool(pool, usb, "--port", "usb"):
            pool.wait_for(lambda: ports(pool) == {"usb-1-1.4": ("ready", "/dev/ttyUSB3")})
            assert pool.rows("SELECT usb_path FROM ports")[0]["usb_path"] == "1-1.4"
            [first] = pool.submit(numbers(1), "before")
            pool.wait_for_state(first, DELIVERED)
            usb.unplug("1-1.4")
            pool.wait_for(lambda: ports(pool)["usb-1-1.4"][0] == "absent")
            usb.plug(ec25("1-1.4", 10, modem(bank, 0)))
            pool.wait_for(lambda: ports(pool) == {"usb-1-1.4": ("ready", "/dev/ttyUSB12")})
            [second] = pool.submit(numbers(1, "+86137"), "after")
            pool.wait_for_state(second, DELIVERED)
        assert len(pool.rows("SELECT 1 FROM sims")) == 1


def test_a_modem_that_moves_brings_its_sim_along_and_a_hub_comes_back_whole(tmp_path: Path) -> None:
    with mock_usb() as usb, running_bank(tmp_path, modems=3, latency_ms=5) as bank:
        pool = box(tmp_path, bank)
        hub = [ec25(f"1-1.{each + 1}", 4 * each, modem(bank, each)) for each in range(3)]
        usb.plug(*hub)
        with running_pool(pool, usb, "--port", "usb"):
            pool.wait_until_ready(3)
            sims = {row["name"]: row["sim_id"] for row in pool.rows("SELECT name, sim_id FROM ports")}
            usb.unplug("1-1.3")
            usb.plug(ec25("2-4", 20, modem(bank, 2)))
            pool.wait_for(lambda: ports(pool).get("usb-2-4", ("",))[0] == "ready")
            [moved] = pool.rows("SELECT sim_id FROM ports WHERE name = 'usb-2-4'")
            assert moved["sim_id"] == sims["usb-1-1.3"]
            usb.unplug("1-1.1", "1-1.2", "2-4")
            pool.wait_for(lambda: {state for state, _ in ports(pool).values()} == {"absent"})
            usb.plug(*hub)
            pool.wait_until_ready(3)
            after = {row["name"]: row["sim_id"] for row in pool.rows("SELECT name, sim_id FROM ports")}
            assert {name: after[name] for name in sims} == sims


def test_behind_an_allowed_bridge_only_what_answers_like_a_modem_becomes_a_port(tmp_path: Path) -> None:
    with mock_usb() as usb, running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        settings = tmp_path / "simloft.toml"
        settings.write_text('ports = ["usb"]\n[discovery]\nallow = ["0403:6011"]\n')
        quad = stick("1-1.3", "0403:6011", 0, ttys=4, driver="ftdi_sio")
        quad["parts"][2]["target"] = modem(bank, 0)
        usb.plug(quad)
        with running_pool(pool, usb, "--config", str(settings)):
            pool.wait_for(lambda: ports(pool) == {"usb-1-1.3:1.2": ("ready", "/dev/ttyUSB2")})
        assert [row["name"] for row in pool.rows("SELECT name FROM ports")] == ["usb-1-1.3:1.2"]
