"""What a technician's programs ask of a box: ports, commands, SIMs, PINs, loop tests, balances, events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.box import Box, eventually
from tests.web.running import Web, pointers, problem
from tests.web.technicians_box import call, followed, technicians_box


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, Web]]:
    with technicians_box(tmp_path_factory.mktemp("box")) as running:
        yield running


@pytest.fixture(scope="module")
def web(both: tuple[Box, Web]) -> Web:
    return both[1]


@pytest.fixture(scope="module")
def places(web: Web) -> list[dict[str, Any]]:
    return list(call(web, "GET", "/ports").json()["items"])


def test_a_port_tells_where_it_is_and_what_is_in_it(web: Web, places: list[dict[str, Any]]) -> None:
    one = call(web, "GET", f"/ports/{places[0]['id']}").json()
    assert (one["state"], one["hub"], one["identified"], one["hold"]) == ("ready", None, False, None)
    assert one["modem"]["profile"]
    assert (one["modem"]["form"], one["modem"]["meid"], one["modem"]["same_imei_in"]) == ("tpdu", None, [])
    assert one["sim"]["number_source"] == ("card" if one["sim"]["number"] else None)
    assert one["pin"]["state"] == "none"
    assert call(web, "GET", "/modems").json()["items"][0]["id"] == one["id"]
    assert problem(call(web, "GET", "/ports/99999"), 404)["type"] == "/problems/no-such-port"


def test_a_port_is_called_as_its_sticker_is(web: Web, places: list[dict[str, Any]]) -> None:
    first, second = (f"/ports/{each['id']}" for each in places[:2])
    assert call(web, "PATCH", first, label=" hub A,  slot 7 ").json()["label"] == "hub A, slot 7"
    assert pointers(call(web, "PATCH", second, label="hub A, slot 7"), 409) == [("/label", "label-taken")]
    assert pointers(call(web, "PATCH", second, name="x")) == [
        ("/name", "field-unknown"),
        ("/label", "field-missing"),
    ]
    assert call(web, "PATCH", first, label="").json()["label"] is None


def test_a_command_is_followed_to_its_answer(web: Web, places: list[dict[str, Any]]) -> None:
    path = f"/ports/{places[0]['id']}"
    done = followed(web, call(web, "POST", f"{path}/commands", command="identify", seconds=30))
    assert (done["state"], done["command"]) == ("done", "identify")
    eventually(lambda: call(web, "GET", path).json()["identified"], what="the wall points at it")
    followed(web, call(web, "POST", f"{path}/commands", command="identify", seconds=0))
    trace = followed(web, call(web, "POST", f"{path}/commands", command="trace"))
    assert "AT" in trace["text"]
    assert call(web, "DELETE", f"/commands/{trace['id']}").status_code == 204
    assert problem(call(web, "GET", f"/commands/{trace['id']}"), 404)["type"] == "/problems/no-such-command"


def test_a_recording_is_fetched(web: Web, places: list[dict[str, Any]]) -> None:
    path = f"/ports/{places[1]['id']}/commands"
    assert followed(web, call(web, "POST", path, command="record-start"))["state"] == "done"
    followed(web, call(web, "POST", path, command="ussd", code="*100#"))
    name = followed(web, call(web, "POST", path, command="record-stop"))["text"]
    assert name in [each["name"] for each in call(web, "GET", "/recordings").json()["items"]]
    assert "CUSD" in call(web, "GET", f"/recordings/{name}").text
    assert problem(call(web, "GET", "/recordings/none"), 404)["type"] == "/problems/no-such-recording"


def test_a_command_that_makes_no_sense_is_refused_at_its_field(
    web: Web, places: list[dict[str, Any]]
) -> None:
    path = f"/ports/{places[0]['id']}/commands"
    assert pointers(call(web, "POST", path, command="explode")) == [("/command", "field-choice")]
    assert pointers(call(web, "POST", path, command="ussd", code="call me")) == [("/code", "ussd-code")]
    assert pointers(call(web, "POST", path, command="identify", seconds=-1)) == [("/seconds", "field-range")]
    # A program with a key has no business at the console of a modem.
    assert pointers(call(web, "POST", path, command="at", line="AT+CSQ"), 403) == []
    assert call(web, "POST", path.replace("commands", "nothing")).status_code == 404


def test_a_sim_is_named_numbered_rested_and_resumed(web: Web) -> None:
    sim = call(web, "GET", "/sims").json()["items"][0]
    path = f"/sims/{sim['id']}"
    number = sim["number"]
    named = call(web, "PATCH", path, label="the shop", number="138 0013 8009").json()
    assert (named["label"], named["number"]) == ("the shop", "+8613800138009")
    assert pointers(call(web, "PATCH", path, number="10086")) == [("/number", "number-of-sim")]
    rested = call(web, "POST", f"{path}/rest", until="2099-01-01T00:00:00+08:00", why="moved").json()
    assert rested["resting_until"] == "2098-12-31T16:00:00.000Z"
    assert call(web, "POST", f"{path}/resume").json()["resting_until"] is None
    assert pointers(call(web, "POST", f"{path}/rest", until="tomorrow")) == [("/until", "field-instant")]
    assert pointers(call(web, "POST", f"{path}/rest", until="2099-01-01T00:00:00")) == [
        ("/until", "field-instant")
    ]
    assert pointers(call(web, "POST", f"{path}/rest", until="2001-01-01T00:00:00Z")) == [
        ("/until", "rest-in-the-past")
    ]
    assert call(web, "PATCH", path, label="", number=number).json()["label"] is None
    said = [each["reason"]["code"] for each in events_of(web, sim=sim["id"])]
    assert {"event.technician.rest", "event.technician.resume", "event.technician.number"} <= set(said)


def test_a_pin_goes_in_and_never_comes_out(both: tuple[Box, Web]) -> None:
    box, web = both
    sim = call(web, "GET", "/sims").json()["items"][1]
    path, pin = f"/sims/{sim['id']}/pin", "73915846"
    assert pointers(call(web, "PUT", path, pin="12a4")) == [("/pin", "pin-digits")]
    assert pointers(call(web, "PUT", path)) == [("/pin", "field-missing")]
    entered = call(web, "PUT", path, pin=pin)
    assert entered.json()["state"] == "stored"
    answers = [entered.text, call(web, "GET", f"/sims/{sim['id']}").text, call(web, "GET", "/events").text]
    assert not any(pin in each for each in answers)
    for file in box.data.rglob("*"):
        if file.is_file():
            assert pin.encode() not in file.read_bytes(), file
    assert call(web, "GET", path).status_code == 405
    assert call(web, "DELETE", path).status_code == 204
    assert call(web, "GET", f"/sims/{sim['id']}").json()["pin"]["state"] == "none"


def test_a_sim_that_is_in_a_port_is_not_forgotten(web: Web) -> None:
    sim = call(web, "GET", "/sims").json()["items"][0]
    assert pointers(call(web, "POST", f"/sims/{sim['id']}/forget"), 409) == [("", "sim-is-in-port")]


def test_a_loop_test_goes_from_sim_to_sim(web: Web) -> None:
    sims = [each["id"] for each in call(web, "GET", "/sims").json()["items"]]
    started = call(web, "POST", "/loop-tests", **{"from": sims[0], "to": sims[1]})
    assert started.status_code == 202, started.text
    path = started.headers["Location"].removeprefix("/api/v1")
    run = eventually(lambda: _if_done(call(web, "GET", path).json()), what="the loop test is over") or {}
    (test,) = run["items"]
    assert (test["passed"], test["from"]["id"], test["to"]["id"]) == (True, sims[0], sims[1])
    assert test["received_at"] >= test["began_at"]
    assert call(web, "GET", f"/loop-tests?sim={sims[1]}").json()["items"][0]["run"] == run["run"]
    assert call(web, "GET", f"/loop-tests?sim={sims[2]}").json()["items"] == []
    assert pointers(call(web, "POST", "/loop-tests", **{"from": 9999}), 409) == [("", "no-such-sim")]
    assert problem(call(web, "GET", "/loop-tests/abc"), 404)["type"] == "/problems/no-such-loop-test"


def test_a_balance_is_asked_for_and_read(web: Web) -> None:
    path = f"/sims/{call(web, 'GET', '/sims').json()['items'][2]['id']}"
    asked = call(web, "POST", f"{path}/balance")
    assert asked.status_code == 202, asked.text

    def known() -> dict[str, Any] | None:
        seen: dict[str, Any] = call(web, "GET", f"{path}/balance").json()
        return seen if seen["balance"] else None

    seen = eventually(known, what="the carrier answered") or {}
    assert seen["balance"]["text"] == seen["readings"][0]["amount"]["text"]
    assert call(web, "GET", path).json()["balance"]["units"] == seen["balance"]["units"]
    rests = call(web, "PUT", f"{path}/low-balance", below="100000").json()
    assert (rests["rests"], rests["low_below_units"]) == (True, 10_000_000)
    assert call(web, "PUT", f"{path}/low-balance", below="1", never_rests=True).json()["rests"] is False
    assert pointers(call(web, "PUT", f"{path}/low-balance", below="much")) == [("/below", "amount")]


def test_a_sim_is_kept_alive_every_so_many_days(web: Web) -> None:
    path = f"/sims/{call(web, 'GET', '/sims').json()['items'][2]['id']}/keep-alive"
    assert call(web, "PUT", path, every_days=80).json()["every_days"] == 80
    assert call(web, "GET", path).json()["due_at"] > time.strftime("%Y-%m-%d")
    assert pointers(call(web, "PUT", path, every_days=-1)) == [("/every_days", "field-range")]
    assert call(web, "PUT", path, every_days=None).json()["every_days"] == 0


def test_the_table_of_carriers_is_edited(web: Web) -> None:
    mine = {
        "name": "Mine",
        "imsi": ["99901"],
        "queries": [{"method": "ussd", "code": "*100#", "pattern": "(?P<amount>[0-9.]+)"}],
    }
    assert call(web, "PUT", "/carriers/mine", **mine).json()["queries"][0]["code"] == "*100#"
    wrong = {**mine, "queries": [{"method": "ussd", "code": "*100#", "pattern": "("}]}
    assert pointers(call(web, "PUT", "/carriers/mine", **wrong)) == [("/queries/0/pattern", "pattern-broken")]
    assert call(web, "DELETE", "/carriers/mine").status_code == 204
    assert problem(call(web, "DELETE", "/carriers/mine"), 404)["type"] == "/problems/no-such-carrier"
    known = {each["id"]: each for each in call(web, "GET", "/carriers").json()["items"]}
    assert known["china-mobile"]["is_built_in"]
    assert "mine" not in known


def test_events_come_page_by_page_and_by_port(web: Web, places: list[dict[str, Any]]) -> None:
    first = call(web, "GET", "/events?limit=2").json()
    rest = call(web, "GET", f"/events?limit=2&cursor={first['next_cursor']}").json()
    ids = [each["id"] for each in first["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 4
    of_port = call(web, "GET", f"/events?port={places[0]['id']}").json()["items"]
    assert {each["port"] for each in of_port} == {places[0]["id"]}
    assert all(each["reason"]["text"] for each in of_port)
    assert problem(call(web, "GET", "/events?port=x"), 400)["errors"][0]["parameter"] == "port"


def events_of(web: Web, sim: int) -> list[dict[str, Any]]:
    return list(call(web, "GET", f"/events?sim={sim}").json()["items"])


def _if_done(run: dict[str, Any]) -> dict[str, Any] | None:
    return run if run["done"] else None
