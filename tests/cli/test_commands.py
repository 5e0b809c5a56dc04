"""The commands as a technician types them, against a box that runs and one that does not."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from appliance.cli.main import COMMANDS, main
from appliance.store.database import connect, prepare
from tests.box import SIMLOFT, Box, eventually, running_box

ENGLISH = {**os.environ, "LC_ALL": "C.UTF-8"}


def simloft(*arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SIMLOFT, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        input=given,
        env=ENGLISH,
        check=False,
    )


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    settings = "[simulated]\nmodems = 2\nlatency_ms = 0\nreport_delay_ms = 10\n"
    with running_box(tmp_path_factory.mktemp("box"), settings=settings) as running:
        running.wait_until_ready(2)
        yield running


# -- the frame --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"simloft {command}" in capsys.readouterr().out


def test_an_unknown_command_is_refused_and_no_command_shows_them_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["sned"])
    assert caught.value.code == 2
    capsys.readouterr()
    assert main([]) == 2
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    shown = subprocess.run(
        f"{sys.executable} -m appliance.cli.main settings | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.count("\n") == 1
    assert shown.stderr == ""


@pytest.mark.parametrize(
    "command", [["outbox"], ["inbox"], ["modems"], ["login-link"], ["send", "10086", "x"]]
)
def test_a_mistyped_directory_makes_no_new_box(tmp_path: Path, command: list[str]) -> None:
    asked = simloft(*command, "--data", str(tmp_path / "typo"))
    assert asked.returncode == 3
    assert "There is no box in" in asked.stderr
    assert not (tmp_path / "typo").exists()


# -- sending and listing ----------------------------------------------------------------------------------------


def test_a_message_is_sent_waited_for_and_listed(box: Box) -> None:
    data = ("--data", str(box.data))
    sent = simloft("send", *data, "13912345678", "-", "--wait", "20", "--json", given="第一行\n第二行\n")
    assert sent.returncode == 0, sent.stderr
    message = json.loads(sent.stdout)
    assert (message["state"], message["to"]) == ("delivered", "+8613912345678")
    shown = json.loads(simloft("outbox", *data, message["id"], "--json").stdout)
    assert shown["text"] == "第一行\n第二行"
    assert [part["state"] for part in shown["parts"]] == ["delivered"]
    listed = simloft("outbox", *data)
    assert message["id"] in listed.stdout
    assert "第一行 第二行" in listed.stdout
    assert "delivered" in listed.stdout


def test_a_reply_is_listed(box: Box) -> None:
    box.bank(
        "handset_reply", number="+8613912340000", to=box.modems()[0]["sim"]["number"], text="\x1b[31m红色"
    )

    eventually(lambda: [each for each in box.inbox() if each["from"] == "+8613912340000"])
    shown = simloft("inbox", "--data", str(box.data), "--from", "+8613912340000")
    assert "红色" in shown.stdout
    assert "\x1b" not in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["abc", "x"], "number"),
        (["+8613912345678", ""], "empty"),
        (["+8613912345678", "字" * 700], "parts"),
    ],
)
def test_what_the_box_refuses_is_refused_with_a_reason_and_not_stored(
    box: Box, arguments: list[str], said: str
) -> None:
    before = box.states().total()
    refused = simloft("send", "--data", str(box.data), *arguments)
    assert refused.returncode == 2
    assert said in refused.stderr.lower()
    assert refused.stderr.count("\n") == 1
    assert box.states().total() == before


def test_a_dry_run_needs_no_box_and_stores_nothing(tmp_path: Path) -> None:
    shown = simloft("send", "--data", str(tmp_path / "none"), "--dry-run", "--json", "10086", "字" * 71)
    assert json.loads(shown.stdout)["parts"] == 2
    assert not (tmp_path / "none").exists()


def test_modems_are_listed_with_their_state(box: Box) -> None:
    shown = simloft("modems", "--data", str(box.data))
    assert shown.returncode == 0
    assert shown.stdout.count("ready") == 2
    assert len(json.loads(simloft("modems", "--data", str(box.data), "--json").stdout)) == 2


def test_the_trace_of_a_port_is_shown_masked_unless_it_is_asked_for_plainly(box: Box) -> None:
    data = ("--data", str(box.data))
    iccid = box.modems()[0]["sim"]["iccid"]
    # The trace keeps the last of it only: now that is how the modem is set up.
    box.bank("fault", modem="modem01", kind="hangup", return_ms=100)

    def set_up() -> str:
        shown = simloft("trace", *data, "modem01")
        assert shown.returncode == 0, shown.stderr
        return shown.stdout if "→ AT+CMGF=0" in shown.stdout else ""

    masked = eventually(set_up, what="it is set up")
    box.wait_until_ready(2)
    assert "← OK" in masked
    assert iccid not in masked
    assert iccid in simloft("trace", *data, "modem01", "--plain").stdout
    with contextlib.closing(connect(box.data / "simloft.db", read_only=True)) as connection:
        assert connection.execute("SELECT count(*) FROM port_commands").fetchone()[0] == 0
    unknown = simloft("trace", *data, "modem99")
    assert unknown.returncode == 1
    assert "modem01" in unknown.stderr


# -- keys and links ---------------------------------------------------------------------------------------------


def test_a_key_works_until_it_is_revoked(box: Box) -> None:
    data = ("--data", str(box.data))
    key = simloft("api-key", *data, "new", "till 2").stdout.strip()
    headers = {"Authorization": f"Bearer {key}"}
    assert box.api.get(f"{box.url}/api/v1/modems", headers=headers, timeout=60).status_code == 200
    listed = json.loads(simloft("api-key", *data, "list", "--json").stdout)
    (row,) = [each for each in listed if each["name"] == "till 2"]
    assert key not in json.dumps(listed)
    assert simloft("api-key", *data, "revoke", str(row["id"])).returncode == 0
    assert box.api.get(f"{box.url}/api/v1/modems", headers=headers, timeout=60).status_code == 401
    assert simloft("api-key", *data, "revoke", str(row["id"])).returncode == 1


def test_a_login_link_opens_the_page_once(box: Box) -> None:
    link = simloft("login-link", "--data", str(box.data)).stdout.strip()
    assert link.startswith(f"{box.url}/login/")

    with requests.Session() as browser:
        assert browser.get(link, timeout=60).status_code == 200
        assert browser.get(f"{box.url}/modems", timeout=60).status_code == 200
    with requests.Session() as second:
        second.get(link, timeout=60)
        assert second.get(f"{box.url}/modems", timeout=60).status_code == 401


# -- run --------------------------------------------------------------------------------------------------------


def test_a_second_box_on_one_directory_is_refused(box: Box) -> None:
    second = simloft("run", "--data", str(box.data), "--listen", "127.0.0.1:0")
    assert second.returncode == 3
    assert "running from" in second.stderr


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        refused = simloft("run", "--data", str(tmp_path / "box"), "--listen", address)
    assert refused.returncode == 3
    assert address in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_newer_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    data = tmp_path / "box"
    with running_box(data, settings="[simulated]\nmodems = 1\n"):
        pass
    database = data / "simloft.db"
    connection = connect(database)
    connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('simloft', 'of_next_year', '')"
    )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = database.read_bytes()
    for command in (
        ["run", "--listen", "127.0.0.1:0"],
        ["pool"],
        ["web", "--listen", "127.0.0.1:0"],
        ["outbox"],
    ):
        refused = simloft(*command, "--data", str(data))
        assert refused.returncode == 3, command
        assert "newer release" in refused.stderr
    assert database.read_bytes() == before


def test_a_database_that_turns_out_damaged_while_it_is_read_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "simloft.db"
    prepare(path)
    with contextlib.closing(connect(path)) as connection:
        trees = "SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'ports'"
        pages = [page for (page,) in connection.execute(trees)]
        [(octets,)] = connection.execute("PRAGMA page_size").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * octets)
            file.write(b"\xa5" * octets)
    assert main(["modems", "--data", str(tmp_path)]) == 3
    assert "simloft modems: The database file is damaged." in capsys.readouterr().err


def test_the_processes_of_a_box_that_was_killed_end_too(tmp_path: Path) -> None:
    with running_box(tmp_path / "box", settings="[simulated]\nmodems = 1\n") as running:
        children = [running.process_id(command) for command in ("pool", "web", "simulate")]
        running.process.kill()
        running.process.wait()
        eventually(
            lambda: not any(Path(f"/proc/{child}").exists() for child in children), what="the children end"
        )


# -- doctor -----------------------------------------------------------------------------------------------------


def found(*arguments: str) -> dict[str, list[dict[str, str]]]:
    by_subject: dict[str, list[dict[str, str]]] = {}
    for each in json.loads(simloft("doctor", "--json", *arguments).stdout):
        by_subject.setdefault(each["about"], []).append(each)
    return by_subject


def test_the_doctor_finds_a_running_box_well(box: Box) -> None:
    findings = found("--data", str(box.data))
    assert findings["database"][0]["status"] == "ok"
    assert findings["pool"][0]["status"] == findings["web"][0]["status"] == "ok"


def test_the_doctor_names_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    data = tmp_path / "box"
    data.mkdir()
    (data / "simloft.db").write_bytes(b"this is no database at all, it is a text" * 100)
    findings = found("--data", str(data), "--port", str(tmp_path / "ttyUSB*"))
    assert findings["database"][0]["status"] == "problem"
    assert findings["ports"][0]["status"] == "problem"
    assert all(each["advice"] for rows in findings.values() for each in rows if each["status"] == "problem")
    assert simloft("doctor", "--data", str(data)).returncode == 1


def test_the_doctor_changes_nothing(tmp_path: Path) -> None:
    assert simloft("doctor", "--data", str(tmp_path / "none")).returncode == 0
    assert not (tmp_path / "none").exists()
