"""The SIM at bring-up: is it there, is it open, whose is it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from appliance.modem.asking import Asker, card_trouble
from appliance.modem.at.dialogue import Answer
from appliance.modem.at.errors import modem_error
from appliance.modem.at.syntax import number, payload, values
from appliance.modem.identity import (
    ICCID_COMMANDS,
    PIN_TRIES_COMMANDS,
    READ_EF_ICCID,
    commands_for,
    iccid_in,
    iccid_on_card,
    imsi_in,
    own_number_in,
)
from appliance.modem.states import LineError, PortState


@dataclass(frozen=True, slots=True)
class Card:
    """What the SIM says of itself; None where the modem doesn't tell."""

    iccid: str | None
    imsi: str | None
    msisdn: str | None


async def unlock(asker: Asker, maker: str, pin: str | None) -> None:
    """Come to where the SIM is open. LineError with the state that says why it is not.

    A PIN is tried once, and only if that can't be the last try; a PUK never.
    """
    state = await _asked_for(asker)
    if state == "SIM PIN":
        await _give_pin(asker, maker, pin)
        state = await _asked_for(asker)
    match state:
        case "SIM PIN":
            raise LineError(PortState.WRONG_PIN, detail="asks for it again")
        case "SIM PUK":
            raise LineError(PortState.PUK_REQUIRED, detail=state)
        case "NOT INSERTED":
            raise LineError(PortState.NO_SIM, detail=state)
        case str() if state.startswith("PH-"):
            raise LineError(PortState.SIM_FAILURE, detail=f"the modem is locked: {state}")
        case _:  # READY; or a PIN2, which short messages don't need; or the modem doesn't tell
            pass


async def identify(asker: Asker, maker: str) -> Card:
    """ICCID, IMSI and own number."""
    iccid, vain = await _iccid(asker, _ways_to_iccid(maker))
    imsi = await asker.ask_card("AT+CIMI")
    own = await asker.ask_card("AT+CNUM")
    if iccid is None:
        # A SIM that is busy still is not always refused with that code. What was mute is not waited for again.
        iccid, _ = await _iccid(asker, vain)
    return Card(
        iccid,
        next((found for line in imsi.lines if (found := imsi_in(line.text))), None),
        own_number_in([line.text for line in own.lines]),
    )


async def _asked_for(asker: Asker) -> str | None:
    """What ``AT+CPIN?`` says is asked for (``READY``, ``SIM PIN``, …), once it says anything; None if it can't."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + asker.limits.sim_busy_s
    while True:
        answer = await asker.ask_card("AT+CPIN?")
        trouble = card_trouble(answer.error)
        if trouble is PortState.PIN_REQUIRED:
            return "SIM PIN"
        if trouble is not None:
            raise LineError(trouble, detail=answer.error.raw if answer.error else "")
        state = _state_in(answer)
        if state != "NOT READY":
            return state
        if loop.time() >= deadline:
            raise LineError(PortState.NO_SIM, detail=state)
        asker.on_progress(PortState.SIM_BUSY, {})
        await asyncio.sleep(asker.limits.poll_s)


def _state_in(answer: Answer) -> str | None:
    line = answer.named("+CPIN") or (answer.lines[0].text if answer.lines else None)
    return None if line is None else payload(line).strip('"').upper()


async def _give_pin(asker: Asker, maker: str, pin: str | None) -> None:
    tries_left = await _tries_left(asker, maker)
    shown = "?" if tries_left is None else str(tries_left)
    if not pin:
        raise LineError(PortState.PIN_REQUIRED, tries_left=shown)
    if tries_left is not None and tries_left < 2:
        raise LineError(PortState.WRONG_PIN, tries_left=shown, detail="not tried: it would be the last try")
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
        raise LineError(PortState.WRONG_PIN, tries_left=shown, detail="not tried: a PIN has 4 to 8 digits")
    answer = await asker.dialogue.execute(f'AT+CPIN="{pin}"')
    if answer.ok:
        return
    if answer.final is not None and card_trouble(modem_error(answer.final.text)) is PortState.PUK_REQUIRED:
        raise LineError(PortState.PUK_REQUIRED, detail=answer.final.text)
    if tries_left is not None:
        shown = str(tries_left - 1)
    raise LineError(
        PortState.WRONG_PIN, tries_left=shown, detail=answer.final.text if answer.final else "no answer"
    )


async def _tries_left(asker: Asker, maker: str) -> int | None:
    """How often the PIN may still be tried, where the modem has a command for it."""
    for word, command, at in PIN_TRIES_COMMANDS:
        if word not in maker.lower():
            continue
        answer = await asker.ask(command)
        if answer.ok and answer.lines:
            fields = values(answer.lines[0].text)
            return number(fields[at]) if len(fields) > at else None
    return None


async def _iccid(asker: Asker, commands: list[str]) -> tuple[str | None, list[str]]:
    """The card number, and which of ``commands`` were answered without it."""
    vain: list[str] = []
    for command in commands:
        answer = await asker.ask_card(command)
        read = iccid_on_card if command == READ_EF_ICCID else iccid_in
        found = next((iccid for line in answer.lines if (iccid := read(line.text))), None)
        if found is not None:
            return found, vain
        if answer.final is not None:
            vain.append(command)
    return None, vain


def _ways_to_iccid(maker: str) -> list[str]:
    """The commands of the maker, the usual one, and straight from the card."""
    return list(dict.fromkeys([*commands_for(ICCID_COMMANDS, maker), "AT+CCID", READ_EF_ICCID]))
