"""A bank of simulated modems for tests, as a process of its own.

with running_bank(tmp_path, modems=2, latency_ms=0) as bank:
    port = bank.ports[0]                                  # a path that pyserial opens
    bank.reply("+8613912345678", bank.msisdn(0), "好的")  # a handset writes to the first SIM
    bank.wait_for("delivered", 3)
    assert [message.text for message in bank.handset_texts()] == […]
"""

import json
import multiprocessing
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from appliance.modem.simulator.ledger import HandsetText, LedgerRecord, handset_texts, read_ledger
from tests.forks import ForkedProgram

# Only a bank that hangs meets these.
START_S = 60.0
END_S = 30.0


class BankError(AssertionError):
    """The bank refused an op or did not start."""


@dataclass
class Bank:
    """A running bank. Ports and modems are counted from 0 here, named from modem01 there."""

    directory: Path
    ports: list[str]
    control_path: Path
    ledger_path: Path
    process: ForkedProgram

    def control(self, op: str, **fields: Any) -> Any:
        """The result of an op of the control socket (see `appliance.modem.simulator.control`).

        BankError with its sentence if it is refused.
        """
        timeout_s = fields.get("timeout_ms", 0) / 1000 + 30
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout_s)
            connection.connect(os.fspath(self.control_path))
            connection.sendall(json.dumps({"op": op, **fields}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline())
        if not answer["ok"]:
            raise BankError(answer["error"])
        return answer["result"]

    def ledger(self) -> list[LedgerRecord]:
        """Every event so far."""
        self.control("ledger")
        return read_ledger(self.ledger_path)

    def handset_texts(self) -> list[HandsetText]:
        """Every message that handsets received so far, put together."""
        return handset_texts(self.ledger())

    def modem(self, number: int) -> dict[str, Any]:
        """What the bank says of modem `number` (from 0)."""
        modem: dict[str, Any] = self.control("modems")[number]
        return modem

    def msisdn(self, number: int) -> str:
        """The number of the SIM in modem `number` (from 0)."""
        return str(self.modem(number)["msisdn"])

    def messages(self, handset: str) -> list[dict[str, Any]]:
        """The messages of one handset, oldest first."""
        messages: list[dict[str, Any]] = self.control("handset_messages", number=handset, limit=100_000)[
            "messages"
        ]
        return messages

    def reply(self, handset: str, to: str, text: str) -> None:
        """A handset writes to a SIM."""
        self.control("handset_reply", number=handset, to=to, text=text)

    def wait_for(self, event: str, at_least: int = 1, timeout_ms: int = 60_000) -> None:
        """Until the ledger has so many of that event."""
        answer = self.control("wait", event=event, at_least=at_least, timeout_ms=timeout_ms)
        if not answer["reached"]:
            raise BankError(f"{answer['count']} of {at_least} {event} after {timeout_ms} ms")

    def wait_for_messages(
        self, handset: str, whole: int = 1, timeout_ms: int = 60_000
    ) -> list[dict[str, Any]]:
        """Until the handset has received so many whole messages; its messages."""
        answer = self.control("wait", handset=handset, messages=whole, timeout_ms=timeout_ms)
        if not answer["reached"]:
            raise BankError(f"{handset} has {answer['count']} of {whole} messages after {timeout_ms} ms")
        return self.messages(handset)

    def fault(self, number: int, kind: str, **fields: Any) -> None:
        """A fault of modem `number` (from 0)."""
        self.control("fault", modem=f"modem{number + 1:02d}", kind=kind, **fields)


@contextmanager
def running_bank(
    tmp_path: Path,
    modems: int = 8,
    latency_ms: int = 0,
    report_delay_ms: int = 0,
    *,
    profiles: tuple[str, ...] = (),
    config: str | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[Bank]:
    """Starts a bank under `tmp_path` and ends it.

    `config` is the text of a TOML file, `options` go to the command line as they are.
    """
    directory = tmp_path / "bank"
    control_path = _short_path(tmp_path / "bank.sock")
    ledger_path = tmp_path / "bank-ledger.jsonl"
    arguments = [
        *("simulate", "--dir", str(directory), "--modems", str(modems)),
        *("--control", str(control_path), "--ledger", str(ledger_path)),
        *("--latency-ms", str(latency_ms), "--report-delay-ms", str(report_delay_ms)),
        *(argument for name in profiles for argument in ("--profile", name)),
        *options,
    ]
    if config is not None:
        (tmp_path / "bank.toml").write_text(config, "utf-8")
        arguments += ["--config", str(tmp_path / "bank.toml")]
    log = tmp_path / "bank.log"
    log.touch()
    ready, told = multiprocessing.Pipe(duplex=False)
    process = ForkedProgram([*arguments, "--ready-fd"], log, told)
    told.close()
    try:
        _await_ready(process, ready, log)
        ports = [str(directory / f"modem{number:02d}") for number in range(1, modems + 1)]
        yield Bank(directory, ports, control_path, ledger_path, process)
    finally:
        ready.close()
        _end(process, log)
        _forget(control_path, tmp_path)


def _await_ready(process: ForkedProgram, ready: Connection, log: Path) -> None:
    readable, _, _ = select.select([ready], [], [], START_S)
    if not readable or not os.read(ready.fileno(), 16):
        process.kill()
        raise BankError(f"the bank did not start: {log.read_text(errors='replace')}")


def _end(process: ForkedProgram, log: Path) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise BankError("the bank did not end on SIGTERM") from None
    finally:
        sys.stderr.write(log.read_text(errors="replace"))


def _short_path(path: Path) -> Path:
    """The path of a socket has 107 octets at most, which pytest's can exceed: then one by way of a short link."""
    if len(os.fsencode(path)) < 100:
        return path
    link = Path(tempfile.mkdtemp(prefix="simloft-")) / "bank"
    link.symlink_to(path.parent)
    return link / path.name


def _forget(control_path: Path, tmp_path: Path) -> None:
    link = control_path.parent
    if link != tmp_path and link.is_symlink():
        link.unlink()
        link.parent.rmdir()
