"""gammu, from Debian, with every make of simulated modem: identify, send a long Chinese message, read the reply."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.bank import Bank, running_bank
from tests.peers.peer import ANSWERED_WITHIN_S, HANDSET, LONG_CHINESE, PROFILES, REPLY, find

pytestmark = [pytest.mark.peer("gammu"), pytest.mark.parametrize("profile", PROFILES)]


def gammu(bank: Bank, directory: Path, *arguments: str) -> str:
    """What gammu prints. Its connection `at115200` is the plain serial one."""
    program = find("gammu")
    config = directory / "gammurc"
    config.write_text(
        f"[gammu]\ndevice = {bank.ports[0]}\nconnection = at115200\n"
        f"logfile = {directory}/gammu.log\nlogformat = textall\n"
    )
    done = subprocess.run(
        [program, "-c", str(config), *arguments],
        capture_output=True,
        timeout=ANSWERED_WITHIN_S,
        check=False,
        env={"LANG": "C.UTF-8", "HOME": str(directory)},
    )
    words = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    log = directory / "gammu.log"
    assert done.returncode == 0, words + log.read_text(errors="replace")[-3000:]
    return words


def test_gammu_identifies_the_modem(tmp_path: Path, profile: str) -> None:
    with running_bank(tmp_path, modems=1, profiles=(profile,)) as bank:
        words = gammu(bank, tmp_path, "identify")
        modem = bank.modem(0)
    said = dict(re.findall(r"^(\S[^:]*?)\s*: (.*)$", words, re.MULTILINE))
    assert said["IMEI"] == modem["imei"]
    assert said["SIM IMSI"] == modem["imsi"]
    assert modem["model"] in said["Model"]


def test_gammu_sends_a_long_chinese_message_and_reads_the_reply(tmp_path: Path, profile: str) -> None:
    with running_bank(tmp_path, modems=1, latency_ms=50, report_delay_ms=50, profiles=(profile,)) as bank:
        length = str(len(LONG_CHINESE))
        words = gammu(
            bank,
            tmp_path,
            "sendsms",
            "TEXT",
            HANDSET,
            "-unicode",
            "-report",
            "-len",
            length,
            "-text",
            LONG_CHINESE,
        )
        assert words.count("OK, message reference=") == 2
        (message,) = bank.wait_for_messages(HANDSET)
        assert message["text"] == LONG_CHINESE
        bank.wait_for("report", 2)

        bank.reply(HANDSET, bank.msisdn(0), REPLY)
        bank.wait_for("mt-stored", 2)
        listed = gammu(bank, tmp_path, "getallsms")
        assert f'"{HANDSET}"' in listed
        assert _texts(listed) == REPLY


def _texts(listed: str) -> str:
    """The texts of all deliveries that getallsms shows, in order; reports, which it shows too, have none."""
    entries = [
        entry for entry in re.split(r"^Location ", listed, flags=re.MULTILINE) if "SMS message" in entry
    ]
    return "".join(entry.split("\n\n")[1].strip("\n") for entry in entries)
