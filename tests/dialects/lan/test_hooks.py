"""Notifications that programs post: apprise's three forms, Alertmanager itself, Grafana's documented body."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.web.dialects.hook.alerts import told_of
from appliance.web.dialects.hook.post import STEP_MS, STEPS
from tests.dialects.lan.conftest import Desk
from tests.peers.peer import await_that, daemon, find, free_port

TO, OTHER = "13912345678", "13912345679"

GRAFANA = {
    "receiver": "My Super Webhook",
    "status": "firing",
    "orgId": 1,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"},
            "annotations": {
                "description": "The system has high memory usage",
                "runbook_url": "https://myrunbook.com/runbook/1234",
                "summary": "This alert was triggered for zone us-1",
            },
            "startsAt": "2021-10-12T09:51:03.157076+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://play.grafana.org/alerting/1afz29v7z/edit",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://play.grafana.org/alerting/silence/new",
            "dashboardURL": "",
            "panelURL": "",
            "values": {"B": 44.23943737541908, "C": 1},
        },
        {
            "status": "firing",
            "labels": {"alertname": "High CPU usage", "team": "blue", "zone": "eu-1"},
            "annotations": {"summary": "This alert was triggered for zone eu-1"},
            "startsAt": "2021-10-12T09:56:03.157076+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://play.grafana.org/alerting/d1rdpdv7k/edit",
            "fingerprint": "bc97ff14869b13e3",
            "values": None,
        },
    ],
    "groupLabels": {},
    "commonLabels": {"team": "blue"},
    "commonAnnotations": {},
    "externalURL": "https://play.grafana.org/",
    "version": "1",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "title": "[FIRING:2]  (blue)",
    "state": "alerting",
    "message": "**Firing**\n\nLabels:\n - alertname = T2\n",
}
"""Of Grafana's manual ("Configure the webhook notifier for Alerting"), shortened."""


def hook(
    desk: Desk, body: Any, *, to: str = TO, key: str | None = None, query: str = ""
) -> requests.Response:
    return requests.post(
        f"{desk.url}/hook/{to}?{query}",
        json=body,
        headers={"Authorization": f"Bearer {key or desk.key}"},
        timeout=30,
    )


def group(
    *alerts: dict[str, Any], status: str = "firing", key: str = "g1", **members: object
) -> dict[str, Any]:
    return {"version": "4", "status": status, "groupKey": key, "alerts": list(alerts), **members}


def alert(
    name: str, status: str = "firing", *, starts: str = "2026-11-24T04:00:00Z", said: str = ""
) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "DiskFull", "instance": name},
        "annotations": {"summary": said} if said else {},
        "startsAt": starts,
        "fingerprint": f"f-{name}",
    }


@pytest.mark.parametrize("form", ["json", "form", "xml"])
def test_apprise_in_its_three_forms(desk: Desk, form: str) -> None:
    apprise = pytest.importorskip("apprise")
    before, notifier = desk.count(), apprise.Apprise()
    assert notifier.add(f"{form}://u:{desk.key}@127.0.0.1:{desk.web.port}/hook/{TO},{OTHER}")
    assert notifier.notify(title="网盘 <1>", body="已满 95% & 更多")
    found = desk.rows()[before:]
    assert [each["recipient"] for each in found] == [f"+86{TO}", f"+86{OTHER}"]
    assert {(each["text"], each["source"]) for each in found} == {("网盘 <1>\n已满 95% & 更多", "hook")}
    wrong = apprise.Apprise()
    assert wrong.add(f"{form}://u:wrong-key@127.0.0.1:{desk.web.port}/hook/{TO}")
    assert not wrong.notify(body="x")
    assert desk.count() == before + 2


@pytest.mark.peer("prometheus-alertmanager")
def test_alertmanager_itself(desk: Desk, tmp_path: Path) -> None:
    program = find("prometheus-alertmanager")
    before, port = desk.count(), free_port()
    config = tmp_path / "alertmanager.yml"
    config.write_text(f"""
route:
  receiver: box
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 500ms
  repeat_interval: 1h
receivers:
  - name: box
    webhook_configs:
      - url: {desk.url}/hook/{TO}
        http_config:
          authorization: {{ credentials: {desk.key} }}
""")
    command = [program, f"--config.file={config}", f"--storage.path={tmp_path}", "--cluster.listen-address="]
    log = tmp_path / "alertmanager.log"
    api = f"http://127.0.0.1:{port}/api/v2/alerts"
    disk = {
        "labels": {"alertname": "DiskFull", "instance": "db1", "severity": "critical"},
        "annotations": {"summary": "磁盘 95% 已满"},
    }

    def takes() -> bool | None:
        try:
            return requests.post(api, json=[disk], timeout=5).ok or None
        except requests.ConnectionError:
            return None

    def texts(count: int) -> list[str] | None:
        found = [each["text"] for each in desk.rows()[before:]]
        return found if len(found) >= count else None

    with daemon([*command, f"--web.listen-address=127.0.0.1:{port}"], log, tmp_path):
        await_that(takes, "Alertmanager takes an alert", log)
        assert await_that(lambda: texts(1), "it is told", log) == ["[FIRING:1] DiskFull\n磁盘 95% 已满"]
        over = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
        requests.post(api, json=[{**disk, "startsAt": began, "endsAt": over}], timeout=5)
        told = await_that(lambda: texts(2), "its end is told", log)
    assert told[1:] == ["[RESOLVED:1] DiskFull\n磁盘 95% 已满"]


def test_grafanas_body(desk: Desk) -> None:
    assert hook(desk, GRAFANA).json()["status"] == "queued"
    assert desk.newest()["text"] == (
        "[FIRING:2]\nHigh memory usage: This alert was triggered for zone us-1\n"
        "High CPU usage: This alert was triggered for zone eu-1"
    )
    assert hook(desk, {**GRAFANA, "alerts": [], "groupKey": "other"}).ok
    assert desk.newest()["text"].startswith("[FIRING:2]  (blue)\n**Firing**")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            group(alert("db1"), alert("db2"), commonLabels={"alertname": "DiskFull"}),
            "[FIRING:2] DiskFull\ndb1\ndb2",
        ),
        (
            group(alert("db1", said="disk of db1 is full"), alert("db2", "resolved", said="fine")),
            "[FIRING:1 RESOLVED:1]\nDiskFull: disk of db1 is full\nRESOLVED DiskFull db2: fine",
        ),
        (group(alert("db1", "resolved"), status="resolved"), "[RESOLVED:1]\nDiskFull db1"),
        (
            group(
                *(alert(f"db{n}", said="the same") for n in range(3)),
                commonLabels={"alertname": "A", "instance": "x"},
            ),
            "[FIRING:3] A\ndb0: the same\ndb1: the same\ndb2: the same",
        ),
    ],
)
def test_texts_of_groups(body: dict[str, Any], text: str) -> None:
    assert told_of(body).text == text


def test_a_retry_sends_nothing_and_what_comes_again_does(desk: Desk) -> None:
    before = desk.count()
    first = hook(desk, group(alert("db1", said="95%")))
    assert first.json()["status"] == "queued"
    again = hook(desk, group(alert("db1", said="96%")))
    assert again.json() == {"status": "repeated", "messages": first.json()["messages"]}
    assert desk.count() == before + 1
    # Another recipient, its end, another alert of the group, and the next time that it fires.
    assert hook(desk, group(alert("db1")), to=OTHER).json()["status"] == "queued"
    assert hook(desk, group(alert("db1", "resolved"), status="resolved")).json()["status"] == "queued"
    assert hook(desk, group(alert("db1"), alert("db2"))).json()["status"] == "queued"
    assert hook(desk, group(alert("db1", starts="2026-11-24T05:00:00Z"))).json()["status"] == "queued"
    assert desk.count() == before + 5
    # Half an hour later it is a reminder.
    with desk.writing() as connection:
        connection.execute(
            "UPDATE idempotency_keys SET key = substr(key, 1, 70) || (CAST(substr(key, 71) AS INTEGER) - ?) "
            "WHERE key LIKE 'hook:%'",
            [STEPS],
        )
    assert STEPS * STEP_MS == 30 * 60_000
    assert hook(desk, group(alert("db1", said="97%"))).json()["status"] == "queued"


def test_a_long_text_is_cut(desk: Desk) -> None:
    many = group(*(alert(f"db{number}", said="x" * 50) for number in range(40)), key="many")
    assert hook(desk, many).ok
    newest = desk.newest()
    assert newest["parts_total"] == 4
    assert newest["text"].endswith("...")
    assert hook(desk, {"text": "满" * 500}, query="parts=1").ok
    newest = desk.newest()
    assert (newest["parts_total"], len(newest["text"])) == (1, 70)
    assert newest["text"].endswith("…")


def test_where_the_key_and_the_numbers_may_be(desk: Desk) -> None:
    before = desk.count()
    url = f"{desk.url}/hook?to=+8613912345678,{OTHER}&key={desk.key}"
    assert requests.post(url, json={"title": "t", "text": "x"}, timeout=30).ok
    assert requests.post(url, data="纯文本".encode(), headers={"Content-Type": "text/plain"}, timeout=30).ok
    assert desk.newest()["text"] == "纯文本"
    assert desk.count() == before + 4
    desk.web.log_in()
    shown = desk.web.page.get(f"{desk.url}/console/1", timeout=30).text
    assert "/hook" in shown
    assert desk.key not in shown


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe{}", 400),
        (b"{}", 422),
        (b'{"text": ""}', 422),
        (b'{"text": "a\\u0000b"}', 422),
        (b'{"text": "\\ud800"}', 422),
        (b'{"alerts": 1}', 400),
        (b'{"alerts": [1]}', 400),
        (b'{"alerts": [{"labels": {"a": 1}}]}', 400),
        (b'{"alerts": []}', 422),
        (b"[" * 5000, 400),
    ],
)
def test_bodies_that_say_nothing(desk: Desk, body: bytes, status: int) -> None:
    before = desk.count()
    answer = requests.post(f"{desk.url}/hook/{TO}?key={desk.key}", data=body, timeout=30)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == "error"
    assert desk.count() == before


def test_xml_that_is_none(desk: Desk) -> None:
    for body in (b"<a", b'<!DOCTYPE x [<!ENTITY a "b">]><Message>&a;</Message>', b"<a/>"):
        answer = requests.post(
            f"{desk.url}/hook/{TO}?key={desk.key}",
            data=body,
            headers={"Content-Type": "text/xml"},
            timeout=30,
        )
        assert answer.status_code in (400, 422)


def test_keys_that_may_not(desk: Desk) -> None:
    before = desk.count()
    assert hook(desk, {"text": "x"}, key="wrong-key").status_code == 401
    assert hook(desk, {"text": "x"}, key=desk.keys["reads"]).status_code == 403
    assert hook(desk, {"text": "x"}, to="abc").status_code == 422
    assert hook(desk, {"text": "x"}, to=f"{TO},110").status_code == 422
    assert requests.post(f"{desk.url}/hook?key={desk.key}", json={"text": "x"}, timeout=30).status_code == 422
    assert desk.count() == before
    slow = desk.slow_key()
    assert hook(desk, {"text": "x"}, key=slow).ok
    limited = hook(desk, {"text": "x"}, key=slow)
    assert limited.status_code == 503
    assert int(limited.headers["Retry-After"]) > 0
    assert desk.count() == before + 1
    assert hook(desk, {"text": "x"}, key=desk.keys["tries"]).ok
    assert desk.count() == before + 1


def test_a_large_body_is_read_for_who_was_let_in_only(desk: Desk) -> None:
    many = group(*(alert(f"db{number}", said="y" * 300) for number in range(400)), key="large")
    assert len(json.dumps(many)) > 100_000
    assert hook(desk, many).ok
    assert hook(desk, many, key="wrong-key").status_code == 401
    assert hook(desk, many, key=desk.keys["tries"]).ok
    assert hook(desk, {"text": "x" * 3_000_000}).status_code == 413


NAMES = st.sampled_from(["title", "message", "alerts", "status", "groupKey", "commonLabels", "labels"])
LEAVES = st.one_of(st.none(), st.integers(), st.text(max_size=9), st.booleans())
BODIES = st.dictionaries(
    NAMES,
    st.one_of(
        LEAVES,
        st.lists(st.dictionaries(NAMES, LEAVES, max_size=3), max_size=3),
        st.dictionaries(NAMES, LEAVES),
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES)
def test_any_body_is_taken_or_refused(desk: Desk, body: dict[str, Any]) -> None:
    answer = desk.web.page.post(f"{desk.url}/hook/{TO}?key={desk.key}", data=json.dumps(body), timeout=30)
    assert answer.status_code in (200, 400, 422), (answer.status_code, answer.text)
