"""What a person decides about a port or a SIM, without any modem: rows, and an event with who it was."""

from __future__ import annotations

from functools import partial

import pytest

from appliance.desk import cards, technician
from appliance.desk.mistake import Refusal
from appliance.desk.who import Source, Who
from appliance.policy.blocking import Evidence, Pattern
from appliance.policy.breaker import Breaker, BreakerRules, from_json, silent, to_json
from appliance.policy.choice import SimStanding, Wait, WaitingMessage, verdict
from appliance.sentences import SENTENCES, sentence
from appliance.store import breakers, commands, messages, sims
from appliance.store.commands import Answer, PortCommand, Said
from appliance.store.sims import Sim
from tests.store.stored import add_message
from tests.technician.office import NOW_MS, PERSON, Office

HOUR_MS = 3_600_000


def codes(refused: object) -> list[str]:
    assert isinstance(refused, Refusal), refused
    return [each.code for each in refused.mistakes]


def sim(done: object) -> Sim:
    assert isinstance(done, Sim), done
    return done


def test_a_sim_that_a_person_lets_rest_sends_nothing_until_a_person_resumes_it(office: Office) -> None:
    rested = sim(
        cards.rest_sim(
            office.writer, office.ring, PERSON, 1, until_ms=None, why="card goes back", now_ms=NOW_MS
        )
    )
    standing = SimStanding(sim_id=1, name="A", resting_until_ms=rested.resting_until_ms or 0)
    held = verdict(standing, WaitingMessage(parts=1), NOW_MS + 400 * 24 * HOUR_MS)
    assert isinstance(held, Wait)
    assert held.reason.code == "sim.rests-until-resumed"
    assert rested.resting_reason == "sim.rested-by-person"
    resumed = sim(cards.resume_sim(office.writer, office.ring, PERSON, 1, now_ms=NOW_MS))
    assert resumed.resting_until_ms is None
    assert [code for code, _ in office.acts()] == ["event.technician.rest", "event.technician.resume"]
    assert office.rings == 2


def test_a_person_ends_the_rest_of_a_circuit_breaker_and_it_begins_anew(office: Office) -> None:
    evidence = Evidence(Pattern.SILENT, 20, 18, before_percent=94)
    opened = silent(Breaker(), evidence, NOW_MS, BreakerRules())
    office.writer.write_blocking(lambda c: breakers.store(c, 1, to_json(opened)))
    cards.rest_sim(office.writer, office.ring, PERSON, 1, until_ms=NOW_MS + HOUR_MS, now_ms=NOW_MS)
    resumed = sim(cards.resume_sim(office.writer, office.ring, PERSON, 1, now_ms=NOW_MS + 1))
    assert resumed.resting_until_ms is None
    assert from_json(resumed.breaker) == Breaker(since_ms=NOW_MS + 1), "the same silence is judged once"


def test_a_rest_that_would_be_over_already_is_refused(office: Office) -> None:
    refused = cards.rest_sim(office.writer, office.ring, PERSON, 1, until_ms=NOW_MS, now_ms=NOW_MS)
    assert codes(refused) == ["problem.rest-in-the-past"]


def test_the_number_of_a_sim_is_kept_in_e164_and_its_event_does_not_tell_it(office: Office) -> None:
    set_number = partial(
        cards.set_number, office.writer, office.ring, PERSON, 1, home_region="CN", now_ms=NOW_MS
    )
    assert sim(set_number("139 1234-5678")).msisdn == "+8613912345678"
    assert sim(set_number("139 1234-5678")).msisdn_source == "typed"
    assert codes(set_number("10086")) == ["problem.number-of-sim"]
    assert codes(set_number("nobody")) == ["problem.recipient-no-number"]
    removed = sim(set_number(" "))
    assert (removed.msisdn, removed.msisdn_source) == (None, None)
    assert not any("12345" in str(args) for _, args in office.acts())


def test_two_sims_and_two_ports_never_share_a_name(office: Office) -> None:
    assert sim(
        cards.set_label(office.writer, office.ring, PERSON, 1, " shop  one ", now_ms=NOW_MS)
    ).label == ("shop one")
    again = cards.set_label(office.writer, office.ring, PERSON, 2, "shop one", now_ms=NOW_MS)
    assert codes(again) == ["problem.label-taken"]
    rename = partial(technician.rename_port, office.writer, office.ring, PERSON, now_ms=NOW_MS)
    rename("modem01", "hub A, slot 7")
    assert office.port("modem01").label == "hub A, slot 7"
    assert codes(rename("modem02", "hub A, slot 7")) == ["problem.label-taken"]
    assert codes(rename("modem02", "modem01")) == ["problem.label-taken"]
    assert codes(rename("modem02", "x" * 61)) == ["problem.label"]
    assert codes(rename("nowhere", "x")) == ["command.no-port"]
    rename("modem01", "")
    assert office.port("modem01").label is None


def test_a_sim_is_forgotten_only_when_it_is_in_no_port(office: Office) -> None:
    forget = partial(cards.forget_sim, office.writer, office.ring, PERSON, 1, now_ms=NOW_MS)
    assert codes(forget()) == ["problem.sim-is-in-port"]
    office.put("modem01", "absent")
    assert sim(forget()).forgotten_at_ms == NOW_MS


def test_a_forgotten_sim_ends_what_only_it_may_send_and_comes_back_with_its_plan(office: Office) -> None:
    seq = office.writer.write_blocking(partial(add_message, via_sim_id=1))
    office.writer.write_blocking(
        lambda connection: connection.execute("UPDATE sims SET parts_per_day = 5 WHERE id = 1")
    )
    cards.set_label(office.writer, office.ring, PERSON, 1, "old", now_ms=NOW_MS)
    office.put("modem01", "absent")
    forget = partial(cards.forget_sim, office.writer, office.ring, PERSON, 1, now_ms=NOW_MS)
    assert codes(forget()) == ["problem.sim-has-messages"]
    assert sim(forget(end_waiting=True)).label is None
    [row] = office.read("SELECT state, reason FROM messages WHERE seq = ?", seq)
    assert tuple(row) == ("cancelled", "message.cancelled")
    iccid = office.read("SELECT iccid FROM sims WHERE id = 1")[0][0]
    back = office.writer.write_blocking(
        lambda connection: sims.register(
            connection, iccid=iccid, imsi=None, msisdn=None, port_name="modem02", now_ms=NOW_MS + 1
        )
    )
    assert (back.id, back.parts_per_day, back.forgotten_at_ms) == (1, 5, None)


def test_a_message_for_one_sim_stays_with_it_whatever_becomes_of_its_tries(office: Office) -> None:
    seq = office.writer.write_blocking(partial(add_message, via_sim_id=1))
    office.writer.write_blocking(
        lambda connection: connection.execute("UPDATE messages SET state = 'sending' WHERE seq = ?", [seq])
    )
    office.writer.write_blocking(
        lambda connection: connection.execute("UPDATE messages SET state = 'uncertain' WHERE seq = ?", [seq])
    )
    message_id = office.read("SELECT id FROM messages WHERE seq = ?", seq)[0][0]
    assert office.writer.write_blocking(lambda connection: messages.resend(connection, message_id, NOW_MS))
    [row] = office.read("SELECT state, pinned_sim_id FROM messages WHERE seq = ?", seq)
    assert tuple(row) == ("queued", 1)


@pytest.mark.parametrize(
    ("command", "args", "code"),
    [
        (PortCommand.AT, {"line": "ls"}, "problem.at-line"),
        (PortCommand.AT, {"line": "AT\rAT+CFUN=0"}, "problem.at-line"),
        (PortCommand.AT, {"line": "AT" + "x" * 400}, "problem.at-line"),
        (PortCommand.USSD, {"code": "*100#;"}, "problem.ussd-code"),
        (PortCommand.USSD, {}, "problem.ussd-code"),
        (PortCommand.IDENTIFY, {"seconds": 10_000}, "problem.field-range"),
    ],
)
def test_what_can_not_be_asked_is_refused_before_the_modem_hears_of_it(
    office: Office, command: PortCommand, args: dict[str, str | int], code: str
) -> None:
    refused = technician.ask_port(
        office.writer, office.ring, PERSON, "modem01", command, args=args, now_ms=NOW_MS
    )
    assert codes(refused) == [code]
    assert not office.read("SELECT 1 FROM port_commands")
    assert not office.acts()


def test_the_console_is_for_people_and_its_event_tells_no_number_and_no_pin(office: Office) -> None:
    ask = partial(technician.ask_port, office.writer, office.ring, now_ms=NOW_MS)
    key = Who(Source.API)
    assert codes(ask(key, "modem01", PortCommand.AT, args={"line": "AT"})) == ["problem.console-for-people"]
    ask(PERSON, "modem01", PortCommand.AT, args={"line": 'AT+QENG="1234"'})
    ask(PERSON, "modem01", PortCommand.AT, args={"line": "AT+QENG=5678"})
    ask(PERSON, "modem01", PortCommand.AT, args={"line": "AT+QENG=13912345678;+CSQ"})
    shown = [str(args["line"]) for code, args in office.acts() if code == "event.technician.at"]
    assert shown == ['AT+QENG="…"', "AT+QENG=…", "AT+QENG=…;+CSQ"]


def test_an_answer_is_read_once_and_a_command_is_begun_once(office: Office) -> None:
    asked = technician.ask_port(
        office.writer, office.ring, PERSON, "modem01", PortCommand.USSD, args={"code": "*100#"}, now_ms=NOW_MS
    )
    assert isinstance(asked, int)
    begin = partial(
        office.writer.write_blocking, lambda connection: commands.begin(connection, asked, NOW_MS)
    )
    assert begin()
    assert not begin()
    office.writer.write_blocking(
        lambda connection: commands.answer(connection, asked, Answer(True, Said("x"), "¥ 5"), NOW_MS)
    )
    fetched = technician.fetch(office.writer, asked)
    assert fetched is not None
    assert fetched.answer == Answer(True, Said("x"), "¥ 5")
    assert technician.fetch(office.writer, asked) is None
    assert not office.read("SELECT 1 FROM port_commands")


def test_what_a_pool_began_and_did_not_end_is_answered_by_the_next_one_and_not_done_again(
    office: Office,
) -> None:
    asked = technician.ask_port(
        office.writer, office.ring, PERSON, "modem01", PortCommand.USSD, args={"code": "*100#"}, now_ms=NOW_MS
    )
    assert isinstance(asked, int)
    office.writer.write_blocking(lambda connection: commands.begin(connection, asked, NOW_MS))
    office.writer.write_blocking(lambda connection: commands.interrupt_all(connection, NOW_MS))
    assert office.writer.write_blocking(commands.unbegun) == []
    found = technician.fetch(office.writer, asked)
    assert found is not None
    assert found.answer is not None
    assert (found.answer.ok, found.answer.said.code) == (False, "command.interrupted")


def test_every_act_has_its_sentence(office: Office) -> None:
    cards.set_label(office.writer, office.ring, PERSON, 1, "A", now_ms=NOW_MS)
    cards.set_number(office.writer, office.ring, PERSON, 1, "13912345678", home_region="CN", now_ms=NOW_MS)
    technician.rename_port(office.writer, office.ring, PERSON, "modem01", "A1", now_ms=NOW_MS)
    for command in PortCommand:
        technician.ask_port(
            office.writer,
            office.ring,
            PERSON,
            "modem01",
            command,
            args={"line": "AT", "code": "*1#"},
            now_ms=NOW_MS,
        )
    for code, args in office.acts():
        assert code in SENTENCES
        assert sentence(code, args) != code
