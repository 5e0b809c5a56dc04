"""Real ptys of a running bank: clients that come, go, are killed, do not read; modems that vanish and return."""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
import serial

from tests.bank import Bank, running_bank
from tests.box import eventually

TIOCGEXCL = 0x80045440  # asm-generic/ioctls.h

HANDSET = "+8613912345678"


def ask(line: serial.Serial, command: bytes, until: bytes = b"OK\r\n") -> bytes:
    """A command and all up to the end of its answer."""
    line.write(command + b"\r")
    answer: bytes = line.read_until(until)
    assert answer.endswith(until), answer
    return answer


def test_ports_are_links_that_go_away_at_the_end(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=3) as bank:
        links = sorted(path.name for path in bank.directory.iterdir())
        assert links == ["modem01", "modem02", "modem03"]
        assert all(os.ttyname(os.open(port, os.O_RDWR | os.O_NOCTTY)) for port in bank.ports)
    assert list(bank.directory.iterdir()) == []
    assert not bank.control_path.exists()
    assert bank.process.returncode == 0


def test_links_of_a_killed_bank_are_replaced(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2) as bank:
        bank.process.kill()
        bank.process.wait()
    assert len(list(bank.directory.iterdir())) == 2
    with running_bank(tmp_path, modems=2) as bank, serial.Serial(bank.ports[1], timeout=5) as line:
        ask(line, b"AT")


def test_a_second_bank_in_one_directory_is_refused_and_the_first_stays_whole(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        second = subprocess.run(
            [sys.executable, "-m", "appliance.cli.main", "simulate", "--dir", str(bank.directory)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode != 0
        assert "another bank runs in" in second.stderr
        assert "Traceback" not in second.stderr
        with serial.Serial(bank.ports[0], timeout=5) as line:
            ask(line, b"AT")


def test_sigint_ends_a_bank_too(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        bank.process.send_signal(signal.SIGINT)
        assert bank.process.wait(60) == 0


def test_the_modem_lives_on_between_clients(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        with serial.Serial(bank.ports[0], timeout=5, exclusive=True) as line:
            ask(line, b"ATE0+CMGF=1")
        bank.reply(HANDSET, bank.msisdn(0), "好的")
        with serial.Serial(bank.ports[0], timeout=5, exclusive=True) as line:
            assert ask(line, b"AT+CMGF?") == b"\r\n+CMGF: 1\r\n\r\nOK\r\n"
            assert b"+CMGL: 1" in ask(line, b'AT+CMGL="ALL"')


def test_a_client_killed_at_the_prompt_leaves_it_to_the_next(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        client = subprocess.Popen(
            [sys.executable, "-c", _CLIENT_AT_PROMPT, bank.ports[0]],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        assert client.stdout is not None
        assert client.stdout.readline() == b"prompt\n"
        client.kill()
        client.wait()
        client.stdout.close()
        with serial.Serial(bank.ports[0], timeout=0.2) as line:
            line.write(b"AT\r")
            assert line.read(100).replace(b"AT\r", b"") == b""
            line.timeout = 5
            line.write(b"\x1b")
            line.read_until(b"OK\r\n")
            ask(line, b"AT")


_CLIENT_AT_PROMPT = """
import serial, sys, time
line = serial.Serial(sys.argv[1], timeout=5)
line.write(b"AT+CMGS=20\\r")
line.read_until(b"> ")
print("prompt", flush=True)
time.sleep(60)
"""


def test_what_is_said_to_nobody_fills_the_tty_and_no_more(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        with serial.Serial(bank.ports[0], timeout=5) as line:
            ask(line, b"ATE0+CMEE=1;+CNMI=2,2,0,0,0")
        for _ in range(200):
            bank.reply(HANDSET, bank.msisdn(0), "好" * 70)
        bank.wait_for("mt-routed", 200)
        # pyserial would throw away what it finds: here it is read as it lies there.
        descriptor = os.open(bank.ports[0], os.O_RDWR | os.O_NOCTTY)
        try:
            kept = b""
            while select.select([descriptor], [], [], 0.3)[0]:
                kept += os.read(descriptor, 65536)
        finally:
            os.close(descriptor)
        assert b"+CMT: " in kept
        assert len(kept) < 20_000
        with serial.Serial(bank.ports[0], timeout=5) as line:
            ask(line, b"AT")


def test_a_slow_reader_gets_everything(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        with serial.Serial(bank.ports[0], timeout=5) as line:
            ask(line, b"ATE0")
            for _ in range(50):
                bank.reply(HANDSET, bank.msisdn(0), "好" * 70)
            bank.wait_for("mt-stored", 50)
            ask(line, b"ATE0")
            line.write(b"AT+CMGL=4\r")
            assert bank.control("ping")
            got = b""
            while not got.endswith(b"OK\r\n"):
                got += line.read(700)
        assert got.count(b"+CMGL: ") == 50


def test_a_modem_that_hangs_up_comes_back_under_its_name(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2) as bank:
        before = Path(bank.ports[0]).readlink()
        with (
            serial.Serial(bank.ports[0], timeout=5) as line,
            serial.Serial(bank.ports[1], timeout=5) as other,
        ):
            ask(line, b"AT")
            bank.fault(0, "hangup", return_ms=300)
            with pytest.raises((serial.SerialException, OSError)):
                ask(line, b"AT")
            assert not Path(bank.ports[0]).exists()
            ask(other, b"AT")
        _await_port(bank.ports[0])
        with serial.Serial(bank.ports[0], timeout=5) as line:
            assert ask(line, b"AT") == b"AT\r\r\nOK\r\n"
        assert before.parent == Path(bank.ports[0]).readlink().parent


def _await_port(port: str) -> None:
    until = time.monotonic() + 5
    while not Path(port).exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_mute_modem_holds_up_nobody(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2) as bank, contextlib.ExitStack() as stack:
        mute, other = (stack.enter_context(serial.Serial(port, timeout=5)) for port in bank.ports)
        bank.fault(0, "mute", duration_ms=500)
        mute.timeout = 0.1
        mute.write(b"AT\r")
        assert mute.read(10) == b""
        ask(other, b"AT")
        until = time.monotonic() + 5
        while bank.modem(0)["hung"]:
            assert time.monotonic() < until
        mute.timeout = 5
        ask(mute, b"AT")


def test_babble_from_a_client_costs_no_memory(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1, profiles=("generic",)) as bank:
        descriptor = os.open(bank.ports[0], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            before = _resident_kb(bank)
            sent = 0
            while sent < 3_000_000:
                _, writable, _ = select.select([], [descriptor], [], 5)
                assert writable
                with contextlib.suppress(BlockingIOError):
                    sent += os.write(descriptor, b"A" * 4096)
                with contextlib.suppress(BlockingIOError):
                    while os.read(descriptor, 65536):
                        pass
            assert bank.control("ping")
            assert _resident_kb(bank) - before < 8_000
        finally:
            os.close(descriptor)


def _resident_kb(bank: Bank) -> int:
    status = Path(f"/proc/{bank.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def test_the_same_seed_gives_the_same_cards(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2) as bank:
        first = [modem["iccid"] for modem in bank.control("modems")]
    with running_bank(tmp_path, modems=2) as bank:
        assert [modem["iccid"] for modem in bank.control("modems")] == first
    with running_bank(tmp_path, modems=2, options=("--seed", "2")) as bank:
        assert [modem["iccid"] for modem in bank.control("modems")] != first


def test_a_claim_to_be_the_only_client_ends_with_the_client(tmp_path: Path) -> None:
    """gammu sets TIOCEXCL; on a real tty it is gone with the last close (tty_ioctl(4))."""

    def is_claimed() -> bool:
        descriptor = os.open(bank.ports[0], os.O_RDWR | os.O_NOCTTY)
        try:
            answer: bytes = fcntl.ioctl(descriptor, TIOCGEXCL, bytes(4))
            return any(answer)
        finally:
            os.close(descriptor)

    with running_bank(tmp_path, modems=1) as bank:
        descriptor = os.open(bank.ports[0], os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
        # Of two opens, or two closes, that a bank has not looked at, inotify(7) tells as of one.
        bank.control("ping")
        assert is_claimed()  # Not ended by another client's close.
        bank.control("ping")
        os.close(descriptor)
        eventually(lambda: not is_claimed(), what="the claim is gone")
