"""The operations of the control socket; `control.py` says what each takes and gives."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from appliance.modem.simulator.control_fields import ControlError, Fields
from appliance.modem.simulator.control_hardware import HardwareOperations, modem_of
from appliance.modem.simulator.errors import AtError, Family
from appliance.modem.simulator.faults import Answer, CountedRule, FaultKind, Verdict
from appliance.modem.simulator.handsets import Handset, HandsetMessage, MessageDirection
from appliance.modem.simulator.ledger import LedgerEvent
from appliance.modem.simulator.numbers import subscriber_key
from appliance.modem.simulator.scenarios import SCENARIOS, ScenarioError

if TYPE_CHECKING:
    from appliance.modem.simulator.bank import Bank
    from appliance.modem.simulator.modem import Modem

PROTOCOL_VERSION = 1


class Operations:
    """What can be asked of one bank: operations that answer `at_once`, and those that answer `in_time`."""

    def __init__(self, bank: "Bank") -> None:
        self._bank = bank
        self.at_once: dict[str, Callable[[Fields], Any]] = {
            "ping": lambda _fields: {"version": PROTOCOL_VERSION},
            "modems": self._modems,
            "handsets": self._handsets,
            "handset_messages": self._handset_messages,
            "handset_reply": self._handset_reply,
            "auto_reply": self._auto_reply,
            "handset_fate": self._handset_fate,
            "settings": self._settings,
            "fault": self._fault,
            "ledger": self._ledger,
            "scenario": self._scenario,
            "scenarios": self._scenarios,
            **HardwareOperations(bank).at_once,
        }
        self.in_time: dict[str, Callable[[Fields], Awaitable[Any]]] = {"wait": self._wait}

    # Modems

    def _modems(self, _fields: Fields) -> list[dict[str, Any]]:
        return [self._modem(modem) for modem in self._bank.modems.values()]

    def _modem(self, modem: "Modem") -> dict[str, Any]:
        sim = modem.sim
        subscription = None if sim is None else self._bank.network.subscription(sim.msisdn)
        names = {
            name for names in modem.profile.memories for name in names if name in modem.profile.capacities
        }
        usage = {name: modem.messages.usage(name) for name in sorted(names)}
        return {
            "modem": modem.name,
            "port": str(self._bank.lines[modem.name].link),
            "profile": modem.profile.name,
            "manufacturer": modem.profile.manufacturer.strip(),
            "model": modem.profile.model.strip(),
            "imei": modem.imei,
            "plugged": modem.is_on,
            "card": self._bank.drawer.name_of(modem.slot.card),
            "iccid": "" if sim is None else sim.iccid,
            "imsi": "" if sim is None else sim.imsi,
            "msisdn": "" if sim is None else sim.msisdn,
            "operator": "" if sim is None else sim.carrier.long_name,
            "sim": "ABSENT" if sim is None else sim.pin_state.value,
            "registration": modem.registration.value,
            "registered": modem.is_registered,
            "signal": modem.signal,
            "memories": {name: {"used": used, "total": total} for name, (used, total) in usage.items()},
            "waiting": 0 if subscription is None else len(subscription.waiting),
            "sent": 0 if subscription is None else subscription.sent,
            "received": 0 if subscription is None else subscription.received,
            "commands": modem.terminal.command_lines,
            "busy": modem.terminal.is_busy,
            "hung": modem.terminal.hung,
        }

    # Handsets

    def _handsets(self, fields: Fields) -> list[dict[str, Any]]:
        limit = fields.whole("limit", 1000, lowest=1)
        newest = heapq.nlargest(limit, self._bank.network.handsets, key=_last_at_ms)
        return [self._handset(handset) for handset in newest]

    def _handset(self, handset: Handset) -> dict[str, Any]:
        received = [message for message in handset.messages if message.direction is MessageDirection.IN]
        last = handset.messages[-1] if handset.messages else None
        bank_wide = self._bank.network.handsets.auto_reply
        return {
            "number": handset.number,
            "received": len(received),
            "unread": sum(not message.read for message in received),
            "sent": len(handset.messages) - len(received),
            "last_at_ms": _last_at_ms(handset),
            "last_text": "" if last is None else last.text,
            "auto_reply": handset.auto_reply if handset.decides_itself else bank_wide,
        }

    def _handset_messages(self, fields: Fields) -> dict[str, Any]:
        number = subscriber_key(fields.text("number"))
        limit = fields.whole("limit", 200, lowest=1)
        keep_unread = fields.flag("keep_unread", default=False)
        with_tpdus = fields.flag("with_tpdus", default=False)
        handset = self._bank.network.handsets.get(number)
        messages = [] if handset is None else handset.messages[-limit:]
        shown = [_message(message, with_tpdus=with_tpdus) for message in messages]
        if not keep_unread:
            for message in messages:
                message.read = True
        return {"number": number, "messages": shown}

    def _handset_reply(self, fields: Fields) -> dict[str, Any]:
        text = fields.text("text")
        if not text:
            raise ControlError("text is empty")
        message = self._bank.network.reply(_number(fields, "number"), _number(fields, "to"), text)
        return {"id": message.id, "parts": message.parts_total}

    def _auto_reply(self, fields: Fields) -> dict[str, Any]:
        text = fields.text("text") if fields.has("text") else None
        handsets = self._bank.network.handsets
        if not fields.has("number"):
            handsets.auto_reply = text
            return {"number": None, "text": text}
        handset = handsets.of(_number(fields, "number"))
        handset.auto_reply, handset.decides_itself = text, True
        return {"number": handset.number, "text": text}

    def _handset_fate(self, fields: Fields) -> dict[str, Any]:
        status = fields.whole("status", lowest=32) if fields.has("status") else None
        if status is not None and status > 127:
            raise ControlError("status must be between 32 and 127")
        handset = self._bank.network.handsets.of(_number(fields, "number"))
        handset.fate = status
        return {"number": handset.number, "status": status}

    # Network

    def _settings(self, fields: Fields) -> dict[str, Any]:
        network, rates = self._bank.network.settings, self._bank.faults.rates
        times = {
            name: fields.whole(name) / 1000
            for name in ("latency_ms", "report_delay_ms", "delivery_delay_ms", "reply_delay_ms")
            if fields.has(name)
        }
        shares = {
            name: fields.rate(name)
            for name in ("error_rate", "lost_final_rate", "hang_rate")
            if fields.has(name)
        }
        code = fields.whole("error_code", rates.error_code)
        for name, seconds in times.items():
            setattr(network, name.replace("_ms", "_s"), seconds)
        for name, share in shares.items():
            setattr(rates, name, share)
        rates.error_code = code
        return {
            "latency_ms": round(network.latency_s * 1000),
            "report_delay_ms": round(network.report_delay_s * 1000),
            "delivery_delay_ms": round(network.delivery_delay_s * 1000),
            "reply_delay_ms": round(network.reply_delay_s * 1000),
            "error_rate": rates.error_rate,
            "error_code": rates.error_code,
            "lost_final_rate": rates.lost_final_rate,
            "hang_rate": rates.hang_rate,
        }

    def _fault(self, fields: Fields) -> dict[str, Any]:
        modem = modem_of(self._bank, fields)
        try:
            kind = FaultKind(fields.text("kind"))
        except ValueError:
            raise ControlError(
                f"there is no kind {fields.text('kind')!r}; there are {', '.join(FaultKind)}"
            ) from None
        self._apply(modem, kind, fields)
        return {"modem": modem.name, "kind": kind.value}

    def _apply(self, modem: "Modem", kind: FaultKind, fields: Fields) -> None:
        match kind:
            case FaultKind.CLEAR:
                self._bank.faults.clear(modem.name)
                modem.recover()
            case FaultKind.MUTE:
                modem.hang(fields.whole("duration_ms") / 1000 if fields.has("duration_ms") else None)
            case FaultKind.HANGUP:
                modem.lose_line(fields.whole("return_ms", 1000) / 1000)
            case _:
                rule = CountedRule(modem.name, _verdict(kind, fields), fields.whole("count", 1, lowest=1))
                self._bank.faults.rules.append(rule)

    def _scenario(self, fields: Fields) -> dict[str, Any]:
        try:
            modem = self._bank.theatre.play(
                fields.text("name"),
                fields.text("modem") if fields.has("modem") else None,
                fields.rest("op", "name", "modem"),
            )
        except ScenarioError as error:
            raise ControlError(str(error)) from None
        return {"name": fields.text("name"), "modem": modem}

    def _scenarios(self, _fields: Fields) -> list[dict[str, Any]]:
        return [
            {
                "name": scenario.name,
                "tells": scenario.tells,
                "options": {option.name: option.default for option in scenario.options},
            }
            for scenario in SCENARIOS.values()
        ]

    def _ledger(self, _fields: Fields) -> dict[str, int]:
        self._bank.ledger.flush()
        return {event.value: self._bank.ledger.counts[event] for event in LedgerEvent}

    async def _wait(self, fields: Fields) -> dict[str, Any]:
        timeout_s = fields.whole("timeout_ms", 10_000) / 1000
        count, wanted = self._counter(fields)
        changed = asyncio.Event()
        stop_listening = self._bank.ledger.listen(changed.set)
        try:
            async with asyncio.timeout(timeout_s):
                while count() < wanted:
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            return {"reached": False, "count": count()}
        finally:
            stop_listening()
        self._bank.ledger.flush()
        return {"reached": True, "count": count()}

    def _counter(self, fields: Fields) -> tuple[Callable[[], int], int]:
        if fields.has("handset"):
            number = _number(fields, "handset")
            return lambda: self._whole_messages(number), fields.whole("messages", 1)
        try:
            event = LedgerEvent(fields.text("event"))
        except ValueError:
            raise ControlError(
                f"there is no event {fields.text('event')!r}; there are {', '.join(LedgerEvent)}"
            ) from None
        return lambda: self._bank.ledger.counts[event], fields.whole("at_least", 1)

    def _whole_messages(self, number: str) -> int:
        handset = self._bank.network.handsets.get(number)
        if handset is None:
            return 0
        return sum(
            message.is_complete and message.direction is MessageDirection.IN for message in handset.messages
        )


def _last_at_ms(handset: Handset) -> int:
    return handset.messages[-1].at_ms if handset.messages else 0


def _number(fields: Fields, name: str) -> str:
    number = subscriber_key(fields.text(name))
    if not number.strip("+"):
        raise ControlError(f"{name} must be a number")
    return number


def _message(message: HandsetMessage, *, with_tpdus: bool) -> dict[str, Any]:
    incoming = message.direction is MessageDirection.IN
    shown: dict[str, Any] = {
        "id": message.id,
        "direction": message.direction.value,
        "from": message.sender,
        "to": message.recipient,
        "text": message.text,
        "at_ms": message.at_ms,
        "parts_total": message.parts_total,
        "parts_received": len(message.numbers) if incoming else message.parts_total,
        "doubled_parts": message.doubled_parts,
        "complete": message.is_complete,
    }
    if with_tpdus:
        shown["tpdus"] = [tpdu.hex().upper() for _, tpdu in message.parts]
    return shown


def _verdict(kind: FaultKind, fields: Fields) -> Verdict:
    taken = fields.flag("taken", default=True)
    match kind:
        case FaultKind.CMS:
            return Verdict(refusal=AtError(Family.MESSAGE, fields.whole("code")), taken=False)
        case FaultKind.CME:
            return Verdict(refusal=AtError(Family.EQUIPMENT, fields.whole("code")), taken=False)
        case FaultKind.LOST_FINAL:
            return Verdict(answer=Answer.LOST)
        case FaultKind.LATE_FINAL:
            return Verdict(delay_s=fields.whole("delay_ms") / 1000)
        case FaultKind.MUTE_MID_SEND:
            return Verdict(answer=Answer.HUNG, taken=taken)
        case _:
            return Verdict(
                answer=Answer.LINE_LOST, taken=taken, return_s=fields.whole("return_ms", 1000) / 1000
            )
