"""The control socket: how tests and the handset page speak to the network and its handsets.

AF_UNIX stream; one JSON object a line in, one a line out, in order; any number of clients. A request is
`{"op": "…", …}`; the answer is `{"ok": true, "result": …}` or `{"ok": false, "error": "…"}` (a sentence). A line that
is no JSON object, has an unknown `op`, or lacks or misuses a field, is answered with an error and changes nothing.
Numbers may be written in any way (+86…, 86…, 0086…, 13…); answers have E.164 with '+' where the subscriber has one.
Times are UTC milliseconds. Below, `"field"?: x` may be left out and is x then.

`modems` → list of
    {"modem": "modem01", "port": "DIR/modem01", "profile", "manufacturer", "model", "imei",
     "iccid", "imsi", "msisdn", "operator": all "" without a card,
     "sim": "READY" | "SIM PIN" | "SIM PUK" | "SIM PUK BLOCKED" | "ABSENT",
     "registration": 0–5 (<stat> of +CREG), "registered": bool, "signal": 0–31 | 99,
     "memories": {"SM": {"used", "total"}, …}, "waiting": messages that the network keeps for this SIM,
     "sent": parts that the network took, "received": parts that reached the SIM,
     "commands": command lines that it was given, "busy": bool, "hung": bool}

    Besides, "plugged": bool, and "card": the name of the card in its slot ("" for none): "iccid" and "sim" are what the
    modem believes, which differs for a make that has not seen yet that the card was pulled.

`cards` → list of {"card": name, "modem": where it is ("" for the drawer), "iccid", "imsi", "msisdn", "operator", "sim",
    "messages": how many lie on it}
    Each modem begins with a card of its own, 'card01' in modem01. A card keeps messages, PIN state and TP-MR.

`card` {"action", …} → that card, as in `cards`
    "pull" {"modem"}; "insert" {"modem", "card"?: a new one}; "swap" {"modem", "card"?: a new one, "gap_ms"?: 500}:
    pulls what is in and puts the other in after the gap; "make" {"card"?, "iccid"?, "imsi"?, "msisdn"?, "pin"?,
    "smsc"?}: a new card in the drawer; "clone" {"of": card, "card"?}: a copy in the drawer, the same to all who look.

`unplug` {"modem" or "modems": list, "return_ms"?: never} → {"modems"}
    The tty vanishes and the modem is without power; several at once are a hub.
`plug` {"modem" or "modems", "port"?: the name that it had} → {"ports": {modem: path}}
    It comes back as after power-up, under that name in the directory of the bank.

`call` {"modem", "from"?: number, "rings"?: 5, "every_ms"?: 3000, "end"?: false} → {"modem", "ringing", "hung_up"}
    Somebody calls (RING, +CLIP where it is switched on) until the terminal hangs up or they give up; "end": now.

`ussd` {"code", "text"?: "", "status"?: 0 (<m> of +CUSD), "delay_ms"?: 500, "never"?: false, "carrier"?: PLMN (all),
    "forget"?: false} → {"code", "carrier"}
    What the network answers from now on. '*101#>1' is the choice 1 in the menu of '*101#' (whose status is 1);
    "{msisdn}" in the text is the number of the SIM, "{balance}" its prepaid balance. A code that nobody knows gets 4.

`handsets` {"limit"?: 1000} → list, last heard of first:
    {"number", "received": messages that it got, whole and broken, "unread", "sent": messages that it wrote,
     "last_at_ms", "last_text", "auto_reply": text | null}

`handset_messages` {"number", "limit"?: 200 (the newest), "keep_unread"?: false, "with_tpdus"?: false} →
    {"number", "messages": oldest first, each
        {"id", "direction": "in" | "out" as the handset sees it, "from", "to", "text": what is there so far, "at_ms",
         "parts_total", "parts_received", "doubled_parts", "complete": bool,
         "tpdus": [hex of each SUBMIT in the order of arrival] (only where asked for)}}
    A handset that nobody wrote to has no messages; that is no error. The messages count as read afterwards.

`handset_reply` {"number", "to": number of a SIM of the bank, "text"} → {"id", "parts"}
    All parts are handed to the network at once.

`auto_reply` {"number"?: all handsets, "text": text | null} → {"number": number | null, "text"}
    What it answers to each whole message; '{text}' in it stands for that message. A handset that was set by its number
    no longer follows the setting for all.

`handset_fate` {"number", "status": 32–127 | null} → {"number", "status"}
    With a status (TP-ST, 23.040 clause 9.2.3.15: 64–127 failed, 32–63 still trying) the handset gets nothing from now
    on, and the sender's report says so. With null it gets messages again.

`settings` {any of "latency_ms", "report_delay_ms", "delivery_delay_ms", "reply_delay_ms", "error_rate", "error_code",
    "lost_final_rate", "hang_rate"} → all of them, after the change

`fault` {"modem", "kind", …} → {"modem", "kind"}
    "cms" | "cme" {"code", "count"?: 1}: the next submissions are refused with it;
    "lost-final" {"count"?: 1}: the network takes the next ones, the final result never comes, the modem goes on;
    "late-final" {"delay_ms", "count"?: 1}: the answer comes so much later (the network has it in time);
    "mute" {"duration_ms"?: until "clear"}: the modem reads and answers nothing from now on;
    "mute-mid-send" {"taken"?: true, "count"?: 1}: it falls mute after the next Ctrl-Z;
    "hangup" {"return_ms"?: 1000}: the tty vanishes now and comes back under the same name;
    "hangup-mid-send" {"taken"?: true, "return_ms"?: 1000, "count"?: 1}: it vanishes after the next Ctrl-Z, the network
        having taken the message or not;
    "clear": no counted faults any more, and a mute modem reads and answers again.

`scenario` {"name", "modem"?: the first, … its options} → {"name", "modem"}
    Plays a scenario (`scenarios/`) on a modem; "calm" takes back everything that others set on it.
`scenarios` → list of {"name", "tells": one line, "options": {name: default}}

`ledger` → {"accepted": n, …}: counts of every event of `ledger.py` since the start
    The file is written up to here when the answer comes.

`wait` {"event": name of the ledger, "at_least"?: 1, "timeout_ms"?: 10000}
    or {"handset": number, "messages"?: 1 (whole ones received), "timeout_ms"?: 10000} → {"reached": bool, "count": n}

`ping` → {"version": 1}
"""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.modem.simulator.control_fields import ControlError, Fields
from appliance.modem.simulator.control_operations import Operations
from appliance.modem.sms import TpduError

if TYPE_CHECKING:
    from appliance.modem.simulator.bank import Bank

LONGEST_REQUEST = 1 << 20


class ControlServer:
    """Serves one bank's control socket."""

    def __init__(self, bank: "Bank", path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._operations = Operations(bank)

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
        except (ConnectionError, asyncio.CancelledError):
            pass  # The client went, or the bank closes; streams of Python 3.11 complain of a task that was cancelled.
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
        operations = self._operations
        if op in operations.at_once:
            return operations.at_once[op](fields)
        if op in operations.in_time:
            return await operations.in_time[op](fields)
        known = ", ".join((*operations.at_once, *operations.in_time))
        raise ControlError(f"there is no op {op!r}; there are {known}")
