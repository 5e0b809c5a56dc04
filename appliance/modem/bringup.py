"""From an open line to a modem that sends and receives, step by step; each failure with the state that names it.

Only ``AT``, ``AT+CMGF=0`` and ``AT+CMGS`` have to work. Whatever else is refused is noted and done without.
Nothing here writes to a modem's permanent memory: no ``AT&F``, ``AT&W``, ``AT+IPR``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from appliance.modem.asking import Asker, Progress, card_trouble
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.syntax import number, numbers, payload, values
from appliance.modem.at.unsolicited import REGISTRATION_NAMES
from appliance.modem.bearings import Bearings, NetworkStatus, Registration
from appliance.modem.card import identify, unlock
from appliance.modem.identity import imei_in, number_in, words_in
from appliance.modem.receive import Memories, Routing, set_up_receiving
from appliance.modem.registration import Domains
from appliance.modem.signal_strength import rssi_dbm
from appliance.modem.states import LineError, PortState

_REGISTRATION_QUESTIONS = ("AT+CREG?", "AT+CEREG?", "AT+CGREG?")


@dataclass(frozen=True, slots=True)
class Modem:
    """What a session needs to go on with after bring-up."""

    bearings: Bearings
    memories: Memories
    routing: Routing | None
    questions: tuple[str, ...]
    """The questions about the network that this modem answers."""


async def bring_up(dialogue: Dialogue, domains: Domains, *, pin: str | None, on_progress: Progress) -> Modem:
    """Bring a modem to READY. LineError with the state that says why it can't be."""
    asker = Asker(dialogue, on_progress)
    on_progress(PortState.PROBING, {})
    await dialogue.contact()
    await _set_manners(asker)
    manufacturer, model, revision, imei = await _who(asker)
    maker = f"{manufacturer or ''} {model or ''}"
    await unlock(asker, maker, pin)
    await _need_pdu_mode(asker)
    if not (
        await asker.ask_card('AT+CSCS="GSM"')
    ).ok:  # another program may have left UCS2: names in hexadecimal
        await asker.ask_card('AT+CSCS="IRA"')
    card = await identify(asker, maker)
    questions = await _register(asker, domains)
    network = await network_status(dialogue, domains, questions)
    smsc = await _smsc(asker)
    receive, memories, routing = await set_up_receiving(asker)
    bearings = Bearings(
        manufacturer=manufacturer,
        model=model,
        revision=revision,
        imei=imei,
        iccid=card.iccid,
        imsi=card.imsi,
        msisdn=card.msisdn,
        operator=network.operator,
        registration=network.registration,
        rssi_dbm=network.rssi_dbm,
        smsc=smsc,
        receive=receive,
        notes=tuple(asker.notes),
    )
    return Modem(bearings, memories, routing, questions)


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


async def _who(asker: Asker) -> tuple[str | None, str | None, str | None, str | None]:
    """Manufacturer, model, revision, IMEI."""
    texts = [
        await asker.first_line("AT+CGMI", "AT+GMI"),
        await asker.first_line("AT+CGMM", "AT+GMM"),
        await asker.first_line("AT+CGMR", "AT+GMR"),
    ]
    manufacturer, model, revision = (None if text is None else words_in(text) for text in texts)
    serial = await asker.first_line("AT+CGSN", "AT+GSN")
    imei = None if serial is None else imei_in(serial)
    if serial is not None and imei is None:
        asker.notes.append(f"AT+CGSN: {payload(serial)} is no IMEI with a valid check digit")
    return manufacturer, model, revision, imei


async def _need_pdu_mode(asker: Asker) -> None:
    answer = await asker.ask_card("AT+CMGF=0")
    if answer.ok:
        return
    if answer.final is None:
        raise LineError(PortState.NO_ANSWER, detail="no answer to AT+CMGF=0")
    trouble = card_trouble(answer.error)
    raise LineError(trouble or PortState.NO_PDU_MODE, detail=answer.error.raw if answer.error else "")


async def _smsc(asker: Asker) -> str | None:
    """The service centre's number; None where the modem doesn't tell. LineError(NO_SMSC) where there is none."""
    answer = await asker.ask_card("AT+CSCA?")
    said = answer.named("+CSCA")
    if said is None:
        return None
    smsc = number_in(values(said))
    if smsc is None:
        raise LineError(PortState.NO_SMSC, detail=said)
    return smsc


# -- the network ------------------------------------------------------------------------------------------------


async def _register(asker: Asker, domains: Domains) -> tuple[str, ...]:
    """Wait until a network has accepted the SIM; the questions that the modem answers.

    A modem that answers no such question is tried as it is.
    """
    for command in ("AT+CREG=1", "AT+CEREG=1", "AT+CGREG=1"):
        await asker.ask(command)
    questions = tuple(
        [question for question in _REGISTRATION_QUESTIONS if await _hear(asker, question, domains)]
    )
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
            await _ask_registration(asker.dialogue, question, domains)
    return (*questions, *[question for question in ("AT+COPS?", "AT+CSQ") if (await asker.ask(question)).ok])


async def _hear(asker: Asker, question: str, domains: Domains) -> bool:
    heard = await _ask_registration(asker.dialogue, question, domains)
    if not heard:
        asker.notes.append(f"{question}: refused")
    return heard


async def _ask_registration(dialogue: Dialogue, question: str, domains: Domains) -> bool:
    """Whether the modem answered; ``domains`` has heard what."""
    answer = await dialogue.execute(question)
    said = answer.named(question[2:].rstrip("?"))
    if said is not None:
        domains.hear(said)
    return answer.ok and said is not None


async def network_status(dialogue: Dialogue, domains: Domains, questions: tuple[str, ...]) -> NetworkStatus:
    """Registration, operator and signal, out of those ``questions`` that the modem answers."""
    operator: str | None = None
    strength: int | None = None
    for question in questions:
        name = question[2:].rstrip("?")
        if name in REGISTRATION_NAMES:
            await _ask_registration(dialogue, question, domains)
            continue
        said = (await dialogue.execute(question)).named(name) or ""
        if name == "+COPS":
            operator = operator_in(said)
        else:
            strength = rssi_dbm(number(next(iter(values(said)), "")))
    return NetworkStatus(domains.verdict, operator, strength)


def operator_in(line: str) -> str | None:
    """The third field of ``+COPS: <mode>,<format>,<oper>[,<AcT>]`` (TS 27.007 §7.3)."""
    fields = values(line)
    return fields[2] or None if len(fields) > 2 else None
