"""Mails over a socket, by Python's own client: who may, to whom, and that 250 means it is on disk."""

import contextlib
import smtplib
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

import pytest

from appliance.store.database import connect
from appliance.store.keys import Scope
from tests.dialects.smtp.post_office import PostOffice, running_post_office

MAIL = b"Subject: disk\r\n\r\nfull %d\r\n"


def test_a_mail_is_a_message_on_disk_when_it_is_answered(office: PostOffice) -> None:
    before = office.texts()
    with office.client() as client:
        client.sendmail("nas@lan", ["13912345678@sms.box"], "Subject: 磁盘\r\n\r\n已满\r\n".encode())
        assert office.texts() == [*before, ("+8613912345678", "磁盘\n已满")]
    row = office.newest()
    assert (row["source"], row["api_key_id"]) == ("smtp", 1)


def test_every_recipient_gets_a_message_of_his_own_and_none_two(office: PostOffice) -> None:
    before = len(office.texts())
    office.mail(MAIL % 1, "13912345678@a", "+8613912345679@b", "139 1234 5678@c".replace(" ", "-"), "10086@x")
    assert [to for to, _ in office.texts()[before:]] == ["+8613912345678", "+8613912345679", "10086"]


@pytest.mark.parametrize(
    "address",
    [
        "root@sms",
        '"a b"@sms',
        "@sms",
        "110@sms",
        "boss@example.com",
        "1391234567890123456789@sms",
        "138%40x@sms",
        "x",
    ],
)
def test_what_is_no_number_is_refused_with_a_reason(office: PostOffice, address: str) -> None:
    before = office.texts()
    with office.client() as client, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.sendmail("nas@lan", [address], MAIL % 2)
    ((code, words),) = refused.value.recipients.values()
    assert code == 550
    assert words.startswith(b"5.1.1 ")
    assert office.texts() == before


@pytest.mark.parametrize(
    "path", ["13912345678", "<13912345678>", "<@relay.lan:13912345678@sms>", "<13912345678@[10.0.0.1]>"]
)
def test_odd_addresses_are_understood(office: PostOffice, path: str) -> None:
    with office.client() as client:
        assert client.docmd("MAIL FROM:<> AUTH=<>")[0] == 250
        assert client.docmd(f"RCPT TO:{path}")[0] == 250


def test_without_a_log_in_nothing_is_taken(office: PostOffice) -> None:
    with office.client("") as client, pytest.raises(smtplib.SMTPSenderRefused) as refused:
        client.sendmail("nas@lan", ["13912345678@sms"], MAIL % 3)
    assert refused.value.smtp_code == 530


def test_the_password_is_the_key_however_it_is_shown(office: PostOffice) -> None:
    for method in ("auth_plain", "auth_login"):
        with office.client("") as client:
            client.ehlo()
            client.user, client.password = "camera", office.key
            mechanism = method.removeprefix("auth_").upper()
            assert client.auth(mechanism, getattr(client, method), initial_response_ok=False)[0] == 235
    with office.client("") as client:
        client.ehlo()
        assert client.docmd("auth login")[1] == b"VXNlcm5hbWU6"
        assert client.docmd("*")[0] == 501


def test_a_wrong_key_and_one_that_may_not_send_are_refused(office: PostOffice) -> None:
    reads = office.add_key(name="reads", scopes=frozenset({Scope.READ}))
    elsewhere = office.add_key(name="elsewhere", networks=(ip_network("10.9.0.0/16"),))
    for shown, words in (("sl_wrong", b"5.7.8"), (reads, b"5.7.1"), (elsewhere, b"5.7.1")):
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused, office.client(shown):
            pass
        assert refused.value.smtp_code == 535
        assert words in refused.value.smtp_error


def test_the_limit_of_a_key_holds_for_all_recipients_together(office: PostOffice) -> None:
    key = office.add_key(name="slow", messages_per_minute=2)
    office.mail(MAIL % 4, key=key)
    before = office.texts()
    with pytest.raises(smtplib.SMTPDataError) as refused:
        office.mail(MAIL % 5, "13912345678@s", "13912345679@s", key=key)
    assert refused.value.smtp_code == 452
    assert office.texts() == before


def test_a_key_of_the_sandbox_sends_there_only(office: PostOffice) -> None:
    key = office.add_key(name="tries", is_sandbox=True)
    before = office.texts()
    office.mail(MAIL % 6, key=key)
    assert office.texts() == before
    assert office.texts("sandbox/simloft.db") == [("+8613912345678", "disk\nfull 6")]


def test_a_mail_that_is_sent_again_is_not_sent_twice(office: PostOffice) -> None:
    mail = b"Message-ID: <1@nas>\r\nDate: now\r\n" + MAIL % 7
    before = len(office.texts())
    for _ in range(3):
        office.mail(mail, "13912345678@a", "13912345679@a")
    office.mail(b"Received: by relay\r\n" + mail, "13912345679@a", "13912345678@a")
    assert len(office.texts()) == before + 2
    # A device whose mails all have one Message-ID says something else now.
    office.mail(mail.replace(b"full", b"empty"))
    assert len(office.texts()) == before + 3


def test_long_lines_and_long_texts_are_cut_and_not_lost(office: PostOffice) -> None:
    office.mail(b"Subject: x\r\n\r\n" + b"a" * 100_000 + b"\r\n")
    row = office.newest()
    assert row["parts_total"] == 4
    assert row["text"].endswith("aaa...")


def test_lines_that_begin_with_a_dot_arrive(office: PostOffice) -> None:
    office.mail(b"Subject: x\r\n\r\n.\r\n..a\r\n" + b"b" * 9000 + b".\r\n")
    assert office.newest()["text"].startswith("x\n.\n..a\nbbb")


def test_a_mail_that_is_too_big_is_refused_before_and_after_it_comes(office: PostOffice) -> None:
    before = office.texts()
    with office.client() as client:
        assert client.docmd("MAIL FROM:<a@b> SIZE=10000000")[0] == 552
        big = b"Subject: x\r\n\r\n" + b"y" * 76 * 70_000
        client.mail("a@b")
        client.rcpt("13912345678@x")
        assert client.data(big)[0] == 552
        assert client.mail("a@b")[0] == 250
    assert office.texts() == before


def test_what_says_nothing_is_refused(office: PostOffice) -> None:
    with pytest.raises(smtplib.SMTPDataError) as refused:
        office.mail(b"From: x\r\n\r\n\r\n")
    assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (554, b"5.6.0")


def test_attachments_are_left_out_and_said(office: PostOffice) -> None:
    picture = (
        b"--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n\r\nx\r\n"
    )
    mail = (
        b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ncam\r\n"
        + picture
        + b"--b--\r\n"
    )
    with office.client() as client:
        client.mail("a@b")
        client.rcpt("13912345678@x")
        code, words = client.data(mail)
    assert code == 250
    assert b"1 attachments left out" in words
    assert office.newest()["text"] == "s\ncam"


def test_nonsense_is_answered_and_nothing_of_it_is_kept(office: PostOffice) -> None:
    before = office.texts()
    for words in (
        b"\x00\xff\r\nEHLO \xd6\xd0\r\nMAIL FROM:<\xff\xfe>\r\nRCPT TO:<13912345678\x00@x>\r\nDATA\r\n.\r\nQUIT\r\n",
        b"EHLO x\r\nAUTH PLAIN !!!\r\nAUTH LOGIN\r\n*\r\nAUTH CRAM-MD5\r\nAUTH\r\nVRFY \xff\r\nHELP\r\nQUIT\r\n",
        b"EHLO " + b"x" * 100_000 + b"\r\nDATA\r\nRCPT TO:<1>\r\nBDAT 3 LAST\r\nabc\r\nQUIT\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nQUIT\r\n",
    ):
        with office.line() as line:
            line.sendall(words)
            answer = b"".join(iter(lambda line=line: line.recv(65536), b""))
        assert answer.startswith(b"220 ")
        assert all(each[:1] in b"2345" for each in answer.splitlines())
        assert b"Traceback" not in answer
    assert office.texts() == before
    assert "failed" not in office.log()


def test_half_a_mail_is_no_mail(office: PostOffice) -> None:
    before = office.texts()
    with office.client() as client:
        client.mail("a@b")
        client.rcpt("13912345678@x")
        client.docmd("DATA")
        client.send(b"Subject: x\r\n\r\nhalf")
        client.sock.shutdown(socket.SHUT_RDWR)
    office.mail(MAIL % 8)
    assert office.texts() == [*before, ("+8613912345678", "disk\nfull 8")]


def test_many_at_once_are_all_stored_and_more_connections_than_that_are_told_so(office: PostOffice) -> None:
    before = len(office.texts())
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda number: office.mail(MAIL % number), range(100, 148)))
    assert len(office.texts()) == before + 48
    with contextlib.ExitStack() as stack:
        greetings = [stack.enter_context(office.line()).recv(100)[:3] for _ in range(25)]
    assert greetings == [b"220"] * 20 + [b"421"] * 5


def test_devices_that_cannot_log_in_mail_from_their_network(tmp_path: Path) -> None:
    settings = (
        "networks = ['127.0.0.0/8']\nkey = 'nas'\ntext = 'subject'\ntoo_long = 'refuse'\nmost_parts = 1\n"
    )
    with running_post_office(tmp_path, settings + "priority = 'otp'") as office:
        office.mail(MAIL % 1, key="")
        assert office.texts() == [("+8613912345678", "disk")]
        row = office.newest()
        assert (row["api_key_id"], row["priority"]) == (1, 0)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            office.mail(b"Subject: " + "满".encode() * 71 + b"\r\n\r\n", key="")
        assert refused.value.smtp_code == 554
        with closing(connect(office.data / "simloft.db")) as connection:
            connection.execute("UPDATE api_keys SET revoked_at_ms = 1")
        with pytest.raises(smtplib.SMTPSenderRefused) as shut:
            office.mail(MAIL % 2, key="")
        assert shut.value.smtp_code == 535
        assert office.stop() == 0
        assert "13912345678" not in office.log()


def test_guesses_are_slowed_down(tmp_path: Path) -> None:
    with running_post_office(tmp_path) as office:
        codes = []
        for _ in range(15):
            with office.client("") as client:
                client.ehlo()
                try:
                    client.login("x", "sl_guess")
                except smtplib.SMTPAuthenticationError as error:
                    codes.append(error.smtp_code)
        assert (codes[0], codes[-1]) == (535, 454)


def test_it_starts_only_where_it_is_switched_on_and_says_why_it_cannot(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "appliance.cli.main", "listeners", "--data", str(tmp_path)]
    off = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (off.returncode, "[smtp]" in off.stderr) == (2, True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "c.toml"
        config.write_text(f"[smtp]\nlisten = ['127.0.0.1:{taken.getsockname()[1]}']\n")
        busy = subprocess.run(
            [*command, "--config", str(config)], capture_output=True, text=True, timeout=60, check=False
        )
    assert busy.returncode not in (0, 1)
    assert "Another program listens" in busy.stderr
    assert "Traceback" not in busy.stderr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("listen = ['x']", "smtp.listen"),
        ("networks = ['300.0.0.0/8']\nkey = 'a'", "smtp.networks"),
        ("networks = ['10.0.0.0/8']", "smtp.key"),
        ("text = 'all'", "smtp.text"),
        ("most_mail_kb = 1", "smtp.most_mail_kb"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, reason: str) -> None:
    from appliance.config import SettingsError, read_settings  # noqa: PLC0415

    config = tmp_path / "c.toml"
    config.write_text(f"[smtp]\n{line}\n")
    with pytest.raises(SettingsError, match=reason):
        read_settings(config)


@pytest.mark.parametrize(
    ("since", "becomes_of_it"),
    [("scopes = 'read'", "refused"), ("expires_at_ms = 1", "refused"), ("is_sandbox = 1", "sandbox")],
)
def test_a_mail_counts_for_its_key_as_it_is_when_the_mail_comes(
    office: PostOffice, since: str, becomes_of_it: str
) -> None:
    name = f"until {since}"
    key = office.add_key(name=name)
    before = office.texts()
    with office.client(key) as client:
        with closing(connect(office.data / "simloft.db")) as connection:
            connection.execute(f"UPDATE api_keys SET {since} WHERE name = ?", [name])
        if becomes_of_it == "refused":
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.sendmail("nas@lan", ["13912345678@sms"], MAIL % 71)
            assert refused.value.smtp_code == 535
        else:
            client.sendmail("nas@lan", ["13912345678@sms"], MAIL % 72)
            assert office.texts("sandbox/simloft.db")[-1] == ("+8613912345678", "disk\nfull 72")
    assert office.texts() == before
