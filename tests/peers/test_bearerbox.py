"""bearerbox of Kannel, from Debian, with smsbox, on a modem of every make: a long Chinese message out, the reply in."""

import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import pytest

from tests.bank import Bank, running_bank
from tests.peers.peer import LONG_CHINESE, PROFILES, REPLY, await_that, daemon, find, free_port, handset_of

pytestmark = pytest.mark.peer("bearerbox")


class Received:
    """What smsbox hands on by HTTP: texts by sender."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}


@contextmanager
def receiving() -> Iterator[tuple[int, Received]]:
    """A web server that smsbox tells of each message; its port and what it was told."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = urllib.parse.urlparse(self.path).query
            fields = urllib.parse.parse_qs(query, encoding="latin-1", keep_blank_values=True)
            charset = fields["charset"][0]
            received.texts[fields["from"][0]] = fields["text"][0].encode("latin-1").decode(charset)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1], received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_config(bank: Bank, directory: Path, sendsms_port: int, receiver_port: int) -> Path:
    """bearerbox with all modems, each an SMSC of its own, and smsbox."""
    (directory / "store").mkdir(parents=True)
    groups = [
        f"""group = core
admin-port = {free_port()}
admin-password = test
admin-interface = 127.0.0.1
smsbox-port = {(smsbox_port := free_port())}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-file = {directory}/bearerbox.log
log-level = 0
store-type = spool
store-location = {directory}/store""",
        f"""group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox_port}
sendsms-port = {sendsms_port}
global-sender = 10000
log-file = {directory}/smsbox.log
log-level = 0""",
        "group = sendsms-user\nusername = test\npassword = test\nmax-messages = 10\nconcatenation = true",
        f"""group = sms-service
keyword = default
catch-all = yes
max-messages = 0
get-url = "http://127.0.0.1:{receiver_port}/?from=%p&charset=%C&text=%b\"""",
        """group = modems
id = generic
name = "Any modem"
reset-string = "AT&F"
init-string = "AT+CNMI=1,2,0,1,0;+CMEE=1\"""",
    ]
    groups += [
        f"""group = smsc
smsc = at
smsc-id = M{number}
allowed-smsc-id = M{number}
modemtype = generic
device = {port}
speed = 115200
my-number = {bank.msisdn(number)}
sim-buffering = true"""
        for number, port in enumerate(bank.ports)
    ]
    config = directory / "kannel.conf"
    config.write_text("\n\n".join(groups) + "\n")
    return config


def _submit(port: int, number: int) -> bool | None:
    fields = {
        "username": "test",
        "password": "test",
        "smsc": f"M{number}",
        "to": handset_of(number),
        "coding": "2",
        "charset": "UTF-8",
        "text": LONG_CHINESE,
    }
    url = f"http://127.0.0.1:{port}/cgi-bin/sendsms?{urllib.parse.urlencode(fields)}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return True if answer.status == 202 else None
    except (URLError, ConnectionError):
        return None


def test_bearerbox_sends_long_chinese_messages_and_hands_on_the_replies(tmp_path: Path) -> None:
    bearerbox, smsbox = find("bearerbox"), find("smsbox")
    directory = tmp_path / "kannel"
    count = len(PROFILES)
    with (
        running_bank(
            tmp_path, modems=count, latency_ms=50, report_delay_ms=50, profiles=tuple(PROFILES)
        ) as bank,
        receiving() as (receiver_port, received),
    ):
        sendsms_port = free_port()
        config = str(write_config(bank, directory, sendsms_port, receiver_port))
        log = directory / "bearerbox.log"
        with daemon([bearerbox, config], directory / "bearerbox.out", directory):
            await_that(
                lambda: True if log.exists() and "smsbox" in log.read_text() else None,
                "bearerbox starts",
                log,
            )
            with daemon([smsbox, config], directory / "smsbox.out", directory):
                for number in range(count):
                    await_that(partial(_submit, sendsms_port, number), f"smsbox takes message {number}", log)
                for number in range(count):
                    (message,) = bank.wait_for_messages(handset_of(number), timeout_ms=90_000)
                    assert message["text"] == LONG_CHINESE
                for number in range(count):
                    bank.reply(handset_of(number), bank.msisdn(number), REPLY)
                await_that(
                    lambda: True if len(received.texts) == count else None, "all replies are handed on", log
                )
    assert received.texts == {handset_of(number): REPLY for number in range(count)}
