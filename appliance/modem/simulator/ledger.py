"""The network's own record, from which tests count lost and doubled messages: append-only JSON lines, one event a line.

Every line has

- `at_ms` (UTC, milliseconds) and `event`;
- `modem` and `iccid`: through which card it came or to which it went (empty for none);
- `from` and `to`: E.164 with '+' where the subscriber has one;
- `tp_mr` (-1 for none), `tpdu` (hex, without SMSC prefix), `text` (of this single part; empty for data);
- `id`: the network's number of this short message, the same in all lines about it (0 for one that was refused);
- `reference`, `total`, `number`: concatenation (0, 1, 1 for a message of one part);
- `handset_message_id` (0 for none) and `detail` (a word on how it went).

Events:

- `accepted`: the network took a SUBMIT from a modem. `refused`: it did not; `detail` is the cause ('cms 500').
- `delivered`: a handset got it. `undelivered`: it could not be; `detail` is what the sender is told ('0x46').
- `mt-queued`: the network took a message for a SIM of the bank, from a `detail` 'handset' or 'sim'.
- `mt-stored`: it lies in a memory of that SIM or its modem (`detail` 'SM 3').
- `mt-routed`: it went straight to the terminal (+CMT).
- `report`: a STATUS-REPORT reached the sender's modem; `detail` is where it went and the status ('SR 1 0x00',
  'routed 0x00', 'discarded 0x46').
- `expired`: its validity ended before it could be delivered.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from json.encoder import encode_basestring as quoted
from pathlib import Path

from appliance.modem.simulator.clock import Cancellable, Timers, WallClock
from appliance.modem.simulator.submission import WHOLE, Part
from appliance.modem.sms import Direction, Submit, UserData, decode_tpdu, join_text

FLUSH_S = 0.1
LARGEST_BUFFER = 2000


class LedgerEvent(StrEnum):
    """What a line of the ledger tells."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    MT_QUEUED = "mt-queued"
    MT_STORED = "mt-stored"
    MT_ROUTED = "mt-routed"
    REPORT = "report"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One line of the ledger, read back."""

    at_ms: int
    event: LedgerEvent
    modem: str
    iccid: str
    sender: str
    recipient: str
    tp_mr: int
    tpdu: str
    text: str
    id: int
    reference: int
    total: int
    number: int
    handset_message_id: int
    detail: str


@dataclass(frozen=True, slots=True)
class HandsetText:
    """A whole message as a handset got it, put together from the ledger. `missing` numbers of parts that never came."""

    sender: str
    recipient: str
    text: str
    handset_message_id: int
    parts: tuple[LedgerRecord, ...]
    missing: tuple[int, ...]
    doubled: tuple[int, ...]


class LedgerWriter:
    """Appends lines; on the file after `FLUSH_S` at the latest, and at `close`. Without a path it only counts."""

    def __init__(self, path: Path | None, timers: Timers, wall: WallClock) -> None:
        self._descriptor = (
            -1
            if path is None
            else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        )
        self._timers = timers
        self._wall = wall
        self._lines: list[str] = []
        self._timer: Cancellable | None = None
        self._listeners: list[Callable[[], None]] = []
        self.counts: Counter[LedgerEvent] = Counter()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` after each event; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def write(
        self,
        event: LedgerEvent,
        *,
        modem: str,
        iccid: str,
        sender: str,
        recipient: str,
        tpdu: bytes,
        text: str,
        id: int,  # noqa: A002 - the name in the file
        tp_mr: int = -1,
        part: Part = WHOLE,
        handset_message_id: int = 0,
        detail: str = "",
    ) -> None:
        """Records one event now."""
        self.counts[event] += 1
        if self._descriptor >= 0:
            self._lines.append(
                f'{{"at_ms":{int(self._wall() * 1000)},"event":"{event.value}","modem":"{modem}","iccid":"{iccid}",'
                f'"from":{quoted(sender)},"to":{quoted(recipient)},"tp_mr":{tp_mr},"tpdu":"{tpdu.hex().upper()}",'
                f'"text":{quoted(text)},"id":{id},"reference":{part.reference},"total":{part.total},"number":{part.number},'
                f'"handset_message_id":{handset_message_id},"detail":{quoted(detail)}}}\n'
            )
            if self._timer is None:
                self._timer = self._timers.call_later(FLUSH_S, self.flush)
            elif len(self._lines) >= LARGEST_BUFFER:
                self.flush()
        for listener in self._listeners:
            listener()

    def flush(self) -> None:
        """What was recorded so far is on the file (not fsynced: the bank is no place to lose power)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._lines:
            octets = memoryview("".join(self._lines).encode("utf-8"))
            self._lines.clear()
            while octets:
                octets = octets[os.write(self._descriptor, octets) :]

    def close(self) -> None:
        """Flushes and closes the file."""
        self.flush()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def read_ledger(path: Path) -> list[LedgerRecord]:
    """All whole lines of a ledger that may still be growing."""
    return list(_records(path.read_bytes() if path.exists() else b""))


def _records(octets: bytes) -> Iterator[LedgerRecord]:
    for line in octets.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        entry = json.loads(line.decode("utf-8"))
        yield LedgerRecord(
            at_ms=entry["at_ms"],
            event=LedgerEvent(entry["event"]),
            modem=entry["modem"],
            iccid=entry["iccid"],
            sender=entry["from"],
            recipient=entry["to"],
            tp_mr=entry["tp_mr"],
            tpdu=entry["tpdu"],
            text=entry["text"],
            id=entry["id"],
            reference=entry["reference"],
            total=entry["total"],
            number=entry["number"],
            handset_message_id=entry["handset_message_id"],
            detail=entry["detail"],
        )


def handset_texts(records: Iterable[LedgerRecord]) -> list[HandsetText]:
    """The messages that handsets received, whole, in the order in which they were first heard of.

    The grouping is the handset's (`handset_message_id`), so a message sent twice shows as two. Single parts that came
    twice within one message are in `doubled`.
    """
    groups: dict[int, list[LedgerRecord]] = {}
    for record in records:
        if record.event is LedgerEvent.DELIVERED:
            groups.setdefault(record.handset_message_id, []).append(record)
    return [_handset_text(handset_message_id, parts) for handset_message_id, parts in groups.items()]


def _handset_text(handset_message_id: int, parts: list[LedgerRecord]) -> HandsetText:
    by_number: dict[int, LedgerRecord] = {}
    doubled: list[int] = []
    for part in parts:
        if part.number in by_number:
            doubled.append(part.number)
        else:
            by_number[part.number] = part
    ordered = [by_number[number] for number in sorted(by_number)]
    return HandsetText(
        sender=parts[0].sender,
        recipient=parts[0].recipient,
        text=join_text([_user_data(part) for part in ordered]),
        handset_message_id=handset_message_id,
        parts=tuple(parts),
        missing=tuple(number for number in range(1, parts[0].total + 1) if number not in by_number),
        doubled=tuple(doubled),
    )


def _user_data(record: LedgerRecord) -> UserData:
    tpdu = decode_tpdu(bytes.fromhex(record.tpdu), Direction.MOBILE_ORIGINATED)
    assert isinstance(tpdu, Submit)
    return tpdu.user_data
