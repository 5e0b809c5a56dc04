"""The page of what waits, forecasts, scheduled messages, and uncertain ones that people settle and take back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import requests

from appliance.store.database import connect
from tests.web import a_day
from tests.web.running import Web, pointers, running_web


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    data = tmp_path_factory.mktemp("box")
    a_day.fill(data / "simloft.db")
    with running_web(data) as web:
        web.log_in()
        yield web


def page(box: Web, path: str, language: str = "en") -> str:
    answer = box.page.get(f"{box.url}{path}", headers={"Accept-Language": language}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.text


def in_hours(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")


def uncertain(box: Web, to: str) -> str:
    """A message of which nobody knows, as the pool leaves one."""
    message_id = str(box.accepted(to=to)["id"])
    with closing(connect(box.data / "simloft.db")) as connection:
        connection.execute(
            "UPDATE messages SET state = 'uncertain', reason = 'message.uncertain-after-restart', "
            """reason_args = '{"sim": "A"}', sim_id = 1 WHERE id = ?""",
            [message_id],
        )
    return message_id


def test_a_scheduled_message_waits_for_its_time_and_is_cancelled(box: Web) -> None:
    at = in_hours(2)
    told = box.accepted(not_before=at, expires_at=in_hours(3))
    assert (told["state"], told["reason"]["code"]) == ("queued", "message.scheduled")
    assert told["not_before"][:16] == told["reason"]["until"][:16] == at[:16]
    assert told["expires_at"][:16] == in_hours(3)[:16]
    shown = page(box, f"/messages/{told['id']}")
    assert "Scheduled for" in shown
    assert "Not before" in shown
    cancelled = box.api.post(f"{box.url}/api/v1/messages/{told['id']}/cancel", timeout=60)
    assert cancelled.json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"not_before": "2026-05-17T08:30:00"}, ("/not_before", "field-instant")),
        ({"not_before": "tomorrow"}, ("/not_before", "field-instant")),
        ({"expires_at": "2020-05-17T08:30:00Z"}, ("/expires_at", "expires-in-the-past")),
        ({"not_before": "2190-05-17T08:30:00Z"}, ("/not_before", "too-far-ahead")),
    ],
)
def test_times_that_can_not_be_are_refused(box: Web, members: dict[str, str], wrong: tuple[str, str]) -> None:
    assert pointers(box.post(to="13912345678", text="x", **members)) == [wrong]


def test_the_composer_takes_the_time_of_the_box(box: Web) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%d")
    sent = box.form(
        "/messages", to="13900000008", text="x", not_before=f"{day}T08:00", expires_at=f"{day}T20:00"
    )
    told = box.get(f"/api/v1{sent.headers['Location']}").json()
    assert (told["not_before"], told["expires_at"]) == (f"{day}T00:00:00.000Z", f"{day}T12:00:00.000Z")
    wrong = box.form("/messages", to="13900000008", text="x", not_before="soon", expires_at=f"{day}T20:00")
    assert wrong.status_code == 422
    assert "“soon” is no time." in wrong.text
    assert '<details class="options" open>' in wrong.text


def test_the_page_says_what_waits_and_why(box: Web) -> None:
    for number in range(3):
        box.accepted(to=f"1391234560{number}", priority="bulk")
    box.accepted(to="13912345678", not_before=in_hours(20))
    shown = page(box, "/waiting")
    assert re.search(r"\d+ messages wait", shown)
    assert "Scheduled for" in shown
    assert "What changes by itself next" in shown
    assert "+8613800138001" in shown
    chinese = page(box, "/waiting", "zh")
    assert "条短信在排队" in chinese


def test_the_live_part_is_sent_only_where_something_changed(box: Web) -> None:
    def live(seen: str) -> requests.Response:
        return box.page.get(f"{box.url}/live/waiting", params={"seen": seen}, timeout=60)

    found = re.search(r'"seen": "([^"]+)"', live("").text)
    assert found
    assert {live(found[1]).status_code for _ in range(3)} & {204}


def test_a_forecast_is_asked_by_query_and_by_object(box: Web) -> None:
    by_query = box.get("/api/v1/forecast", messages="100", priority="bulk", parts="2").json()
    assert (by_query["messages"], by_query["parts"]) == (100, 2)
    assert by_query["sent"] + by_query["expired"] + by_query["unsent"] == 100
    assert all(not each["text"].startswith("forecast.") for each in by_query["reasons"])
    by_object = box.api.post(
        f"{box.url}/api/v1/forecast",
        json={"messages": 5, "text": "字" * 100, "destinations": {"china-mobile": 5}},
        timeout=60,
    ).json()
    assert by_object["parts"] == 2


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({}, ("/messages", "field-missing")),
        ({"messages": 0}, ("/messages", "field-range")),
        ({"messages": 5, "destinations": {"a": -1}}, ("/destinations", "forecast-destinations")),
        ({"messages": 5, "text": " "}, ("/text", "text-empty")),
        ({"messages": 5, "text": "hi", "parts": 2}, ("/parts", "forecast-parts-and-text")),
        (
            {
                "messages": 5,
                "not_before": "2026-12-24T00:00:00Z",
                "expires_at": "2026-12-24T00:00:00Z",
            },
            ("/expires_at", "forecast-over-before-it-begins"),
        ),
    ],
)
def test_a_forecast_of_nothing_is_refused(
    box: Web, members: dict[str, object], wrong: tuple[str, str]
) -> None:
    answer = box.api.post(f"{box.url}/api/v1/forecast", json=members, timeout=60)
    contradicts = wrong[1] in ("forecast-parts-and-text", "forecast-over-before-it-begins")
    assert pointers(answer, 409 if contradicts else 422) == [wrong]


def test_a_wrong_parameter_of_a_forecast_is_named(box: Web) -> None:
    assert pointers(box.get("/api/v1/forecast", messages="many"), 400) == [("messages", "field-whole-number")]


def test_several_uncertain_messages_are_settled_at_once_and_that_is_taken_back(box: Web) -> None:
    first, second = uncertain(box, "13700000001"), uncertain(box, "13700000002")
    shown = page(box, "/uncertain")
    assert f'name="m-{first}"' in shown
    assert "Nobody knows whether these were sent" in shown
    settled = box.form("/uncertain", **{f"m-{first}": "on", f"m-{second}": "on", "action": "mark-sent"})
    assert settled.status_code == 303
    told = page(box, settled.headers["Location"])
    assert "2 messages are marked as sent." in told
    assert box.get(f"/api/v1/messages/{first}").json()["state"] == "sent"
    undone = box.form("/uncertain", **{f"m-{first}": "on", f"m-{second}": "on", "action": "undo"})
    assert "2 messages are uncertain again." in page(box, undone.headers["Location"])
    assert box.get(f"/api/v1/messages/{second}").json()["reason"]["code"] == "message.uncertain-again"


def test_what_is_sent_again_on_the_page_can_be_taken_back_for_a_moment(box: Web) -> None:
    message_id = uncertain(box, "13700000003")
    box.form(f"/messages/{message_id}/resend")
    told = box.get(f"/api/v1/messages/{message_id}").json()
    assert (told["state"], told["reason"]["code"]) == ("queued", "message.resend-soon")
    assert "Take that back" in page(box, f"/messages/{message_id}")
    box.form(f"/messages/{message_id}/undo")
    assert box.get(f"/api/v1/messages/{message_id}").json()["state"] == "uncertain"


def test_a_program_settles_several_and_is_told_what_came_too_late(box: Web) -> None:
    message_id, waits = uncertain(box, "13700000004"), box.accepted()["id"]
    answer = box.api.post(
        f"{box.url}/api/v1/uncertain",
        json={"action": "mark-sent", "messages": [message_id, waits, "nothing"]},
        timeout=60,
    )
    assert answer.json() == {
        "done": [message_id],
        "too_late": [{"id": waits, "state": "queued"}, {"id": "nothing", "state": None}],
    }
    refused = box.api.post(f"{box.url}/api/v1/uncertain", json={"action": "cancel"}, timeout=60)
    assert pointers(refused) == [("/action", "field-choice"), ("/messages", "field-missing")]


def test_one_answer_undoes_through_the_api_or_says_that_it_is_too_late(box: Web) -> None:
    waits = box.accepted()["id"]
    refused = box.api.post(f"{box.url}/api/v1/messages/{waits}/undo", timeout=60)
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/not-possible-now.undo"
