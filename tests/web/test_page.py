"""The page without a script: every form works as plain HTML does; every page is there in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from appliance.store.database import connect
from appliance.web.language import CHINESE, ENGLISH
from tests.web import a_day
from tests.web.running import Web, running_web

PAGES = (
    "/",
    "/outbox",
    "/inbox",
    "/modems",
    "/modems?show=bad",
    "/ports/1",
    "/ports/6",
    "/sims",
    "/sims/1",
    "/loop-tests",
    "/carriers",
    "/carriers/new",
    "/carriers/china-mobile",
    "/events",
    "/live/home",
    "/live/modems",
    "/live/ports/1",
    "/live/sims",
    "/live/sims/1",
    "/live/sims/1/money",
)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A box in the middle of its day, with a browser that is logged in."""
    data = tmp_path_factory.mktemp("day")
    a_day.fill(data / "simloft.db")
    with running_web(data, "--port", "/dev/none") as web:
        web.log_in()
        yield web


def page(web: Web, path: str, language: str = ENGLISH) -> str:
    answer = web.page.get(f"{web.url}{path}", headers={"Accept-Language": language}, timeout=60)
    assert answer.status_code == 200, (path, answer.status_code)
    assert answer.headers["Content-Language"] == language
    return answer.text


class Outline(HTMLParser):
    """Addresses that a page loads or sends to, its ids, and its tags that are open at the end."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.inline: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag not in ("meta", "link", "input", "br", "path", "circle", "use", "hr"):
            self._open.append(tag)
        self.loaded += [
            found[name] or "" for name in ("src", "href", "action", "hx-get", "hx-post") if name in found
        ]
        self.inline += [name for name in found if name.startswith("on") or name == "style"]
        if found.get("id"):
            self.ids.append(found["id"] or "")
        if tag == "label" and found.get("for"):
            self.labelled.add(found["for"] or "")
        if tag in ("input", "textarea", "select") and found.get("type") not in (
            "checkbox",
            "radio",
            "hidden",
        ):
            self.fields.append(found)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                raise AssertionError(f"</{tag}> closes another element")


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_and_loads_nothing_from_elsewhere(day: Web, path: str, language: str) -> None:
    html = page(day, path, language)
    outline = Outline(html)
    assert all(re.match(r"[/#?]|data:", address) for address in outline.loaded), outline.loaded
    assert outline.inline == []
    assert len(outline.ids) == len(set(outline.ids))
    for field in outline.fields:
        assert field.get("id") in outline.labelled, field
    if language == CHINESE and not path.startswith("/live"):
        assert re.search(r"[\u4e00-\u9fff]", html)
    assert "undefined" not in html


def test_chinese_is_what_one_gets_without_asking(day: Web) -> None:
    day.page.headers.pop("Accept-Language", None)
    answer = day.page.get(f"{day.url}/", timeout=60)
    assert answer.headers["Content-Language"] == CHINESE
    assert '<html lang="zh-CN">' in answer.text


def test_the_language_is_switched_and_stays(day: Web) -> None:
    with requests.Session() as browser:
        browser.cookies.update(day.page.cookies)
        switched = browser.get(f"{day.url}/language/en?back=/modems", timeout=60)
        assert switched.url == f"{day.url}/modems"
        assert '<html lang="en">' in switched.text
        assert (
            '<html lang="en">'
            in browser.get(f"{day.url}/", headers={"Accept-Language": "zh"}, timeout=60).text
        )


def test_the_outbox_says_why_each_message_waits(day: Web) -> None:
    html = page(day, "/")
    assert "It is next: a SIM takes it in a moment." in html
    assert "It waits its turn. Messages before it: 1." in html
    assert "gave it to the modem and got no answer" in html


def test_the_wall_says_the_state_of_each_place_and_what_to_do(day: Web) -> None:
    html = page(day, "/modems")
    for words in (
        "8 places",
        "no SIM",
        "Put a SIM in",
        "needs a PIN",
        "looking for a network",
        "CHINA MOBILE",
    ):
        assert words in html
    assert re.search(r"\+8613300133008 rests until \d\d:\d\d", html)
    assert "+8613800138002 is at its limit for an hour" in html


def test_a_sim_that_is_known_by_its_port_only_is_said_to_be(tmp_path: Path) -> None:
    a_day.fill(tmp_path / "simloft.db")
    with closing(connect(tmp_path / "simloft.db")) as pool:
        pool.execute("UPDATE sims SET identity = 'port:A1', iccid = NULL, imsi = NULL WHERE id = 1")
    with running_web(tmp_path, "--port", "/dev/none") as web:
        web.log_in()
        wall = page(web, "/modems")
        assert wall.count("this SIM is known by its port only") == 1
        assert "只能按卡槽来认这张卡" in page(web, "/modems", CHINESE)


def test_the_modems_of_the_api_say_the_same(day: Web) -> None:
    items = day.get("/api/v1/modems").json()["items"]
    first = items[0]
    assert (first["label"], first["state"], first["operator"], first["rssi_dbm"]) == (
        "A1",
        "ready",
        "CHINA MOBILE",
        -67,
    )
    assert first["sim"]["number"] == "+8613800138001"
    assert first["sim"]["plan"]["parts_per_hour"] == 60
    assert first["sim"]["sent_parts"]["day"] >= first["sim"]["sent_parts"]["hour"] > 0
    assert first["modem"]["model"] == "EC20F"
    assert {each["state"] for each in items} >= {
        "ready",
        "no-sim",
        "pin-required",
        "registering",
        "no-answer",
    }
    assert items[3]["sim"] is None


def test_the_inbox_of_the_api(day: Web) -> None:
    first = day.get("/api/v1/inbox", limit="2").json()
    assert [each["from"] for each in first["items"]] == ["+8615888880000", "+8613711112222"]
    newest = first["items"][0]
    assert (newest["complete"], newest["parts_received"], newest["parts_total"]) == (False, 1, 2)
    assert (newest["to"], newest["sim"]["iccid"]) == ("+8613800138001", "89860012345678900000")
    rest = day.get("/api/v1/inbox", cursor=first["next_cursor"]).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (3, None)
    assert day.get(f"/api/v1/inbox/{newest['id']}").json() == newest
    assert len(day.get("/api/v1/inbox", **{"from": "10086"}).json()["items"]) == 1


def test_a_message_tells_its_whole_story(day: Web) -> None:
    failed = day.get("/api/v1/messages", state="failed").json()["items"][0]
    html = page(day, f"/messages/{failed['id']}")
    for words in (failed["text"], "unassigned number", "CMS 1", failed["id"]):
        assert words in html
    assert day.page.get(f"{day.url}/messages/nope", timeout=60).status_code == 404


def test_texts_are_shown_and_not_executed(web: Web) -> None:
    web.log_in()
    text = "<script>alert(1)</script>\"'&{{7*7}}"
    message = web.accepted(text=text)
    for path in ("/", f"/messages/{message['id']}", "/outbox"):
        html = page(web, path)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "{{7*7}}" in html


def test_a_message_is_sent_by_a_plain_form(web: Web) -> None:
    web.log_in()
    sent = web.form(
        "/messages", to="13900000009", text="line 1\r\nline 2", priority="otp", delivery_report="on"
    )
    assert sent.status_code == 303
    message = web.get(f"/api/v1{sent.headers['Location']}").json()
    assert (message["to"], message["text"], message["source"]) == ("+8613900000009", "line 1\nline 2", "page")
    assert (message["priority"], message["delivery_report"]) == ("otp", True)


def test_a_form_with_a_mistake_comes_back_with_what_was_typed(web: Web) -> None:
    web.log_in()
    before = web.count()
    refused = web.form("/messages", to="nobody", text="half of a letter")
    assert refused.status_code == 422
    assert 'value="nobody"' in refused.text
    assert "half of a letter</textarea>" in refused.text
    assert "This is no telephone number." in refused.text
    assert web.count() == before


def test_buttons_work_as_plain_forms_and_coming_too_late_is_no_error(web: Web) -> None:
    web.log_in()
    message = web.accepted()
    for _ in range(2):
        assert (
            web.form(f"/messages/{message['id']}/cancel").headers["Location"] == f"/messages/{message['id']}"
        )
    assert web.get(f"/api/v1/messages/{message['id']}").json()["state"] == "cancelled"


def test_the_limits_of_a_sim_are_set_by_form_and_by_the_api(day: Web) -> None:
    saved = day.form(
        "/sims/3/plan", minimum_gap_ms="2.5", parts_per_minute="", parts_per_hour=" 30 ", parts_per_day="0"
    )
    assert (saved.status_code, saved.headers["Location"]) == (303, "/sims/3/plan")
    own = day.get("/api/v1/modems").json()["items"][2]["sim"]["own_plan"]
    assert {name: value for name, value in own.items() if value is not None} == {
        "minimum_gap_ms": 2500,
        "parts_per_hour": 30,
        "parts_per_day": 0,
    }
    assert 'value="2.5"' in page(day, "/sims/3/plan")
    wrong = day.form("/sims/3/plan", parts_per_day="many", minimum_gap_ms="1,5")
    assert wrong.status_code == 422
    assert wrong.text.count("This must be a whole number.") == 2
    put = day.api.put(f"{day.url}/api/v1/sims/3/plan", json={"parts_per_day": 100}, timeout=60)
    plan = put.json()["plan"]
    assert (plan["parts_per_day"], plan["parts_per_hour"], plan["minimum_gap_ms"]) == (100, 0, 0)


def test_the_live_part_is_sent_only_when_something_changed(web: Web) -> None:
    web.log_in()

    def live(seen: str) -> requests.Response:
        return web.page.get(f"{web.url}/live/home", params={"seen": seen}, timeout=60)

    def marker(html: str) -> str:
        match = re.search(r'"seen": "([^"]+)"', html)
        assert match
        return match[1]

    seen = marker(live("").text)
    answers = [live(seen) for _ in range(3)]
    # Words such as “3 min ago” are said anew every 20 s, which may fall into this test once.
    assert sorted(each.status_code for each in answers)[-1] == 204
    seen = marker(live("").text)
    with closing(connect(web.data / "simloft.db")) as another_process:
        another_process.execute("UPDATE messages SET updated_at_ms = updated_at_ms + 1")
        another_process.execute(
            "INSERT INTO events (at_ms, kind, reason) VALUES (1, 'missed-call', 'event.missed-call-unknown')"
        )
    changed = live(seen)
    assert changed.status_code == 200
    assert marker(changed.text) != seen


def test_a_page_never_holds_old_things_for_new(day: Web) -> None:
    """What is known of SIMs is kept for a second; a change within it must be neither missed nor marked as seen."""
    for state, words in (("no-answer", "no answer"), ("ready", "ready")):
        with closing(connect(day.data / "simloft.db")) as pool:
            pool.execute(
                "UPDATE ports SET state = ?, reason = ? WHERE label = 'A1'", [state, f"port.{state}"]
            )
        slot = re.search(r'<li id="p-1".*?</li>', page(day, "/live/modems"), re.DOTALL)
        assert slot is not None
        assert f"</svg>{words}</span>" in slot[0]


def test_an_empty_box_teaches_how_to_begin(tmp_path: Path) -> None:
    with running_web(tmp_path / "box", "--port", "/dev/none") as box:
        box.log_in()
        home = page(box, "/")
        assert f"curl {box.url}/api/v1/messages" in home
        assert f"cat {box.data}/first-api-key" in home
        assert "Nothing came in yet." in home
        modems = page(box, "/modems")
        assert "The box is looking for its modems." in modems
        assert "simloft run --port" in modems
        assert "/handsets" not in home
        assert box.page.get(f"{box.url}/handsets", timeout=60).status_code == 404


def test_handsets_of_a_bank_that_is_silent_are_said_to_be(tmp_path: Path) -> None:
    with running_web(tmp_path / "box") as box:
        box.log_in()
        answer = box.page.get(f"{box.url}/handsets", headers={"Accept-Language": "en"}, timeout=60)
        assert answer.status_code == 503
        assert "The simulated handsets don&#39;t answer" in answer.text
        assert "Traceback" not in box.log()


def test_what_a_problem_means_can_be_looked_up_on_the_box(web: Web) -> None:
    refused = web.post(to="1", text="")
    answer = requests.get(f"{web.url}{refused.json()['type']}", headers={"Accept-Language": "en"}, timeout=60)
    assert answer.status_code == 200
    assert "The request can&#39;t be accepted" in answer.text
    assert requests.get(f"{web.url}/problems/none", timeout=60).status_code == 404
