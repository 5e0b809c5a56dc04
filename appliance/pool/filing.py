"""The transaction that stores what arrived and shows it once it is whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.pool.assembly import Group, Piece, grouped
from appliance.pool.received import ReceivedPart, content_of, data_of, text_of
from appliance.store import inbound, loop_tests, queue
from appliance.store.inbound import NewMessage, PartKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingRules:
    """How long parts wait for each other."""

    incomplete_after_ms: int = 24 * 3_600_000
    """Then a long message is shown with what came of it."""
    joined_within_ms: int = 14 * 86_400_000
    """A part that comes later than this after another one is not joined to it."""


def file_received(
    connection: sqlite3.Connection, sim_id: int, received: ReceivedPart, now_ms: int, rules: FilingRules
) -> bool:
    """Store what a SIM received, and show it if it is whole. False: it was received before, nothing changes."""
    part_id = inbound.keep_part(connection, sim_id, received.part)
    if part_id is None:
        return False
    reference = received.part.concat_reference
    if reference is None or received.part.parts_total == 1:
        message = _single(sim_id, received, now_ms)
        _file(connection, message, [part_id])
        loop_tests.recognise(connection, sim_id, message.sender, message.text, message.received_at_ms)
        return True
    key = PartKey(
        sim_id=sim_id,
        sender=received.part.sender,
        concat_reference=reference,
        parts_total=received.part.parts_total,
    )
    for group in _groups(connection, key, now_ms - rules.joined_within_ms):
        if part_id in group.part_ids:
            _show_if_due(connection, key, group, part_id, now_ms)
    return True


def show_overdue(connection: sqlite3.Connection, now_ms: int, rules: FilingRules) -> int:
    """Show the long messages that have waited for a part for too long; returns how many."""
    before_ms = now_ms - rules.incomplete_after_ms
    shown = 0
    for key in inbound.overdue(connection, before_ms):
        for group in _groups(connection, key, 0):
            if group.message_seq is None and group.first_received_at_ms <= before_ms:
                inbound.file(connection, _joined(key, group, now_ms), group.part_ids)
                shown += 1
    return shown


def _file(connection: sqlite3.Connection, message: NewMessage, part_ids: Iterable[int]) -> None:
    inbound.file(connection, message, part_ids)
    # What waits for its sender is an answer now, and goes by the SIM that he wrote to where it can.
    queue.follow_conversation(connection, message.sender, message.sim_id)


def _groups(connection: sqlite3.Connection, key: PartKey, since_ms: int) -> list[Group]:
    stored = inbound.siblings(connection, key, since_ms)
    return grouped([Piece(part, content_of(part.pdu)[0].payload) for part in stored], key.parts_total)


def _show_if_due(
    connection: sqlite3.Connection, key: PartKey, group: Group, part_id: int, now_ms: int
) -> None:
    seq = group.message_seq
    if seq is None:
        if group.is_complete:
            _file(connection, _joined(key, group, now_ms), group.part_ids)
    elif any(piece.part.id == part_id for piece in group.doubles):
        inbound.attach(connection, seq, [part_id])
    else:
        inbound.improve(connection, seq, _joined(key, group, now_ms), group.part_ids)


def _single(sim_id: int, received: ReceivedPart, now_ms: int) -> NewMessage:
    readable = [received.user_data] if received.user_data is not None else []
    return NewMessage(
        sim_id=sim_id,
        sender=received.part.sender,
        text=text_of(readable) if readable else None,
        data=data_of(readable) if readable else received.part.pdu,
        kind=received.kind,
        parts_total=1,
        parts_received=1,
        scts_at_ms=received.part.scts_at_ms,
        received_at_ms=received.part.received_at_ms,
        completed_at_ms=now_ms,
    )


def _joined(key: PartKey, group: Group, now_ms: int) -> NewMessage:
    contents = [None if piece is None else content_of(piece.part.pdu) for piece in group.in_order()]
    user_data = [None if content is None else content[0] for content in contents]
    return NewMessage(
        sim_id=key.sim_id,
        sender=key.sender,
        text=text_of(user_data),
        data=data_of(user_data),
        kind=next(content[1] for content in contents if content is not None),
        parts_total=key.parts_total,
        parts_received=len(group.pieces),
        scts_at_ms=group.scts_at_ms,
        received_at_ms=group.first_received_at_ms,
        completed_at_ms=now_ms,
    )
