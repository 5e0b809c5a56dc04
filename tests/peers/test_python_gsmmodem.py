"""python-gsmmodem-new, from PyPI, on every make: identify, send a long Chinese message, read the reply."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from gsmmodem.modem import GsmModem, SentSms

from tests.bank import Bank, running_bank
from tests.peers.peer import ANSWERED_WITHIN_S, HANDSET, LONG_CHINESE, PROFILES, await_that

pytestmark = [
    pytest.mark.peer("python-gsmmodem-new"),
    pytest.mark.parametrize("profile", PROFILES),
    # Its reading thread dies of a closed port when it is told to end.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]

# It takes an unsolicited line that comes between its command and the answer for a part of the answer, and its thread
# for incoming reports writes commands into the prompt of a part that is being sent. So where a long message goes out,
# its reports do not come before the test has ended, and replies have one part. (Nor can it decode an emoji.)
AFTER_THE_TEST_MS = 600_000
SHORT_REPLY = "好的，我下午三点过来。"


@contextmanager
def connected(bank: Bank, **options: Any) -> Iterator[GsmModem]:
    """A connected GsmModem on the first port."""
    modem = GsmModem(bank.ports[0], 115200, **options)
    try:
        modem.connect()
        modem.waitForNetworkCoverage(5)
        yield modem
    finally:
        modem.close()


def test_gsmmodem_identifies_the_modem(tmp_path: Path, profile: str) -> None:
    with running_bank(tmp_path, modems=1, profiles=(profile,)) as bank, connected(bank) as modem:
        told = bank.modem(0)
        assert modem.imei == told["imei"]
        assert modem.imsi == told["imsi"]
        assert modem.manufacturer.strip() == told["manufacturer"]
        assert modem.model.strip() == told["model"]
        assert modem.signalStrength == told["signal"]


def test_gsmmodem_sends_a_long_chinese_message_and_reads_the_reply(tmp_path: Path, profile: str) -> None:
    received: Queue[tuple[str, str]] = Queue()
    with (
        running_bank(
            tmp_path, 1, latency_ms=50, report_delay_ms=AFTER_THE_TEST_MS, profiles=(profile,)
        ) as bank,
        connected(bank, smsReceivedCallbackFunc=lambda sms: received.put((sms.number, sms.text))) as modem,
    ):
        modem.sendSms(HANDSET, LONG_CHINESE)
        (message,) = bank.wait_for_messages(HANDSET)
        assert message["text"] == LONG_CHINESE

        bank.reply(HANDSET, bank.msisdn(0), SHORT_REPLY)
        assert received.get(timeout=ANSWERED_WITHIN_S) == (HANDSET, SHORT_REPLY)
        # It deletes what it has told: only then may it be closed.
        await_that(lambda: True if _stored(bank) == 0 else None, "the reply is deleted", tmp_path / "none")


def _stored(bank: Bank) -> int:
    return sum(int(memory["used"]) for memory in bank.modem(0)["memories"].values())


def test_gsmmodem_gets_the_delivery_report(tmp_path: Path, profile: str) -> None:
    with (
        running_bank(tmp_path, 1, latency_ms=50, report_delay_ms=300, profiles=(profile,)) as bank,
        connected(bank) as modem,
    ):
        sent = modem.sendSms(
            HANDSET, "验证码：123456", waitForDeliveryReport=True, deliveryTimeout=ANSWERED_WITHIN_S
        )
        assert sent.status == SentSms.DELIVERED
