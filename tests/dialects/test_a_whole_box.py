"""A whole box with simulated modems, and clients that no one here wrote: Kannel's two boxes, Aliyun's SDK,
and five that mail."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from alibabacloud_dysmsapi20170525 import models

from tests.box import SIMLOFT, Box, eventually, free_port, running_box
from tests.dialects.aliyun.client import AccessKey, sdk
from tests.dialects.receiver import Receiver, receiving
from tests.peers.peer import daemon, find

SETTINGS = """
[simulated]
modems = 2
latency_ms = 50
report_delay_ms = 50
[webhooks]
allow_loopback = true
[tls]
listen = "off"
[listeners]
kannel = "127.0.0.1:{kannel}"
[smtp]
listen = ["127.0.0.1:{smtp}"]
"""


class Ports:
    """Where the box listens."""

    kannel: int
    smtp: int


@pytest.fixture(scope="module")
def ports() -> Ports:
    found = Ports()
    found.kannel, found.smtp = free_port(), free_port()
    return found


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, ports: Ports) -> Iterator[Box]:
    data = tmp_path_factory.mktemp("dialects") / "box"
    with running_box(data, settings=SETTINGS.format(kannel=ports.kannel, smtp=ports.smtp)) as box:
        box.wait_until_ready(2)
        yield box


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def key(box: Box) -> str:
    return (box.data / "first-api-key").read_text().strip()


def texts_at(box: Box, number: str, count: int = 1) -> list[str]:
    """What a handset received, once it has so many."""

    def look() -> list[str]:
        messages = box.bank("handset_messages", number=number)["messages"]
        texts = [each["text"] for each in messages if each["direction"] == "in"]
        return texts if len(texts) >= count else []

    return eventually(look, what=f"{count} messages at {number}")


def simloft(box: Box, *arguments: str) -> str:
    command, *others = arguments
    at = ("--data", str(box.data), "--config", str(box.data / "simloft.toml"))
    run = subprocess.run(
        [*SIMLOFT, command, *at, *others], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_reports_come_in_kannels_form(box: Box, ports: Ports, receiver: Receiver) -> None:
    report = (
        f"{receiver.url}/dlr?id=7&s=%d&ans=%A&fid=%F&I=%I&p=%p&P=%P&q=%q&smsc=%i&t=%t&T=%T&n=%n&z=%25&o=a%2Fb"
    )
    fields = {
        "username": "u",
        "password": key(box),
        "to": "13912345601",
        "from": "10086",
        "text": "你好",
        "dlr-mask": "31",
        "dlr-url": report,
        "account": "财务",
    }
    answer = requests.get(f"http://127.0.0.1:{ports.kannel}/cgi-bin/sendsms?{urlencode(fields)}", timeout=30)
    assert (answer.status_code, answer.text) == (202, "0: Accepted for delivery")
    sent, delivered = receiver.wait_for("/dlr", 2)
    assert (sent["s"], sent["ans"], delivered["s"]) == ("8", "ACK/", "1")
    assert "stat:DELIVRD" in delivered["ans"]
    for each in (sent, delivered):
        assert (each["p"], each["P"], each["smsc"], each["n"], each["o"]) == (
            "13912345601",
            "10086",
            "simloft",
            "财务",
            "a/b",
        )
        assert each["fid"] == each["I"] == sent["I"]
        assert abs(int(each["T"]) - int(sent["T"])) < 60
        # The plus of %t is a space by now.
        assert len(each["t"]) == len("2026-11-24 04:01:33")
    assert texts_at(box, "+8613912345601") == ["你好"]


def test_the_mask_chooses_and_a_failure_is_told(box: Box, receiver: Receiver) -> None:
    fields = {
        "password": key(box),
        "to": "13912345602",
        "text": "x",
        "dlr-mask": "1",
        "dlr-url": f"{receiver.url}/m?s=%d",
    }
    url = f"{box.url}/cgi-bin/sendsms"
    assert requests.post(url, data=fields, timeout=30).status_code == 202
    assert receiver.wait_for("/m") == [{"s": "1"}]
    late = {**fields, "deferred": "600", "dlr-mask": "16", "dlr-url": f"{receiver.url}/c?s=%d&a=%A"}
    assert requests.post(url, data=late, timeout=30).status_code == 202
    (message,) = [name for name, (_, text, state) in box.texts().items() if (text, state) == ("x", "queued")]
    assert box.api.post(f"{box.url}/api/v1/messages/{message}/cancel", timeout=30).ok
    (told,) = receiver.wait_for("/c")
    assert told["s"] == "16"
    assert told["a"].startswith("NACK/")
    assert receiver.wait_for("/m") == [{"s": "1"}]


def test_what_is_received_is_told_and_the_answer_goes_back_once(box: Box, receiver: Receiver) -> None:
    receiver.says = "收到，谢谢"
    url = f"{receiver.url}/mo?from=%p&to=%P&text=%a&t=%t&id=%I&k=%k&cs=%C&smsc=%i"
    added = simloft(box, "kannel", "add", url, "--max-messages", "1", "--name", "shop")
    assert url in simloft(box, "kannel")
    box.post("13912345603", "还要吗？")
    texts_at(box, "+8613912345603")
    (message,) = box.bank("handset_messages", number="+8613912345603")["messages"]
    box.bank("handset_reply", number="+8613912345603", to=message["from"], text="TD 要 两件")
    (told,) = receiver.wait_for("/mo")
    assert (told["from"], told["text"], told["k"], told["cs"]) == (
        "+8613912345603",
        "TD 要 两件",
        "td",
        "UTF-8",
    )
    assert told["id"]
    assert texts_at(box, "+8613912345603", 2)[-1] == "收到，谢谢"
    simloft(box, "kannel", "remove", added.partition(":")[0])
    assert url not in simloft(box, "kannel")


@pytest.mark.peer("bearerbox")
def test_kannel_as_a_client_sends_hears_and_is_told(
    box: Box, ports: Ports, receiver: Receiver, tmp_path: Path
) -> None:
    bearerbox, smsbox = find("bearerbox"), find("smsbox")
    local, sendsms, smsbox_port = free_port(), free_port(), free_port()
    config = tmp_path / "kannel.conf"
    config.write_text(f"""group = core
admin-port = {free_port()}
admin-password = test
smsbox-port = {smsbox_port}
box-allow-ip = 127.0.0.1
log-file = {tmp_path}/bearerbox.log
log-level = 0
dlr-storage = internal

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox_port}
sendsms-port = {sendsms}
log-file = {tmp_path}/smsbox.log
log-level = 0

group = sendsms-user
username = app
password = app
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = yes
max-messages = 0
get-url = "{receiver.url}/mo?from=%p&text=%b"

group = smsc
smsc = http
smsc-id = box
system-type = kannel
send-url = "http://127.0.0.1:{ports.kannel}/cgi-bin/sendsms"
smsc-username = kannel
smsc-password = {key(box)}
port = {local}
connect-allow-ip = 127.0.0.1
dlr-url = "http://127.0.0.1:{local}/sms?username=kannel&password={key(box)}"
""")
    get_url = f"http://127.0.0.1:{local}/sms?username=kannel&password={key(box)}&from=%p&to=%P&text=%a&charset=%C&coding=2"
    fields = {
        "username": "app",
        "password": "app",
        "to": "13912345604",
        "from": "10086",
        "text": "验证码 482913",
        "coding": "2",
        "charset": "UTF-8",
        "dlr-mask": "31",
        "dlr-url": f"{receiver.url}/dlr?s=%d&fid=%F&ans=%A",
    }

    def submitted() -> bool:
        try:
            url = f"http://127.0.0.1:{sendsms}/cgi-bin/sendsms?{urlencode(fields)}"
            return requests.get(url, timeout=5).status_code == 202
        except requests.ConnectionError:
            return False

    log = tmp_path / "bearerbox.log"
    with daemon([bearerbox, str(config)], tmp_path / "bearerbox.out", tmp_path):
        eventually(
            lambda: log.exists() and "smsbox" in log.read_text(errors="replace"), what="bearerbox starts"
        )
        with daemon([smsbox, str(config)], tmp_path / "smsbox.out", tmp_path):
            eventually(submitted, every_s=0.2, what="smsbox takes the message")
            assert texts_at(box, "+8613912345604") == ["验证码 482913"]
            eventually(
                lambda: "1" in [each["s"] for each in receiver.wait_for("/dlr")], what="the report comes back"
            )
            assert "16" not in [each["s"] for each in receiver.wait_for("/dlr")]
            service = simloft(box, "kannel", "add", get_url).partition(":")[0]
            (message,) = box.bank("handset_messages", number="+8613912345604")["messages"]
            box.bank("handset_reply", number="+8613912345604", to=message["from"], text="好的，收到")
            (told,) = receiver.wait_for("/mo")
            assert told["from"].endswith("13912345604")
            # As Kannel hands on what has coding 2, from whatever it came.
            assert told["text"].encode("utf-8", "surrogateescape").decode("utf-16-be") == "好的，收到"
            simloft(box, "kannel", "remove", service)
    assert "NACK" not in log.read_text(errors="replace")


def test_aliyuns_sdk_sends_hears_and_is_told(box: Box, receiver: Receiver) -> None:
    receiver.says = '{"code": 0, "msg": "接收成功"}'
    made = simloft(box, "api-key", "aliyun", "1").split()
    client = sdk(box.url, AccessKey(made[1], made[3]))
    template = box.api.post(
        f"{box.url}/api/v1/sms-templates", json={"code": "SMS_7", "text": "订单${no}已发货"}, timeout=30
    )
    assert template.status_code == 201, template.text
    added = [
        simloft(box, "aliyun", "add", f"{receiver.url}/{what}", "--what", what).partition(":")[0]
        for what in ("report", "up")
    ]
    assert f"{receiver.url}/report" in simloft(box, "aliyun")
    sent = client.send_sms(
        models.SendSmsRequest(
            phone_numbers="13912345605",
            sign_name="小店",
            template_code="SMS_7",
            template_param='{"no":"0042"}',
            out_id="o-42",
        )
    ).body
    assert sent.code == "OK"
    assert texts_at(box, "+8613912345605") == ["【小店】订单0042已发货"]
    receiver.wait_for("/report")
    (report,) = json.loads(receiver.posted[-1][1])
    assert (report["phone_number"], report["success"], report["err_code"]) == (
        "13912345605",
        True,
        "DELIVERED",
    )
    assert (report["biz_id"], report["out_id"], report["sms_size"]) == (sent.biz_id, "o-42", "1")
    day = report["send_time"][:10].replace("-", "")
    details = client.query_send_details(
        models.QuerySendDetailsRequest(
            phone_number="13912345605", biz_id=sent.biz_id, send_date=day, page_size=10, current_page=1
        )
    ).body.sms_send_detail_dtos.sms_send_detail_dto
    assert [(each.send_status, each.err_code, each.out_id) for each in details] == [(3, "DELIVERED", "o-42")]
    (message,) = box.bank("handset_messages", number="+8613912345605")["messages"]
    box.bank("handset_reply", number="+8613912345605", to=message["from"], text="收到，谢谢")
    receiver.wait_for("/up")
    (reply,) = json.loads(receiver.posted[-1][1])
    assert (reply["phone_number"], reply["content"]) == ("13912345605", "收到，谢谢")
    assert isinstance(reply["sequence_id"], int)
    for each in added:
        simloft(box, "aliyun", "remove", each)
    assert receiver.url not in simloft(box, "aliyun")


def run_client(command: list[str], *, stdin: str = "", **environment: str) -> None:
    run = subprocess.run(
        command,
        input=stdin.encode(),
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )
    assert run.returncode == 0, (run.stdout, run.stderr)


MAIL = "From: nas@lan\nSubject: =?utf-8?B?56OB55uY5ruh?=\nContent-Type: text/plain; charset=utf-8\n\n{}\n"


def test_curl_mails(box: Box, ports: Ports, tmp_path: Path) -> None:
    curl = find("curl")
    (tmp_path / "mail").write_text(MAIL.format("curl 说").replace("\n", "\r\n"))
    command = [
        curl,
        "-sS",
        f"smtp://127.0.0.1:{ports.smtp}",
        "--mail-from",
        "nas@lan",
        "--mail-rcpt",
        "13912345611@sms",
    ]
    run_client([*command, "-u", f"nas:{key(box)}", "-T", str(tmp_path / "mail")])
    assert texts_at(box, "+8613912345611") == ["磁盘满\ncurl 说"]


@pytest.mark.peer("swaks")
def test_swaks_mails_by_both_log_ins(box: Box, ports: Ports) -> None:
    swaks = find("swaks")
    for number, mechanism in enumerate(("PLAIN", "LOGIN")):
        command = [
            swaks,
            "--server",
            "127.0.0.1",
            "--port",
            str(ports.smtp),
            "--from",
            "ups@lan",
            "--to",
            "13912345612@sms",
        ]
        command += ["--auth", mechanism, "--auth-user", "ups", "--auth-password", key(box)]
        run_client([*command, "--header", f"Subject: UPS {number}", "--body", "on battery", "--silent", "2"])
    assert sorted(texts_at(box, "+8613912345612", 2)) == ["UPS 0\non battery", "UPS 1\non battery"]


@pytest.mark.peer("msmtp")
def test_msmtp_mails(box: Box, ports: Ports, tmp_path: Path) -> None:
    msmtp = find("msmtp")
    command = [
        msmtp,
        "--host=127.0.0.1",
        f"--port={ports.smtp}",
        "--auth=plain",
        "--user=x",
        "--tls=off",
        "--from=a@lan",
    ]
    command += [f"--passwordeval=echo {key(box)}", "13912345613@sms"]
    run_client(command, stdin=MAIL.format("msmtp 说"), HOME=str(tmp_path))
    assert texts_at(box, "+8613912345613") == ["磁盘满\nmsmtp 说"]


@pytest.mark.peer("s-nail")
def test_mailx_mails(box: Box, ports: Ports, tmp_path: Path) -> None:
    mailx = find("s-nail")
    command = [mailx, "-n", "-Sv15-compat=yes", "-S", f"mta=smtp://x:{key(box)}@127.0.0.1:{ports.smtp}"]
    command += [
        "-Ssmtp-config=-all,auth-plain,ehlo",
        "-S",
        "from=cron@lan.local",
        "-Ssendwait",
        "-Sttycharset=utf-8",
    ]
    command += ["-s", "备份失败", "13912345614@sms.local"]
    run_client(command, stdin="磁盘已满\n", HOME=str(tmp_path), LC_ALL="C.UTF-8")
    assert texts_at(box, "+8613912345614") == ["备份失败\n磁盘已满"]


def test_apprise_mails(box: Box, ports: Ports) -> None:
    apprise = pytest.importorskip("apprise")
    to = f"mailto://lan:{key(box)}@127.0.0.1:{ports.smtp}?from=mon@lan.local&to=13912345615@sms.box&mode=insecure"
    notifier = apprise.Apprise()
    assert notifier.add(to)
    assert notifier.notify(title="网盘", body="已满 95%")
    assert texts_at(box, "+8613912345615") == ["网盘\n已满 95%"]


def test_a_killed_process_of_listeners_is_started_again(box: Box, ports: Ports, tmp_path: Path) -> None:
    before = box.process_id("listeners")
    box.kill("listeners")
    eventually(lambda: box.process_id("listeners") not in (0, before), what="it is started again")
    (tmp_path / "mail").write_text("Subject: again\r\n\r\n")
    command = [
        shutil.which("curl") or "curl",
        "-sS",
        f"smtp://127.0.0.1:{ports.smtp}",
        "--retry",
        "20",
        "--retry-all-errors",
    ]
    command += [
        "--retry-delay",
        "1",
        "--mail-from",
        "a@b",
        "--mail-rcpt",
        "13912345616@x",
        "-u",
        f"x:{key(box)}",
    ]
    run_client([*command, "-T", str(tmp_path / "mail")])
    assert texts_at(box, "+8613912345616") == ["again"]
