"""Nobody is shown a link, a button or a menu that leads to a refusal: each role goes wherever its pages lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import bottle
import pytest
import requests

from appliance.store.people import MAY, Role
from appliance.web.menu import SECTIONS
from appliance.web.routes import ROUTES, Route
from tests.web.running import Web

WAYS = {"href": "GET", "hx-get": "GET", "hx-post": "POST", "formaction": "POST"}
NOT_FOLLOWED = ("/api/", "/static/", "/login/", "/language/", "/certificate/", "/live/")


class Ways(HTMLParser):
    """Where a page leads to: the method and the address."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        self.found |= {(method, given[name]) for name, method in WAYS.items() if name in given}
        if tag == "form" and "action" in given:
            self.found.add((given.get("method", "get").upper(), given["action"]))


def ways_of(address: str, page: str) -> Iterator[tuple[str, str]]:
    """Those that stay on the box."""
    ways = Ways()
    ways.feed(page)
    for method, target in ways.found:
        whole = urljoin(address, target)
        if not target.startswith(("#", "data:")) and urlsplit(whole).netloc == urlsplit(address).netloc:
            yield method, whole


@pytest.fixture(scope="module")
def router() -> bottle.Router:
    found = bottle.Router()
    for route in ROUTES:
        found.add(route.path, route.method, route)
    return found


@pytest.mark.parametrize("role", list(Role))
def test_each_way_that_a_page_shows_is_open_to_who_sees_it(
    web: Web, logged_in: Callable[[Role], requests.Session], router: bottle.Router, role: Role
) -> None:
    session = logged_in(role)
    todo, seen, visited = [f"{web.url}/"], set(), set()
    refused: list[tuple[str, str, str]] = []
    while todo:
        address = todo.pop()
        answer = session.get(address, timeout=60)
        # No bank of simulated modems runs here, so its handsets are silent.
        assert answer.status_code == (503 if "/handsets" in address else 200), address
        if "text/html" not in answer.headers["Content-Type"]:
            continue
        for method, target in ways_of(address, answer.text):
            path = urlsplit(target).path
            route: Route = router.match({"REQUEST_METHOD": method, "PATH_INFO": path})[0]
            if route.access.scope is not None and route.access.scope not in MAY[role]:
                refused.append((address, method, path))
            # One address of each route is as good as another, but for what it is asked to show.
            kind = (route.path, urlsplit(target).query)
            if method == "GET" and kind not in seen and not path.startswith(NOT_FOLLOWED):
                seen.add(kind)
                visited.add(route.path)
                todo.append(target)
    assert refused == []
    # It came along everywhere: each page of the menu is reached from the first one.
    entries = [entry for section in SECTIONS for entry in section.entries if not entry.only_simulated]
    expected = {each.path for each in entries if each.scope is None or each.scope in MAY[role]}
    assert expected <= visited | {"/"}


def test_a_refusal_names_who_can_do_it(web: Web, logged_in: Callable[[Role], requests.Session]) -> None:
    refused = logged_in(Role.VIEWER).get(f"{web.url}/people", timeout=60)
    assert refused.status_code == 403
    assert "the admin" in refused.text
    sending = logged_in(Role.TECHNICIAN).post(
        f"{web.url}/messages", data={"to": "10086", "text": "x"}, timeout=60
    )
    assert sending.status_code == 403
    assert "the admin, the operator" in sending.text
