"""What is proven with a real kernel: each step is a function of the box, in the order in which they are run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.bank import Bank
from tests.vm.machine import Machine, MachineError

T = TypeVar("T")
LIMIT_S = 90.0
"""The guest is emulated, and its kernel, udev and pool share two slow processors."""


@dataclass
class Box:
    """The guest with its pool, and the bank of the host behind its USB lines."""

    machine: Machine
    bank: Bank

    def plug(self, modem: int, port: int) -> None:
        """Modem ``modem`` of the bank (from 0) on a port of the hub."""
        self.machine.plug(f"m{modem}", f"1.{port}", self.bank.ports[modem])

    def unplug(self, modem: int) -> None:
        self.machine.unplug(f"m{modem}")

    def until(self, look: Callable[[], T], limit_s: float = LIMIT_S) -> T:
        """What ``look`` gives as soon as it is true."""
        deadline = time.monotonic() + limit_s
        while True:
            value = look()
            if value:
                return value
            if time.monotonic() > deadline:
                journal = self.machine.run("journalctl -u simloft-pool --no-pager | tail -30")
                raise MachineError(f"after {limit_s:.0f} s: {self.ports()}\n{journal}")
            time.sleep(0.2)

    def ports(self) -> dict[str, tuple[str, str]]:
        """State and SIM of each port by its name."""
        rows = self.machine.rows(
            "SELECT ports.name, ports.state, coalesce(sims.iccid, '') FROM ports LEFT JOIN sims ON sims.id = sim_id"
        )
        return {name: (state, iccid) for name, state, iccid in rows}

    def card(self, modem: int) -> str:
        return str(self.bank.modem(modem)["iccid"])

    def until_ready(self, **modems: int) -> None:
        """Until each port (``p2`` for that of the hub's port 2) is ready with the card of the given modem."""
        wanted = {f"usb-1-1.{port[1:]}": ("ready", self.card(modem)) for port, modem in modems.items()}
        self.until(lambda: wanted.items() <= self.ports().items())

    def until_absent(self, *ports: int) -> None:
        names = [f"usb-1-1.{port}" for port in ports]
        self.until(lambda: all(self.ports().get(name, ("",))[0] == "absent" for name in names))

    def node(self, port: int) -> str:
        """The tty of the device on a port of the hub."""
        interface = f"/sys/bus/usb/devices/1-1.{port}/1-1.{port}:1.0"
        return self.machine.run(f"cd {interface} && ls -d ttyUSB*", check=False).strip()

    def helper_log(self) -> str:
        return self.machine.run("journalctl -u simloft-usb-helper --no-pager -o cat")

    def send(self, recipient: str, text: str) -> None:
        self.machine.run(f"runuser -u simloft -- simloft send --data /var/lib/simloft {recipient} '{text}'")


def modems_are_found_and_come_to_ready(box: Box) -> None:
    for modem in range(3):
        box.plug(modem, modem + 1)
    box.machine.run("systemctl start simloft-pool")
    box.until_ready(p1=0, p2=1, p3=2)


def messages_go_out_and_come_in(box: Box) -> None:
    for number in range(3):
        box.send(f"+8613900000{number:03d}", f"to {number}")
    for number in range(3):
        [text] = box.bank.wait_for_messages(f"+8613900000{number:03d}", timeout_ms=int(LIMIT_S * 1000))
        assert text["text"] == f"to {number}", text
    box.bank.reply("+8613900000000", box.bank.msisdn(1), "received")
    box.until(lambda: box.machine.rows("SELECT 1 FROM inbound_messages WHERE text = 'received'"))


def an_unplugged_modem_is_absent_and_the_others_go_on(box: Box) -> None:
    box.unplug(1)
    began = time.monotonic()
    box.until_absent(2)
    print(f"      absent after {time.monotonic() - began:.1f} s", flush=True)
    assert [box.ports()[f"usb-1-1.{port}"][0] for port in (1, 3)] == ["ready", "ready"]


def plugged_in_elsewhere_its_card_brings_its_limits_along(box: Box) -> None:
    box.plug(1, 5)
    box.until_ready(p5=1)
    # Every card has sent its one part of this hour: the fourth message waits, whatever its place is called now.
    box.send("+8613900000999", "too many")
    time.sleep(3)
    [[state, reason]] = box.machine.rows("SELECT state, reason FROM messages WHERE text = 'too many'")
    assert state == "queued", (state, reason)
    assert not box.bank.messages("+8613900000999")


def renumbered_lines_are_the_same_ports(box: Box) -> None:
    before = box.node(1), box.node(5)
    box.unplug(0)
    box.unplug(1)
    box.until_absent(1, 5)
    box.plug(1, 5)
    box.until(lambda: box.node(5))
    box.plug(0, 1)
    box.until(lambda: box.node(1))
    assert (box.node(1), box.node(5)) == tuple(reversed(before)), "the kernel gives the lowest free number"
    box.until_ready(p1=0, p5=1, p3=2)


def a_hub_without_power_comes_back_whole_and_nothing_is_reset(box: Box) -> None:
    resets = box.helper_log().count("process")
    box.machine.unplug_hub()
    for modem in range(3):
        box.machine.forget(f"m{modem}")
    box.until_absent(1, 3, 5)
    box.machine.plug_hub()
    for modem, port in ((0, 1), (1, 5), (2, 3)):
        box.plug(modem, port)
    box.until_ready(p1=0, p5=1, p3=2)
    assert box.helper_log().count("process") == resets, box.helper_log()


def the_helper_has_the_kernel_set_up_a_device_anew(box: Box) -> None:
    assert _asked_as("simloft", box, "reauthorize", "1-1.5") == "Done()"
    kernel = box.machine.run("dmesg | grep 'usb 1-1.5: authorized to connect'")
    assert kernel, "the kernel took it back"
    box.until_ready(p1=0, p5=1, p3=2)


def the_helper_switches_the_power_of_one_port(box: Box) -> None:
    before = box.machine.run("cat /sys/bus/usb/devices/1-1.3/devnum")
    assert _asked_as("simloft", box, "power_cycle", "1-1.3") == "Done()"
    box.until(lambda: box.node(3))
    assert box.machine.run("cat /sys/bus/usb/devices/1-1.3/devnum") != before
    box.until_ready(p1=0, p5=1, p3=2)


def the_helper_refuses_hubs_and_strangers(box: Box) -> None:
    assert "not-ours" in _asked_as("simloft", box, "power_cycle", "1-1")
    assert "no-helper" in _asked_as("nobody", box, "reauthorize", "1-1.5")


def _asked_as(user: str, box: Box, operation: str, usb_path: str) -> str:
    program = (
        'import sys, asyncio; sys.path.insert(0, "/opt/simloft"); from appliance.usb import UsbResets; '
        f'print(asyncio.run(UsbResets().{operation}("{usb_path}")))'
    )
    return box.machine.run(f"runuser -u {user} -- python3 -c '{program}'").strip()


def a_modem_that_only_babbles_is_set_up_anew_by_the_pool_itself(box: Box) -> None:
    box.bank.control("scenario", name="babble", modem="modem01", octets_per_s=1000)
    box.until(lambda: "reauthorize 1-1.1 for" in box.helper_log(), 240)
    box.bank.control("scenario", name="calm", modem="modem01")
    box.until_ready(p1=0, p5=1, p3=2)
    assert "reauthorize 1-1.3 for" not in box.helper_log(), "only that one"


def modemmanager_leaves_marked_modems_alone(box: Box) -> None:
    box.machine.run("systemctl stop simloft-pool")
    box.machine.run("systemctl unmask --runtime ModemManager; rm -f /etc/systemd/system/ModemManager.service")
    box.machine.run("systemctl daemon-reload; systemctl start ModemManager")
    time.sleep(10)
    assert "No modems were found" in box.machine.run("mmcli -L"), "our rule says whose they are"
    held = box.machine.run("ls -l /proc/$(pidof ModemManager)/fd | grep -c ttyUSB", check=False)
    assert held.strip() == "0", held


def modemmanager_takes_a_simulated_modem_for_one(box: Box) -> None:
    rule = r'SUBSYSTEM=="tty", ATTRS{idVendor}=="0403", ENV{ID_MM_DEVICE_PROCESS}="1"'
    box.machine.run("rm /etc/udev/rules.d/60-simloft.rules")
    box.machine.run(f"echo '{rule}' > /etc/udev/rules.d/60-modemmanager.rules; udevadm control --reload")
    box.machine.run(
        "udevadm trigger --subsystem-match=usb --subsystem-match=tty --action=change; udevadm settle"
    )
    box.machine.run("systemctl restart ModemManager")
    listed = box.until(
        lambda: (found := box.machine.run("mmcli -L", check=False)).count("/Modem/") == 3 and found, 180
    )
    print(*(f"      {line.strip()}" for line in listed.splitlines()), sep="\n", flush=True)


STEPS: tuple[Callable[[Box], None], ...] = (
    modems_are_found_and_come_to_ready,
    messages_go_out_and_come_in,
    an_unplugged_modem_is_absent_and_the_others_go_on,
    plugged_in_elsewhere_its_card_brings_its_limits_along,
    renumbered_lines_are_the_same_ports,
    a_hub_without_power_comes_back_whole_and_nothing_is_reset,
    the_helper_has_the_kernel_set_up_a_device_anew,
    the_helper_switches_the_power_of_one_port,
    the_helper_refuses_hubs_and_strangers,
    a_modem_that_only_babbles_is_set_up_anew_by_the_pool_itself,
    modemmanager_leaves_marked_modems_alone,
    modemmanager_takes_a_simulated_modem_for_one,
)
