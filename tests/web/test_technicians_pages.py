"""The technician's pages without a script, on a whole box: every button is a form, and says what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.box import Box, eventually
from tests.web.running import Web
from tests.web.technicians_box import call, technicians_box


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, Web]]:
    with technicians_box(tmp_path_factory.mktemp("box")) as running:
        yield running


@pytest.fixture(scope="module")
def web(both: tuple[Box, Web]) -> Web:
    return both[1]


@pytest.fixture(scope="module")
def port(web: Web) -> dict[str, Any]:
    return dict(call(web, "GET", "/ports").json()["items"][0])


def page(web: Web, path: str) -> str:
    answer = web.page.get(f"{web.url}{path}", headers={"Accept-Language": "en"}, timeout=60)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


def gone_to(answer: requests.Response) -> str:
    """Where a form that was taken leads to."""
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def came_of(web: Web, answer: requests.Response) -> str:
    """The page with the answer to a command; each look is one that a person would take."""
    path = gone_to(answer).partition("#")[0]

    def look() -> str | None:
        html = page(web, path)
        return html if re.search(r"command-(good|bad)\"", html) else None

    return eventually(look, what=path) or ""


def test_a_command_is_asked_followed_and_answered_once(web: Web, port: dict[str, Any]) -> None:
    path = f"/ports/{port['id']}"
    asked = web.form(f"{path}/commands", command="identify")
    assert re.fullmatch(rf"{path}\?command=\d+#command", gone_to(asked))
    assert "command-good" in came_of(web, asked)
    assert "slot-identified" in page(web, "/modems")
    assert "This answer was shown already" in page(web, gone_to(asked).partition("#")[0])
    web.form(f"{path}/commands", command="identify", seconds="0")


def test_the_console_wants_to_be_meant(web: Web, port: dict[str, Any]) -> None:
    path = f"/ports/{port['id']}/commands"
    refused = web.form(path, command="at", line="AT+CSQ")
    assert refused.status_code == 422
    assert "Tick the box first" in refused.text
    assert 'value="AT+CSQ"' in refused.text
    assert "+CSQ:" in came_of(web, web.form(path, command="at", line="AT+CSQ", sure="on"))
    banned = web.form(path, command="at", line="AT&W", sure="on")
    assert banned.status_code == 422
    assert "keeps for good" in banned.text
    assert "AT+CSQ" in page(web, "/events")


def test_a_line_is_recorded_and_the_file_taken_away(web: Web, port: dict[str, Any]) -> None:
    path = f"/ports/{port['id']}/commands"
    assert "command-good" in came_of(web, web.form(path, command="record-start"))
    came_of(web, web.form(path, command="at", line="AT+CSQ", sure="on"))
    ended = came_of(web, web.form(path, command="record-stop"))
    (name,) = set(re.findall(r'href="/recordings/([^"]+)"', ended))
    answer = web.page.get(f"{web.url}/recordings/{name}", timeout=60)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "CSQ" in answer.text
    for elsewhere in ("..%2Fsimloft.db", ".%2Ex", "none.trace"):
        assert web.page.get(f"{web.url}/recordings/{elsewhere}", timeout=60).status_code == 404


def test_a_place_is_renamed_and_a_name_is_there_once(web: Web, port: dict[str, Any]) -> None:
    other = call(web, "GET", "/ports").json()["items"][1]
    assert gone_to(web.form(f"/ports/{port['id']}/name", label="hub A, 7")) == f"/ports/{port['id']}"
    assert "hub A, 7" in page(web, "/modems")
    taken = web.form(f"/ports/{other['id']}/name", label="hub A, 7")
    assert taken.status_code == 422
    assert "wrong-label" in taken.text
    web.form(f"/ports/{port['id']}/name", label="")


def test_a_pin_is_typed_and_not_shown_again(web: Web) -> None:
    sim = call(web, "GET", "/sims").json()["items"][0]["id"]
    wrong = web.form(f"/sims/{sim}/pin", pin="12345abc")
    assert wrong.status_code == 422
    assert "12345abc" not in wrong.text
    assert gone_to(web.form(f"/sims/{sim}/pin", pin="86420975")) == f"/sims/{sim}#pin"
    html = page(web, f"/sims/{sim}")
    assert "A PIN is stored." in html
    assert "86420975" not in html
    gone_to(web.form(f"/sims/{sim}/pin/remove"))
    assert "No PIN is stored" in page(web, f"/sims/{sim}")


def test_a_sim_rests_and_goes_on(web: Web) -> None:
    sim = call(web, "GET", "/sims").json()["items"][1]["id"]
    gone_to(web.form(f"/sims/{sim}/rest", hours="8", why="new tariff"))
    html = page(web, f"/sims/{sim}")
    assert "new tariff" in html
    assert "Let it send again" in html
    assert "resting" in page(web, "/modems?show=busy")
    gone_to(web.form(f"/sims/{sim}/resume"))
    assert "Let it rest" in page(web, f"/sims/{sim}")


def test_a_sim_gets_name_number_threshold_and_date(web: Web) -> None:
    sim = call(web, "GET", "/sims").json()["items"][1]
    path = f"/sims/{sim['id']}"
    gone_to(web.form(f"{path}/names", label="the shop", number=sim["number"]))
    assert "the shop" in page(web, "/sims")
    wrong = web.form(f"{path}/names", label="the shop", number="12")
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.text
    gone_to(web.form(f"{path}/threshold", below="5"))
    gone_to(web.form(f"{path}/keep-alive", days="80"))
    html = page(web, path)
    assert 'value="5.00"' in html
    assert 'value="80"' in html
    assert web.form(f"{path}/threshold", below="lots").status_code == 422
    assert web.form(f"{path}/keep-alive", days="-4").status_code == 422
    assert web.form(f"{path}/forget").status_code == 422
    gone_to(web.form(f"{path}/names", label="", number=sim["number"]))


def test_the_balance_is_asked_for(web: Web) -> None:
    sim = call(web, "GET", "/sims").json()["items"][2]["id"]
    gone_to(web.form(f"/sims/{sim}/balance"))
    eventually(lambda: "What the carrier said" in page(web, f"/sims/{sim}"), what="the balance is shown")
    assert 'id="low-rest"' not in page(web, f"/sims/{sim}")
    gone_to(web.form(f"/sims/{sim}/threshold", below="100000"))
    assert "It rests for its balance. Nobody ends that here" in page(web, f"/sims/{sim}")
    gone_to(web.form(f"/sims/{sim}/rest", hours="8"))
    assert "does not end that" in page(web, f"/sims/{sim}")
    gone_to(web.form(f"/sims/{sim}/resume"))
    assert 'id="low-rest"' in page(web, f"/sims/{sim}"), "it still rests"
    gone_to(web.form(f"/sims/{sim}/threshold", below="", never_rests="on"))
    assert 'id="low-rest"' not in page(web, f"/sims/{sim}")
    assert "and only warns" in page(web, "/events")


def test_a_carrier_is_edited_and_its_pattern_tried(web: Web) -> None:
    form = {
        "name": "中国移动",
        "imsi": "46000，46002 46007",
        "currency": "CNY",
        "decimals": "2",
        "low_balance": "3",
        "q0_method": "sms",
        "q0_to": "10086",
        "q0_text": "CXHF",
        "q0_from": "10086*",
    }
    assert gone_to(web.form("/carriers/china-mobile", **form)) == "/carriers"
    html = page(web, "/carriers")
    assert "CXHF" in html
    assert "rests below 3.00 CNY" in html
    wrong = web.form("/carriers/china-mobile", **{**form, "q0_pattern": "(", "decimals": "two"})
    assert wrong.status_code == 422
    assert "wrong-q0_pattern" in wrong.text
    assert "wrong-decimals" in wrong.text
    gone_to(web.form("/carriers/china-mobile/reset"))
    assert "CXHF" not in page(web, "/carriers")
    tried = web.form("/carriers/try", pattern="余额(?P<amount>[0-9.]+)", said="您的余额86.40元")
    assert "Found: 86.40" in tried.text
    assert "No amount found" in web.form("/carriers/try", pattern="", said="没有数字").text


def test_a_loop_test_shows_its_result(web: Web) -> None:
    sims = [each["id"] for each in call(web, "GET", "/sims").json()["items"]]
    choice = {"from": str(sims[0]), "to": str(sims[1])}
    assert gone_to(web.form("/loop-tests", **choice)) == "/loop-tests"
    eventually(lambda: "1 of 1 arrived" in page(web, "/loop-tests"), what="the test is over")
    assert "→" in page(web, f"/sims/{sims[1]}")


def test_nothing_is_done_for_a_page_of_another_site(web: Web, port: dict[str, Any]) -> None:
    sim = call(web, "GET", "/sims").json()["items"][0]["id"]
    for path in (f"/ports/{port['id']}/commands", f"/sims/{sim}/pin", f"/sims/{sim}/rest", "/loop-tests"):
        answer = web.page.post(
            f"{web.url}{path}",
            data={"command": "restart", "pin": "1234"},
            headers={"Origin": "http://elsewhere.example"},
            timeout=60,
        )
        assert answer.status_code == 403, path
