"""Plans, groups of SIMs and accounts over HTTP: the API as programs use it, the pages as people do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from appliance.store import keys
from appliance.store.database import connect
from tests.web import a_day
from tests.web.running import Web, pointers, problem, running_web


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    data = tmp_path_factory.mktemp("box")
    a_day.fill(data / "simloft.db")
    with running_web(data, settings="[plan]\nparts_per_day = 500\nreserve_percent = 20\n") as web:
        web.log_in()
        yield web


def call(box: Web, method: str, path: str, members: object = None) -> requests.Response:
    body: dict[str, Any] = {} if members is None else {"json": members}
    return box.api.request(
        method, f"{box.url}/api/v1{path}", headers={"Accept-Language": "en"}, timeout=60, **body
    )


def page(box: Web, path: str, language: str = "en") -> str:
    answer = box.page.get(f"{box.url}{path}", headers={"Accept-Language": language}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.text


# -- plans ------------------------------------------------------------------------------------------------------------


def test_a_plan_tells_what_holds_what_is_its_own_and_what_is_used(box: Web) -> None:
    call(box, "PUT", "/sims/1/plan", {})
    told = call(box, "GET", "/sims/1/plan").json()
    assert told["box_plan"]["parts_per_day"] == told["plan"]["parts_per_day"] == 500
    assert told["own_plan"]["parts_per_day"] is None
    assert told["plan"]["reserve_percent"] == 20
    assert told["used"]["day"]["most"] == 500
    assert told["used"]["day"]["most_for_bulk"] == 400
    assert told["used"]["day"]["used"] > 0
    assert told["remarks"] == []


def test_put_replaces_a_plan_and_patch_changes_it(box: Web) -> None:
    put = call(
        box,
        "PUT",
        "/sims/2/plan",
        {
            "parts_per_day": 0,
            "parts_per_month": 3000,
            "recipients_per_month": 200,
            "contract_day": 31,
            "sending_hours": "8:00-21:00",
            "on_net_prefixes": ["+86139"],
            "price_off_net_micros": 100000,
        },
    )
    assert put.status_code == 200, put.text
    plan = put.json()["plan"]
    assert (plan["parts_per_day"], plan["sending_hours"], plan["on_net_prefixes"]) == (
        0,
        "08:00-21:00",
        ["+86139"],
    )
    assert [each["code"] for each in put.json()["remarks"]] == ["plan.contract-day-missing"]
    assert put.json()["used"]["recipients"]["begins_anew_at"].endswith("Z")
    patched = call(box, "PATCH", "/sims/2/plan", {"parts_per_day": None, "contract_day": 5}).json()
    assert patched["own_plan"]["parts_per_day"] is None
    assert patched["own_plan"]["parts_per_month"] == 3000
    assert patched["plan"]["contract_day"] == 5
    emptied = call(box, "PUT", "/sims/2/plan", {}).json()
    assert set(emptied["own_plan"].values()) == {None}


def test_a_nonsense_plan_changes_nothing_and_names_each_field(box: Web) -> None:
    before = call(box, "GET", "/sims/3/plan").json()["own_plan"]
    refused = call(
        box,
        "PUT",
        "/sims/3/plan",
        {"contract_day": 32, "gap_jitter_percent": 101, "reserve_percent": 100, "sending_hours": "x-y"},
    )
    assert pointers(refused) == [
        ("/gap_jitter_percent", "field-range"),
        ("/sending_hours", "plan.hours-malformed"),
        ("/contract_day", "plan-contract-day"),
        ("/reserve_percent", "plan-reserve"),
    ]
    assert call(box, "GET", "/sims/3/plan").json()["own_plan"] == before
    assert problem(call(box, "PUT", "/sims/99/plan", {}), 404)["type"] == "/problems/no-such-sim"


def test_a_limit_below_what_was_sent_is_taken_and_the_sim_waits_until_an_instant(box: Web) -> None:
    told = call(box, "PATCH", "/sims/1/plan", {"parts_per_day": 1}).json()
    assert told["used"]["day"]["used"] > told["used"]["day"]["most"] == 1
    assert told["reason"]["code"] == "sim.at-limit.day"
    assert told["reason"]["until"] > "2026"
    call(box, "PUT", "/sims/1/plan", {})


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(box: Web) -> None:
    refused = box.form(
        "/sims/3/plan", sending_hours="8:00-7:00,7:30-8:30", contract_day="32", parts_per_hour="9"
    )
    assert refused.status_code == 422
    assert 'value="8:00-7:00,7:30-8:30"' in refused.text
    assert refused.text.count('class="wrong"') == 2
    saved = box.form(
        "/sims/3/plan", sending_hours="22:00-6:00", price_abroad_micros="0.8", parts_per_hour="9"
    )
    assert (saved.status_code, saved.headers["Location"]) == (303, "/sims/3/plan")
    shown = page(box, "/sims/3/plan")
    assert 'value="22:00-06:00"' in shown
    assert 'value="0.8"' in shown
    assert call(box, "GET", "/sims/3/plan").json()["own_plan"]["price_abroad_micros"] == 800_000


# -- groups -----------------------------------------------------------------------------------------------------------


def test_a_group_is_made_filled_limited_and_removed(box: Web) -> None:
    made = call(box, "POST", "/groups", {"name": "Contract A", "parts_per_month": 5000})
    assert made.status_code == 201
    here = made.headers["Location"].removeprefix("/api/v1")
    put_in = call(box, "PUT", "/sims/1/group", {"group": made.json()["id"]}).json()
    assert (put_in["reason"]["code"], put_in["before"]) == ("group.put-in", None)
    other = call(box, "POST", "/groups", {"name": "Contract B", "strategy": "fill"}).json()
    moved = call(box, "PUT", "/sims/1/group", {"group": other["id"]}).json()
    assert moved["reason"]["code"] == "group.moved"
    assert moved["before"]["name"] == "Contract A"
    assert "a SIM is in one group only" in moved["reason"]["text"]
    assert call(box, "GET", here).json()["sims"] == []
    assert [each["id"] for each in call(box, "GET", f"/groups/{other['id']}").json()["sims"]] == [1]
    changed = call(box, "PUT", here, {"name": "Contract A", "recipients_per_month": 900}).json()
    assert (changed["recipients_per_month"], changed["parts_per_month"]) == (900, 0)
    assert call(box, "GET", "/sims/1").json()["group"] == other["id"]
    assert call(box, "DELETE", f"/groups/{other['id']}").status_code == 204
    assert call(box, "GET", "/sims/1").json()["group"] is None
    assert call(box, "DELETE", here).status_code == 204
    problem(call(box, "GET", here), 404)


def test_a_group_that_can_not_be_is_refused_by_field(box: Web) -> None:
    call(box, "POST", "/groups", {"name": "Taken"})
    assert pointers(call(box, "POST", "/groups", {"name": "Taken"}), 409) == [("/name", "name-taken")]
    assert pointers(call(box, "POST", "/groups", {"name": " ", "contract_day": 1})) == [("/name", "name")]
    assert pointers(call(box, "POST", "/groups", {"strategy": "random"})) == [
        ("/name", "field-missing"),
        ("/strategy", "field-choice"),
    ]
    assert pointers(call(box, "PUT", "/sims/1/group", {"group": 999}), 409) == [("/group", "no-such-group")]


def test_people_make_groups_and_move_sims_on_the_pages(box: Web) -> None:
    made = box.form("/groups", name="School")
    assert made.status_code == 303
    here = made.headers["Location"]
    assert "was moved" not in box.form(f"{here}/add", sim="2").text
    second = box.form("/groups", name="Shop").headers["Location"]
    assert "was moved from the group “School” to “Shop”" in box.form(f"{second}/add", sim="2").text
    saved = box.form(second, name="Shop", parts_per_day="80", strategy="fill")
    assert saved.headers["Location"] == second
    assert 'value="80"' in page(box, second)
    wrong = box.form(second, name="Shop", contract_day="40")
    assert wrong.status_code == 422
    assert "Where a month has no such day" in wrong.text
    assert box.form(f"{second}/remove").headers["Location"] == "/groups"
    assert "Shop" not in page(box, "/groups")


# -- accounts ---------------------------------------------------------------------------------------------------------


def test_a_message_goes_in_the_name_of_the_account_of_its_key(box: Web) -> None:
    made = call(box, "POST", "/accounts", {"name": "Shop", "weight": 3})
    assert made.status_code == 201
    shop = made.json()
    with closing(connect(box.data / "simloft.db")) as connection:
        key = keys.new_key()
        key_id = keys.add_key(connection, "till", key, 1)
    given = call(box, "PUT", f"/accounts/{shop['id']}/keys/{key_id}").json()
    assert [each["name"] for each in given["keys"]] == ["till"]
    sent = requests.post(
        f"{box.url}/api/v1/messages",
        json={"to": "13912345678", "text": "x"},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    ).json()
    assert (sent["account"], sent["destination"]) == (shop["id"], "china-mobile")
    assert box.accepted()["account"] == 1
    heavier = call(box, "PATCH", f"/accounts/{shop['id']}", {"weight": 5}).json()
    assert (heavier["weight"], heavier["waiting"]) == (5, 1)
    assert call(box, "DELETE", f"/accounts/{shop['id']}").status_code == 204
    first = call(box, "GET", "/accounts").json()["items"][0]
    assert {each["name"] for each in first["keys"]} >= {"till", "test"}


def test_an_account_that_can_not_be_is_refused(box: Web) -> None:
    assert pointers(call(box, "POST", "/accounts", {"name": "A", "weight": 0})) == [
        ("/weight", "field-range")
    ]
    assert pointers(call(box, "DELETE", "/accounts/1"), 409) == [("", "account-of-the-box")]
    problem(call(box, "PATCH", "/accounts/999", {"weight": 1}), 404)
    wrong = box.form("/accounts", name="B", weight="much")
    assert wrong.status_code == 422
    assert "This must be a whole number." in wrong.text


def test_each_act_is_noted_with_who_it_was(box: Web) -> None:
    box.form("/accounts", name="Noted", weight="2")
    call(box, "POST", "/groups", {"name": "Noted, too"})
    text = page(box, "/events")
    assert "Someone on the page made the account “Noted” with the weight 2." in text
    assert "The program “test” made the group “Noted, too”." in text
