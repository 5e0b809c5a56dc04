"""The control socket: how tests and the handset page speak to the network and its handsets.

AF_UNIX stream; one JSON object a line in, one a line out, in order; any number of clients. A request is `{"op": "…",
…}`; the answer is
`{"ok": true, "result": …}` or `{"ok": false, "error": "…"}` (a sentence). A line that is no JSON object, has an
unknown `op`, or lacks or misuses a field, is answered with an error and nothing is changed. Numbers may be written in
any way (+86…, 86…, 0086…, 13…); answers have E.164 with '+' where the subscriber has one. Times are UTC milliseconds.

`modems` → list of
    {"modem": "modem01", "port": "DIR/modem01", "profile", "manufacturer", "model", "imei", "iccid", "imsi", "msisdn"
    ("" without card), "operator",
     "sim": "READY" | "SIM PIN" | "SIM PUK" | "SIM PUK BLOCKED" | "ABSENT", "registration": 0–5 (<stat> of +CREG),
     "registered": bool, "signal": 0–31 | 99, "memories": {"SM": {"used", "total"}, …}, "waiting": messages that the
     network keeps for this SIM, "sent": parts that the network took, "received": parts that reached the SIM, "busy":
     bool, "hung": bool}
`handsets` → list, last heard of first:
    {"number", "received": whole and broken messages that it got, "unread", "sent", "last_at_ms", "last_text",
    "auto_reply": text | null}
`handset_messages` {"number", "limit"?: newest so many (200), "keep_unread"?: bool} → oldest first:
    {"number", "messages": [{"id", "direction": "in" | "out" (as the handset sees it), "from", "to", "text" (what is
    there so far), "at_ms",
     "parts_total", "parts_received", "doubled_parts", "complete": bool, "tpdus": [hex of SUBMIT, as received] (only
     with "with_tpdus": true)}]}
    A handset that nobody wrote to has no messages; that is no error. The messages count as read afterwards.
`handset_reply` {"number", "to": number of a SIM of the bank, "text"} → {"id", "parts"}. Parts are handed to the
network at once.
`auto_reply` {"number"?: one handset, else all, "text": what it answers to each whole message ('{text}' stands for
that message) | null} →
    {"number": number | null, "text"}. A handset that was set by its number no longer follows the setting for all.
`handset_fate` {"number", "status": 32–127 | null} → {"number", "status"}. With a status (TP-ST, 23.040 clause
9.2.3.15: 64–127 failed,
    32–63 still trying) the handset gets nothing from now on, and the sender's report says so. null: it gets messages
    again.
`settings` {any of "latency_ms", "report_delay_ms", "delivery_delay_ms", "reply_delay_ms", "error_rate", "error_code",
"lost_final_rate",
    "hang_rate"} → all of them, after the change.
`fault` {"modem", "kind", …} → {"modem", "kind"}. Kinds:
    "cms" | "cme" {"code", "count"?: 1}: the next submissions are refused with it;
    "lost-final" {"count"?}: the network takes the next ones, the final result never comes, the modem goes on;
    "late-final" {"delay_ms", "count"?}: the answer comes so much later (the network has it in time);
    "mute" {"duration_ms"?}: the modem reads and answers nothing, from now until then or until "clear";
    "mute-mid-send" {"taken"?: true, "count"?}: it falls mute after the next Ctrl-Z;
    "hangup" {"return_ms"?: 1000}: the tty vanishes now and comes back under the same name;
    "hangup-mid-send" {"taken"?: true, "return_ms"?, "count"?}: it vanishes after the next Ctrl-Z, the network having
    taken the message or not; "clear": no counted faults any more, and a mute modem reads and answers again.
`ledger` → {"accepted": n, "refused", "delivered", "undelivered", "mt-queued", "mt-stored", "mt-routed", "report",
"expired"}: counts since the start; the file
    is written up to here when the answer comes.
`wait` {"event": name, "at_least": n} or {"handset": number, "messages": n whole ones received}, "timeout_ms"?: 10000}
→ {"reached": bool, "count": n}.
`ping` → {"version": 1}.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.modem.simulator.errors import AtError, Family
from appliance.modem.simulator.faults import Answer, CountedRule, FaultKind, Verdict
from appliance.modem.simulator.handsets import Handset, HandsetMessage, MessageDirection
from appliance.modem.simulator.ledger import LedgerEvent
from appliance.modem.simulator.numbers import subscriber_key
from appliance.modem.sms import TpduError

if TYPE_CHECKING:
    from appliance.modem.simulator.bank import Bank
    from appliance.modem.simulator.modem import Modem

LONGEST_REQUEST = 1 << 20
PROTOCOL_VERSION = 1
_NO_DEFAULT = object()


class ControlError(ValueError):
    """The request cannot be carried out; the text says why."""


class Fields:
    """The fields of one request, checked as they are asked for."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._request.get(name) is not None

    def text(self, name: str, default: Any = _NO_DEFAULT) -> str:
        """A text field."""
        value: str = self._get(name, str, "a text", default)
        return value

    def whole(self, name: str, default: Any = _NO_DEFAULT, *, lowest: int = 0) -> int:
        """A whole number, at least `lowest`."""
        value: int = self._get(name, int, "a whole number", default)
        if isinstance(value, bool) or value < lowest:
            raise ControlError(f"{name} must be a whole number of at least {lowest}")
        return value

    def rate(self, name: str) -> float:
        """A share of 0 to 1."""
        value = self._get(name, (int, float), "a number", _NO_DEFAULT)
        if isinstance(value, bool) or not 0 <= value <= 1:
            raise ControlError(f"{name} must be between 0 and 1")
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        return bool(self._get(name, bool, "true or false", default))

    def _get(self, name: str, kind: Any, described: str, default: Any) -> Any:
        value = self._request.get(name)
        if value is None:
            if default is _NO_DEFAULT:
                raise ControlError(f"{name} is missing")
            return default
        if not isinstance(value, kind):
            raise ControlError(f"{name} must be {described}")
        return value


class ControlServer:
    """Serves one bank's control socket."""

    def __init__(self, bank: "Bank", path: Path) -> None:
        self._bank = bank
        self._path = path
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._ops: dict[str, Callable[[Fields], Any]] = {
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
        }
        self._slow_ops: dict[str, Callable[[Fields], Awaitable[Any]]] = {"wait": self._wait}

    async def open(self) -> None:
        """Listens; a socket that a killed bank left behind is replaced."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LONGEST_REQUEST)
        self._path.chmod(0o600)

    async def close(self) -> None:
        """No more clients."""
        if self._server is not None:
            self._server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            while line := await reader.readline():
                answer = await self._answer(line)
                writer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
                await writer.drain()
        except ValueError:
            # A line longer than the limit: there is no telling where the next one begins.
            writer.write(b'{"ok": false, "error": "the request is longer than 1 MiB"}\n')
        except ConnectionError:
            pass
        finally:
            self._clients.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return {"ok": False, "error": "the request is not JSON"}
        if not isinstance(request, dict):
            return {"ok": False, "error": "the request must be a JSON object"}
        try:
            return {"ok": True, "result": await self._run(Fields(request))}
        except (ControlError, LookupError) as error:
            return {"ok": False, "error": str(error.args[0])}
        except TpduError as error:
            return {"ok": False, "error": f"this cannot be sent as a short message ({error})"}

    async def _run(self, fields: Fields) -> Any:
        op = fields.text("op")
        if op in self._ops:
            return self._ops[op](fields)
        if op in self._slow_ops:
            return await self._slow_ops[op](fields)
        raise ControlError(f"there is no op {op!r}; there are {', '.join((*self._ops, *self._slow_ops))}")

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
            "busy": modem.terminal.is_busy,
            "hung": modem.terminal.hung,
        }

    # Handsets

    def _handsets(self, _fields: Fields) -> list[dict[str, Any]]:
        listed = [self._handset(handset) for handset in self._bank.network.handsets]
        return sorted(listed, key=lambda entry: int(entry["last_at_ms"]), reverse=True)

    def _handset(self, handset: Handset) -> dict[str, Any]:
        received = [message for message in handset.messages if message.direction is MessageDirection.IN]
        last = handset.messages[-1] if handset.messages else None
        bank_wide = self._bank.network.handsets.auto_reply
        return {
            "number": handset.number,
            "received": len(received),
            "unread": sum(not message.read for message in received),
            "sent": len(handset.messages) - len(received),
            "last_at_ms": 0 if last is None else last.at_ms,
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
        modem = self._bank.modems.get(fields.text("modem"))
        if modem is None:
            raise ControlError(
                f"there is no modem {fields.text('modem')!r}; there are {', '.join(self._bank.modems)}"
            )
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
