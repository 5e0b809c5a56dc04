"""POST and GET of messages, as an application does it."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

from appliance.store import messages
from appliance.store.database import connect
from tests.web.running import Web, pointers, problem


def test_a_message_is_accepted_and_found_again(web: Web) -> None:
    answer = web.post(to="139 1234 5678", text="您好，您的订单已发货 📦")
    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["Location"] == f"/api/v1/messages/{body['id']}" == body["links"]["self"]
    assert (body["state"], body["to"], body["text"]) == (
        "queued",
        "+8613912345678",
        "您好，您的订单已发货 📦",
    )
    assert (body["alphabet"], body["parts_total"], body["priority"]) == ("ucs2", 1, "notice")
    # No pool runs here: in its first seconds the box takes that for a start.
    assert body["reason"]["code"] in ("message.modems-starting", "message.no-sim")
    assert re.search(r"[\u4e00-\u9fff]", body["reason"]["text"])
    found = web.get(body["links"]["self"]).json()
    assert found.pop("parts") == []
    assert found == body


def test_the_time_of_acceptance_is_utc(web: Web) -> None:
    accepted_at = datetime.fromisoformat(web.accepted()["accepted_at"])
    assert accepted_at.tzinfo == UTC
    assert abs((datetime.now(UTC) - accepted_at).total_seconds()) < 5


def test_every_option_is_kept(web: Web) -> None:
    body = web.accepted(
        to="10086",
        text="“Café”",
        flash=True,
        delivery_report=False,
        priority="otp",
        transliterate=True,
        on_uncertain="resend",
        validity_s=600,
    )
    assert (body["text"], body["alphabet"], body["flash"], body["delivery_report"]) == (
        '"Café"',
        "gsm7",
        True,
        False,
    )
    assert (body["priority"], body["on_uncertain"]) == ("otp", "resend")
    lasts = datetime.fromisoformat(body["expires_at"]) - datetime.fromisoformat(body["accepted_at"])
    assert lasts.total_seconds() == 600


def test_a_long_text_says_in_how_many_parts_it_goes(web: Web) -> None:
    assert web.accepted(text="中" * 71)["parts_total"] == 2
    assert web.accepted(text="a" * 160)["parts_total"] == 1


def test_reasons_follow_the_language_and_codes_do_not(web: Web) -> None:
    path = web.accepted()["links"]["self"]
    assert web.api.post(f"{web.url}{path}/cancel", timeout=60).ok
    english = web.api.get(f"{web.url}{path}", headers={"Accept-Language": "en"}, timeout=60)
    chinese = web.get(path)
    assert english.headers["Content-Language"] == "en"
    assert chinese.headers["Content-Language"] == "zh-CN"
    assert english.json()["reason"]["text"].startswith("Taken back before a SIM took it.")
    assert chinese.json()["reason"]["text"].startswith("发送前已撤回")
    assert english.json()["reason"]["code"] == chinese.json()["reason"]["code"]


def test_a_message_that_was_answered_is_on_disk(web: Web) -> None:
    """Another connection sees it at once, and the file was synced: the write-ahead log holds the text."""
    text = f"durable {time.time_ns()}"
    body = web.accepted(text=text)
    with closing(connect(web.data / "simloft.db", read_only=True)) as connection:
        found = messages.get(connection, body["id"])
    assert found is not None
    assert found.text == text


def test_many_clients_at_once_each_get_their_own_message(web: Web) -> None:
    texts = [f"parallel {index}" for index in range(200)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda text: web.accepted(text=text), texts))
    assert [each["text"] for each in answers] == texts
    assert len({each["id"] for each in answers}) == len(texts)


def test_the_list_is_newest_first_and_goes_on_by_cursor_while_others_are_accepted(web: Web) -> None:
    ids = [web.accepted(to="+8613700000001", text=str(index))["id"] for index in range(7)]
    first = web.get("/api/v1/messages", limit="3", to="13700000001").json()
    assert [each["id"] for each in first["items"]] == ids[:3:-1]
    web.accepted(to="+8613700000001", text="newer")
    second = web.get("/api/v1/messages", limit="3", to="13700000001", cursor=first["next_cursor"]).json()
    third = web.get("/api/v1/messages", limit="3", to="13700000001", cursor=second["next_cursor"]).json()
    assert [each["id"] for each in second["items"]] == ids[3:0:-1]
    assert ([each["id"] for each in third["items"]], third["next_cursor"]) == (ids[:1], None)


def test_the_list_is_filtered_by_state(web: Web) -> None:
    waiting, taken_back = (web.accepted(to="+8613700000002", text=str(index)) for index in range(2))
    assert web.api.post(f"{web.url}{taken_back['links']['self']}/cancel", timeout=60).status_code == 200

    def ids(state: str) -> list[str]:
        found = web.get("/api/v1/messages", to="+8613700000002", state=state).json()
        return [each["id"] for each in found["items"]]

    assert (ids("queued"), ids("cancelled"), ids("delivered")) == ([waiting["id"]], [taken_back["id"]], [])


def test_a_wrong_query_is_refused_and_not_ignored(web: Web) -> None:
    for name, value, code in (
        ("limit", "0", "parameter-limit"),
        ("limit", "501", "parameter-limit"),
        ("limit", "ten", "parameter-limit"),
        ("limit", "９", "parameter-limit"),
        ("cursor", "m", "parameter-cursor"),
        ("cursor", "i5", "parameter-cursor"),
        ("cursor", "mffffffffffffffffffff", "parameter-cursor"),
        ("state", "done", "field-choice"),
        ("to", "nobody", "recipient-no-number"),
        ("status", "queued", "parameter-unknown"),
    ):
        assert pointers(web.get("/api/v1/messages", **{name: value}), 400) == [(name, code)]
    twice = web.api.get(f"{web.url}/api/v1/messages?limit=1&limit=2", timeout=60)
    assert pointers(twice, 400) == [("limit", "parameter-twice")]
    no_text = web.api.get(f"{web.url}/api/v1/messages?to=%ff", timeout=60)
    assert pointers(no_text, 400) == [("", "parameter-encoding")]


def test_a_message_that_waits_is_cancelled_once(web: Web) -> None:
    path = web.accepted()["links"]["self"]
    cancelled = web.api.post(f"{web.url}{path}/cancel", timeout=60)
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    again = web.api.post(f"{web.url}{path}/cancel", headers={"Accept-Language": "en"}, timeout=60)
    assert problem(again, 409)["detail"].endswith("This one is “cancelled”.")
    for action in ("resend", "mark-sent"):
        problem(web.api.post(f"{web.url}{path}/{action}", timeout=60), 409)


def test_what_is_not_there_is_404(web: Web) -> None:
    for path in (
        "/api/v1/messages/nope",
        "/api/v1/inbox/nope",
        "/api/v1/messages/%00",
        "/api/v1/messages/%ff",
    ):
        assert problem(web.get(path), 404)["type"] == "/problems/no-such-message"
    assert problem(web.get("/api/v1/nothing"), 404)["type"] == "/problems/no-such-page"
    assert problem(web.get("/api/v2/messages"), 404)["type"] == "/problems/no-such-page"
    problem(web.api.post(f"{web.url}/api/v1/messages/nope/cancel", timeout=60), 404)
    problem(web.api.put(f"{web.url}/api/v1/sims/999999/plan", json={}, timeout=60), 404)


def test_a_preview_stores_nothing(web: Web) -> None:
    before = web.count()
    seen = web.api.post(f"{web.url}/api/v1/preview", json={"text": "中" * 71}, timeout=60).json()
    assert (seen["alphabet"], seen["parts_total"], seen["units_left"]) == ("ucs2", 2, 63)
    assert "".join(seen["parts"]) == "中" * 71
    plain = web.api.post(
        f"{web.url}/api/v1/preview", json={"text": "“naïve”", "transliterate": True}, timeout=60
    ).json()
    assert plain["alphabet"] == "gsm7"
    assert {"before": "“", "after": '"'} in plain["replaced"]
    too_long = web.api.post(f"{web.url}/api/v1/preview", json={"text": "中" * 1000}, timeout=60).json()
    assert too_long["acceptable"] is False
    assert pointers(web.api.post(f"{web.url}/api/v1/preview", json={"text": ""}, timeout=60)) == [
        ("/text", "text-empty")
    ]
    assert web.count() == before
