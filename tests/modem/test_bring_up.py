"""From an open line to READY, or to the state that says why not, over a real pty."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from appliance.modem.identity import (
    iccid_in,
    iccid_on_card,
    imei_in,
    imsi_in,
    is_luhn_valid,
    is_same_card,
    number_in,
    operator_in,
    own_number_in,
    words_in,
)
from appliance.modem.session import (
    Accepted,
    Bearings,
    CardPresence,
    PortState,
    ReceiveMode,
    Registration,
    Route,
    SimChanged,
)
from appliance.modem.sms import EncodedPdu
from appliance.sentences import SENTENCES, sentence
from tests.modem.scripted_modem import (
    ERROR,
    GOOD_MODEM,
    OK,
    Line,
    Reply,
    ScriptedModem,
    in_loop,
    info,
    line,
    ready_line,
    vanish,
)

PDU = EncodedPdu(hex="0001000D91683119325476F80008024F60", tpdu_length=16)
CARD_STATES = {PortState.NO_SIM, PortState.SIM_FAILURE, PortState.PUK_REQUIRED, PortState.PIN_REQUIRED}


@in_loop
async def test_all_that_a_good_modem_tells() -> None:
    async with line() as port:
        assert await port.bring_up() == Bearings(
            manufacturer="Simulated",
            model="SM100",
            revision="1.0",
            imei="490154203237518",
            iccid="89860312345678901234",
            imsi="460001234567890",
            msisdn="+8613912345678",
            operator="CHINA MOBILE",
            registration=Registration.HOME,
            rssi_dbm=-73,
            smsc="+8613800100500",
            receive=ReceiveMode(Route.NOTIFIED, Route.DIRECT, memory="SM", used=2, total=50),
            notes=(),
        )
        assert port.progress == [PortState.PROBING]


@in_loop
async def test_a_modem_that_can_only_send_is_ready() -> None:
    """AT, ATE0, AT+CMGF=0 and AT+CMGS work; everything else is ERROR."""
    async with line() as port:
        port.modem.answers = {"AT": OK, "ATE0": OK, "AT+CMGF=0": OK}
        bearings = await port.bring_up()
        assert bearings.registration is Registration.UNKNOWN
        assert bearings.receive == ReceiveMode(Route.LISTED, Route.LISTED)
        assert "AT+CNMI?: ERROR" in bearings.notes
        assert await port.session.send(PDU) == Accepted(5)
        assert await port.session.stored() == []
        assert (await port.session.network()).registration is Registration.UNKNOWN


@in_loop
async def test_a_modem_that_is_mute_to_what_it_does_not_know_is_ready_too() -> None:
    async with line({"AT+CGMI": b"", "AT+CNUM": b"", 'AT+CSCS="GSM"': b""}) as port:
        bearings = await port.bring_up()
        assert bearings.manufacturer is None
        assert bearings.model == "SM100"
        assert "AT+CNUM: no answer" in bearings.notes


@in_loop
async def test_nothing_is_written_to_the_modems_permanent_memory() -> None:
    async with line() as port:
        await port.bring_up()
        assert not [
            c for c in port.modem.heard if c.startswith(("AT&", "AT+IPR", "AT+CFUN=", "ATZ", "AT+COPS="))
        ]


# -- is anybody there -------------------------------------------------------------------------------------------


@in_loop
async def test_nobody_answers() -> None:
    async with line() as port:
        port.modem.answers, port.modem.otherwise = {}, b""
        assert (await port.failed_bring_up()).state is PortState.NO_ANSWER


@in_loop
async def test_a_modem_that_needs_a_few_at_to_find_the_speed() -> None:
    calls = 0

    def late(_: ScriptedModem) -> Reply:
        nonlocal calls
        calls += 1
        return OK if calls > 2 else b""

    async with line({"AT": late}) as port:
        port.modem.answers["ATQ0V1"] = late
        await port.bring_up()
    assert calls > 2


@in_loop
async def test_a_wrong_speed_is_garbled() -> None:
    async with line() as port:
        port.modem.answers, port.modem.otherwise = {}, b"\xfe\x80\x80\xf8\x00\x9c\x8c"
        error = await port.failed_bring_up()
        assert error.state is PortState.GARBLED
        assert "unreadable" in error.args_for_person["detail"]


@in_loop
async def test_a_satellite_receiver_is_no_modem() -> None:
    async with line() as port:
        port.modem.answers = {}
        port.modem.otherwise = b"$GPGSV,1,1,00*79\r\n$GPGGA,,,,,,0,,,,,,,,*66\r\n"
        assert (await port.failed_bring_up()).state is PortState.GARBLED


@in_loop
async def test_endless_babble_ends_the_bring_up_in_time() -> None:
    async with line() as port:
        port.modem.answers, port.modem.otherwise = {}, b""
        babbling = True

        async def babble() -> None:
            while babbling:
                with suppress(BlockingIOError):
                    port.modem._write(b"\x80\xff\x00\xfe\r" * 100)
                await asyncio.sleep(0.001)

        task = asyncio.create_task(babble())
        error = await asyncio.wait_for(port.failed_bring_up(), 60)
        babbling = False
        await task
        assert error.state is PortState.GARBLED


# -- careless firmware ------------------------------------------------------------------------------------------


def careless(reply: Reply) -> Reply:
    """Lower case codes, no blanks after colons, CR CR LF, and OK glued to what comes before."""
    if not isinstance(reply, bytes):
        return reply
    return reply.replace(b": ", b":").replace(b"\r\n", b"\r\r\n").replace(b"\r\r\n\r\r\nOK", b"\r\r\nok")


@pytest.mark.parametrize("chunk", [None, 1])
@in_loop
async def test_careless_firmware_is_understood(chunk: int | None) -> None:
    careless_modem = {command: careless(reply) for command, reply in GOOD_MODEM.items()}
    async with line(careless_modem, echo=True, chunk=chunk) as port:
        port.modem.prompt = b"\r\n> " if chunk else [b"\r\n>"]
        bearings = await port.bring_up()
        assert (bearings.imei, bearings.iccid, bearings.smsc) == (
            "490154203237518",
            "89860312345678901234",
            "+8613800100500",
        )
        assert bearings.receive.reports is Route.DIRECT
        assert await port.session.send(PDU) == Accepted(5)


@in_loop
async def test_codes_fall_between_all_answers() -> None:
    chatty = {
        command: b'\r\n^RSSI:17\r\n\r\n+CMTI: "SM",3\r\n' + reply if isinstance(reply, bytes) else reply
        for command, reply in GOOD_MODEM.items()
    }
    async with line(chatty) as port:
        bearings = await port.bring_up()
        assert (bearings.manufacturer, bearings.imsi, bearings.msisdn) == (
            "Simulated",
            "460001234567890",
            "+8613912345678",
        )


@in_loop
async def test_registration_that_comes_as_a_code_only() -> None:
    """Some simulated modems answer AT+CREG? with '+CREG: 1' alone."""
    async with line({"AT+CREG?": info("+CREG: 1"), "AT+CEREG?": ERROR, "AT+CGREG?": ERROR}) as port:
        assert (await port.bring_up()).registration is Registration.HOME


# -- the card ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"\r\n+CME ERROR: 10\r\n", PortState.NO_SIM),
        (b"\r\n+CME ERROR: SIM not inserted\r\n", PortState.NO_SIM),
        (info("+CPIN: NOT INSERTED"), PortState.NO_SIM),
        (info("+CPIN: NOT READY"), PortState.NO_SIM),
        (b"\r\n+CME ERROR: 13\r\n", PortState.SIM_FAILURE),
        (b"\r\n+CME ERROR: 15\r\n", PortState.SIM_FAILURE),
        (info("+CPIN: PH-NET PIN"), PortState.SIM_FAILURE),
        (b"\r\n+CME ERROR: 14\r\n", PortState.SIM_BUSY),
        (info("+CPIN: SIM PIN"), PortState.PIN_REQUIRED),
        (b"\r\n+CME ERROR: 11\r\n", PortState.PIN_REQUIRED),
        (info("+CPIN: SIM PUK"), PortState.PUK_REQUIRED),
        (b"\r\n+CME ERROR: 12\r\n", PortState.PUK_REQUIRED),
    ],
)
@in_loop
async def test_why_a_card_can_not_be_used(answer: bytes, state: PortState) -> None:
    async with line({"AT+CPIN?": answer}) as port:
        error = await port.failed_bring_up()
        assert error.state is state
        assert not [command for command in port.modem.heard if command.startswith("AT+CPIN=")]
        assert sentence(f"port.{state}", error.args_for_person) != f"port.{state}"


@in_loop
async def test_a_busy_card_is_waited_for() -> None:
    calls = 0

    def busy(_: ScriptedModem) -> Reply:
        nonlocal calls
        calls += 1
        return [b"\r\n+CME ERROR: 14\r\n", info("+CPIN: NOT READY"), info("+CPIN: READY")][min(calls, 3) - 1]

    async with line({"AT+CPIN?": busy}) as port:
        await port.bring_up()
        assert port.progress == [PortState.PROBING, PortState.SIM_BUSY, PortState.SIM_BUSY]


def locked(pin: str, *, after: Reply = OK, wrong: bytes = b"\r\n+CME ERROR: 16\r\n") -> dict[str, Reply]:
    """A card with a PIN; ``AT+CPIN=`` with any other is in no table and so the `wrong` answer."""
    state = {"open": False}

    def ask(_: ScriptedModem) -> Reply:
        return info("+CPIN: READY") if state["open"] else info("+CPIN: SIM PIN")

    def enter(_: ScriptedModem) -> Reply:
        state["open"] = True
        return after

    return {"AT+CPIN?": ask, f'AT+CPIN="{pin}"': enter, 'AT+CPIN="0000"': wrong}


def tries(port: Line) -> list[str]:
    return [command for command in port.modem.heard if command.startswith("AT+CPIN=")]


@in_loop
async def test_a_right_pin_is_given_once_and_is_in_no_trace() -> None:
    async with line(locked("4711"), echo=True) as port:
        await port.bring_up("4711")
        assert tries(port) == ['AT+CPIN="4711"']
        assert b"4711" not in b"".join(entry.octets for entry in port.session.trace())


@pytest.mark.parametrize(
    "wrong", [b"\r\n+CME ERROR: 16\r\n", ERROR, b"\r\n+CME ERROR: incorrect password\r\n"]
)
@in_loop
async def test_a_wrong_pin_is_given_once(wrong: bytes) -> None:
    async with line(locked("4711", wrong=wrong)) as port:
        assert (await port.failed_bring_up("0000")).state is PortState.WRONG_PIN
        assert len(tries(port)) == 1


@in_loop
async def test_a_wrong_pin_leaves_one_try_less() -> None:
    async with line({**locked("4711"), 'AT+CPINR="SIM PIN"': info("+CPINR: SIM PIN,3,3")}) as port:
        assert (await port.failed_bring_up("0000")).args_for_person["tries_left"] == "2"


@in_loop
async def test_a_pin_that_was_the_last_try_and_wrong() -> None:
    async with line(locked("4711", wrong=b"\r\n+CME ERROR: 12\r\n")) as port:
        assert (await port.failed_bring_up("0000")).state is PortState.PUK_REQUIRED


@pytest.mark.parametrize(
    ("maker", "command", "answer"),
    [
        ("huawei", "AT^CPIN?", "^CPIN: SIM PIN,1,10,1,10,3"),
        ("Quectel", 'AT+QPINC="SC"', '+QPINC: "SC",1,10'),
        ("SIMCOM INCORPORATED", "AT+SPIC", "+SPIC: 1,10,0,10"),
        ("WAVECOM MODEM", "AT+CPINC?", "+CPINC: 1,3,10,10"),
        ("somebody", 'AT+CPINR="SIM PIN"', "+CPINR: SIM PIN,1,3"),
    ],
)
@in_loop
async def test_the_last_try_is_a_persons(maker: str, command: str, answer: str) -> None:
    async with line({**locked("4711"), "AT+CGMI": info(maker), command: info(answer)}) as port:
        error = await port.failed_bring_up("4711")
        assert (error.state, error.args_for_person["tries_left"]) == (PortState.PIN_NOT_TRIED, "1")
        assert tries(port) == []


@pytest.mark.parametrize("pin", ["", "12", "123456789", "12a4", '1234","'])
@in_loop
async def test_what_can_be_no_pin_is_not_given(pin: str) -> None:
    async with line(locked("4711")) as port:
        assert (await port.failed_bring_up(pin)).state in (PortState.PIN_REQUIRED, PortState.WRONG_PIN)
        assert tries(port) == []


# -- identity ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "iccid"),
    [
        ({"AT+CCID": info("8986031234567890123F")}, "8986031234567890123"),  # SIM800: bare
        ({"AT+CCID": info("+CCID: 8944501810180244540f")}, "8944501810180244540"),
        (
            {"AT+CGMI": info("huawei"), "AT^ICCID?": info("^ICCID: 98683021436587092143")},
            "89860312345678901234",
        ),
        (
            {"AT+CGMI": info("Quectel"), "AT+QCCID": info("+QCCID: 89860312345678901234")},
            "89860312345678901234",
        ),
        (
            {"AT+CGMI": info("ZTE"), "AT+ZGETICCID": info("+ZGETICCID: 89860312345678901234")},
            "89860312345678901234",
        ),
        ({"AT+CRSM=176,12258,0,0,10": info('+CRSM: 144,0,"98683021436587092143"')}, "89860312345678901234"),
        ({"AT+CRSM=176,12258,0,0,10": info("+CRSM: 144,0,986830214365870921F3")}, "8986031234567890123"),
        ({"AT+CRSM=176,12258,0,0,10": info("+CRSM: 106,130")}, None),
        ({}, None),
    ],
)
@in_loop
async def test_the_card_number_by_whatever_way_there_is(answers: dict[str, Reply], iccid: str | None) -> None:
    async with line({"AT+CCID": ERROR, **answers}) as port:
        assert (await port.bring_up()).iccid == iccid


@in_loop
async def test_a_card_number_that_is_refused_at_first_is_asked_for_again() -> None:
    asked = 0

    def busy_once(_: ScriptedModem) -> Reply:
        nonlocal asked
        asked += 1
        return ERROR if asked == 1 else info("+CCID: 89860312345678901234")

    async with line({"AT+CCID": busy_once}) as port:
        assert (await port.bring_up()).iccid == "89860312345678901234"
        assert asked == 2


@in_loop
async def test_a_card_that_is_pulled_while_it_is_asked_is_not_served_as_nobodys() -> None:
    """Its plan and what it sent are those of its number: without one it would begin anew."""
    gone = b"\r\n+CME ERROR: 10\r\n"
    pulled = dict.fromkeys(("AT+CCID", "AT+CRSM=176,12258,0,0,10", "AT+CIMI", "AT+CNUM"), gone)
    async with line(pulled) as port:
        assert (await port.failed_bring_up()).state is PortState.NO_SIM


@in_loop
async def test_a_card_whose_number_can_be_read_later_is_brought_up_anew() -> None:
    unread = dict.fromkeys(("AT+CCID", "AT+CRSM=176,12258,0,0,10", "AT+CIMI"), ERROR)
    async with ready_line(unread) as port:
        assert port.bearings.iccid is None
        port.modem.answers["AT+CRSM=176,12258,0,0,10"] = info('+CRSM: 144,0,"98683021436587092143"')
        assert await port.session.card() is CardPresence.CHANGED
        await port.event(SimChanged)
        assert (await port.bring_up()).iccid == "89860312345678901234"
        assert await port.session.card() is CardPresence.PRESENT


@in_loop
async def test_a_modem_that_is_mute_to_it_is_asked_for_the_card_number_once() -> None:
    async with line({"AT+CCID": b"", "AT+CRSM=176,12258,0,0,10": ERROR}) as port:
        assert (await port.bring_up()).iccid is None
        assert port.modem.heard.count("AT+CCID") == 1
        assert port.modem.heard.count("AT+CRSM=176,12258,0,0,10") == 2


@in_loop
async def test_a_card_that_was_starting_is_asked_who_it_is_once_the_network_has_it() -> None:
    """Siemens and Wavecom modems without +CMEE refuse with a bare ERROR: nothing tells that the card is busy."""

    def once_registered(answer: bytes) -> Reply:
        return lambda modem: answer if "AT+CREG?" in modem.heard else ERROR

    cimi, ccid = (
        once_registered(info("460001234567890")),
        once_registered(info("+CCID: 89860312345678901234")),
    )
    async with line(
        {"AT+CPIN?": ERROR, "AT+CIMI": cimi, "AT+CCID": ccid, "AT+CRSM=176,12258,0,0,10": ERROR}
    ) as port:
        modem = await port.bring_up()
        assert (modem.imsi, modem.iccid) == ("460001234567890", "89860312345678901234")


@in_loop
async def test_a_card_that_never_tells_who_it_is_is_not_asked_for_ever() -> None:
    async with line({"AT+CIMI": ERROR, "AT+CCID": ERROR, "AT+CRSM=176,12258,0,0,10": ERROR}) as port:
        modem = await port.bring_up()
        assert (modem.imsi, modem.iccid) == (None, None)
        assert port.modem.heard.count("AT+CIMI") == 2


@in_loop
async def test_a_code_that_no_table_lists_is_taken_for_no_name_and_no_number() -> None:
    unlisted = b'\r\n+XNEW: "csq",20,99\r\n'
    answers = {"AT+CGMM": unlisted + info("EC25"), "AT+CGSN": unlisted + info("490154203237518")}
    async with line(answers) as port:
        modem = await port.bring_up()
        assert (modem.model, modem.imei) == ("EC25", "490154203237518")


@pytest.mark.parametrize(
    ("serial", "imei"),
    [
        ("490154203237518", "490154203237518"),
        ('+CGSN: "490154203237518"', "490154203237518"),
        ("490154203237519", None),
        ("000000000000000", None),
        ("IMEI: none", None),
    ],
)
def test_an_imei_is_one_whose_check_digit_is_right(serial: str, imei: str | None) -> None:
    """TS 23.003 annex B has 49-015420-323751 with check digit 8."""
    assert imei_in(serial) == imei


def test_what_is_read_out_of_answers() -> None:
    assert is_luhn_valid("79927398713")
    assert iccid_in("+CCID: 89860 no") is None
    assert iccid_on_card("+CRSM: 148,8") is None
    assert imsi_in('+CIMI: "460001234567890"') == "460001234567890"
    assert own_number_in(['+CNUM: "a","",129', '+CNUM: "Own","8613912345678",145']) == "+8613912345678"
    assert own_number_in(['+CNUM: ,"13912345678",129,7,4']) == "13912345678"
    assert own_number_in([]) is None
    assert words_in("641b09gg.Q2403A 1320676 061804 14:38") == "641b09gg.Q2403A 1320676 061804 14:38"
    assert words_in("Revision: M26FBR03A06-TTS") == "M26FBR03A06-TTS"
    assert words_in('+CGMM: "EC25"') == "EC25"


# -- the network ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "registration"),
    [
        ({"AT+CREG?": info("+CREG: 0,1"), "AT+CEREG?": info("+CEREG: 0,0")}, Registration.HOME),
        ({"AT+CREG?": info("+CREG: 0,5"), "AT+CEREG?": ERROR, "AT+CGREG?": ERROR}, Registration.ROAMING),
        ({"AT+CREG?": info("+CREG: 0,0"), "AT+CEREG?": info("+CEREG: 0,1")}, Registration.HOME),
        (
            {"AT+CREG?": ERROR, "AT+CEREG?": info("+CEREG: 2,6"), "AT+CGREG?": ERROR},
            Registration.SMS_ONLY_HOME,
        ),
        (
            {"AT+CREG?": ERROR, "AT+CEREG?": info("+CEREG: 2,7"), "AT+CGREG?": ERROR},
            Registration.SMS_ONLY_ROAMING,
        ),
        ({"AT+CREG?": ERROR, "AT+CEREG?": ERROR, "AT+CGREG?": ERROR}, Registration.UNKNOWN),
    ],
)
@in_loop
async def test_where_a_card_is_registered(answers: dict[str, Reply], registration: Registration) -> None:
    async with line(answers) as port:
        assert (await port.bring_up()).registration is registration


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0, PortState.NO_NETWORK),
        (2, PortState.NO_NETWORK),
        (3, PortState.REGISTRATION_DENIED),
        (8, PortState.NO_NETWORK),
    ],
)
@in_loop
async def test_no_network_takes_the_card(status: int, state: PortState) -> None:
    silent = {"AT+CEREG?": ERROR, "AT+CGREG?": ERROR}
    async with line({"AT+CREG?": info(f"+CREG: 1,{status}"), **silent}) as port:
        assert (await port.failed_bring_up()).state is state
        assert PortState.REGISTERING in port.progress


@in_loop
async def test_registering_is_waited_for() -> None:
    calls = 0

    def searching(_: ScriptedModem) -> Reply:
        nonlocal calls
        calls += 1
        return info("+CREG: 1,1" if calls > 3 else "+CREG: 1,2")

    async with line({"AT+CREG?": searching, "AT+CEREG?": ERROR, "AT+CGREG?": ERROR}) as port:
        assert (await port.bring_up()).registration is Registration.HOME
        assert port.progress.count(PortState.REGISTERING) == 3


@in_loop
async def test_a_radio_that_is_off_is_switched_on() -> None:
    async with line({"AT+CFUN?": info("+CFUN: 4"), "AT+CFUN=1": OK}) as port:
        await port.bring_up()
        assert "AT+CFUN=1" in port.modem.heard


# -- what is needed for messages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"AT+CMGF=0": ERROR}, PortState.NO_PDU_MODE),
        ({"AT+CMGF=0": b"\r\n+CMS ERROR: 303\r\n"}, PortState.NO_PDU_MODE),
        ({"AT+CMGF=0": b"\r\n+CMS ERROR: 310\r\n"}, PortState.NO_SIM),
        ({"AT+CMGF=0": b""}, PortState.NO_ANSWER),
        ({"AT+CSCA?": info('+CSCA: "",129')}, PortState.NO_SMSC),
        ({"AT+CSCA?": info("+CSCA: ")}, PortState.NO_SMSC),
    ],
)
@in_loop
async def test_what_a_modem_can_not_do_without(answers: dict[str, Reply], state: PortState) -> None:
    async with line(answers) as port:
        assert (await port.failed_bring_up()).state is state


@in_loop
async def test_the_line_goes_in_the_middle() -> None:
    async with line({"AT+CIMI": vanish}) as port:
        assert (await port.failed_bring_up()).state is PortState.LINE_LOST


def test_every_state_has_a_sentence_that_its_facts_fill() -> None:
    facts = {"device": "/dev/ttyUSB3", "detail": "+CME ERROR: 13", "tries_left": "2"}
    for state in PortState:
        text = sentence(f"port.{state}", facts)
        assert text != f"port.{state}"
        assert "{" not in text
    for state in (
        PortState.OPENING,
        PortState.PROBING,
        PortState.SIM_BUSY,
        PortState.REGISTERING,
        PortState.READY,
    ):
        assert sentence(f"port.{state}") in SENTENCES.values()


# -- a modem that was left in UCS2 ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line_", "name"),
    [
        ('+COPS: 0,0,"4E2D56FD79FB52A8",7', "中国移动"),
        ('+COPS: 0,0,"004300480049004E00410020004D004F00420049004C0045",7', "CHINA MOBILE"),
        ('+COPS: 0,2,"46000",7', "46000"),
        ('+COPS: 0,2,"46000123",7', "46000123"),
        ('+COPS: 0,0,"CHN-CT"', "CHN-CT"),
        ('+COPS: 0,0,"中国联通",7', "中国联通"),
        ("+COPS: 0", None),
    ],
)
def test_the_name_of_an_operator(line_: str, name: str | None) -> None:
    assert operator_in(line_) == name


def test_numbers_in_ucs2() -> None:
    assert number_in(["002B0038003600310033003800300030"]) == "+8613800"
    assert number_in(["8613800100500500", "145"]) == "+8613800100500500"


def test_a_card_number_with_and_without_its_check_digit_is_one_card() -> None:
    assert is_same_card("8986031234567890123", "89860312345678901234")
    assert not is_same_card("89860312345678901235", "89860312345678901234")
    assert not is_same_card("898603123456789012", "89860312345678901234")


@in_loop
async def test_a_puk_is_asked_for_by_a_known_card() -> None:
    answers = {"AT+CPIN?": b"\r\n+CME ERROR: 12\r\n", "AT+CCID": info("+CCID: 89860312345678901234")}
    async with line(answers) as port:
        error = await port.failed_bring_up()
        assert (error.state, error.args_for_person["iccid"]) == (
            PortState.PUK_REQUIRED,
            "89860312345678901234",
        )
