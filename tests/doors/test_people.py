"""People: a name and a password, roles, sessions that are theirs, and guesses that lead nowhere."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from appliance.store.people import MAY, Role
from appliance.web.access import SESSION_COOKIE
from appliance.web.routes import ROUTES
from tests.doors.conftest import PASSWORD
from tests.web.running import SIMLOFT, Web
from tests.web.test_access import example_of

Browsers = Callable[[Role], requests.Session]
pytestmark = pytest.mark.usefixtures("everybody")


def person(box: Path, *arguments: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SIMLOFT, "person", "--data", str(box), "--password-stdin", *arguments],
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def log_in(web: Web, name: str, password: str = PASSWORD, **headers: str) -> requests.Response:
    return requests.post(
        f"{web.url}/login",
        data={"name": name, "password": password},
        headers={"Origin": web.url, "Accept-Language": "en", **headers},
        allow_redirects=False,
        timeout=60,
    )


def browser(web: Web, name: str, password: str = PASSWORD) -> requests.Session:
    answer = log_in(web, name, password)
    assert answer.status_code == 303, answer.text
    session = requests.Session()
    session.trust_env = False
    session.cookies.set(SESSION_COOKIE, answer.cookies[SESSION_COOKIE])
    session.headers["Origin"] = web.url
    session.headers["Accept-Language"] = "en"
    return session


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_the_table_says_on_pages_and_with_the_api(
    web: Web, logged_in: Browsers, role: Role
) -> None:
    session = logged_in(role)
    for route in ROUTES:
        # Not what ends this very session, and one of several where they are many.
        if route.access.scope is None or route.path.startswith(("/me", "/logout")):
            continue
        if route.access.scope in MAY[role] and route.method != "GET":
            continue
        answer = session.request(route.method, f"{web.url}{example_of(route.path)}", timeout=60)
        assert (answer.status_code == 403) is (route.access.scope not in MAY[role]), route


def test_nobody_but_an_administrator_has_others_told_of_what_happens(web: Web, logged_in: Browsers) -> None:
    for role in set(Role) - {Role.ADMIN}:
        session, before = logged_in(role), web.count("webhooks")
        hook = {"url": "http://192.0.2.1/hook"}
        assert session.post(f"{web.url}/api/v1/webhooks", json=hook, timeout=60).status_code == 403
        assert web.count("webhooks") == before


def test_every_page_that_changes_something_names_what_for() -> None:
    """Whoever is logged in, a viewer too, may do no more than this."""
    anybodys = {each.path for each in ROUTES if each.access.is_page and each.access.scope is None}
    assert {each.path for each in ROUTES if each.method != "GET" and each.path in anybodys} == {
        "/logout",
        "/me",
        "/me/log-out-everywhere",
    }


def test_the_history_knows_who_it_was_and_from_where(web: Web, logged_in: Browsers) -> None:
    session = logged_in(Role.ADMIN)
    session.post(f"{web.url}/accounts", data={"name": "Shop of the history", "weight": "2"}, timeout=60)
    event = web.get("/api/v1/events").json()["items"][0]
    assert event["reason"]["code"] == "event.technician.account-made"
    assert event["reason"]["args"]["who"] == "page: the admin"
    assert event["reason"]["args"]["from"] == "127.0.0.1"
    assert "127.0.0.1" in session.get(f"{web.url}/events", timeout=60).text


def test_a_wrong_password_and_an_unknown_name_are_the_same(web: Web) -> None:
    wrong, unknown = log_in(web, "the admin", "wrong"), log_in(web, "nobody at all", "wrong")
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text.replace("the admin", "") == unknown.text.replace("nobody at all", "")
    assert "Set-Cookie" not in wrong.headers
    other_site = log_in(web, "the admin", Origin="http://evil.example")
    assert other_site.status_code == 403
    assert "Set-Cookie" not in other_site.headers


def test_a_new_password_logs_out_everywhere_else(web: Web) -> None:
    assert person(web.data, "add", "Li Lei", "--role", "viewer").returncode == 0
    listed = person(web.data, "list").stdout
    assert "Li Lei" in listed
    assert "viewer" in listed
    here, there = browser(web, "Li Lei"), browser(web, "Li Lei")

    def change(before: str, password: str, again: str) -> int:
        data = {"before": before, "password": password, "again": again}
        return here.post(f"{web.url}/me", data=data, allow_redirects=False, timeout=60).status_code

    assert change("not this one", "another good password", "another good password") == 422
    assert change(PASSWORD, "another good password", "another one") == 422
    assert change(PASSWORD, "short", "short") == 422
    assert there.get(f"{web.url}/outbox", timeout=60).status_code == 200
    assert change(PASSWORD, "another good password", "another good password") == 303
    assert here.get(f"{web.url}/outbox", timeout=60).status_code == 200
    assert there.get(f"{web.url}/outbox", timeout=60).status_code == 401
    again = browser(web, "Li Lei", "another good password")
    again.post(f"{web.url}/me/log-out-everywhere", timeout=60)
    assert here.get(f"{web.url}/outbox", timeout=60).status_code == 401
    removed = browser(web, "Li Lei", "another good password")
    assert person(web.data, "remove", "Li Lei").returncode == 0
    assert removed.get(f"{web.url}/outbox", timeout=60).status_code == 401
    for each in (here, there, again, removed):
        each.close()


def test_guesses_wait_ever_longer_and_a_link_opens_all_the_same(web: Web) -> None:
    # Whoever gets in has guessed nothing up to then.
    assert log_in(web, "the viewer").status_code == 303
    before = web.count("events")
    guesses = [log_in(web, "the viewer", f"guess {n}") for n in range(8)]
    assert [each.status_code for each in guesses[:5]] == [403] * 5
    assert [each.status_code for each in guesses[5:]] == [429] * 3
    assert 1 <= int(guesses[-1].headers["Retry-After"]) <= 4
    # The right one waits too: whoever guesses is told nothing.
    assert log_in(web, "the viewer").status_code == 429
    web.log_in()
    assert web.page.get(f"{web.url}/", timeout=60).status_code == 200
    # Of all these, and of those of another test shortly before, the history has one line.
    assert web.count("events") - before <= 1
    told = [each["reason"] for each in web.get("/api/v1/events", limit="200").json()["items"]]
    wrong = [each["args"] for each in told if each["code"] == "event.wrong-passwords"]
    assert wrong == [{"address": "127.0.0.1"}]
    deadline = time.monotonic() + 30
    while (answer := log_in(web, "the viewer")).status_code == 429:
        assert time.monotonic() < deadline
        time.sleep(float(answer.headers["Retry-After"]) / 4)
    assert answer.status_code == 303
    assert PASSWORD not in web.log()
    assert "the viewer" not in web.log()
    for file in web.data.glob("simloft.db*"):
        assert PASSWORD.encode() not in file.read_bytes()


@pytest.mark.usefixtures("nobody")
def test_who_comes_first_by_a_link_is_asked_who_it_is(web: Web) -> None:
    answer = web.page.get(f"{web.url}/login/{web.login_token()}", timeout=60)
    assert "url=/me" in answer.text
    saved = web.form("/me", name="Han Meimei", password=PASSWORD, again=PASSWORD)
    assert (saved.status_code, saved.headers["Location"]) == (303, "/")
    assert "Han Meimei" in web.page.get(f"{web.url}/me", timeout=60).text
    taken = web.form("/people", name="han meimei", password=PASSWORD, role="viewer")
    assert taken.status_code == 422
    second = requests.get(f"{web.url}/login/{web.login_token()}", timeout=60)
    assert "url=/" in second.text
    assert "url=/me" not in second.text
    assert ">Han Meimei<" in web.page.get(f"{web.url}/people", timeout=60).text


def test_people_are_looked_after_on_a_page(web: Web, logged_in: Browsers) -> None:
    admin = logged_in(Role.ADMIN)

    def post(path: str, **fields: str) -> int:
        return admin.post(f"{web.url}{path}", data=fields, allow_redirects=False, timeout=60).status_code

    assert post("/people", name="Lucy", password="short", role="viewer") == 422
    assert post("/people", name="Lucy", password=PASSWORD, role="viewer") == 303
    listed = admin.get(f"{web.url}/people", timeout=60).text
    assert PASSWORD not in listed
    lucy = int(listed.split(">Lucy<")[0].rsplit('id="h-', 1)[1].split('"')[0])
    session = browser(web, "Lucy")
    assert session.get(f"{web.url}/keys", timeout=60).status_code == 403
    assert post(f"/people/{lucy}/role", role="admin") == 303
    assert session.get(f"{web.url}/keys", timeout=60).status_code == 200
    assert post(f"/people/{lucy}/log-out") == 303
    assert session.get(f"{web.url}/keys", timeout=60).status_code == 401
    assert post(f"/people/{lucy}/password", password="x") == 422
    assert post(f"/people/{lucy}/password", password="another good password") == 303
    assert log_in(web, "Lucy").status_code == 403
    assert post(f"/people/{lucy}/remove") == 303
    assert post(f"/people/{lucy}/remove") == 404
    session.close()
