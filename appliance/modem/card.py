"""The SIM at bring-up: is it there, is it open, whose is it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from appliance.modem.asking import Asker, card_trouble
from appliance.modem.at.dialogue import Answer
from appliance.modem.at.syntax import number, payload, values
from appliance.modem.errors import modem_error
from appliance.modem.identity import READ_EF_ICCID, iccid_in, iccid_on_card, imsi_in, own_number_in
from appliance.modem.pin import Pin, PinRequest, PinSource
from appliance.modem.profile import Profile, TriesCommand
from appliance.modem.states import LineError, PortState

LEAST_TRIES = 2
"""With fewer tries left, a PIN is a person's to enter."""

READ_TRIES = 'AT+CSIM=10,"0020000100"'
"""VERIFY PIN 1 without a PIN: counts as no try, and its status word 63Cx has the tries left (TS 102 221 §11.1.9).

ModemManager's Telit plugin asks in the same way. A card of the old kind (class A0) refuses the class, no more.
"""

_LOCKED = {PortState.PIN_REQUIRED: "SIM PIN", PortState.PUK_REQUIRED: "SIM PUK"}
_TRIES_LEFT = re.compile(r"63C([0-9A-F])\"?$", re.IGNORECASE)
_PIN = re.compile(r"[0-9]{4,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Card:
    """What the SIM says of itself; None where the modem doesn't tell."""

    iccid: str | None
    imsi: str | None
    msisdn: str | None


async def unlock(asker: Asker, profile: Profile, generic: Profile, pin_for: PinSource) -> str | None:
    """Come to where the SIM is open; its ICCID where that had to be read. LineError says why it is not open.

    A PIN is tried once, and only if that can't be the last try; a PUK never.
    """
    iccid: str | None = None
    known: dict[str, str] = {}
    state = await _asked_for(asker)
    if state in ("SIM PIN", "SIM PUK"):
        iccid, _ = await _iccid(asker, ways_to_iccid(profile))
        known = {} if iccid is None else {"iccid": iccid}
    if state == "SIM PIN":
        ways = dict.fromkeys([*profile.pin_tries, *generic.pin_tries])
        await _give_pin(asker, PinRequest(iccid, await _tries_left(asker, ways)), pin_for, known)
        state = await _asked_for(asker)
    match state:
        case "SIM PIN":
            raise LineError(PortState.WRONG_PIN, detail="asks for it again", tries_left="?", **known)
        case "SIM PUK":
            raise LineError(PortState.PUK_REQUIRED, detail=state, **known)
        case "NOT INSERTED":
            raise LineError(PortState.NO_SIM, detail=state)
        case str() if state.startswith("PH-"):
            raise LineError(PortState.SIM_FAILURE, detail=f"the modem is locked: {state}")
        case _:  # READY; or a PIN2, which short messages don't need; or the modem doesn't tell
            return iccid


async def identify(asker: Asker, profile: Profile, iccid: str | None) -> Card:
    """ICCID (where it is not known yet), IMSI and own number."""
    vain: list[str] = []
    if iccid is None:
        iccid, vain = await _iccid(asker, ways_to_iccid(profile))
    imsi = await asker.ask_card("AT+CIMI")
    own = await asker.ask_card("AT+CNUM")
    if iccid is None:
        # A SIM that is busy still is not always refused with that code. What was mute is not waited for again.
        iccid, _ = await _iccid(asker, vain)
    subscriber = next((found for line in imsi.lines if (found := imsi_in(line.text))), None)
    trouble = card_trouble(imsi.error)
    if iccid is None and subscriber is None and trouble is not None:
        # It was pulled, or fell out, while it was asked: to go on would be to send for nobody knows whom.
        raise LineError(trouble, detail=imsi.error.raw if imsi.error else "")
    return Card(iccid, subscriber, own_number_in([line.text for line in own.lines]))


async def identify_again(asker: Asker, profile: Profile, card: Card) -> Card:
    """Once the network has the card, where that told nothing of itself: it was starting still.

    A modem without ``+CMEE`` says no more than ``ERROR`` then, as one does that never tells; and a card without a name
    would be taken for another one.
    """
    if card.iccid is not None or card.imsi is not None or not (await asker.ask_card("AT+CIMI")).ok:
        return card
    return await identify(asker, profile, None)


def ways_to_iccid(profile: Profile) -> tuple[str, ...]:
    """The commands of the profile, and straight from the card."""
    return tuple(dict.fromkeys([*profile.iccid, READ_EF_ICCID]))


def iccid_of(answer: Answer) -> str | None:
    """The card number in the answer to any command for it."""
    read = iccid_on_card if answer.command == READ_EF_ICCID else iccid_in
    return next((iccid for line in answer.lines if (iccid := read(line.text))), None)


async def _iccid(asker: Asker, commands: Sequence[str]) -> tuple[str | None, list[str]]:
    """The card number, and which of ``commands`` were answered without it."""
    vain: list[str] = []
    for command in commands:
        answer = await asker.ask_card(command)
        found = iccid_of(answer)
        if found is not None:
            return found, vain
        if answer.final is not None:
            vain.append(command)
    return None, vain


async def _asked_for(asker: Asker) -> str | None:
    """What ``AT+CPIN?`` says is asked for (``READY``, ``SIM PIN``, …), once it says anything; None if it can't."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + asker.limits.sim_busy_s
    while True:
        answer = await asker.ask_card("AT+CPIN?")
        trouble = card_trouble(answer.error)
        if trouble in _LOCKED:
            return _LOCKED[trouble]
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


# -- the PIN ----------------------------------------------------------------------------------------------------


async def _give_pin(asker: Asker, request: PinRequest, pin_for: PinSource, known: dict[str, str]) -> None:
    tries_left = request.tries_left
    shown = "?" if tries_left is None else str(tries_left)
    if tries_left is not None and tries_left < LEAST_TRIES:
        raise LineError(PortState.PIN_NOT_TRIED, tries_left=shown, **known)
    pin = await pin_for(request)
    if pin is None:
        raise LineError(PortState.PIN_REQUIRED, tries_left=shown, **known)
    if not _PIN.fullmatch(pin.value):
        detail = "not tried: a PIN has 4 to 8 digits"
        raise LineError(PortState.WRONG_PIN, tries_left=shown, detail=detail, **known)
    if tries_left is None and not pin.forced:
        raise LineError(PortState.PIN_NOT_TRIED, tries_left=shown, **known)
    await _try(asker, pin, tries_left, known)


async def _try(asker: Asker, pin: Pin, tries_left: int | None, known: dict[str, str]) -> None:
    answer = await asker.dialogue.execute(f'AT+CPIN="{pin.value}"')
    if answer.final is not None and pin.on_answer is not None:
        await pin.on_answer(answer.ok)
    if answer.ok:
        return
    said = answer.final.text if answer.final else "no answer"
    if answer.final is not None and card_trouble(modem_error(said)) is PortState.PUK_REQUIRED:
        raise LineError(PortState.PUK_REQUIRED, detail=said, **known)
    shown = "?" if tries_left is None else str(tries_left - 1)
    raise LineError(PortState.WRONG_PIN, tries_left=shown, detail=said, **known)


async def _tries_left(asker: Asker, ways: Iterable[TriesCommand]) -> int | None:
    """How often the PIN may still be tried: by the first of ``ways`` that tells, else by the card; None: unknown."""
    for tries in ways:
        answer = await asker.ask(tries.command)
        for line in answer.lines:
            fields = values(line.text)
            left = number(fields[tries.field]) if len(fields) > tries.field else None
            if left is not None:
                return left
    answer = await asker.ask(READ_TRIES)
    found = _TRIES_LEFT.search(answer.named("+CSIM") or "")
    return None if found is None else int(found[1], 16)
