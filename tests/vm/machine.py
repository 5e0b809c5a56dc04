"""A running virtual machine with a USB hub, whose serial devices are plugged and unplugged while it runs."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.vm.image import Image

BOOT_S = 180.0
HUB = "hub1"
"""On port 1 of the controller: the guest's ``1-1``, whose port 4 is ``1-1.4``."""


class MachineError(AssertionError):
    """The machine did not do what it was asked to."""


class Machine:
    """QEMU with its two channels: QMP for the hardware, and the agent for what is in the guest."""

    def __init__(self, qmp: _Lines, agent: _Lines) -> None:
        self._qmp = qmp
        self._agent = agent

    # -- hardware ------------------------------------------------------------------------------------

    def plug_hub(self) -> None:
        """The hub, whose ports can be switched on and off one by one."""
        self._do("device_add", driver="usb-hub", id=HUB, bus="xhci.0", port="1", **{"port-power": True})

    def unplug_hub(self) -> None:
        """With all that hangs on it."""
        self._remove(HUB)

    def plug(self, name: str, port: str, tty: str, serial: str = "0001") -> None:
        """A USB serial device (0403:6001) on ``port`` (``1.4``), with the modem of the host's ``tty`` behind it."""
        backend = {"type": "serial", "data": {"device": os.path.realpath(tty)}}
        self._do("chardev-add", id=f"line-{name}", backend=backend)
        self._do(
            "device_add",
            driver="usb-serial", id=name, chardev=f"line-{name}", bus="xhci.0", port=port, serial=serial,
            **{"always-plugged": True},
        )  # fmt: skip

    def unplug(self, name: str) -> None:
        self._remove(name)
        self.forget(name)

    def forget(self, name: str) -> None:
        """Close the line of a device that is gone."""
        self._do("chardev-remove", id=f"line-{name}")

    def _remove(self, name: str) -> None:
        self._do("device_del", id=name)
        while self._qmp.next().get("data", {}).get("device") != name:
            pass

    def _do(self, command: str, **arguments: Any) -> None:
        self._qmp.say({"execute": command, "arguments": arguments})
        while True:
            told = self._qmp.next()
            if "error" in told:
                raise MachineError(f"{command}: {told['error']['desc']}")
            if "return" in told:
                return

    # -- guest ---------------------------------------------------------------------------------------

    def run(self, command: str, *, limit_s: float = 60.0, check: bool = True) -> str:
        """What a command of the guest's shell prints, as root."""
        told = self._ask({"run": command, "limit_s": limit_s}, limit_s + 10)
        if check and told["code"] != 0:
            raise MachineError(f"{command}: {told['code']}\n{told['out']}{told['err']}")
        return str(told["out"])

    def rows(self, sql: str) -> list[list[Any]]:
        """What the database of the box says; nothing while there is none."""
        told = self._ask({"sql": sql}, 30)
        return told if isinstance(told, list) else []

    def _ask(self, asked: dict[str, Any], limit_s: float) -> Any:
        self._agent.say(asked)
        told = self._agent.next(limit_s)
        if isinstance(told, dict) and "error" in told and "sql" not in asked:
            raise MachineError(f"{asked}: {told['error']}")
        return told


class _Lines:
    """JSON, a line at a time, over a socket of QEMU."""

    def __init__(self, path: Path, limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        self._socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise MachineError(f"QEMU does not listen on {path.name}") from None
                time.sleep(0.05)
        self._rest = b""

    def say(self, value: object) -> None:
        self._socket.sendall(json.dumps(value).encode() + b"\n")

    def next(self, limit_s: float = 30.0) -> Any:
        deadline = time.monotonic() + limit_s
        while b"\n" not in self._rest:
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                more = self._socket.recv(65536)
            except TimeoutError:
                raise MachineError(f"no answer within {limit_s:.0f} s") from None
            if not more:
                raise MachineError("the machine has ended")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def close(self) -> None:
        self._socket.close()


@contextlib.contextmanager
def running_machine(image: Image, payload: Path, directory: Path) -> Iterator[Machine]:
    """Boot, and wait until the guest takes commands. The console is written to ``console.log``."""
    qmp, agent, console = (directory / name for name in ("qmp.sock", "agent.sock", "console.log"))
    command = [
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024"),
        *("-display", "none", "-no-reboot", "-nic", "none", "-serial", f"file:{console}"),
        *("-kernel", str(image.kernel), "-initrd", str(image.initrd)),
        *(
            "-append",
            "root=/dev/vda rw console=ttyS0 quiet systemd.unit=multi-user.target systemd.mask=e2scrub_reap.service",
        ),
        *("-drive", f"file={image.disk},if=virtio,format=raw,snapshot=on"),
        *("-drive", f"file={payload},if=virtio,format=raw,readonly=on"),
        *("-device", "qemu-xhci,id=xhci", "-device", "virtio-serial-pci"),
        *("-chardev", f"socket,id=agent,path={agent},server=on,wait=off"),
        *("-device", "virtserialport,chardev=agent,name=simloft"),
        *("-qmp", f"unix:{qmp},server=on,wait=off"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(directory / "qemu.log").open("wb"))
    try:
        hardware, guest = _Lines(qmp, 20), _Lines(agent, 20)
        hardware.next()
        machine = Machine(hardware, guest)
        machine._do("qmp_capabilities")
        if guest.next(BOOT_S) != "ready":
            raise MachineError("the guest does not take commands")
        yield machine
    except MachineError as error:
        complaint = (directory / "qemu.log").read_text(errors="replace")
        raise MachineError(f"{error}\n{complaint}".strip()) from error
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
