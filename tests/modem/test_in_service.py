"""A modem in service: its card, its network and its clock asked for by single questions, and what it tells itself."""

from __future__ import annotations

import asyncio

import pytest

from appliance.modem.identity import MAX_NAME, READ_EF_ICCID
from appliance.modem.session import (
    BannedCommandError,
    CardPresence,
    LineError,
    LineLost,
    ModemEvent,
    NetworkTimeHeard,
    PortState,
    RawAnswer,
    Registration,
    SimChanged,
    SimInserted,
    SimRemoved,
    StorageFull,
)
from tests.modem.scripted_modem import ERROR, OK, Line, Reply, ScriptedModem, in_loop, info, line, ready_line

CARD = info('+CRSM: 144,0,"98683021436587092143"')
OTHER_CARD = info('+CRSM: 144,0,"98684121436587092143"')


# -- the card ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "presence", "events"),
    [
        (CARD, CardPresence.PRESENT, []),
        (OTHER_CARD, CardPresence.CHANGED, [SimChanged()]),
        (b"\r\n+CME ERROR: 10\r\n", CardPresence.REMOVED, [SimRemoved()]),
        (b"\r\n+CME ERROR: 13\r\n", CardPresence.REMOVED, [SimRemoved()]),
        (b"\r\n+CME ERROR: SIM not inserted\r\n", CardPresence.REMOVED, [SimRemoved()]),
        (b"\r\n+CME ERROR: 11\r\n", CardPresence.CHANGED, [SimChanged()]),
        (b"\r\n+CME ERROR: 14\r\n", CardPresence.UNKNOWN, []),
        (info("+CRSM: 106,130"), CardPresence.PRESENT, []),  # then AT+CPIN? says READY
    ],
)
@in_loop
async def test_the_cheap_look_at_the_card(
    answer: Reply, presence: CardPresence, events: list[ModemEvent]
) -> None:
    async with ready_line({READ_EF_ICCID: CARD, "AT+CCID": ERROR}) as port:
        port.modem.answers[READ_EF_ICCID] = answer
        assert await port.session.card() is presence
        assert port.events == events


async def commands_of_glance(port: Line) -> int:
    before = len(port.modem.heard)
    await port.session.glance()
    return len(port.modem.heard) - before


@in_loop
async def test_a_modem_without_crsm_is_asked_for_its_subscriber() -> None:
    async with ready_line() as port:
        assert await port.session.card() is CardPresence.PRESENT
        assert await port.session.card() is CardPresence.PRESENT
        assert port.modem.heard == [READ_EF_ICCID, *("AT+CPIN?", "AT+CIMI") * 2]
        assert max([await commands_of_glance(port) for _ in range(12)]) == 1
        port.modem.heard.clear()
        port.modem.answers["AT+CIMI"] = info("460009876543210")
        assert await port.session.card() is CardPresence.CHANGED
        assert port.events == [SimChanged()]


@in_loop
async def test_a_modem_that_tells_no_numbers_is_asked_for_the_state_of_its_card() -> None:
    async with ready_line({"AT+CIMI": ERROR}) as port:
        assert await port.session.card() is CardPresence.PRESENT
        assert await port.session.card() is CardPresence.PRESENT
        assert port.modem.heard == [READ_EF_ICCID, "AT+CPIN?", "AT+CPIN?"]
        port.modem.answers["AT+CPIN?"] = info("+CPIN: NOT INSERTED")
        assert await port.session.card() is CardPresence.REMOVED


@in_loop
async def test_a_modem_that_has_but_one_error_for_everything_is_asked_again_once_a_card_is_in() -> None:
    """Without +CMEE, a modem without a card refuses as one does that doesn't know the command."""
    async with ready_line({READ_EF_ICCID: CARD, "AT+CCID": ERROR}) as port:
        port.modem.answers |= dict.fromkeys((READ_EF_ICCID, "AT+CIMI", "AT+CPIN?"), ERROR)
        assert await port.session.card() is CardPresence.UNKNOWN
        port.modem.answers[READ_EF_ICCID] = OTHER_CARD
        assert await port.session.card() is CardPresence.CHANGED
        assert port.events == [SimChanged()]


@in_loop
async def test_a_modem_that_says_that_its_card_is_in_is_asked_which() -> None:
    async with ready_line({READ_EF_ICCID: CARD}) as port:
        port.modem.say(b"\r\n+CPIN: READY\r\n")
        await port.modem.until(lambda: READ_EF_ICCID in port.modem.heard)
        await port.session.check()
        assert port.events == []
        port.modem.answers[READ_EF_ICCID] = OTHER_CARD
        port.modem.say(b"\r\n+CPIN: READY\r\n")
        assert await port.event(SimChanged) == SimChanged()


@pytest.mark.parametrize(
    ("maker", "line"),
    [
        ("huawei", "^SIMST:255,1"),
        ("Quectel", "+QSIMSTAT : 1,0"),
        ("SIMCOM", "+SIMCARD: NOT AVAILABLE"),
        ("WAVECOM MODEM", "+WIND: 0"),
        ("u-blox", "+UUSIMSTAT: 0"),
        ("anybody", "+CPIN: NOT READY"),
    ],
)
@in_loop
async def test_a_card_that_is_pulled_is_told_at_once(maker: str, line: str) -> None:
    async with ready_line({"AT+CGMI": info(maker)}) as port:
        port.modem.say(f"\r\n{line}\r\n".encode())
        assert await port.event(SimRemoved) == SimRemoved()


@in_loop
async def test_a_quectel_is_made_to_tell_of_its_card_where_it_does_not_yet() -> None:
    answers: dict[str, Reply] = {"AT+CGMI": info("Quectel"), "AT+QSIMSTAT?": info("+QSIMSTAT: 0,1")}
    async with ready_line(answers) as port:
        assert "AT+QSIMSTAT=1: ERROR" in port.bearings.notes
    answers["AT+QSIMSTAT?"] = info("+QSIMSTAT: 1,1")
    async with ready_line(answers) as port:
        assert not [note for note in port.bearings.notes if note.startswith("AT+QSIMSTAT=1")]


# -- a little at a time -----------------------------------------------------------------------------------------


@in_loop
async def test_a_glance_is_one_command_and_the_rota_comes_round() -> None:
    async with ready_line({READ_EF_ICCID: CARD, "AT+CCLK?": info('+CCLK: "26/11/24,19:00:00+32"')}) as port:
        for number in range(1, 33):
            await port.session.glance()
            assert len(port.modem.heard) == number
        heard = port.modem.heard
        assert heard[::2] == [READ_EF_ICCID] * 16
        assert set(heard[1::2]) == {
            "AT+CNMI?",
            "AT+CREG?",
            "AT+CEREG?",
            "AT+CGREG?",
            "AT+COPS?",
            "AT+CSQ",
            "AT+CCLK?",
        }
        assert isinstance(port.events[0], NetworkTimeHeard)


@in_loop
async def test_a_glance_tells_all_that_is_known() -> None:
    async with ready_line({READ_EF_ICCID: CARD}) as port:
        port.modem.answers["AT+CSQ"] = info("+CSQ: 31,99")
        port.modem.answers["AT+COPS?"] = info('+COPS: 0,0,"CHN-UNICOM",7')
        for name in ("AT+CREG?", "AT+CEREG?", "AT+CGREG?"):
            port.modem.answers[name] = info(f"{name[2:-1]}: 1,5")
        for _ in range(14):
            status = await port.session.glance()
        assert (status.rssi_dbm, status.operator, status.registration) == (
            -51,
            "CHN-UNICOM",
            Registration.ROAMING,
        )
        assert status.roaming is True


@in_loop
async def test_a_setting_that_was_forgotten_is_set_again_by_a_glance() -> None:
    async with ready_line({READ_EF_ICCID: CARD}) as port:
        port.modem.answers["AT+CNMI?"] = info("+CNMI: 0,0,0,0,0")
        for _ in range(2):
            await port.session.glance()
        assert port.modem.heard[-2:] == ["AT+CNMI?", "AT+CNMI=2,1,0,1,0"]


@in_loop
async def test_later_listings_ask_less() -> None:
    async with ready_line(
        {'AT+CPMS="ME"': OK, 'AT+CPMS="SR"': OK, 'AT+CPMS="SM"': OK, "AT+CMGL=4": OK}
    ) as port:
        await port.session.stored()
        asked = len(port.modem.heard)
        for _ in range(6):
            before = len(port.modem.heard)
            await port.session.stored()
            assert len(port.modem.heard) - before <= 4 < asked


# -- what it tells itself ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "memory"),
    [
        ('^SMMEMFULL: "SM"', "SM"),
        ('+QIND: "smsfull","ME"', "ME"),
        ("+SMS FULL", ""),
        ("+SMSFULL", ""),
        ("*SMFULL", ""),
        ('+CIEV: "smsfull",1', ""),
        ("+CIEV: SMSFULL,2", ""),
        ("SMSFULL", ""),
    ],
)
@in_loop
async def test_a_full_memory_is_told(line: str, memory: str) -> None:
    async with ready_line() as port:
        port.modem.say(f"\r\n{line}\r\n".encode())
        assert await port.event(StorageFull) == StorageFull(memory)


@in_loop
async def test_a_memory_that_is_not_full_any_more_is_no_event() -> None:
    async with ready_line() as port:
        port.modem.say(b'\r\n+CIEV: "smsfull",0\r\n')
        await port.session.check()
        assert port.events == []


@in_loop
async def test_the_networks_time() -> None:
    async with ready_line({"AT+CCLK?": info('+CCLK: "80/01/06,00:00:13"')}) as port:
        assert await port.session.network_time() is None
        port.modem.say(b'\r\n*PSUTTZ: 2026,11,24,11,0,0,"+32",0\r\n')
        assert (await port.event(NetworkTimeHeard)).offset_minutes == 480


@in_loop
async def test_an_operator_with_a_name_of_4000_letters() -> None:
    long = info(f'+COPS: 0,0,"{"X" * 4000}",7')
    async with ready_line({"AT+COPS?": long}) as port:
        assert port.bearings.operator == "X" * MAX_NAME
        assert (await port.session.network()).operator == "X" * MAX_NAME


# -- by hand ----------------------------------------------------------------------------------------------------


@in_loop
async def test_a_command_by_hand() -> None:
    async with ready_line({"AT+CSQ": info("+CSQ: 20,99"), "AT+FOO": b""}) as port:
        assert await port.session.execute_raw("AT+CSQ") == RawAnswer(("+CSQ: 20,99",), "OK")
        assert await port.session.execute_raw("AT+BAR") == RawAnswer((), "ERROR")
        assert await port.session.execute_raw("AT+FOO", limit_s=0.1) == RawAnswer((), None)
        with pytest.raises(BannedCommandError):
            await port.session.execute_raw("AT&F")
        assert "AT&F" not in port.modem.heard


@in_loop
async def test_a_call_is_hung_up() -> None:
    async with ready_line({"AT+CHUP": ERROR, "ATH": OK}) as port:
        await port.session.hang_up()
        assert port.modem.heard == ["AT+CHUP", "ATH"]


# -- a modem that hangs -----------------------------------------------------------------------------------------


@in_loop
async def test_life_is_known_by_what_is_heard() -> None:
    async with ready_line() as port:
        before = port.session.last_heard_at
        port.modem.say(b"\r\n^RSSI:17\r\n")
        await port.session.check()
        assert port.session.last_heard_at > before
        assert port.session.commands > 20


@in_loop
async def test_a_modem_at_a_prompt_is_freed_by_escape() -> None:
    async with ready_line() as port:
        port.modem.at_prompt = True
        await port.session.escape()
        assert port.modem.heard[0] == "ESC"


@in_loop
async def test_a_mute_modem_is_reset_all_the_same() -> None:
    async with ready_line() as port:
        port.modem.answers, port.modem.otherwise = {}, b""
        assert await port.session.reset_soft() is False
        assert await port.session.reset_radio() is False
        assert [c for c in port.modem.heard if c != "ESC"] == ["ATZ", "AT+CFUN=1,1"]


@in_loop
async def test_a_modem_that_was_reset_is_brought_up_again() -> None:
    async with ready_line({"ATZ": OK, "AT+CFUN=1,1": OK}) as port:
        assert await port.session.reset_soft() is True
        assert (await port.bring_up()).imei == port.bearings.imei
        assert await port.session.reset_radio() is True


@in_loop
async def test_the_radio_is_reset_in_the_way_of_the_profile() -> None:
    async with ready_line({"AT+CGMI": info("u-blox"), "AT+CFUN=16": OK}) as port:
        assert await port.session.reset_radio() is True


@in_loop
async def test_a_line_that_goes_while_it_is_reset() -> None:
    def gone(modem: ScriptedModem) -> Reply:
        modem.hang_up()
        return b""

    async with ready_line({"AT+CFUN=1,1": gone}) as port:
        with pytest.raises(LineError) as caught:
            await asyncio.wait_for(port.session.reset_radio(), 30)
        assert caught.value.state is PortState.LINE_LOST
        assert isinstance(port.events[-1], LineLost)


# -- while it is brought up -------------------------------------------------------------------------------------


@in_loop
async def test_what_is_said_of_the_card_while_it_is_brought_up_is_no_event() -> None:
    """After a PIN, and of a card that is starting: +CPIN: READY."""
    async with line({READ_EF_ICCID: CARD, "AT+CPIN?": b"\r\n+CPIN: READY\r\n" + OK}) as port:
        port.modem.answers["AT+CIMI"] = b"\r\n+QSIMSTAT: 1,1\r\n\r\n+CPIN: NOT READY\r\n" + info(
            "460001234567890"
        )
        await port.bring_up()
        assert port.events == []
        assert port.modem.heard[-1] == READ_EF_ICCID  # the card was looked at once more


@in_loop
async def test_a_card_that_is_changed_while_the_modem_is_brought_up_is_told() -> None:
    def swapped(modem: ScriptedModem) -> Reply:
        modem.answers[READ_EF_ICCID] = OTHER_CARD
        return b"\r\n+CPIN: NOT READY\r\n\r\n+CPIN: READY\r\n" + OK

    async with line({READ_EF_ICCID: CARD, "AT+CCID": ERROR, "AT+CREG=1": swapped}) as port:
        bearings = await port.bring_up()
        assert bearings.iccid == "89860312345678901234"
        assert port.events == [SimChanged()]


@in_loop
async def test_a_modem_without_a_card_tells_in_its_own_words_when_one_is_put_in() -> None:
    answers: dict[str, Reply] = {"AT+CGMI": info("Quectel"), "AT+CPIN?": b"\r\n+CME ERROR: 10\r\n"}
    async with line(answers) as port:
        assert (await port.failed_bring_up()).state is PortState.NO_SIM
        assert port.events == []
        port.modem.say(b"\r\n+QSIMSTAT : 1,1\r\n")
        assert await port.event(SimInserted) == SimInserted()
        port.modem.answers["AT+CPIN?"] = info("+CPIN: READY")
        await port.bring_up()


@in_loop
async def test_a_look_at_the_card_of_before_is_no_news_of_the_new_one() -> None:
    """A card is pulled and another put in at once; the look that this began ends during the bring-up."""
    async with ready_line({READ_EF_ICCID: CARD, "AT+CCID": ERROR}) as port:
        port.modem.answers[READ_EF_ICCID] = [0.1, OTHER_CARD]
        port.modem.say(b"\r\n+CPIN: NOT READY\r\n\r\n+CPIN: READY\r\n")
        await port.event(SimRemoved)
        assert (await port.bring_up()).iccid == "89861412345678901234"
        assert port.events == [SimRemoved()]
