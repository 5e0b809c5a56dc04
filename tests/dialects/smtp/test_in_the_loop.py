"""The server of mails within the tests' own loop, where its times can be short and its disk full."""

import asyncio
import base64
import contextlib
import logging
import random
import smtplib
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.desk.tools import Tools
from appliance.listeners import smtp_session
from appliance.listeners.counter import Counter
from appliance.listeners.process import SmtpServer
from appliance.listeners.settings import SmtpRules
from appliance.store import keys
from appliance.store.database import connect, prepare
from appliance.store.keys import Terms
from appliance.store.writer import GroupCommitWriter

MAIL = b"Subject: x\r\n\r\nfull\r\n"


class Place:
    """A server that runs, and what it works with."""

    port: int
    key: str
    counter: Counter


@contextlib.asynccontextmanager
async def serving(data: Path, *, terms: Terms | None = None, **rules: object) -> AsyncIterator[Place]:
    place = Place()
    prepare(data / "simloft.db")
    writer = GroupCommitWriter(data / "simloft.db")
    place.key = keys.new_key()
    await writer.write(
        lambda connection: keys.add(connection, terms or Terms(name="t"), place.key, int(time.time() * 1000))
    )

    def no_sandbox() -> Tools:
        raise AssertionError

    place.counter = Counter(Tools(database=data / "simloft.db", writer=writer, ring=lambda: None), no_sandbox)
    with ThreadPoolExecutor(2) as executor, contextlib.closing(place.counter):
        server = SmtpServer(place.counter, SmtpRules(places=(("127.0.0.1", 0),), **rules), executor)  # type: ignore[arg-type]
        await server.start()
        place.port = server.addresses[0][1]
        try:
            yield place
        finally:
            await server.stop()


def mail(place: Place, *, tls: ssl.SSLContext | None = None, times: int = 1) -> tuple[int, bytes]:
    """smtplib, logged in; the answer to the last of so many mails of one connection."""
    with smtplib.SMTP("127.0.0.1", place.port, "t", timeout=30) as client:
        if tls is not None:
            client.starttls(context=tls)
        client.login("x", place.key)
        answer = (0, b"")
        for _ in range(times):
            answer = client.mail("a@b")
            if answer[0] != 250:
                return answer
            client.rcpt("13912345678@x")
            answer = client.data(MAIL)
        return answer


def run(work: object) -> None:
    asyncio.run(asyncio.wait_for(work, 60))  # type: ignore[arg-type]


def count(data: Path) -> int:
    with contextlib.closing(connect(data / "simloft.db", read_only=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM messages").fetchone()[0])


def test_a_full_disk_is_said_and_the_mail_comes_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as place:
            writer = place.counter.tools.writer
            assert (await asyncio.to_thread(mail, place))[0] == 250
            pages = await writer.write(
                lambda connection: connection.execute("PRAGMA page_count").fetchone()[0]
            )
            await writer.write(lambda each: each.execute(f"PRAGMA max_page_count = {pages}").fetchone())
            answers = [await asyncio.to_thread(mail, place) for _ in range(60)]
            full = [each for each in answers if each[0] != 250]
            assert full
            assert full[0][0] == 452
            assert full[0][1].startswith(b"4.3.1 ")
            assert count(tmp_path) == 61 - len(full)
            await writer.write(lambda each: each.execute("PRAGMA max_page_count = 100000").fetchone())
            assert (await asyncio.to_thread(mail, place))[0] == 250

    run(work())


def test_who_dribbles_is_hung_up_on_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_session, "COMMAND_TIMEOUT_S", 0.4)
    monkeypatch.setattr(smtp_session, "MAIL_TIMEOUT_S", 0.6)

    async def dribble(place: Place, words: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        await reader.readline()
        with contextlib.suppress(ConnectionError):
            for number in range(len(words)):
                writer.write(words[number : number + 1])
                await writer.drain()
                await asyncio.sleep(0.05)
        with contextlib.suppress(ConnectionError):
            return await reader.read()
        return b""

    async def work() -> None:
        async with serving(tmp_path) as place:
            slow = [asyncio.create_task(dribble(place, b"EHLO " + b"x" * 200)) for _ in range(10)]
            assert (await asyncio.to_thread(mail, place))[0] == 250
            assert await asyncio.gather(*slow) == [b""] * 10
            assert count(tmp_path) == 1

    run(work())


def test_a_mail_that_dribbles_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_session, "MAIL_TIMEOUT_S", 0.4)

    async def work() -> None:
        async with serving(tmp_path) as place:

            def half() -> None:
                with smtplib.SMTP("127.0.0.1", place.port, "t", timeout=30) as client:
                    client.login("x", place.key)
                    client.mail("a@b")
                    client.rcpt("13912345678@x")
                    client.docmd("DATA")
                    with pytest.raises((ConnectionError, smtplib.SMTPServerDisconnected)):
                        client.getreply()
                    client.close()

            await asyncio.to_thread(half)
            assert count(tmp_path) == 0

    run(work())


def test_requests_of_a_key_are_counted_by_mails_too(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path, terms=Terms(name="few", requests_per_minute=3)) as place:
            code, words = await asyncio.to_thread(mail, place, times=9)
            assert (code, words[:5]) == (454, b"4.7.0")
            assert count(tmp_path) < 9

    run(work())


def test_a_key_that_is_revoked_in_mid_connection_mails_no_more(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as place:

            def two_mails() -> int:
                with smtplib.SMTP("127.0.0.1", place.port, "t", timeout=30) as client:
                    client.login("x", place.key)
                    client.sendmail("a@b", "13912345678@x", MAIL)
                    place.counter.tools.writer.write_blocking(lambda each: keys.revoke_key(each, 1, 1))
                    return client.mail("a@b")[0]

            assert await asyncio.to_thread(two_mails) == 535

    run(work())


def test_starttls_is_offered_while_there_is_a_certificate(tmp_path: Path) -> None:
    certificate, key = tmp_path / "server.pem", tmp_path / "server-key.pem"

    async def work() -> None:
        async with serving(tmp_path, certificate=certificate, certificate_key=key) as place:
            with pytest.raises(smtplib.SMTPNotSupportedError):
                await asyncio.to_thread(mail, place, tls=ssl.create_default_context())
            make(certificate, key)
            trusting = ssl.create_default_context(cafile=str(certificate))
            trusting.check_hostname = False
            assert (await asyncio.to_thread(mail, place, tls=trusting))[0] == 250
            assert (await asyncio.to_thread(mail, place))[0] == 250

    run(work())


def make(certificate: Path, key: Path) -> None:
    """A certificate that signs itself."""
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    command += ["-subj", "/CN=box", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


WORDS = (
    *(
        b"EHLO x",
        b"HELO x",
        b"MAIL FROM:<a@b>",
        b"RCPT TO:<13912345678@x>",
        b"DATA",
        b".",
        b"RSET",
        b"NOOP",
        b"AUTH",
    ),
    *(
        b"AUTH LOGIN",
        b"AUTH PLAIN AGEAYg==",
        b"",
        b"\x00",
        b"\xff\xfe",
        b"STARTTLS",
        b"VRFY x",
        b"EXPN x",
        b"HELP",
        b"*",
    ),
    *(
        b"Subject: x\r\n\r\nbody",
        b"\n.\n",
        b"MAIL FROM:<\xf0\x9f\x98\x80@b> SMTPUTF8",
        b"RCPT TO:<>",
        b"MAIL FROM: ",
    ),
    *(
        b"RCPT TO:<+86 139>",
        b"x" * 9000,
        b"MAIL FROM:<a@b> SIZE=99999999999999999999",
        b"RCPT TO:<1@x> NOTIFY=NEVER",
    ),
)


def test_any_order_of_any_commands_is_answered_and_only_what_is_stored_is_called_stored(
    tmp_path: Path,
) -> None:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)

    async def talk(place: Place, seed: int) -> bytes:
        chance = random.Random(seed)
        log_in = b"AUTH PLAIN " + base64.b64encode(b"\0u\0" + place.key.encode())
        began = [
            b"EHLO x",
            log_in,
            b"MAIL FROM:<a@b>",
            b"RCPT TO:<13912345678@x>",
            b"DATA",
            b"Subject: x",
            b".",
        ]
        script = [*began[: chance.randrange(8)], *chance.choices(WORDS, k=chance.randrange(15))]
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        # At the end whatever may be open is ended: a log-in, a mail.
        writer.write(b"\r\n".join([*script, b"*", b"*", b".", b"QUIT", b""]))
        answer = await reader.read()
        writer.close()
        return answer

    async def work() -> None:
        async with serving(tmp_path) as place:
            stored = 0
            for seed in range(150):
                async with asyncio.timeout(20):
                    answer = await talk(place, seed)
                lines = answer.splitlines()
                assert all(line[:3].isdigit() and line[:3] != b"451" for line in lines), (seed, lines)
                stored += sum(line.startswith(b"250 2.0.0 stored") for line in lines)
                assert count(tmp_path) == stored, (seed, lines)
            assert stored > 10

    run(work())
