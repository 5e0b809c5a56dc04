"""What each scenario does to a modem, seen from its terminal, and that calm takes it back."""

from pathlib import Path

import pytest

from appliance.modem.simulator.ledger import LedgerEvent, read_ledger
from appliance.modem.simulator.scenarios import SCENARIOS, ScenarioError
from tests.simulator.stage import StreetStage
from tests.simulator.street import HANDSET, Desk, pdu, street

OK = "\r\n\r\nOK\r\n"
# The 26 of the field guide by their names there; cms-N stands for each refusal.
GUIDE = [
    "chatty",
    "slow-prompt",
    "no-prompt",
    "late-final",
    "lost-final",
    "reset-mid-send",
    "renumbered",
    "swap",
]
GUIDE += [
    "clone",
    "pin",
    "wrong-pin",
    "puk",
    "cms-21",
    "blocked",
    "empty",
    "full-memory",
    "delete-fails",
    "parts",
]
GUIDE += [
    "dlr-storm",
    "dlr-early",
    "dlr-twice",
    "dlr-interim",
    "mute",
    "babble",
    "flap",
    "no-network",
    "roaming",
]
GUIDE += ["lte-only", "bad-clock", "call", "cnmi-forgotten", "echo-body", "text-only", "hub-off"]


def stage(tmp_path: Path, *profiles: str, latency_s: float = 0.0) -> StreetStage:
    return StreetStage(street(tmp_path, *(profiles or ("generic", "generic")), latency_s=latency_s))


def stored(modem: Desk) -> int:
    return modem.modem.messages.usage(modem.modem.messages.chosen[2])[0]


@pytest.mark.parametrize("name", GUIDE)
def test_every_scenario_of_the_guide_plays_by_name_and_calm_ends_it(tmp_path: Path, name: str) -> None:
    place = stage(tmp_path)
    modem = place.first
    assert place.play(name) == "modem01"
    place.timers.run(60.0)
    place.play("calm")
    place.timers.run(60.0)
    modem.read()
    modem.at("E0")
    modem.read()
    assert modem.at("") == "\r\nOK\r\n"
    if name not in ("pin", "wrong-pin", "puk"):
        modem.at("+CMGF=0")
        assert "+CMGS: " in modem.send(pdu()), name


@pytest.mark.parametrize("name", SCENARIOS)
def test_options_are_told_in_a_line(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.tells
    assert "\n" not in scenario.tells
    assert all(option.meaning for option in scenario.options)


def test_what_can_t_be_played_is_told(tmp_path: Path) -> None:
    place = stage(tmp_path)
    with pytest.raises(ScenarioError, match="there is no scenario 'thunder'"):
        place.play("thunder")
    with pytest.raises(ScenarioError, match="flap has no option hours"):
        place.play("flap", hours=2)
    with pytest.raises(ScenarioError, match="every_ms must be a whole number"):
        place.play("flap", every_ms="often")
    with pytest.raises(ScenarioError, match="no modem 'modem07'"):
        place.play("mute", "modem07")


def test_chatter_stands_before_the_answer_and_between_entries_but_never_within_one(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.network.reply(HANDSET, modem.sim.msisdn, "one")
    place.network.reply(HANDSET, modem.sim.msisdn, "two")
    place.timers.run()
    modem.read()
    place.play("chatty", chunk=0)
    modem.read()
    lines = [line for line in modem.at("+CMGL=4").split("\r\n") if line]
    chatter = [at for at, line in enumerate(lines) if line.startswith("+CIEV")]
    heads = [at for at, line in enumerate(lines) if line.startswith("+CMGL")]
    assert all(at + 1 not in chatter for at in heads)
    assert any(heads[0] < at < heads[1] for at in chatter)
    assert chatter[0] == 0
    assert lines[-1] == "OK"
    assert len(lines) - 2 in chatter
    assert modem.at("+CMGS=20").endswith("\r\n> ")
    assert modem.read(3.0) == ""


def test_answers_come_in_pieces(tmp_path: Path) -> None:
    place = stage(tmp_path)
    place.play("chatty", chunk=3, every_ms=100_000)
    place.first.read(1.0)
    assert place.first.at("+CGMM") == "\r\n+"
    assert "Generic GSM" in place.first.read(1.0)


def test_a_prompt_that_is_late_and_one_that_never_comes(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    message = pdu()
    place.play("slow-prompt", delay_ms=8000)
    assert modem.at(f"+CMGS={message.tpdu_length}") == ""
    assert modem.read(7.9) == ""
    assert modem.read(0.1) == "\r\n> "
    assert "+CMGS: 0" in modem.say(f"{message.hex}\x1a")
    place.play("no-prompt")
    assert modem.at(f"+CMGS={message.tpdu_length}") == ""
    assert modem.at("") == ""
    assert modem.read(100.0) == ""
    assert modem.say("\x1b") == "\r\nOK\r\n"
    assert modem.at("") == "\r\nOK\r\n"


def test_finals_that_are_late_or_lost_are_of_messages_that_the_network_has(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.play("late-final", delay_ms=180_000)
    assert modem.send(pdu()) == ""
    assert modem.at("") == ""
    assert modem.read(180.0) == "\r\n+CMGS: 0\r\n\r\nOK\r\n\r\nOK\r\n"
    place.play("lost-final", count=1)
    assert modem.send(pdu()) == ""
    assert modem.at("") == "\r\nOK\r\n"
    assert place.network.ledger.counts[LedgerEvent.ACCEPTED] == 2


def test_a_swap_waits_for_a_submission_and_strikes_in_the_middle_of_it(tmp_path: Path) -> None:
    place = stage(tmp_path, latency_s=1.0)
    modem = place.first
    before = modem.sim.iccid
    place.play("swap", gap_ms=2000)
    modem.read(10.0)
    assert modem.sim.iccid == before
    assert modem.send(pdu()) == ""
    assert "+CMS ERROR: 313" in modem.read(1.0)
    assert modem.at("+CPIN?") == "\r\n+CME ERROR: 10\r\n"
    modem.read(2.0)
    assert modem.sim.iccid != before
    assert place.network.ledger.counts[LedgerEvent.ACCEPTED] == 0


def test_locked_cards(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.play("pin", pin="4711", gap_ms=0)
    modem.read(0.1)
    assert "+CPIN: SIM PIN" in modem.at("+CPIN?")
    assert modem.at('+CPIN="4711"') == "\r\nOK\r\n"
    place.play("wrong-pin", tries=2, gap_ms=0)
    modem.read(0.1)
    assert modem.at('+CPIN="1234"') == "\r\n+CME ERROR: 16\r\n"
    assert modem.at('+CPIN="4711"') == "\r\n+CME ERROR: 12\r\n"
    place.play("puk", gap_ms=0)
    modem.read(0.1)
    assert "+CPIN: SIM PUK" in modem.at("+CPIN?")


def test_a_carrier_blocks_what_is_too_much_for_an_hour(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.play("blocked", first=4)
    answers = [modem.send(pdu()) for _ in range(5)]
    assert [answer.startswith("\r\n+CMS ERROR: 21") for answer in answers] == [False] * 3 + [True] * 2
    assert "+CMGS" in place.place.desks[1].send(pdu())
    modem.read(3601.0)
    assert "+CMGS" in modem.send(pdu())


def test_money_runs_out_and_can_be_asked_for(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.play("empty", balance_fen=25, price_fen=10, code=50)
    assert [("+CMGS" in modem.send(pdu())) for _ in range(3)] == [True, True, False]
    modem.at("+CUSD=1")
    modem.at('+CUSD=1,"*100#",15')
    assert modem.read(1.0) == '\r\n+CUSD: 0,"Balance 0.05",15\r\n'
    modem.send_text("YE", "10086")
    modem.read(1.0)
    assert [message.text[:19] for message in place.network.handsets.of("10086").messages][1:] == [
        "尊敬的客户您好，您当前账户余额为0.0"
    ]
    assert stored(modem) == 1


def test_a_memory_is_full_and_the_rest_waits(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.play("full-memory", beyond=2)
    assert stored(modem) == 50
    waiting = place.network.centre.of(modem.sim).waiting
    assert len(waiting) == 2
    modem.at("+CMGD=1,4")
    modem.read(1.0)
    assert (stored(modem), len(waiting)) == (2, 0)


def test_messages_that_can_t_be_deleted(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.network.reply(HANDSET, modem.sim.msisdn, "here")
    modem.read(0.1)
    place.play("delete-fails", count=1)
    assert modem.at("+CMGD=1") == "\r\n+CMS ERROR: 320\r\n"
    assert stored(modem) == 1
    assert modem.at("+CMGD=1") == "\r\nOK\r\n"


def test_parts_in_disorder(tmp_path: Path) -> None:
    place = stage(tmp_path)
    place.play("parts")
    place.timers.run(1.0)
    place.network.ledger.flush()
    queued = [record for record in read_ledger(place.place.ledger_path) if record.event == "mt-queued"]
    total = queued[0].total
    numbers = [(record.reference, record.number) for record in queued]
    hour_ago = [(77, number) for number in range(1, total + 1)]
    whole = [(77, number) for number in range(total, 0, -1)]
    lacking = [(78, number) for number in range(1, total + 1) if number != 2]
    assert numbers == [*hour_ago, *whole, (77, 1), *lacking]


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("dlr-storm", {"hold_ms": 5000}, [(5.0, 1, 0), (5.0, 0, 0)]),
        ("dlr-twice", {"again_ms": 1000}, [(0.0, 0, 0), (0.0, 1, 0), (1.0, 0, 0), (1.0, 1, 0)]),
        ("dlr-interim", {"status": 48}, [(0.0, 0, 48), (0.0, 1, 48), (2.0, 0, 0), (2.0, 1, 0)]),
        ("dlr-early", {"answer_ms": 300}, [(0.0, 0, 0), (0.3, 1, 0)]),
    ],
)
def test_reports(
    tmp_path: Path, name: str, options: dict[str, int], expected: list[tuple[float, int, int]]
) -> None:
    place = stage(tmp_path)
    modem = place.first
    modem.at("+CNMI=2,1,0,1,0")
    place.play(name, **options)
    begun = place.timers.elapsed
    heard: list[tuple[float, int, int]] = []
    for _ in range(2):
        modem.send(pdu(report=True))
        if name == "dlr-early":
            place.timers.run(0.3)
    place.timers.run(10.0)
    place.network.ledger.flush()
    for record in read_ledger(place.place.ledger_path):
        if record.event == "report":
            moment = record.at_ms / 1000 - 1_800_000_000.0 - begun
            heard.append((round(moment, 3), record.tp_mr, int(record.detail.split()[1], 16)))
    assert heard == expected


def test_an_early_report_stands_before_its_answer(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    modem.at("+CNMI=2,1,0,1,0")
    place.play("dlr-early", answer_ms=300)
    assert modem.send(pdu(report=True)).startswith("\r\n+CDS: ")
    assert modem.read(0.3) == "\r\n+CMGS: 0\r\n\r\nOK\r\n"


def test_plugs(tmp_path: Path) -> None:
    place = stage(tmp_path, *["generic"] * 10)
    place.play("hub-off", "modem02", modems=8, return_ms=5000)
    assert sorted(place.ports) == ["modem01", "modem10"]
    place.timers.run(5.0)
    assert len(place.ports) == 10
    place.play("renumbered", "modem03", return_ms=1000)
    place.timers.run(1.0)
    assert place.ports["modem03"] == "modem03-2"
    place.play("flap", every_ms=10_000, gone_ms=2000)
    seen = []
    for _ in range(24):
        place.timers.run(1.0)
        seen.append("modem01" in place.ports)
    assert seen.count(False) == 5


def test_registration(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.play("no-network")
    assert modem.at("+CREG?") == f"\r\n+CREG: 0,2{OK}"
    place.play("calm")
    place.play("roaming", operator="Telia")
    assert modem.at("+CREG?") == f"\r\n+CREG: 0,5{OK}"
    assert '"Telia"' in modem.at("+COPS?")
    place.play("calm")
    place.play("lte-only", sms_only=True)
    assert modem.at("+CREG?") == f"\r\n+CREG: 0,0{OK}"
    assert modem.at("+CEREG?") == f"\r\n+CEREG: 0,6{OK}"
    assert "+CMGS" in modem.send(pdu())


def test_a_bad_clock(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.play("bad-clock", year=1980, stamp_days=400)
    assert '+CCLK: "80/01/06' in modem.at("+CCLK?")
    modem.at("+CMGF=1")
    place.network.reply(HANDSET, modem.sim.msisdn, "from the future")
    modem.read(0.1)
    assert '"28/02/' in modem.at("+CMGR=1")


def test_a_call_in_the_middle_of_a_submission(tmp_path: Path) -> None:
    place = stage(tmp_path, latency_s=1.0)
    modem = place.first
    modem.at("+CLIP=1")
    place.play("call", number="13700137000")
    assert modem.send(pdu()) == ""
    assert modem.read(0.5) == '\r\nRING\r\n\r\n+CLIP: "13700137000",129,,,,0\r\n'
    assert "+CMGS: 0" in modem.read(0.5)


@pytest.mark.parametrize(("shows_it", "shown"), [(True, "2,1,0,0,0"), (False, "0,0,0,0,1")])
def test_indications_forgotten(tmp_path: Path, shows_it: bool, shown: str) -> None:
    place = stage(tmp_path)
    modem = place.first
    modem.at("+CNMI=2,1,0,0,0")
    place.play("cnmi-forgotten", shows_it=shows_it)
    place.network.reply(HANDSET, modem.sim.msisdn, "unseen")
    assert modem.read(0.1) == ""
    assert stored(modem) == 1
    assert shown in modem.at("+CNMI?")


def test_strange_devices(tmp_path: Path) -> None:
    place = stage(tmp_path)
    modem = place.first
    place.play("babble", octets_per_s=10_000)
    assert 9_000 < len(modem.read(1.0)) < 11_000
    assert modem.at("") == ""
    place.play("calm")
    assert modem.read(1.0) == ""
    place.play("loop-back")
    assert modem.at("+CGMI") == "AT+CGMI\r"
    place.play("calm")
    place.play("long-line", octets=100_000)
    assert len(modem.at("")) > 100_000
    place.play("calm")
    place.play("all-errors")
    assert modem.at("") == "\r\nOK\r\n"
    assert modem.at("+CGMI") == "\r\nERROR\r\n"
    place.play("calm")
    place.play("long-operator", length=4000)
    assert "X" * 4000 in modem.at("+COPS?")


def test_a_mute_modem_takes_nothing_from_the_line(tmp_path: Path) -> None:
    place = stage(tmp_path)
    place.play("mute", for_ms=5000)
    assert place.deaf == {"modem01"}
    assert place.first.at("") == ""
    place.timers.run(5.0)
    assert place.deaf == set()
    assert place.first.at("") == "\r\nOK\r\n"
