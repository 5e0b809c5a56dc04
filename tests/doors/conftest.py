"""One box in the middle of its day, and people of every role, for all tests of the doors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from typing import Any

import pytest
import requests

from appliance.desk import passwords
from appliance.store import people, sessions
from appliance.store.database import connect
from appliance.store.people import Role
from appliance.store.sealing import keys_of_the_pool
from appliance.web.access import SESSION_COOKIE
from tests.web import a_day
from tests.web.running import Web, running_web

KeyMaker = Callable[..., requests.Session]


PASSWORD = "four plain old words"


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    box = tmp_path_factory.mktemp("box")
    a_day.fill(box / "simloft.db")
    # As the pool does where it starts first.
    keys_of_the_pool(box)
    with running_web(box) as running:
        yield running


@cache
def hashed() -> str:
    """What a box keeps of the password, made once: it is meant to take its time."""
    return passwords.hash_of(PASSWORD)


@pytest.fixture
def everybody(web: Web) -> None:
    """Somebody of each role, called “the admin” and so on."""
    with closing(connect(web.data / "simloft.db")) as connection:
        there = {each.name for each in people.list_people(connection)}
        for role in Role:
            if f"the {role.value}" not in there:
                person_id = people.add_person(connection, f"the {role.value}", role, 1)
                people.put_password(connection, person_id, hashed(), 1)


@pytest.fixture
def nobody(web: Web, everybody: None) -> None:
    """A box that no person is known to."""
    with closing(connect(web.data / "simloft.db")) as connection:
        for each in people.list_people(connection):
            people.remove_person(connection, each.id)


@pytest.fixture
def logged_in(web: Web, everybody: None) -> Iterator[Callable[[Role], requests.Session]]:
    """Makes a browser that somebody of a role is logged in with."""
    opened: list[requests.Session] = []

    def open_browser(role: Role) -> requests.Session:
        with closing(connect(web.data / "simloft.db")) as connection:
            person = next(each for each in people.list_people(connection) if each.name == f"the {role.value}")
            token = sessions.open_session(connection, person.id, int(time.time() * 1000))
        session = requests.Session()
        session.trust_env = False
        session.cookies.set(SESSION_COOKIE, token)
        session.headers.update({"Origin": web.url, "Accept-Language": "en"})
        opened.append(session)
        return session

    yield open_browser
    for each in opened:
        each.close()


@pytest.fixture
def with_key(web: Web) -> Iterator[KeyMaker]:
    """Makes a session of a program with a key of its own; ``.key_id`` is in its headers under X-Key-Id."""
    opened: list[requests.Session] = []

    def make(*scopes: str, **terms: Any) -> requests.Session:
        body = {"name": f"key {web.count('api_keys')}", "scopes": list(scopes), **terms}
        made = web.api.post(f"{web.url}/api/v1/keys", json=body, timeout=60)
        assert made.status_code == 201, made.text
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {made.json()['secret']}"
        session.headers["X-Key-Id"] = str(made.json()["id"])
        opened.append(session)
        return session

    yield make
    for each in opened:
        with closing(each):
            pass
