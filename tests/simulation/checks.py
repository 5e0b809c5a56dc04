"""What must be true after any run, whatever happened in it: the network's ledger and the box's own file, compared."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from appliance.modem.simulator.ledger import LedgerEvent, LedgerRecord
from appliance.store.life import MESSAGE_STEPS, PART_STEPS, MessageState, PartState
from tests.simulation.history import Change
from tests.simulation.limits import Contract, Together
from tests.simulation.oracle import Taken, broken, broken_together
from tests.simulation.people import Written

LONGEST_PROMPT_MS = 30_000
TOKEN = re.compile(r"m\d+\.")
REPLY = re.compile(r"r\d+\.")

GOT_IT = frozenset({LedgerEvent.DELIVERED, LedgerEvent.MT_STORED, LedgerEvent.MT_ROUTED})
GAVE_UP = frozenset({LedgerEvent.UNDELIVERED, LedgerEvent.EXPIRED})
MAY_HAVE_GONE = frozenset({"submitting", "uncertain", "accepted", "delivered", "undelivered"})
WENT = frozenset({"accepted", "delivered", "undelivered"})


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that is known at the end of a run."""

    connection: sqlite3.Connection
    ledger: Sequence[LedgerRecord]
    history: Sequence[Change]
    written: Mapping[str, Written]
    contract: Callable[[str], Contract]
    groups: Mapping[int, Together]
    zone: ZoneInfo
    latency_ms: int
    waiting: Mapping[int, str]
    in_memories: Set[str]
    """What lies in modems and on cards at the end."""
    ended_ms: int
    clock_was_lost: bool = False
    by_token: dict[tuple[str, int], list[LedgerRecord]] = field(default_factory=lambda: defaultdict(list))
    """What the network says of each part, by the token in its text and its number."""

    def __post_init__(self) -> None:
        for record in self.ledger:
            found = TOKEN.match(record.text) or TOKEN.search(record.text)
            if found is not None:
                self.by_token[found[0], record.number].append(record)

    def taken(self, token: str, number: int) -> list[LedgerRecord]:
        """How often the network took a part."""
        return [each for each in self.by_token[token, number] if each.event is LedgerEvent.ACCEPTED]


def violations(evidence: Evidence) -> Iterator[str]:
    """A sentence for everything that must not be."""
    yield from _of_life(evidence)
    yield from _of_messages(evidence)
    yield from _of_plans(evidence)
    yield from _of_inbox(evidence)
    for (problem,) in evidence.connection.execute("PRAGMA integrity_check").fetchall():
        if problem != "ok":
            yield f"the database is damaged: {problem}"
    for row in evidence.connection.execute("PRAGMA foreign_key_check").fetchall():
        yield f"the database points nowhere: {tuple(row)}"


# -- the life of messages and parts ---------------------------------------------------------------------------


def _of_life(evidence: Evidence) -> Iterator[str]:
    """Every step is allowed, and nothing was begun that may not go."""
    by_seq = {written.seq: written for written in evidence.written.values()}
    rows: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    begun: set[tuple[int, int]] = set()
    for change in evidence.history:
        if change.what == "message":
            if (
                change.before is not None
                and change.after is not None
                and MessageState(change.after) not in MESSAGE_STEPS[MessageState(change.before)]
            ):
                yield f"message {change.seq} went from {change.before} to {change.after}"
            continue
        assert change.number is not None and change.attempt is not None  # noqa: PT018
        attempts = rows[change.seq, change.number]
        if change.after is None:
            attempts.pop(change.attempt, None)
            continue
        if change.before is None:
            yield from _of_beginning(evidence, change, attempts, by_seq.get(change.seq))
            is_first = (change.seq, change.attempt) not in begun
            begun.add((change.seq, change.attempt))
            yield from _of_time(evidence, change, by_seq.get(change.seq), is_first=is_first)
        elif PartState(change.after) not in PART_STEPS[PartState(change.before)]:
            yield f"part {change.seq}/{change.number} went from {change.before} to {change.after}"
        attempts[change.attempt] = change.after


def _of_beginning(
    evidence: Evidence, change: Change, attempts: Mapping[int, str], written: Written | None
) -> Iterator[str]:
    name = f"part {change.seq}/{change.number} (attempt {change.attempt})"
    if change.message_state != "sending":
        yield f"{name} was begun while its message was {change.message_state}"
    for attempt, state in attempts.items():
        if state in WENT or state == "submitting":
            yield f"{name} was begun though attempt {attempt} was {state}"
        if state == "uncertain" and written is not None and not (written.may_be_doubled or written.resent):
            yield f"{name} was begun though attempt {attempt} was uncertain, and nobody had it sent again"


def _of_time(evidence: Evidence, change: Change, written: Written | None, *, is_first: bool) -> Iterator[str]:
    name = f"part {change.seq}/{change.number} (attempt {change.attempt})"
    at_ms = change.at_ms or 0
    if not is_first or evidence.clock_was_lost:
        return
    if written is not None and written.not_before_ms > at_ms:
        yield f"{name} was begun {written.not_before_ms - at_ms} ms before its time"
    if change.expires_at_ms is not None and change.expires_at_ms <= at_ms and change.number == 1:
        yield f"{name} was begun {at_ms - change.expires_at_ms} ms after its deadline"
    if (change.resting_until_ms or 0) > at_ms and not change.draining:
        yield f"{name} was begun by a SIM that rests until {change.resting_until_ms}"


# -- each message ---------------------------------------------------------------------------------------------


def _of_messages(evidence: Evidence) -> Iterator[str]:
    rows = {row["seq"]: row for row in evidence.connection.execute("SELECT * FROM messages").fetchall()}
    parts: dict[tuple[int, int], list[sqlite3.Row]] = defaultdict(list)
    for row in evidence.connection.execute("SELECT * FROM parts ORDER BY id").fetchall():
        parts[row["message_seq"], row["number"]].append(row)
    iccids = dict(evidence.connection.execute("SELECT id, iccid FROM sims").fetchall())
    for token, written in evidence.written.items():
        row = rows.get(written.seq)
        if row is None:
            yield f"{token} was accepted and is gone"
            continue
        name = f"{token} (message {written.seq}, {row['state']})"
        yield from _of_state(evidence, name, row, written)
        numbers = range(1, max(written.parts, row["parts_total"]) + 1)
        for number in numbers:
            yield from _of_part(
                evidence, f"{name} part {number}", token, number, parts[written.seq, number], written
            )
        if row["state"] in ("sent", "delivered", "undelivered") and not written.marked_sent:
            yield from _of_whole(evidence, name, token, row["parts_total"])
        yield from _of_order(evidence, name, token, written, row["parts_total"])
        yield from _of_end(evidence, name, token, row, parts, iccids)


def _of_state(evidence: Evidence, name: str, row: sqlite3.Row, written: Written) -> Iterator[str]:
    state = row["state"]
    if written.cancelled and state != "cancelled":
        yield f"{name} was taken back"
    if state in ("sending", "held"):
        yield f"{name} is left in the middle"
    if state == "queued" and written.seq not in evidence.waiting:
        yield f"{name} waits and nothing says why"


def _of_part(  # noqa: PLR0917
    evidence: Evidence, name: str, token: str, number: int, rows: Sequence[sqlite3.Row], written: Written
) -> Iterator[str]:
    taken = evidence.taken(token, number)
    may_have_gone = [row for row in rows if row["state"] in MAY_HAVE_GONE]
    if len(taken) > len(may_have_gone):
        states = [row["state"] for row in rows]
        yield f"{name}: the network took it {len(taken)} times, and the box has {states}"
    if len(taken) > 1 and not (written.may_be_doubled or written.resent):
        yield f"{name}: sent {len(taken)} times, and nobody wanted that"
    certain = sum(row["state"] in WENT for row in rows)
    if certain > len(taken) and not written.marked_sent:
        yield f"{name}: the box has it as sent {certain} times, the network {len(taken)} times"
    records = evidence.by_token[token, number]
    if any(row["state"] == "delivered" for row in rows) and not any(each.event in GOT_IT for each in records):
        yield f"{name}: delivered for the box, but not for the network"
    if any(row["state"] == "undelivered" for row in rows) and not any(
        each.event in GAVE_UP for each in records
    ):
        yield f"{name}: undelivered for the box, but not for the network"


def _of_whole(evidence: Evidence, name: str, token: str, total: int) -> Iterator[str]:
    sets: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number in range(1, total + 1):
        for each in evidence.taken(token, number):
            sets[each.iccid, each.reference].add(number)
    if not any(len(numbers) == total for numbers in sets.values()):
        yield f"{name}: no SIM sent all of its {total} parts under one reference: {dict(sets)}"


def _of_order(evidence: Evidence, name: str, token: str, written: Written, total: int) -> Iterator[str]:
    if total < 2:
        return
    sets: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for number in range(1, total + 1):
        for each in evidence.taken(token, number):
            sets[each.iccid, each.reference].append((each.at_ms, number))
    if len(sets) > 1 and not (written.may_be_doubled or written.resent):
        yield f"{name}: its parts went in {len(sets)} ways: {sorted(sets)}"
    for way in sets.values():
        first: dict[int, int] = {}
        for at_ms, number in sorted(way):
            first.setdefault(number, at_ms)
        if list(first) != sorted(first):
            yield f"{name}: its parts went in the order {list(first)}"


def _of_end(  # noqa: PLR0917
    evidence: Evidence,
    name: str,
    token: str,
    row: sqlite3.Row,
    parts: Mapping[tuple[int, int], list[sqlite3.Row]],
    iccids: Mapping[int, str | None],
) -> Iterator[str]:
    total = row["parts_total"]
    if row["state"] in ("failed", "expired", "cancelled"):
        ways: dict[tuple[int, int | None], set[int]] = defaultdict(set)
        for number in range(1, total + 1):
            for part in parts[row["seq"], number]:
                if part["state"] in WENT:
                    ways[part["sim_id"], part["concat_reference"]].add(number)
        if any(len(numbers) == total for numbers in ways.values()) and not row["reason"].endswith("-sent"):
            yield f"{name}: all of it went, and it is given up for {row['reason']}"
    if row["state"] == "delivered" and any(
        all(part["state"] != "delivered" for part in parts[row["seq"], number])
        for number in range(1, total + 1)
    ):
        yield f"{name}: delivered with a part that is not"
    if row["state"] == "uncertain" and not any(
        part["state"] == "uncertain" for number in range(1, total + 1) for part in parts[row["seq"], number]
    ):
        yield f"{name}: uncertain without an uncertain part"


# -- plans ----------------------------------------------------------------------------------------------------


def _of_plans(evidence: Evidence) -> Iterator[str]:
    """By card: what its contract allows, whatever port or modem it was in."""
    slack_ms = LONGEST_PROMPT_MS + evidence.latency_ms
    cards = taken_by_card(evidence)
    for iccid, taken in cards.items():
        for sentence in broken(
            taken,
            evidence.contract(iccid),
            on_the_way_ms=lambda _: slack_ms,
            zone=evidence.zone,
            has_calendar=not evidence.clock_was_lost,
        ):
            yield f"SIM {iccid}: {sentence}"
    for group_id, group in evidence.groups.items():
        for sentence in broken_together(
            cards,
            group,
            on_the_way_ms=lambda _: slack_ms,
            zone=evidence.zone,
            has_calendar=not evidence.clock_was_lost,
        ):
            yield f"group {group_id}: {sentence}"


def taken_by_card(evidence: Evidence) -> dict[str, list[Taken]]:
    """What the network took of each card, in the order of time."""
    priorities = {token: written.priority for token, written in evidence.written.items()}
    cards: dict[str, list[Taken]] = defaultdict(list)
    refused: set[tuple[str, str]] = set()
    for record in evidence.ledger:
        if record.event is LedgerEvent.REFUSED:
            refused.add((record.iccid, record.recipient))
        elif record.event is LedgerEvent.ACCEPTED:
            found = TOKEN.search(record.text)
            priority = priorities[found[0]] if found is not None else 0
            was_refused = (record.iccid, record.recipient) in refused
            part = Taken(record.at_ms, record.recipient, priority, record.number, was_refused)
            cards[record.iccid].append(part)
    return cards


# -- what was received ----------------------------------------------------------------------------------------


def _of_inbox(evidence: Evidence) -> Iterator[str]:
    """What a modem stored of a handset's message is in the inbox, or still in a memory."""
    known = {row[0] for row in evidence.connection.execute("SELECT pdu FROM inbound_parts")}
    for record in evidence.ledger:
        if record.event is not LedgerEvent.MT_STORED or REPLY.match(record.text) is None:
            continue
        if record.tpdu not in evidence.in_memories and not any(pdu.endswith(record.tpdu) for pdu in known):
            yield f"the message {record.text[:8]!r} was stored in {record.modem} and never came into the inbox"
