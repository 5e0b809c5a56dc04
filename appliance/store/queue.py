"""The queue as the pool looks into it: lanes of messages that are due, those of one SIM, and those that wait.

A lane is what waits in one priority, of one account, for one destination; or, of conversations, in one priority, of one
account, for one SIM. Each is a run of an index, so that its oldest messages are found at once however many there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.store.sending import COLUMNS, Said

PRIORITIES = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class LaneKey:
    """Which lane."""

    priority: int
    account_id: int
    destination: str = ""
    sticky_sim_id: int | None = None
    """Of the conversations of this SIM, whatever their destination."""


_OPEN = "state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NULL"
_STICKY = "state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NOT NULL"


def _next_lane(columns: tuple[str, str, str], index: str, where: str) -> str:
    """The first lane after one: the next in its last column, else in the one before, else in the first.

    Not in one comparison of a row of values: there SQLite steps over each message of the lane that it comes from.
    """
    first, second, third = columns
    chosen = f"SELECT {first}, {second}, {third}, seq FROM messages INDEXED BY {index} WHERE {where}"
    order = f"ORDER BY {first}, {second}, {third}, seq LIMIT 1"
    return f"""
        SELECT * FROM ({chosen} AND {first} = ?1 AND {second} = ?2 AND {third} > ?3 {order})
        UNION ALL SELECT * FROM ({chosen} AND {first} = ?1 AND {second} > ?2 {order})
        UNION ALL SELECT * FROM ({chosen} AND {first} > ?1 {order})
        LIMIT 1
    """


NEXT_OPEN_LANE = _next_lane(("priority", "account_id", "destination"), "messages_lanes", _OPEN)
NEXT_STICKY_LANE = _next_lane(("sticky_sim_id", "priority", "account_id"), "messages_sticky", _STICKY)

NEXT_PINNED_SIM = """
    SELECT pinned_sim_id FROM messages INDEXED BY messages_pinned
    WHERE state = 'queued' AND pinned_sim_id IS NOT NULL AND pinned_sim_id > ? ORDER BY pinned_sim_id LIMIT 1
"""

_BEFORE_ALL = -(1 << 62)


def lanes(connection: sqlite3.Connection) -> Iterator[tuple[LaneKey, int]]:
    """Every lane that holds something, with the seq of its oldest message; a probe of an index for each."""
    execute = connection.execute
    after: tuple[int, int, str] = (_BEFORE_ALL, _BEFORE_ALL, "")
    while (row := execute(NEXT_OPEN_LANE, after).fetchone()) is not None:
        priority, account_id, destination, seq = row
        after = (priority, account_id, destination)
        yield LaneKey(priority, account_id, destination), seq
    of_sim: tuple[int, int, int] = (_BEFORE_ALL, _BEFORE_ALL, _BEFORE_ALL)
    while (row := execute(NEXT_STICKY_LANE, of_sim).fetchone()) is not None:
        sim_id, priority, account_id, seq = row
        of_sim = (sim_id, priority, account_id)
        yield LaneKey(priority, account_id, sticky_sim_id=sim_id), seq


def pinned_sims(connection: sqlite3.Connection) -> frozenset[int]:
    """The SIMs for which something waits that only they may send."""
    found: set[int] = set()
    after = _BEFORE_ALL
    while (row := connection.execute(NEXT_PINNED_SIM, (after,)).fetchone()) is not None:
        after = row[0]
        found.add(after)
    return frozenset(found)


HEADS_OPEN = f"""
    SELECT {COLUMNS} FROM messages INDEXED BY messages_lanes
    WHERE {_OPEN} AND priority = ? AND account_id = ? AND destination = ? ORDER BY seq LIMIT ?
"""

HEADS_STICKY = f"""
    SELECT {COLUMNS} FROM messages INDEXED BY messages_sticky
    WHERE {_STICKY} AND sticky_sim_id = ? AND priority = ? AND account_id = ? ORDER BY seq LIMIT ?
"""

HEADS_PINNED = f"""
    SELECT {COLUMNS} FROM messages INDEXED BY messages_pinned
    WHERE state = 'queued' AND pinned_sim_id IS NOT NULL AND pinned_sim_id = ? AND is_due = 1
        AND (source = 'balance' OR NOT ?)
    ORDER BY priority, seq LIMIT ?
"""


def heads(connection: sqlite3.Connection, key: LaneKey, most: int) -> list[sqlite3.Row]:
    """The oldest messages of a lane as rows of :class:`~appliance.store.sending.Queued`."""
    if key.sticky_sim_id is None:
        return connection.execute(
            HEADS_OPEN, (key.priority, key.account_id, key.destination, most)
        ).fetchall()
    return connection.execute(
        HEADS_STICKY, (key.sticky_sim_id, key.priority, key.account_id, most)
    ).fetchall()


def pinned(
    connection: sqlite3.Connection, sim_id: int, most: int, *, asks_balance: bool = False
) -> list[sqlite3.Row]:
    """The same of what only one SIM may send, by priority and age; with ``asks_balance`` only questions about that."""
    return connection.execute(HEADS_PINNED, (sim_id, asks_balance, most)).fetchall()


# -- what waits for a time ------------------------------------------------------------------------------------------

PROMOTE = """
    UPDATE messages SET is_due = 1, is_parked = 0
    WHERE seq IN (SELECT seq FROM messages INDEXED BY messages_later
                  WHERE state = 'queued' AND is_due = 0 AND priority = ? AND not_before_ms <= ?
                  ORDER BY not_before_ms LIMIT ?)
"""


def demote(connection: sqlite3.Connection, now_ms: int) -> None:
    """The clock was set back: what is scheduled for an instant that is yet to come again waits for it again."""
    connection.execute(
        """
        UPDATE messages SET is_due = 0
        WHERE state = 'queued' AND is_due = 1 AND not_before_ms > ? AND reason = 'message.scheduled'
        """,
        (now_ms,),
    )


NEXT_DUE = """
    SELECT not_before_ms FROM messages INDEXED BY messages_later
    WHERE state = 'queued' AND is_due = 0 AND priority = ? ORDER BY not_before_ms LIMIT 1
"""


def promote(connection: sqlite3.Connection, now_ms: int, most: int) -> int:
    """Let messages into their lanes whose time has come, the urgent ones first; how many, at most ``most``."""
    promoted = 0
    for priority in PRIORITIES:
        if promoted < most:
            promoted += connection.execute(PROMOTE, (priority, now_ms, most - promoted)).rowcount
    return promoted


def next_due_ms(connection: sqlite3.Connection) -> int | None:
    """When the first of those comes whose time has not come; in the past where one waits to be let in."""
    found = [connection.execute(NEXT_DUE, (priority,)).fetchone() for priority in PRIORITIES]
    return min((row[0] for row in found if row is not None), default=None)


def park(connection: sqlite3.Connection, seq: int, said: Said, until_ms: int, now_ms: int) -> bool:
    """No SIM may send a message, for a reason of its own: until then it is in nobody's way. Whether it was due."""
    cursor = connection.execute(
        """
        UPDATE messages SET is_due = 0, is_parked = 1, not_before_ms = ?, reason = ?, reason_args = ?, updated_at_ms = ?
        WHERE seq = ? AND state = 'queued' AND is_due = 1
        """,
        (until_ms, said.code, said.args, now_ms, seq),
    )
    return cursor.rowcount == 1


UNPARK = """
    UPDATE messages SET is_due = 1, is_parked = 0
    WHERE seq IN (SELECT seq FROM messages INDEXED BY messages_parked
                  WHERE state = 'queued' AND is_parked = 1 ORDER BY seq LIMIT ?)
"""


def unpark(connection: sqlite3.Connection, most: int) -> int:
    """Plans, groups or SIMs changed: parked messages are looked at again. How many, at most ``most``."""
    return connection.execute(UNPARK, (most,)).rowcount


# -- for the office -----------------------------------------------------------------------------------------------

_SEQS_OF_LANE = f"""
    SELECT seq FROM messages INDEXED BY messages_lanes
    WHERE {_OPEN} AND priority = ? AND account_id = ? AND destination = ? ORDER BY seq LIMIT ?
"""

_SEQS_OF_STICKY_LANE = f"""
    SELECT seq FROM messages INDEXED BY messages_sticky
    WHERE {_STICKY} AND sticky_sim_id = ? AND priority = ? AND account_id = ? ORDER BY seq LIMIT ?
"""


def head_of_queue(connection: sqlite3.Connection, most: int) -> list[tuple[int, int]]:
    """Priority and seq of the first messages that are due and that any SIM may take, by priority and age."""
    by_priority: dict[int, list[LaneKey]] = {}
    for key, _ in lanes(connection):
        by_priority.setdefault(key.priority, []).append(key)
    found: list[tuple[int, int]] = []
    for priority in sorted(by_priority):
        left = most - len(found)
        seqs = [seq for key in by_priority[priority] for seq in _seqs(connection, key, left)]
        found += [(priority, seq) for seq in sorted(seqs)[:left]]
        if len(found) >= most:
            break
    return found


def _seqs(connection: sqlite3.Connection, key: LaneKey, most: int) -> list[int]:
    if key.sticky_sim_id is None:
        rows = connection.execute(_SEQS_OF_LANE, (key.priority, key.account_id, key.destination, most))
    else:
        rows = connection.execute(
            _SEQS_OF_STICKY_LANE, (key.sticky_sim_id, key.priority, key.account_id, most)
        )
    return [seq for (seq,) in rows]


# -- conversations ------------------------------------------------------------------------------------------------

MOST_FOLLOWING = 100
"""Messages to one recipient that are looked through for those that still wait."""

FOLLOW = """
    UPDATE messages SET sticky_sim_id = ?
    WHERE seq IN (SELECT seq FROM messages INDEXED BY messages_recipient WHERE recipient = ? ORDER BY seq DESC LIMIT ?)
        AND state = 'queued' AND pinned_sim_id IS NULL AND sticky_sim_id IS NOT ?
"""


def follow_conversation(connection: sqlite3.Connection, sender: str, sim_id: int) -> int:
    """Somebody wrote to a SIM: what waits for him goes by that SIM where it can. How many messages that are."""
    return connection.execute(FOLLOW, (sim_id, sender, MOST_FOLLOWING, sim_id)).rowcount
