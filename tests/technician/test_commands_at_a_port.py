"""What a technician asks of a port, done by a real pool at simulated modems."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.desk.mistake import Refusal
from appliance.desk.technician import ask_port
from appliance.modem.discovery import Slot
from appliance.modem.recording import read_recording
from appliance.modem.session import Bearings, ModemSession, Registration
from appliance.pool.technician import records, recover
from appliance.sentences import sentence
from appliance.store import commands
from appliance.store.clock import now_ms
from appliance.store.commands import STALE_AFTER_MS, PortCommand
from appliance.store.database import connect
from appliance.usb.request import Done, NotPossible, Result, Why
from tests.bank import running_bank
from tests.pool.pools import QUICK_LADDER, QUICK_LIMITS, assert_each_exactly_once, box, numbers
from tests.pool.slots import change_slots
from tests.recording.replaying import replayed
from tests.technician.at_the_port import PERSON, at_the_port


def said(answer: commands.Answer) -> str:
    """The words, which are to be there."""
    words = sentence(answer.said.code, answer.said.args)
    assert words != answer.said.code, answer
    return words


def test_a_raw_line_is_answered_and_what_the_profile_forbids_is_refused_with_why(tmp_path: Path) -> None:
    with at_the_port(tmp_path, profiles=("quectel-ec25",)) as person:
        answer = person.get(PortCommand.AT, line="AT+CSQ")
        assert answer.ok
        assert "+CSQ:" in answer.text
        assert answer.text.endswith("OK")
        unknown = person.get(PortCommand.AT, line="AT+NOSUCHTHING")
        assert "ERROR" in unknown.text
        refused = person.get(PortCommand.AT, line="AT+QPOWD")
        assert (refused.ok, refused.said.code) == (False, "console.profile")
        assert said(refused)


def test_what_no_modem_is_ever_given_is_not_even_stored(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        for line in ("AT+CPIN=1234", 'at+cpin="1234"', "AT+CMGD=1,4", "AT&F", "AT+CSQ;+CMSS=1"):
            refusal = ask_port(
                person.writer,
                person.box.ring,
                PERSON,
                person.bank.ports[0],
                PortCommand.AT,
                args={"line": line},
                now_ms=now_ms(),
            )
            assert isinstance(refusal, Refusal), line
            assert refusal.mistakes[0].code.startswith("console."), line
        assert not person.box.rows("SELECT * FROM port_commands")


def test_the_network_is_asked_by_a_code(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        answer = person.get(PortCommand.USSD, code="*100#")
        assert said(answer)
        assert answer.ok == bool(answer.text)


def test_the_wall_points_at_a_port_and_its_line_has_traffic_meanwhile(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        before = len(person.get(PortCommand.TRACE).text.splitlines())
        answer = person.get(PortCommand.IDENTIFY, seconds=30)
        assert answer.said.code == "command.identify"
        assert person.box.port(0)["identified_until_ms"] > now_ms() + 20_000
        person.box.wait_for(lambda: len(person.get(PortCommand.TRACE).text.splitlines()) > before + 20)
        assert person.get(PortCommand.IDENTIFY, seconds=0).said.code == "command.identify-ends"
        assert person.box.port(0)["identified_until_ms"] <= now_ms()


def test_the_light_is_switched_where_the_maker_has_a_command_for_it_and_left_as_it_was(
    tmp_path: Path,
) -> None:
    with at_the_port(tmp_path, profiles=("simcom-sim800",)) as person:
        person.get(PortCommand.IDENTIFY, seconds=30)

        def lights() -> list[str]:
            return re.findall(r"AT\+CNETLIGHT=\d", person.get(PortCommand.TRACE).text)

        person.box.wait_for(lambda: len(lights()) >= 3)
        person.get(PortCommand.IDENTIFY, seconds=0)
        assert lights()[:3] == ["AT+CNETLIGHT=0", "AT+CNETLIGHT=1", "AT+CNETLIGHT=0"]
        person.box.wait_for(lambda: lights()[-1] == "AT+CNETLIGHT=1")


def test_blinking_loses_and_doubles_nothing_that_is_sent_meanwhile(tmp_path: Path) -> None:
    with at_the_port(tmp_path, latency_ms=20) as person:
        person.get(PortCommand.IDENTIFY, seconds=30)
        person.box.submit(numbers(40), "while it blinks")
        person.box.wait_until_all("delivered")
        assert_each_exactly_once(person.box, person.bank)


def test_a_line_is_recorded_to_a_file_masked_unless_it_is_to_be_plain(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        assert person.get(PortCommand.RECORD_STOP).said.code == "command.records-nothing"
        files = []
        for plain in (0, 1):
            begun = person.get(PortCommand.RECORD_START, plain=plain)
            assert begun.ok, begun
            assert said(begun)
            assert person.get(PortCommand.RECORD_START).said.code == "command.records-already"
            [seq] = person.box.submit([f"+861391234567{plain}"], "a text that nobody else should read")
            person.box.wait_for_state(seq, "delivered")
            ended = person.get(PortCommand.RECORD_STOP)
            assert said(ended)
            assert ended.text == begun.text
            files.append(person.box.directory / "recordings" / ended.text)
        recordings = [read_recording(path) for path in files]
        assert [each.header.masked for each in recordings] == [True, False]
        assert all(any(b"+CMGS" in record.octets for record in each.records) for each in recordings)
        pdu = b"".join(record.octets for record in recordings[1].records)
        assert b"683119325476" in pdu.upper() or b"3119325476" in pdu.upper()
        assert b"3119325476" not in b"".join(record.octets for record in recordings[0].records)
        assert all(path.stat().st_mode & 0o077 == 0 for path in files)


@pytest.mark.parametrize("plain", [0, 1])
def test_a_recording_from_the_beginning_brings_a_driver_to_ready_when_it_is_played(
    tmp_path: Path, plain: int
) -> None:
    with at_the_port(tmp_path, latency_ms=100, profiles=("quectel-ec25",)) as person:
        person.box.submit(numbers(4), "being sent when it begins")
        begun = person.get(PortCommand.RECORD_START, plain=plain)
        assert begun.said.code == "command.recording-from-the-beginning", begun
        assert said(begun)
        person.box.wait_until_all("delivered")
        file = person.box.directory / "recordings" / person.get(PortCommand.RECORD_STOP).text
        assert_each_exactly_once(person.box, person.bank)
    states: list[str] = []

    async def bring_up(port: str) -> Bearings:
        session = await ModemSession.open(port, on_event=lambda _: None, limits=QUICK_LIMITS)
        try:
            return await session.bring_up(on_progress=lambda state, _: states.append(state.value))
        finally:
            await session.close()

    with replayed(tmp_path, file) as (port, mismatches):
        bearings = asyncio.run(bring_up(port))
    assert mismatches == []
    assert (bearings.profile, bearings.registration) == ("quectel-ec2x", Registration.HOME)
    assert states


def test_a_recording_without_the_beginning_leaves_the_line_as_it_is(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        begun = person.get(PortCommand.RECORD_START, from_the_beginning=0)
        assert begun.said.code == "command.recording", begun
        person.get(PortCommand.AT, line="AT+CSQ")
        file = person.box.directory / "recordings" / person.get(PortCommand.RECORD_STOP).text
        octets = b"".join(record.octets for record in read_recording(file).records)
        assert b"AT+CSQ" in octets
        assert b"AT+CMGF=0" not in octets


def test_a_recording_that_the_end_of_the_box_ends_is_told_as_ended(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        file = person.get(PortCommand.RECORD_START).text
    told = person.box.rows("SELECT reason_args FROM events WHERE reason = 'event.recording-ended'")
    assert [json.loads(row["reason_args"])["file"] for row in told] == [file]
    assert read_recording(person.box.directory / "recordings" / file).records[-1].octets == b"ended: stopped"
    assert person.box.rows("SELECT * FROM recordings_under_way") == []


def test_a_recording_of_a_box_that_was_killed_is_told_as_ended_at_its_next_start(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        made = box(tmp_path, bank)
        made.change("INSERT INTO recordings_under_way VALUES (?, 'a.jsonl', 1)", bank.ports[0])
        with made.running():
            made.wait_until_ready()
        assert len(made.rows("SELECT 1 FROM events WHERE reason = 'event.recording-ended'")) == 1


def test_so_many_recordings_are_kept_and_the_oldest_make_room(tmp_path: Path) -> None:
    directory = tmp_path / "box" / "recordings"
    with at_the_port(tmp_path) as person:
        directory.mkdir()
        for number in range(records.KEPT + 5):
            kept = directory / f"modem-{number:02d}.jsonl"
            kept.write_text("")
            os.utime(kept, (number, number))
        assert person.get(PortCommand.RECORD_START).ok
        names = sorted(path.name for path in directory.iterdir() if path.stat().st_size == 0)
        assert names == [f"modem-{number:02d}.jsonl" for number in range(6, records.KEPT + 5)]


def test_a_modem_is_restarted_and_comes_back(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        answer = person.get(PortCommand.RESTART)
        assert answer.said.code == "command.restarted", answer
        assert said(answer)
        assert person.box.port(0)["state"] == "ready"
        assert "CFUN=1,1" in person.get(PortCommand.TRACE).text


def test_the_answer_to_a_restart_waits_for_a_modem_that_answers_on_before_it_goes(tmp_path: Path) -> None:
    with at_the_port(tmp_path, profiles=("quectel-ec25",)) as person:
        answer = person.get(PortCommand.RESTART, rung="radio")
        assert answer.said.code == "command.restarted", answer
        assert int(answer.said.args["seconds"]) >= 2
        assert person.box.port(0)["state"] == "ready"
        told = [row["reason"] for row in person.box.rows("SELECT reason FROM events ORDER BY id")]
        assert told[-2:] == ["port.absent", "port.ready"], told


def test_a_soft_restart_resets_the_settings_on_the_open_line(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        answer = person.get(PortCommand.RESTART, rung="soft")
        assert answer.said.code == "command.restarted", answer
        assert person.box.port(0)["state"] == "ready"
        trace = person.get(PortCommand.TRACE).text
        assert "ATZ" in trace
        assert "CFUN=1,1" not in trace
        [seq] = person.box.submit(["+8613912345678"], "after that")
        person.box.wait_for_state(seq, "delivered")


def test_a_restart_waits_for_what_is_being_sent_and_doubles_nothing(tmp_path: Path) -> None:
    with at_the_port(tmp_path, latency_ms=300) as person:
        person.box.submit(numbers(6), "while it is restarted")
        for rung in ("soft", "radio"):
            assert person.get(PortCommand.RESTART, rung=rung).ok
        person.box.wait_until_all("delivered")
        assert_each_exactly_once(person.box, person.bank)


def test_a_restart_that_was_given_up_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody waits for any more neither breaks off a later bring-up nor has the card asked without a pause."""
    monkeypatch.setattr(recover, "RESTART_LIMIT_S", 0.1)
    with at_the_port(tmp_path, latency_ms=700) as person:
        [seq] = person.box.submit(numbers(1), "on its way")
        person.box.wait_for_state(seq, "sending")
        assert person.get(PortCommand.RESTART).said.code == "command.restart-not-given"
        person.box.wait_for_state(seq, "delivered")
        card = person.bank.control("card", action="pull", modem="modem01")["card"]
        person.box.wait_for(lambda: person.box.port(0)["state"] == "no-sim")
        person.bank.control("scenario", name="no-network", modem="modem01", for_ms=1500)
        person.bank.control("card", action="insert", modem="modem01", card=card)
        person.box.wait_for(lambda: person.box.port(0)["state"] == "registering")
        person.box.wait_until_ready()


def test_a_modem_on_no_usb_is_not_taken_off_it_and_goes_on(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        answer = person.get(PortCommand.RESTART, rung="usb")
        assert answer.said.code == "ladder.skipped.no-usb", answer
        assert said(answer)
        assert person.box.port(0)["state"] == "ready"
        assert "CFUN=1,1" not in person.get(PortCommand.TRACE).text


class Helper:
    """The helper that resets USB devices: it says what it was told to, and notes what it was asked."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.asked: list[str] = []

    async def reauthorize(self, usb_path: str) -> Result:
        self.asked.append(usb_path)
        return self.result

    async def power_cycle(self, usb_path: str) -> Result:
        raise AssertionError(usb_path)


def on_usb(slots: dict[str, Slot]) -> dict[str, Slot]:
    """The simulated modem as if it hung on a hub."""
    return {name: replace(slot, usb_path="1-1.4") for name, slot in slots.items()}


def test_a_modem_is_taken_off_the_usb_and_put_on_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_slots(monkeypatch, on_usb)
    helper = Helper(Done())
    with at_the_port(tmp_path, usb_reset=helper) as person:
        answer = person.get(PortCommand.RESTART, rung="usb")
        assert answer.said.code == "command.restarted", answer
        assert helper.asked == ["1-1.4"]
        assert person.box.port(0)["state"] == "ready"
        assert [
            row["reason"] for row in person.box.rows("SELECT reason FROM events WHERE kind = 'technician'")
        ] == ["event.technician.restart-usb"]


def test_why_a_modem_can_not_be_taken_off_the_usb_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_slots(monkeypatch, on_usb)
    with at_the_port(tmp_path, usb_reset=Helper(NotPossible(Why.NO_HELPER))) as person:
        answer = person.get(PortCommand.RESTART, rung="usb")
        assert answer.said.code == "usb.no-helper", answer
        assert "USB authorized" in said(answer)
        person.box.wait_until_ready()


def test_a_port_that_is_mute_costs_the_others_nothing(tmp_path: Path) -> None:
    with at_the_port(tmp_path, modems=2) as person:
        person.bank.control("fault", modem="modem01", kind="mute")
        slow = person.ask(PortCommand.AT, 0, line="AT+CSQ")
        began = time.monotonic()
        assert person.get(PortCommand.AT, 1, line="AT+CSQ").ok
        assert time.monotonic() - began < 30
        failed = person.answer(slow)
        assert not failed.ok
        assert said(failed)


def test_what_can_not_be_done_is_answered_with_why(tmp_path: Path) -> None:
    with at_the_port(tmp_path) as person:
        assert person.get(PortCommand.RELEASE).said.code == "command.not-quarantined"
        assert person.get(PortCommand.PIN_NOW).said.code == "command.pin-not-asked"
        person.bank.control("fault", modem="modem01", kind="mute")
        person.box.wait_for(lambda: person.box.port(0)["state"] != "ready")
        answer = person.get(PortCommand.USSD, code="*100#")
        assert not answer.ok
        assert said(answer)


def test_a_port_in_quarantine_is_released_and_works_once_its_modem_does(tmp_path: Path) -> None:
    short = replace(
        QUICK_LADDER, rungs={rung: replace(rule, tries=0) for rung, rule in QUICK_LADDER.rungs.items()}
    )
    with at_the_port(tmp_path, ladder=short) as person:
        person.bank.fault(0, "mute")
        person.box.wait_for(lambda: person.box.port(0)["state"] == "quarantined")
        person.bank.fault(0, "clear")
        assert said(person.get(PortCommand.RELEASE))
        person.box.wait_until_ready()


def test_a_command_that_was_asked_long_before_the_pool_started_is_not_done(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        made = box(tmp_path, bank)
        connection = connect(made.settings.database)
        long_ago = now_ms() - STALE_AFTER_MS - 1_000
        asked = commands.ask(connection, bank.ports[0], PortCommand.USSD, long_ago, args={"code": "*1#"})
        with made.running():
            answer = made.wait_for(lambda: commands.answer_of(connection, asked))
            assert answer is not None
            assert answer.said.code in ("command.too-late", "command.no-port")
        connection.close()


def test_who_waits_when_the_pool_ends_is_told_so(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        made = box(tmp_path, bank)
        connection = connect(made.settings.database)
        with made.running():
            made.wait_until_ready()
            bank.control("fault", modem="modem01", kind="mute")
            asked = commands.ask(connection, bank.ports[0], PortCommand.RESTART, now_ms())
            made.wait_for(lambda: (found := commands.course_of(connection, asked)) and found.began)
        answer = commands.answer_of(connection, asked)
        connection.close()
        assert answer is not None
        assert not answer.ok


def test_many_persons_ask_at_once(tmp_path: Path) -> None:
    with at_the_port(tmp_path, modems=4) as person:
        answers: list[commands.Answer] = []
        threads = [
            threading.Thread(
                target=lambda n=number: answers.append(person.get(PortCommand.AT, n % 4, line="AT+CSQ"))
            )
            for number in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [answer.ok for answer in answers] == [True] * 12
