"""The helper does what it is for, and nothing else, whoever asks for whatever."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.sentences import SENTENCES
from appliance.usb.client import UsbResets
from appliance.usb.device import UsbDevices
from appliance.usb.helper import Helper, is_member
from appliance.usb.limits import ALL_AN_HOUR, DEVICE_AN_HOUR, Budget
from appliance.usb.power import power_cycle, switches_ports
from appliance.usb.request import (
    Done,
    NotPossible,
    Op,
    Request,
    Result,
    Why,
    answer_from_line,
    answer_to_line,
    hub_and_port,
)
from tests.usb.fake_system import LISTING, FakeSystem, Overheard

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def system(tmp_path: Path) -> FakeSystem:
    return FakeSystem(tmp_path / "root")


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


def helper_of(system: FakeSystem, clock: Clock | None = None) -> Helper:
    devices = UsbDevices(system.root, unauthorized_s=0.01)
    helper = Helper(
        devices, system.root / "without-rights", clock=clock or Clock(), search=str(system.programs)
    )
    helper.begin()
    return helper


def reauthorize(usb_path: str) -> Request:
    return Request(Op.REAUTHORIZE, usb_path)


class TestReauthorize:
    def test_a_modem_loses_its_rights_and_gets_them_back(self, system: FakeSystem) -> None:
        heard = Overheard(system.plug("1-1.4", "ttyUSB0", "ttyUSB1") / "authorized")
        assert helper_of(system).handle(reauthorize("1-1.4")) == Done()
        assert heard.pieces() == ["0", "1"]

    def test_what_has_no_tty_is_never_touched(self, system: FakeSystem) -> None:
        system.plug("1-1")
        system.plug("1-2", "ttyUSB0", device_class="09")
        helper = helper_of(system)
        assert helper.handle(reauthorize("1-1")) == NotPossible(Why.NOT_OURS)
        assert helper.handle(reauthorize("1-2")) == NotPossible(Why.NOT_OURS), "a hub, whatever is in it"
        assert helper.handle(reauthorize("1-9")) == NotPossible(Why.NO_DEVICE)
        assert helper.handle(Request(Op.POWER_CYCLE, "1-1")) == NotPossible(Why.NOT_OURS)

    def test_a_modem_that_lost_its_ttys_is_still_known(self, system: FakeSystem) -> None:
        device = system.plug("1-1.4", "ttyACM0")
        helper = helper_of(system)
        (device / "1-1.4:1.0/tty/ttyACM0").rmdir()
        assert helper.handle(reauthorize("1-1.4")) == Done()

    def test_a_device_that_a_killed_helper_left_without_rights_gets_them_back(
        self, system: FakeSystem
    ) -> None:
        device = system.plug("1-1.4")
        (device / "authorized").write_text("0")
        (system.root / "without-rights").write_text("1-1.4")
        helper = helper_of(system)
        assert system.authorized("1-1.4") == "1"
        assert not (system.root / "without-rights").exists()
        assert helper.handle(reauthorize("1-1.4")) == Done(), "and is known to be a modem"

    def test_what_the_kernel_refuses_is_told(self, system: FakeSystem) -> None:
        device = system.plug("1-1.4", "ttyUSB0")
        (device / "authorized").unlink()
        (device / "authorized").mkdir()
        assert helper_of(system).handle(reauthorize("1-1.4")) == NotPossible(Why.FAILED, "Is a directory")


class TestPower:
    def test_the_port_of_the_hub_is_switched_off_and_on(self, system: FakeSystem) -> None:
        system.plug("1-1.4.2", "ttyUSB0")
        noted = system.with_uhubctl("1-1.4")
        assert helper_of(system).handle(Request(Op.POWER_CYCLE, "1-1.4.2")) == Done()
        assert noted.read_text().splitlines() == ["-l 1-1.4 -p 2", "-l 1-1.4 -p 2 -a cycle -d 2"]

    @pytest.mark.parametrize("how", ["ganged", "nops"])
    def test_a_hub_that_can_t_switch_one_port_is_left_on(self, system: FakeSystem, how: str) -> None:
        system.plug("1-1.4", "ttyUSB0")
        noted = system.with_uhubctl("1-1", how=how)
        assert helper_of(system).handle(Request(Op.POWER_CYCLE, "1-1.4")) == NotPossible(
            Why.NO_POWER_SWITCH, "1-1"
        )
        assert "cycle" not in noted.read_text()

    def test_without_uhubctl_or_with_one_that_fails_it_says_so(self, system: FakeSystem) -> None:
        assert power_cycle("1-1.4", search=str(system.programs)) == NotPossible(Why.NO_UHUBCTL)
        system.with_uhubctl("1-1", fails=True)
        assert power_cycle("1-1.4", search=str(system.programs)) == NotPossible(
            Why.FAILED, "uhubctl: libusb: no access"
        )

    def test_only_the_very_hub_counts(self) -> None:
        listing = LISTING.format(hub="1-1.4", how="ppps")
        assert switches_ports(listing, "1-1.4")
        assert not switches_ports(listing, "1-1")
        assert not switches_ports(listing, "1-1x4")
        assert not switches_ports(LISTING.format(hub="1-1.4", how="ganged"), "1-1.4")

    def test_places_are_ports_of_hubs(self) -> None:
        assert hub_and_port("1-1.4.2") == ("1-1.4", 2)
        assert hub_and_port("1-1.4") == ("1-1", 4)
        assert hub_and_port("2-3") == ("2", 3)


class TestLimits:
    def test_one_device_is_not_reset_again_and_again(self, system: FakeSystem) -> None:
        clock = Clock()
        system.plug("1-1.4", "ttyUSB0")
        system.plug("1-1.5", "ttyUSB1")
        helper = helper_of(system, clock)
        assert helper.handle(reauthorize("1-1.4")) == Done()
        assert helper.handle(reauthorize("1-1.4")) == NotPossible(Why.TOO_OFTEN)
        assert helper.handle(reauthorize("1-1.5")) == Done()
        clock.now_s += 10
        assert helper.handle(reauthorize("1-1.4")) == Done()

    def test_so_many_an_hour_and_no_more(self) -> None:
        budget = Budget()
        of_one = [budget.take("1-1", 100.0 * number) for number in range(DEVICE_AN_HOUR + 5)]
        assert of_one.count(True) == DEVICE_AN_HOUR
        assert budget.take("1-1", 3601.0)
        budget = Budget()
        of_all = [budget.take(f"1-{number}", 1.0) for number in range(ALL_AN_HOUR + 5)]
        assert of_all.count(True) == ALL_AN_HOUR


class TestRequests:
    @pytest.mark.parametrize(
        "usb_path",
        [
            "../1-1", "1-1/../../x", "1-1\n", "usb1", "1-0", "0-1", "1-1:1.0", "1-1.", "1-1..2", "", "1",
            "1-1.2.3.4.5.6.7.8", "1-1 -a off", "-1", "1-1.100", "１-1", 4, None, ["1-1"],
        ],
    )  # fmt: skip
    def test_what_is_no_place_of_a_device_is_no_request(self, usb_path: object) -> None:
        import json  # noqa: PLC0415

        line = json.dumps({"op": "reauthorize", "usb_path": usb_path}).encode()
        assert Request.from_line(line) == NotPossible(Why.BAD_REQUEST)

    @pytest.mark.parametrize(
        "line",
        [
            b"", b"{", b"[]", b"null", b"1", b'"x"', b'{"op": "reauthorize"}', b'{"usb_path": "1-1"}', b"\xff\xfe",
            b'{"op": "off", "usb_path": "1-1"}', b'{"op": "reauthorize", "usb_path": "1-1", "x": 1}', b"[" * 400,
        ],
    )  # fmt: skip
    def test_what_is_no_request_is_refused(self, line: bytes) -> None:
        assert Request.from_line(line) == NotPossible(Why.BAD_REQUEST)

    def test_each_reason_has_its_sentence(self) -> None:
        assert {f"usb.{why}" for why in Why} <= SENTENCES.keys()

    def test_both_sides_understand_each_other(self) -> None:
        request = Request(Op.POWER_CYCLE, "1-1.4.2")
        assert Request.from_line(request.to_line()) == request
        results: list[Result] = [Done(), *(NotPossible(why, "so") for why in Why)]
        assert [answer_from_line(answer_to_line(each)) for each in results] == results
        assert answer_from_line(b"what?") == NotPossible(Why.NO_HELPER, "the helper's answer is none")


def test_members_are_root_and_those_of_the_group() -> None:
    assert is_member(0, 0, 4321)
    assert is_member(1000, 4321, 4321)
    assert not is_member(65_000, 65_000, 4321), "a user that nobody knows"
    assert not is_member(1, 1, 4321)


@contextlib.contextmanager
def running_helper(system: FakeSystem, path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command itself, by a Python that has no package but the standard library."""
    arguments = ["usb-helper", "--socket", str(path), "--root", str(system.root)]
    arguments += ["--search", str(system.programs), *options]
    script = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); from appliance.cli.main import main; "
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", f"{script}sys.exit(main({arguments!r}))"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    assert "waiting on" in first, first + process.stderr.read()
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert not path.exists()


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


class TestProcess:
    def test_the_pool_asks_and_the_log_tells(self, system: FakeSystem, tmp_path: Path) -> None:
        heard = Overheard(system.plug("1-1.4", "ttyUSB0") / "authorized")
        path = tmp_path / "helper.sock"
        with running_helper(system, path) as process:
            assert oct(path.stat().st_mode & 0o7777) == "0o660"
            resets = UsbResets(path, UsbDevices(tmp_path / "nowhere"))
            assert asyncio.run(resets.reauthorize("1-1.4")) == Done()
            assert re.search(r"reauthorize 1-1\.4 for process \d+ of user \d+: done", said_by(process))
            assert asyncio.run(resets.power_cycle("1-1.4")) == NotPossible(Why.TOO_OFTEN)
            assert asyncio.run(resets.reauthorize("1-1")) == NotPossible(Why.NO_DEVICE)
            assert asyncio.run(resets.reauthorize("1-1/..")) == NotPossible(Why.BAD_REQUEST)
        assert heard.pieces() == ["0", "1"]

    def test_callers_that_talk_nonsense_or_nothing_hold_up_nobody(
        self, system: FakeSystem, tmp_path: Path
    ) -> None:
        system.plug("1-1.4", "ttyUSB0")
        path = tmp_path / "helper.sock"
        with running_helper(system, path), socket.socket(socket.AF_UNIX) as silent:
            silent.connect(str(path))
            with socket.socket(socket.AF_UNIX) as babbler:
                babbler.connect(str(path))
                with contextlib.suppress(OSError):
                    babbler.sendall(b"x" * 100_000)
            resets = UsbResets(path, UsbDevices(tmp_path / "nowhere"))
            assert asyncio.run(resets.reauthorize("1-1.4")) == Done()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
    def test_another_user_is_refused(self, system: FakeSystem) -> None:
        system.plug("1-1.4", "ttyUSB0")
        with (
            tempfile.TemporaryDirectory() as directory,
            running_helper(system, path := Path(directory) / "helper.sock") as process,
        ):
            Path(directory).chmod(0o755)
            path.chmod(0o666)
            ask = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
            ask += r"""s.sendall(b'{"op":"reauthorize","usb_path":"1-1.4"}\n'); print(s.recv(99))"""
            answer = subprocess.run(
                ["/usr/bin/python3", "-I", "-c", ask, str(path)],
                user=65_534, group=65_534, extra_groups=[], capture_output=True, text=True, check=True,
            )  # fmt: skip
            assert "not-allowed" in answer.stdout
            assert "is not of the group" in said_by(process)

    def test_a_group_that_does_not_exist_ends_it_with_a_sentence(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "appliance.cli.main", "usb-helper", "--group", "no-such-group"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        assert "groupadd" in ended.stderr


class TestWithoutHelper:
    def test_nobody_listens_and_sysfs_is_closed(self, tmp_path: Path) -> None:
        resets = UsbResets(tmp_path / "none.sock", UsbDevices(tmp_path))
        assert asyncio.run(resets.reauthorize("1-1.4")) == NotPossible(Why.NO_HELPER)
        assert asyncio.run(resets.power_cycle("1-1.4")) == NotPossible(Why.NO_HELPER)

    def test_a_udev_rule_that_opens_sysfs_is_enough(self, system: FakeSystem, tmp_path: Path) -> None:
        heard = Overheard(system.plug("1-1.4", "ttyUSB0") / "authorized")
        resets = UsbResets(tmp_path / "none.sock", UsbDevices(system.root, unauthorized_s=0.01))
        assert asyncio.run(resets.reauthorize("1-1.4")) == Done()
        assert heard.pieces() == ["0", "1"]

    def test_a_helper_that_never_answers_is_given_up(self, tmp_path: Path) -> None:
        path = tmp_path / "mute.sock"
        with socket.socket(socket.AF_UNIX) as mute:
            mute.bind(str(path))
            mute.listen()
            resets = UsbResets(path, UsbDevices(tmp_path), limit_s=0.1)
            assert asyncio.run(resets.reauthorize("1-1.4")) == NotPossible(Why.NO_HELPER, "TimeoutError")
