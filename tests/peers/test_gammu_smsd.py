"""gammu-smsd, from Debian, a daemon for a modem of every make: it sends what lies in its outbox and files the reply."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.bank import Bank, running_bank
from tests.peers.peer import LONG_CHINESE, PROFILES, REPLY, await_that, daemon, find, handset_of

pytestmark = pytest.mark.peer("gammu-smsd")


def write_config(bank: Bank, number: int, directory: Path) -> Path:
    """A directory of its own for the daemon of modem `number`, and its configuration in it."""
    for box in ("inbox", "outbox", "sent", "error"):
        (directory / box).mkdir(parents=True)
    config = directory / "smsdrc"
    config.write_text(
        f"""[gammu]
device = {bank.ports[number]}
connection = at115200

[smsd]
service = files
logfile = {directory}/smsd.log
debuglevel = 255
inboxpath = {directory}/inbox/
outboxpath = {directory}/outbox/
sentsmspath = {directory}/sent/
errorsmspath = {directory}/error/
inboxformat = unicode
transmitformat = unicode
deliveryreport = sms
checksecurity = 0
hangupcalls = 0
loopsleep = 1
receivefrequency = 0
statusfrequency = 0
"""
    )
    return config


def test_gammu_smsd_sends_long_chinese_messages_and_files_the_replies(tmp_path: Path) -> None:
    program = find("gammu-smsd")
    count = len(PROFILES)
    with (
        running_bank(
            tmp_path, modems=count, latency_ms=50, report_delay_ms=50, profiles=tuple(PROFILES)
        ) as bank,
        ExitStack() as daemons,
    ):
        directories = [tmp_path / profile for profile in PROFILES]
        for number, directory in enumerate(directories):
            config = write_config(bank, number, directory)
            # The place for the recipient in the name, the text in UTF-16, is how its outbox takes messages.
            text = LONG_CHINESE.encode("utf-16")
            (directory / "outbox" / f"OUTA0_{handset_of(number)}_0.txtd").write_bytes(text)
            daemons.enter_context(daemon([program, "-c", str(config)], directory / "out", directory))

        for number in range(count):
            (message,) = bank.wait_for_messages(handset_of(number), timeout_ms=90_000)
            assert message["text"] == LONG_CHINESE

        for number in range(count):
            bank.reply(handset_of(number), bank.msisdn(number), REPLY)
        for number, directory in enumerate(directories):
            look = partial(_filed, directory / "inbox", handset_of(number))
            got = await_that(look, f"{PROFILES[number]}: the reply is filed", directory / "smsd.log")
            assert got == REPLY


def _filed(inbox: Path, sender: str) -> str | None:
    """The text of the reply, a file for each part; None while a part is missing.

    gammu-smsd 1.42 writes UTF-16, but twice as many octets as the text has in UTF-8: what stands behind the first NUL
    is whatever its buffer held. It also files each report, as a text 'Delivered' or as an empty file.
    """
    files = sorted(inbox.glob(f"IN*_{sender}_*.txt"))
    texts = [file.read_bytes().decode("utf-16", "replace").partition("\0")[0] for file in files]
    parts = [text for text in texts if text not in ("", "Delivered")]
    return "".join(parts) if len(parts) == 2 else None
