"""SMSEagle's three ways in, with apprise and the very requests of Uptime Kuma, LibreNMS and netdata."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.cli.main import main
from tests.dialects.lan.conftest import Desk
from tests.dialects.receiver import Receiver

TO = "13912345678"


def rpc(desk: Desk, method: str = "sms.send_sms", **params: object) -> Any:
    shown = {"access_token": desk.key, "to": TO, "message": "hi", "responsetype": "extended", **params}
    answer = requests.post(f"{desk.url}/jsonrpc/sms", json={"method": method, "params": shown}, timeout=30)
    assert answer.status_code == 200
    return answer.json()["result"]


def get(desk: Desk, method: str = "send_sms", under: str = "", **fields: str) -> str:
    shown = {"access_token": desk.key, "to": TO, "message": "hi", **fields}
    answer = requests.get(f"{desk.url}{under}/http_api/{method}?{urlencode(shown)}", timeout=30)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("batch", ["yes", "no"])
def test_apprise_sends(desk: Desk, batch: str) -> None:
    apprise = pytest.importorskip("apprise")
    notifier, before = apprise.Apprise(), desk.count()
    place = f"smseagle://{desk.key}@127.0.0.1:{desk.web.port}/{TO}/13912345679?batch={batch}"
    assert notifier.add(place)
    assert notifier.notify(title="磁盘", body="已满 95%")
    found = desk.rows()[before:]
    assert [each["recipient"] for each in found] == ["+8613912345678", "+8613912345679"]
    assert {(each["text"], each["source"]) for each in found} == {("磁盘\n已满 95%", "smseagle")}
    wrong = apprise.Apprise()
    assert wrong.add(f"smseagle://wrong-key@127.0.0.1:{desk.web.port}/{TO}")
    assert not wrong.notify(body="x")
    assert desk.count() == before + 2


def test_what_uptime_kuma_and_netdata_send(desk: Desk) -> None:
    before = desk.count()
    body = {"text": "[网站] [🔴 Down]", "encoding": "unicode", "priority": 0, "to": [TO, "13912345679"]}
    url, headers = f"{desk.url}/api/v2/messages/sms", {"access-token": desk.key}
    answer = requests.post(url, json={**body, "contacts": [], "groups": []}, headers=headers, timeout=30)
    assert answer.status_code == 200
    told = answer.json()
    assert [each["status"] for each in told] == ["queued", "queued"]
    assert [each["id"] for each in told] == [each["seq"] for each in desk.rows()[before:]]
    netdata = '{"to":["13912345678"],"text":"netdata: disk space CRITICAL"}'
    answer = requests.post(
        url, data=netdata, headers={**headers, "Content-Type": "application/json"}, timeout=30
    )
    assert answer.json()[0]["status"] == "queued"
    assert desk.newest()["text"] == "netdata: disk space CRITICAL"


def test_what_librenms_sends(desk: Desk) -> None:
    fields = {"login": "librenms", "pass": desk.key, "to": f"{TO},+8613912345679", "message": "交换机 掉线"}
    answer = requests.get(f"{desk.url}/index.php/http_api/send_sms", params=fields, timeout=30)
    assert answer.text.startswith("OK")
    first, second = (int(line.removeprefix("OK; ID=")) for line in answer.text.splitlines())
    assert [each["seq"] for each in desk.rows()[-2:]] == [first, second]
    assert desk.newest()["text"] == "交换机 掉线"
    wrong = requests.get(
        f"{desk.url}/index.php/http_api/send_sms", params={**fields, "pass": "x"}, timeout=30
    )
    assert (wrong.status_code, wrong.text) == (200, "Invalid login or password")


def test_the_four_forms_of_an_answer(desk: Desk) -> None:
    assert rpc(desk)["message_id"] == str(desk.newest()["seq"])
    assert rpc(desk, responsetype="simple") == f"OK; ID={desk.newest()['seq']}"
    assert [each["status"] for each in rpc(desk, to=f"{TO},13912345679")] == ["ok", "ok"]
    assert get(desk) == f"OK; ID={desk.newest()['seq']}"
    xml = ET.fromstring(get(desk, responsetype="xml"))
    assert (xml.findtext("message_id"), xml.findtext("status")) == (str(desk.newest()["seq"]), "ok")
    kept = requests.post(
        f"{desk.url}/index.php/jsonrpc/sms",
        json={
            "jsonrpc": "2.0",
            "id": 7,
            "method": "sms.send_sms",
            "params": {"access_token": desk.key, "to": TO, "message": "x"},
        },
        timeout=30,
    ).json()
    assert (kept["jsonrpc"], kept["id"]) == ("2.0", 7)


def test_what_parameters_mean(desk: Desk) -> None:
    rpc(desk, highpriority=1, flash="1", validity="1h")
    newest = desk.newest()
    assert (newest["priority"], newest["flash"]) == (0, 1)
    assert abs(newest["expires_at_ms"] - time.time() * 1000 - 3_600_000) < 60_000
    later = time.strftime("%Y%m%d%H%M", time.localtime(time.time() + 86_400))
    assert rpc(desk, date=later)["status"] == "ok"
    assert desk.newest()["not_before_ms"] > time.time() * 1000 + 3_600_000
    before = desk.count()
    assert rpc(desk, test=1) == {"message_id": "0", "status": "ok"}
    assert rpc(desk, test=1, to="abc")["status"] == "error"
    assert desk.count() == before


@pytest.mark.parametrize(
    "params",
    [
        {"to": ""},
        {"to": "abc"},
        {"to": "110"},
        {"to": None},
        {"to": {"a": 1}},
        {"message": ""},
        {"message": "a\0b"},
        {"message": "\ud800"},
        {"message": None},
        {"message": "a" * 5000},
        {"validity": "soon"},
        {"date": "2026"},
        {"date": "999999999999"},
        {"send_after": "25:00"},
        {"send_before": "08:00"},
        {"message_type": "mms"},
        {"attachments": [1]},
    ],
)
def test_wrong_parameters_store_nothing(desk: Desk, params: dict[str, object]) -> None:
    before = desk.count()
    refused = rpc(desk, **params)
    assert refused["status"] == "error"
    assert refused["error_text"].startswith("Wrong parameters")
    assert desk.count() == before


def test_words_against_calls(desk: Desk) -> None:
    assert rpc(desk, access_token="wrong-key")["error_text"] == "Invalid access token"
    assert rpc(desk, access_token="wrong-key", responsetype="") == "Invalid access token"
    assert get(desk, access_token="x") == "Invalid access token"
    xml = ET.fromstring(get(desk, access_token="x", responsetype="xml"))
    assert xml.findtext("error_text") == "Invalid access token"
    assert rpc(desk, "sms.send_togroup", groupname="admins")["error_text"] == "Invalid group name – admins"
    assert rpc(desk, "sms.send_tocontact", contactname="joe")["error_text"] == "Invalid contact name – joe"
    assert rpc(desk, "sms.delete_sms")["status"] == "error"
    before = desk.count()
    assert rpc(desk, access_token=desk.keys["reads"])["status"] == "error"
    assert desk.count() == before
    slow = desk.slow_key()
    assert rpc(desk, access_token=slow)["status"] == "ok"
    assert rpc(desk, access_token=slow)["status"] == "error"
    assert desk.count() == before + 1
    assert rpc(desk, access_token=desk.keys["tries"])["status"] == "ok"
    assert desk.count() == before + 1
    assert desk.in_sandbox() > 0
    assert requests.head(
        f"{desk.url}/http_api/send_sms?access_token={desk.key}&to={TO}&message=x", timeout=30
    ).ok
    assert desk.count() == before + 1


@pytest.mark.parametrize(
    ("path", "body", "key", "status"),
    [
        ("messages/sms", {"text": "x", "to": [TO]}, "wrong", 401),
        ("messages/sms", {"text": "x", "to": [TO]}, "reads", 403),
        ("messages/sms", {"text": "x", "to": ["abc"]}, None, 422),
        ("messages/sms", {"text": "", "to": [TO]}, None, 422),
        ("messages/sms", {"text": 5, "to": [TO]}, None, 400),
        ("messages/sms", {"text": "x"}, None, 422),
        ("messages/sms", {"text": "x", "groups": [1], "to": [TO]}, None, 400),
        ("calls/ring", {"to": [TO], "duration": 10}, None, 400),
        ("calls/tts", {"to": [TO], "text": "x"}, "wrong", 401),
    ],
)
def test_v2_refuses_in_its_own_form(
    desk: Desk, path: str, body: dict[str, object], key: str | None, status: int
) -> None:
    before = desk.count()
    shown = desk.key if key is None else desk.keys.get(key, "wrong-key")
    answer = requests.post(
        f"{desk.url}/api/v2/{path}", json=body, headers={"access-token": shown}, timeout=30
    )
    assert answer.status_code == status
    assert answer.json()["status"] == "error"
    assert answer.json()["message"]
    assert desk.count() == before


def test_the_inbox_is_read_by_ascending_number(desk: Desk) -> None:
    first = desk.receive("你好 <&>")
    second = desk.receive("second", sender="10086")
    assert rpc(desk, "sms.get_inbox_length")["inbox_length"] == get(desk, "get_inbox_length")
    found = rpc(desk, "sms.read_sms", folder="inbox", idfrom=first)["messages"]
    assert [(each["ID"], each["TextDecoded"]) for each in found] == [
        (str(first), "你好 <&>"),
        (str(second), "second"),
    ]
    assert bytes.fromhex(found[0]["Text"]).decode("utf-16-be") == "你好 <&>"
    xml = ET.fromstring(
        get(desk, "read_sms", folder="inbox", idfrom=str(first), limit="1", responsetype="xml")
    )
    assert [each.text for each in xml.findall("messages/item/TextDecoded")] == ["你好 <&>"]
    of_sender = {"folder": "inbox", "from": "13912345678", "idfrom": str(first), "idto": str(second)}
    assert get(desk, "read_sms", **of_sender).startswith(f"{first};+8613912345678;")
    assert get(desk, "read_sms", folder="inbox", idfrom="99999") == "No data to display"
    assert get(desk, "read_sms", folder="inbox", unread="1").startswith("Wrong parameters")
    for key in ("sends", "reads"):
        assert rpc(desk, "sms.read_sms", access_token=desk.keys[key])["status"] == "error"
    assert rpc(desk, "sms.get_inbox_length", access_token=desk.keys["tries"])["inbox_length"] == "0"


def test_bodies_that_are_no_call(desk: Desk) -> None:
    before = desk.count()
    for body in (
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"method": 1, "params": []}',
        b'{"params": {"to": NaN}}',
        b"[" * 9999,
    ):
        answer = requests.post(f"{desk.url}/jsonrpc/sms", data=body, timeout=30)
        assert answer.status_code == 200
        assert "Wrong parameters" in json.dumps(answer.json()), body
    cut = desk.web.raw(
        b"POST /jsonrpc/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n{"
    )
    assert cut.startswith(b"HTTP/1.1 200 ")
    assert b'{"result":"Wrong parameters: ' in cut
    gbk = urlencode({"access_token": desk.key, "to": TO, "message": "你好吗".encode("gbk")})
    assert requests.get(f"{desk.url}/http_api/send_sms?{gbk}", timeout=30).text.startswith("OK")
    assert desk.newest()["text"] == "你好吗"
    assert desk.count() == before + 1


NAMES = st.sampled_from(
    [
        "to",
        "message",
        "date",
        "validity",
        "flash",
        "highpriority",
        "send_after",
        "responsetype",
        "test",
        "folder",
    ]
)
VALUES = st.one_of(
    st.none(), st.integers(), st.text(max_size=20), st.booleans(), st.lists(st.text(max_size=5), max_size=3)
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    params=st.dictionaries(NAMES, VALUES),
    method=st.sampled_from(["send_sms", "read_sms", "get_inbox_length"]),
)
def test_any_parameters_are_answered(desk: Desk, params: dict[str, object], method: str) -> None:
    before = desk.count()
    told = requests.post(
        f"{desk.url}/jsonrpc/sms",
        json={"method": f"sms.{method}", "params": {"access_token": desk.key, **params}},
        timeout=30,
    )
    assert told.status_code == 200
    assert "result" in told.json()
    is_told = "OK; ID=" in told.text or '"status":"ok"' in told.text
    is_simulated = params.get("test") in (1, "1", True)
    assert (desk.count() > before) == (method == "send_sms" and is_told and not is_simulated)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_received_is_told_to_the_callback(
    desk: Desk, receiver: Receiver, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--data", str(desk.web.data), "--config", str(desk.web.data / "simloft.toml")]
    by = ["--get"] if method == "GET" else []
    assert main(["smseagle", "add", f"{receiver.url}/cb", "--apikey", "s3cret", *by, *places]) == 0
    callback = capsys.readouterr().out.partition(":")[0]
    number = desk.receive("要两件 & 一个")
    (told,) = receiver.wait_for("/cb")
    assert time.strptime(told.pop("timestamp"), "%Y%m%d%H%M%S")
    assert told == {
        "sender": "+8613912345678",
        "text": "要两件 & 一个",
        "msgid": str(number),
        "apikey": "s3cret",
    }
    assert main(["smseagle", *places]) == 0
    shown = capsys.readouterr().out
    assert "/cb" in shown
    assert "s3cret" not in shown
    assert main(["smseagle", "remove", callback, *places]) == 0
