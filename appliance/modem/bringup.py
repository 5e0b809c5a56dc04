"""From an open line to a modem that sends and receives, step by step; each failure with the state that names it.

Only ``AT``, the mode of its messages and the command that sends one have to work. Whatever else is refused is
noted and done without. Nothing here writes to a modem's permanent memory: no ``AT&F``, ``AT&W``, ``AT+IPR``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.modem.asking import Asker, Progress
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.syntax import numbers
from appliance.modem.bearings import Bearings, NetworkStatus, Registration
from appliance.modem.card import Card, identify, identify_again, unlock
from appliance.modem.cdma.detection import technology_of
from appliance.modem.equipment import Equipment, equipment_of
from appliance.modem.forms import messaging_for
from appliance.modem.identity import operator_in
from appliance.modem.messaging import Messaging, SmsForm
from appliance.modem.pin import PinSource
from appliance.modem.profile import Profile
from appliance.modem.profiles import ProfileBook
from appliance.modem.registration import Domains, ask_registration
from appliance.modem.signal_strength import rssi_in
from appliance.modem.states import LineError, PortState


@dataclass(frozen=True, slots=True)
class Modem:
    """What a session needs to go on with after bring-up."""

    bearings: Bearings
    messaging: Messaging
    profile: Profile
    questions: tuple[str, ...]
    """The questions about the network that this modem answers."""


async def bring_up(
    dialogue: Dialogue,
    domains: Domains,
    book: ProfileBook,
    *,
    pin_for: PinSource,
    on_progress: Progress,
    on_profile: Callable[[Profile], None],
    on_messaging: Callable[[Messaging], None],
    hint: str | None = None,
) -> Modem:
    """Bring a modem to READY. LineError with the state that says why it can't be; with its ICCID once it is known.

    ``on_profile`` is told the family of the modem before its card is looked at, ``on_messaging`` the form of its
    messages before any more of them may come.
    """
    asker = Asker(dialogue, on_progress)
    on_progress(PortState.PROBING, {})
    await dialogue.contact()
    await _set_manners(asker)
    equipment, profile = await equipment_of(asker, book, hint)
    on_profile(profile)
    dialogue.limits = asker.limits = dialogue.limits.with_profile(profile.limits)
    asker.busy = profile.card_busy
    for command in profile.init:
        await asker.ask(command)
    for command in profile.sim_enable:
        await asker.turn_on(command)
    iccid = await unlock(asker, profile, book.generic, pin_for)
    messaging = await _messaging(asker, profile, equipment)
    on_messaging(messaging)
    card = await identify(asker, profile, iccid)
    try:
        return await _enter_network(asker, domains, messaging, profile, (equipment, card))
    except LineError as error:
        if card.iccid is not None:
            error.args_for_person.setdefault("iccid", card.iccid)
        raise


async def _set_manners(asker: Asker) -> None:
    """No echo, errors as numbers, radio on."""
    dialogue = asker.dialogue
    await asker.ask("ATE0")
    echoes = dialogue.echoes
    await asker.ask("AT+CMEE=1")
    radio = await asker.ask("AT+CFUN?")
    dialogue.echo_is_off = dialogue.echoes == echoes
    if numbers(radio.named("+CFUN") or "")[:1] in ([0], [4]):
        await asker.ask("AT+CFUN=1")


async def _messaging(asker: Asker, profile: Profile, equipment: Equipment) -> Messaging:
    """The messages of the modem, ready to be set up: PDU mode, or for a CDMA modem that has none its text mode."""
    messaging = messaging_for(asker.dialogue, profile)
    try:
        await messaging.prepare(asker)
    except LineError as error:
        if error.state is not PortState.NO_PDU_MODE:
            raise
        technology = await technology_of(asker) if messaging.form is SmsForm.TPDU else None
        if technology is not None:
            messaging = messaging_for(asker.dialogue, replace(profile, technology=technology))
            await messaging.prepare(asker)
            return messaging
        if equipment.is_unknown:
            detail = "it refuses everything that only a modem does"
            raise LineError(PortState.NO_MODEM, detail=detail) from error
        raise
    return messaging


async def _enter_network(
    asker: Asker, domains: Domains, messaging: Messaging, profile: Profile, known: tuple[Equipment, Card]
) -> Modem:
    equipment, card = known
    questions = await _register(asker, domains, profile)
    card = await identify_again(asker, profile, card)
    await asker.ask("AT+CLIP=1")  # who calls (TS 27.007 §7.6); it is off after power-up
    network = await network_status(asker.dialogue, domains, questions)
    receive = await messaging.set_up(asker)
    bearings = Bearings(
        manufacturer=equipment.manufacturer,
        model=equipment.model,
        revision=equipment.revision,
        imei=equipment.imei,
        iccid=card.iccid,
        imsi=card.imsi,
        msisdn=card.msisdn,
        operator=network.operator,
        registration=network.registration,
        rssi_dbm=network.rssi_dbm,
        smsc=messaging.smsc,
        receive=receive,
        notes=tuple(asker.notes),
        profile=profile.name,
        form=messaging.form,
        meid=equipment.meid,
        esn=equipment.esn,
    )
    return Modem(bearings, messaging, profile, questions)


# -- the network ------------------------------------------------------------------------------------------------


async def _register(asker: Asker, domains: Domains, profile: Profile) -> tuple[str, ...]:
    """Wait until a network has accepted the SIM; the questions that the modem answers.

    A modem that answers no such question is tried as it is.
    """
    asked = profile.registration
    for question in asked:
        if question.endswith("?"):
            await asker.ask(f"{question[:-1]}=1")
    questions = tuple([question for question in asked if await _hear(asker, question, domains)])
    loop = asyncio.get_running_loop()
    deadline = loop.time() + asker.limits.registration_s
    while questions and not domains.verdict.can_send:
        denied = domains.verdict is Registration.DENIED
        if loop.time() >= deadline:
            state = PortState.REGISTRATION_DENIED if denied else PortState.NO_NETWORK
            raise LineError(state, detail=domains.verdict.value)
        asker.on_progress(PortState.REGISTERING, {})
        await asyncio.sleep(asker.limits.poll_s)
        for question in questions:
            await ask_registration(asker.dialogue, question, domains)
    return (*questions, *[question for question in ("AT+COPS?", "AT+CSQ") if (await asker.ask(question)).ok])


async def _hear(asker: Asker, question: str, domains: Domains) -> bool:
    heard = await ask_registration(asker.dialogue, question, domains)
    if not heard:
        asker.notes.append(f"{question}: refused")
    return heard


async def network_status(dialogue: Dialogue, domains: Domains, questions: tuple[str, ...]) -> NetworkStatus:
    """Registration, operator and signal, out of those ``questions`` that the modem answers."""
    operator: str | None = None
    strength: int | None = None
    for question in questions:
        match question:
            case "AT+COPS?":
                operator = operator_in((await dialogue.execute(question)).named("+COPS") or "")
            case "AT+CSQ":
                strength = rssi_in((await dialogue.execute(question)).named("+CSQ") or "")
            case _:
                await ask_registration(dialogue, question, domains)
    return NetworkStatus(domains.verdict, operator, strength)
