"""The PIN of a SIM: asked for once, tried at most once, never where it may be the last try."""

from __future__ import annotations

import pytest

from appliance.modem.card import READ_TRIES
from appliance.modem.identity import READ_EF_ICCID
from appliance.modem.session import Bearings, LineError, Pin, PinRequest, PortState
from appliance.sentences import sentence
from tests.modem.scripted_modem import ERROR, OK, Line, Reply, ScriptedModem, in_loop, info, line

ICCID = "89860312345678901234"
ON_CARD = info('+CRSM: 144,0,"98683021436587092143"')


def locked(pin: str = "4711", *, tries: Reply | None = None) -> dict[str, Reply]:
    """A card that opens with ``pin``; ``tries`` is what +CPINR answers. Before that, +CCID is refused."""
    state = {"open": False}

    def ask(_: ScriptedModem) -> Reply:
        return info("+CPIN: READY") if state["open"] else info("+CPIN: SIM PIN")

    def enter(_: ScriptedModem) -> Reply:
        state["open"] = True
        return OK

    def ccid(_: ScriptedModem) -> Reply:
        return info(f"+CCID: {ICCID}") if state["open"] else b"\r\n+CME ERROR: 11\r\n"

    wrong = b"\r\n+CME ERROR: 16\r\n"
    answers: dict[str, Reply] = {"AT+CPIN?": ask, f'AT+CPIN="{pin}"': enter, 'AT+CPIN="0000"': wrong}
    answers |= {"AT+CCID": ccid, READ_EF_ICCID: ON_CARD}
    return answers if tries is None else {**answers, 'AT+CPINR="SIM PIN"': tries}


class Source:
    """A store of PINs that writes down what it was asked and told."""

    def __init__(self, value: str | None, *, forced: bool = False) -> None:
        self.requests: list[PinRequest] = []
        self.told: list[bool] = []
        self._value, self._forced = value, forced

    async def __call__(self, request: PinRequest) -> Pin | None:
        self.requests.append(request)
        return None if self._value is None else Pin(self._value, self._forced, self._tell)

    async def _tell(self, accepted: bool) -> None:
        self.told.append(accepted)


async def bring_up(port: Line, source: Source) -> Bearings | LineError:
    try:
        return await port.session.bring_up(pin_for=source, on_progress=lambda _state, _args: None)
    except LineError as error:
        return error


def tries(port: Line) -> list[str]:
    return [command for command in port.modem.heard if command.startswith("AT+CPIN=")]


@in_loop
async def test_the_card_is_known_before_its_pin_is_asked_for() -> None:
    source = Source("4711")
    async with line(locked(tries=info("+CPINR: SIM PIN,3,3"))) as port:
        bearings = await bring_up(port, source)
        assert isinstance(bearings, Bearings)
        assert bearings.iccid == ICCID
        assert source.requests == [PinRequest(ICCID, 3)]
        assert source.told == [True]
        assert port.modem.heard.index(READ_EF_ICCID) < port.modem.heard.index('AT+CPIN="4711"')


@in_loop
async def test_a_pin_that_is_refused_is_told_and_not_tried_again() -> None:
    source = Source("0000")
    async with line(locked(tries=info("+CPINR: SIM PIN,3,3"))) as port:
        error = await bring_up(port, source)
        assert isinstance(error, LineError)
        assert (error.state, error.args_for_person["tries_left"]) == (PortState.WRONG_PIN, "2")
        assert error.args_for_person["iccid"] == ICCID
        assert source.told == [False]
        assert len(tries(port)) == 1


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize("forced", [False, True])
@in_loop
async def test_no_pin_is_tried_where_fewer_than_two_tries_are_left(left: int, forced: bool) -> None:
    source = Source("4711", forced=forced)
    async with line(locked(tries=info(f"+CPINR: SIM PIN,{left},3"))) as port:
        error = await bring_up(port, source)
        assert isinstance(error, LineError)
        assert (error.state, error.args_for_person["tries_left"]) == (PortState.PIN_NOT_TRIED, str(left))
        assert (tries(port), source.told) == ([], [])


@in_loop
async def test_the_tries_that_only_the_card_itself_tells() -> None:
    """VERIFY without a PIN answers 63Cx (TS 102 221 §11.1.9)."""
    source = Source("4711")
    async with line({**locked(), READ_TRIES: info('+CSIM: 4,"63C3"')}) as port:
        assert isinstance(await bring_up(port, source), Bearings)
        assert source.requests == [PinRequest(ICCID, 3)]
    async with line({**locked(), READ_TRIES: info("+CSIM: 4,63c1")}) as port:
        error = await bring_up(port, source)
        assert isinstance(error, LineError)
        assert error.state is PortState.PIN_NOT_TRIED


@in_loop
async def test_where_nothing_tells_the_tries_only_a_person_may_have_it_tried() -> None:
    async with line({**locked(), READ_TRIES: info('+CSIM: 4,"6E00"')}) as port:
        error = await bring_up(port, Source("4711"))
        assert isinstance(error, LineError)
        assert (error.state, tries(port)) == (PortState.PIN_NOT_TRIED, [])
    async with line(locked()) as port:
        source = Source("4711", forced=True)
        assert isinstance(await bring_up(port, source), Bearings)
        assert source.requests == [PinRequest(ICCID, None)]


@in_loop
async def test_a_card_whose_number_can_not_be_read_before() -> None:
    source = Source("4711", forced=True)
    async with line({**locked(), READ_EF_ICCID: ERROR}) as port:
        bearings = await bring_up(port, source)
        assert isinstance(bearings, Bearings)
        assert (source.requests[0].iccid, bearings.iccid) == (None, ICCID)


@in_loop
async def test_no_pin_is_known() -> None:
    async with line(locked(tries=info("+CPINR: SIM PIN,3,3"))) as port:
        error = await bring_up(port, Source(None))
        assert isinstance(error, LineError)
        assert (error.state, error.args_for_person["iccid"]) == (PortState.PIN_REQUIRED, ICCID)
        assert "tries left: 3" in sentence(f"port.{error.state}", error.args_for_person)


@in_loop
async def test_a_puk_is_never_asked_for_nor_tried() -> None:
    source = Source("4711", forced=True)
    async with line({"AT+CPIN?": info("+CPIN: SIM PUK")}) as port:
        error = await bring_up(port, source)
        assert isinstance(error, LineError)
        assert (error.state, source.requests, tries(port)) == (PortState.PUK_REQUIRED, [], [])


@in_loop
async def test_an_unanswered_pin_is_told_neither_way() -> None:
    source = Source("4711")
    answers = {**locked(tries=info("+CPINR: SIM PIN,3,3")), 'AT+CPIN="4711"': b""}
    async with line(answers) as port:
        error = await bring_up(port, source)
        assert isinstance(error, LineError)
        assert (error.state, source.told) == (PortState.WRONG_PIN, [])


def test_a_pin_is_in_no_repr() -> None:
    assert "4711" not in repr(Pin("4711"))
