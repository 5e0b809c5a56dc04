"""Nobody reads a text or a whole number whose role or key does not include it: every route is asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import requests

from appliance.store.database import connect
from appliance.store.keys import Scope
from appliance.store.people import Role
from appliance.store.recordings import DIRECTORY
from appliance.web.access import Access
from appliance.web.routes import ROUTES
from tests.doors.conftest import KeyMaker
from tests.web.running import Web, problem
from tests.web.test_access import PIECE

TEXT, NUMBER = "planted-geheim-7391", "13955557391"


@dataclass(frozen=True)
class Planted:
    """Where the text and the number are, by the pieces of paths that lead to them."""

    pieces: dict[str, str]
    since: int

    def address(self, path: str) -> str:
        return PIECE.sub(lambda found: self._piece(found[1], found[2] or ""), path)

    def _piece(self, name: str, pattern: str) -> str:
        return self.pieces.get(name) or (pattern.split("|", maxsplit=1)[0] if "|" in pattern else "1")


@pytest.fixture(scope="module")
def planted(web: Web) -> Planted:
    """A message in each state that is listed apart, one that was received, a line, a recording, an answer, a call."""
    since = web.get("/api/v1/events", wait_s="0").json()["after"]
    with closing(connect(web.data / "simloft.db")) as connection:
        # The box is shared, and a page shows the oldest of what waits for the same.
        connection.execute("UPDATE messages SET state = 'cancelled', is_due = 0 WHERE state = 'queued'")
    message_id = web.accepted(NUMBER, TEXT)["id"]
    unsure_id = web.accepted(NUMBER, TEXT)["id"]
    record = web.data / DIRECTORY / "plain.jsonl"
    record.parent.mkdir(exist_ok=True)
    with closing(connect(web.data / "simloft.db")) as connection:
        port = connection.execute("SELECT id, name, sim_id FROM ports WHERE sim_id IS NOT NULL").fetchone()
        now_ms = int(time.time() * 1000)
        unsure = ["no final", unsure_id]
        connection.execute(
            "UPDATE messages SET state = 'uncertain', reason = 'message.uncertain',"
            " reason_args = json_object('sim', '1', 'detail', ?) WHERE id = ?",
            unsure,
        )
        columns = [each["name"] for each in connection.execute("PRAGMA table_info(inbound_messages)")]
        values = {"id": f"'{unsure_id}'", "sender": f"'+86{NUMBER}'", "text": f"'{TEXT}'", "seq": "NULL"}
        selected = ", ".join(values.get(each, each) for each in columns)
        connection.execute(
            f"INSERT INTO inbound_messages ({', '.join(columns)})"
            f" SELECT {selected} FROM inbound_messages WHERE text IS NOT NULL LIMIT 1"
        )
        connection.execute(
            "INSERT INTO port_commands (port_name, command, asked_at_ms, began_at_ms, done_at_ms, ok, reason,"
            " reason_args, answer) VALUES (?, 'trace-plain', ?, ?, ?, 1, 'command.trace', '{}', ?)",
            [port["name"], now_ms, now_ms, now_ms, f"{TEXT} {NUMBER}"],
        )
        command_id = connection.execute("SELECT max(id) FROM port_commands").fetchone()[0]
        key_id = connection.execute("SELECT id FROM api_keys WHERE name = 'test'").fetchone()[0]
    head = {"port": port["name"], "masked": False}
    record.write_text(f"{json.dumps(head)}\n{json.dumps([1, 'in', f'{TEXT} {NUMBER}'])}\n")
    pieces = {
        "message_id": message_id,
        "sim_id": str(port["sim_id"]),
        "port_id": str(port["id"]),
        "command_id": str(command_id),
        "key_id": str(key_id),
        "name": record.name,
        "number": quote(f"+86{NUMBER}"),
    }
    return Planted(pieces, since)


def answers(
    web: Web, planted: Planted, session: requests.Session, *, pages: bool
) -> Iterator[tuple[str, requests.Response]]:
    """What somebody is answered by everything that can be looked at, and by what is searched."""
    for route in ROUTES:
        if route.method != "GET" or route.access is Access.OPEN or (route.access.is_page and not pages):
            continue
        address = planted.address(route.path)
        yield address, session.get(f"{web.url}{address}", timeout=60)
    for address in (
        f"/api/v1/messages?q={TEXT}",
        f"/api/v1/messages?to={NUMBER}",
        f"/api/v1/events?after={planted.since}",
        "/outbox?state=queued",
        f"/ports/{planted.pieces['port_id']}?command={planted.pieces['command_id']}",
    ):
        if pages or address.startswith("/api/"):
            yield address, session.get(f"{web.url}{address}", timeout=60)


def shows(answer: requests.Response) -> bool:
    # An address that somebody typed is repeated where the page is shown in another language.
    shown = answer.text.replace(answer.request.path_url, "")
    return any(each in shown for each in (TEXT, NUMBER, NUMBER[3:]))


def test_a_technician_sees_messages_and_no_text_or_whole_number(
    web: Web, planted: Planted, logged_in: Callable[[Role], requests.Session]
) -> None:
    technician = logged_in(Role.TECHNICIAN)
    seen = dict(answers(web, planted, technician, pages=True))
    assert [address for address, answer in seen.items() if shows(answer)] == []
    assert [address for address, answer in seen.items() if answer.status_code >= 500] == []
    message = seen[f"/api/v1/messages/{planted.pieces['message_id']}"].json()
    assert message["state"] == "queued"
    assert message["to"].endswith("****7391")
    assert planted.pieces["message_id"] in seen["/outbox"].text
    for path in (f"/api/v1/messages?q={TEXT}", f"/api/v1/messages?to={NUMBER}"):
        assert problem(seen[path], 403)["type"] == "/problems/texts-hidden"


def test_a_viewer_sees_what_is_planted_wherever_a_technician_is_not_shown_it(
    web: Web, planted: Planted, logged_in: Callable[[Role], requests.Session]
) -> None:
    """The test above would pass on a box that shows nothing."""
    seen = {
        address
        for address, answer in answers(web, planted, logged_in(Role.VIEWER), pages=True)
        if shows(answer)
    }
    message_id = planted.pieces["message_id"]
    assert seen >= {
        "/",
        "/outbox",
        "/inbox",
        "/uncertain",
        "/waiting",
        f"/messages/{message_id}",
        f"/live/messages/{message_id}",
        f"/console/{planted.pieces['key_id']}",
        "/api/v1/messages",
        "/api/v1/inbox",
        "/api/v1/conversations",
        f"/api/v1/events?after={planted.since}",
        f"/api/v1/messages?q={TEXT}",
    }
    operator = logged_in(Role.OPERATOR)
    assert shows(operator.get(f"{web.url}/recordings/plain.jsonl", timeout=60))


@pytest.mark.parametrize("scopes", [[Scope.MODEMS], [Scope.SEND], [Scope.SEND, Scope.MODEMS]])
def test_a_key_that_may_not_read_gets_no_text_by_another_way(
    web: Web, planted: Planted, with_key: KeyMaker, scopes: list[Scope]
) -> None:
    program = with_key(*scopes)
    seen = dict(answers(web, planted, program, pages=False))
    assert [address for address, answer in seen.items() if shows(answer)] == []


@pytest.mark.parametrize(
    "command",
    [
        {"command": "trace-plain"},
        {"command": "record-start", "plain": True},
        {"command": "at", "line": 'AT+CMGL="ALL"'},
        {"command": "at", "line": "AT+CSQ; + C M G R=1"},
        {"command": "at", "line": 'at+csim=10,"A0B2010004"'},
    ],
)
def test_nobody_asks_a_modem_for_what_is_hidden(
    web: Web,
    planted: Planted,
    logged_in: Callable[[Role], requests.Session],
    with_key: KeyMaker,
    command: dict[str, object],
) -> None:
    before = web.count("port_commands")
    technician, port_id = logged_in(Role.TECHNICIAN), planted.pieces["port_id"]
    asked = [technician.post(f"{web.url}/api/v1/ports/{port_id}/commands", json=command, timeout=60)]
    form = {**command, "sure": "on", "plain": "1"}
    asked.append(technician.post(f"{web.url}/ports/{port_id}/commands", data=form, timeout=60))
    if command["command"] != "at":
        program = with_key(Scope.MODEMS, Scope.READ)
        asked.append(program.post(f"{web.url}/api/v1/ports/{port_id}/commands", json=command, timeout=60))
    assert [each.status_code for each in asked] == [403] * len(asked)
    assert web.count("port_commands") == before


def test_a_technician_asks_for_everything_else(
    web: Web, planted: Planted, logged_in: Callable[[Role], requests.Session]
) -> None:
    technician, port_id = logged_in(Role.TECHNICIAN), planted.pieces["port_id"]
    for command in ({"command": "trace"}, {"command": "at", "line": "AT+CSQ"}):
        asked = technician.post(f"{web.url}/api/v1/ports/{port_id}/commands", json=command, timeout=60)
        assert asked.status_code == 202, asked.text
