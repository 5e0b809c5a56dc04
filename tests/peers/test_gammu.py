"""gammu, from Debian, with every make of simulated modem: identify, send a long Chinese message, read the reply.

gammu waits for seconds of its own at each step, so it is run for all makes at the same time.
"""

import re
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.bank import Bank, running_bank
from tests.peers.peer import ANSWERED_WITHIN_S, LONG_CHINESE, PROFILES, REPLY, find, handset_of

pytestmark = pytest.mark.peer("gammu")

ALL = range(len(PROFILES))


def gammu(program: str, bank: Bank, number: int, *arguments: str) -> str:
    """What gammu prints of modem `number` (from 0). Its connection `at115200` is the plain serial one."""
    directory = bank.directory.parent / f"gammu{number}"
    directory.mkdir(exist_ok=True)
    config = directory / "gammurc"
    config.write_text(
        f"[gammu]\ndevice = {bank.ports[number]}\nconnection = at115200\n"
        f"logfile = {directory}/gammu.log\nlogformat = textall\n"
    )
    done = subprocess.run(
        [program, "-c", str(config), *arguments],
        capture_output=True,
        timeout=3 * ANSWERED_WITHIN_S,
        check=False,
        env={"LANG": "C.UTF-8", "HOME": str(directory)},
    )
    words = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    log = directory / "gammu.log"
    assert done.returncode == 0, words + log.read_text(errors="replace")[-3000:]
    return words


def with_each(does: Callable[[int], None], numbers: Iterable[int] = ALL) -> None:
    """Do something with all modems at the same time; says of which makes it failed, and how."""
    wrong: dict[str, AssertionError | subprocess.TimeoutExpired] = {}

    def one(number: int) -> None:
        try:
            does(number)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            wrong[PROFILES[number]] = error

    with ThreadPoolExecutor(len(PROFILES)) as threads:
        list(threads.map(one, numbers))
    assert not wrong, "\n".join(f"{profile}: {error}" for profile, error in wrong.items())


def test_gammu_identifies_every_make(tmp_path: Path) -> None:
    program = find("gammu")
    with running_bank(tmp_path, modems=len(PROFILES), profiles=(*PROFILES,)) as bank:

        def identify(number: int) -> None:
            words = gammu(program, bank, number, "identify")
            modem = bank.modem(number)
            assert modem["profile"] == PROFILES[number]
            said = dict(re.findall(r"^(\S[^:]*?)\s*: (.*)$", words, re.MULTILINE))
            assert said["IMEI"] == modem["imei"]
            assert said["SIM IMSI"] == modem["imsi"]
            assert modem["model"] in said["Model"]

        with_each(identify)


def test_gammu_sends_a_long_chinese_message_and_reads_the_reply_with_every_make(tmp_path: Path) -> None:
    program = find("gammu")
    modems = len(PROFILES)
    with running_bank(
        tmp_path, modems=modems, latency_ms=50, report_delay_ms=50, profiles=(*PROFILES,)
    ) as bank:

        def send(number: int) -> None:
            command = ["sendsms", "TEXT", handset_of(number), "-unicode", "-report"]
            command += ["-len", str(len(LONG_CHINESE)), "-text", LONG_CHINESE]
            assert gammu(program, bank, number, *command).count("OK, message reference=") == 2
            (message,) = bank.wait_for_messages(handset_of(number))
            assert message["text"] == LONG_CHINESE

        def read(number: int) -> None:
            listed = gammu(program, bank, number, "getallsms")
            assert f'"{handset_of(number)}"' in listed
            assert _texts(listed) == REPLY

        with_each(send)
        bank.wait_for("report", 2 * modems)
        for number in ALL:
            bank.reply(handset_of(number), bank.msisdn(number), REPLY)
        bank.wait_for("mt-stored", 2 * modems)
        with_each(read)


def _texts(listed: str) -> str:
    """The texts of all deliveries that getallsms shows, in order; reports, which it shows too, have none."""
    entries = [
        entry for entry in re.split(r"^Location ", listed, flags=re.MULTILINE) if "SMS message" in entry
    ]
    return "".join(entry.split("\n\n")[1].strip("\n") for entry in entries)
