"""smsd of smstools, from Debian, with a modem of every make: each sends a long Chinese message and files the reply."""

import re
from functools import partial
from pathlib import Path

import pytest

from appliance.modem.simulator.profile import load_profile
from tests.bank import Bank, running_bank
from tests.peers.peer import LONG_CHINESE, PROFILES, REPLY, await_that, daemon, find, handset_of

pytestmark = pytest.mark.peer("smsd")


def write_config(bank: Bank, directory: Path) -> Path:
    """One smsd for all modems, with a queue for each."""
    names = [f"M{number}" for number in range(len(bank.ports))]
    for box in ("outgoing", "checked", "incoming", "sent", "failed", "report", *names):
        (directory / box).mkdir(parents=True)
    lines = [
        f"devices = {','.join(names)}",
        *(
            f"{key} = {directory}/{key}"
            for key in ("outgoing", "checked", "incoming", "sent", "failed", "report")
        ),
        *(f"{key} = {directory}/smsd.{key}" for key in ("logfile", "infofile", "pidfile")),
        "loglevel = 7",
        "delaytime = 1",
        "receive_before_send = no",
        "autosplit = 3",
        "",
        "[queues]",
        *(f"{name} = {directory}/{name}" for name in names),
    ]
    for number, name in enumerate(names):
        lines += [
            "",
            f"[{name}]",
            f"device = {bank.ports[number]}",
            "baudrate = 115200",
            "incoming = high",
            "report = yes",
            f"queues = {name}",
            f"memory_start = {load_profile(PROFILES[number]).first_index.get('ME', 1)}",
        ]
    config = directory / "smsd.conf"
    config.write_text("\n".join(lines) + "\n")
    return config


def test_smsd_sends_long_chinese_messages_and_files_the_replies(tmp_path: Path) -> None:
    program = find("smsd")
    count = len(PROFILES)
    directory = tmp_path / "smsd"
    with running_bank(
        tmp_path, modems=count, latency_ms=50, report_delay_ms=50, profiles=tuple(PROFILES)
    ) as bank:
        config = write_config(bank, directory)
        for number in range(count):
            head = f"To: {handset_of(number)[1:]}\nQueue: M{number}\nAlphabet: UTF-8\nReport: yes\n\n"
            (directory / "outgoing" / f"m{number}").write_text(head + LONG_CHINESE, "utf-8")
        with daemon([program, "-c", str(config), "-t"], directory / "out", directory):
            for number in range(count):
                (message,) = bank.wait_for_messages(handset_of(number), timeout_ms=90_000)
                assert message["text"] == LONG_CHINESE
            for number in range(count):
                bank.reply(handset_of(number), bank.msisdn(number), REPLY)
            log = directory / "smsd.logfile"
            for number in range(count):
                look = partial(_filed, directory, handset_of(number)[1:])
                got = await_that(look, f"{PROFILES[number]}: the reply is filed", log)
                assert got == REPLY
    assert not list((directory / "failed").iterdir())


def _filed(directory: Path, sender: str) -> str | None:
    """The text of the message from `sender`, whose parts smsd puts together by itself.

    It leaves UCS2 as it came: what its `decode_unicode_text` makes of it ends at the first character of U+FFxx.
    """
    for file in (directory / "incoming").iterdir():
        try:
            head, _, octets = file.read_bytes().partition(b"\n\n")
        except FileNotFoundError:  # A part, put together with the others a moment ago.
            continue
        if re.search(rb"^From: %b$" % sender.encode(), head, re.MULTILINE) and b"Alphabet: UCS2" in head:
            text = octets.decode("utf-16-be", "replace")
            return text if len(text) >= len(REPLY) else None
    return None
