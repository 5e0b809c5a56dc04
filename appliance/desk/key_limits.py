"""How many messages a key may send: asked and counted in the transaction that stores them, so no way in passes it.

A window slides: within any 60 seconds, and within any 24 hours, no more than the limit is accepted. It is counted in
steps (a second, a quarter of an hour), and a step counts until all of it has left the window. A day of the calendar
would let twice as many through around midnight. What was cancelled or failed was accepted, and counts.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance.desk.mistake import Because, Mistake, Refusal
from appliance.desk.who import Who
from appliance.store import key_usage, keys
from appliance.store.facts import facts_of
from appliance.store.key_usage import Steps, Usage
from appliance.store.keys import ApiKey, Scope


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time that slides, and the steps in which it is counted."""

    span_ms: int
    step_ms: int

    @property
    def span_s(self) -> int:
        return self.span_ms // 1000

    def recent(self, steps: Steps, now_ms: int) -> Steps:
        """What is still within the window. Of a clock that was set back nothing is yet to come: it counts as of now."""
        latest_ms = now_ms - now_ms % self.step_ms
        return tuple(
            (min(began_ms, latest_ms), count)
            for began_ms, count in steps
            if min(began_ms, latest_ms) + self.step_ms + self.span_ms > now_ms
        )

    def plus(self, steps: Steps, count: int, now_ms: int) -> Steps:
        """The same with so many more, now."""
        latest_ms = now_ms - now_ms % self.step_ms
        counts: dict[int, int] = dict.fromkeys((began_ms for began_ms, _ in steps), 0)
        for began_ms, each in (*steps, (latest_ms, count)):
            counts[began_ms] = counts.get(began_ms, 0) + each
        return tuple(sorted(counts.items()))

    def room_in_ms(self, steps: Steps, wanted: int, limit: int, now_ms: int) -> int:
        """How long until so many more are within the limit, where nothing is sent meanwhile; 0: they are."""
        over = sum(count for _, count in steps) + wanted - limit
        for began_ms, count in steps:
            if over <= 0:
                break
            over -= count
            if over <= 0:
                return began_ms + self.step_ms + self.span_ms - now_ms
        return 0


MINUTE = Window(60_000, 1_000)
DAY = Window(86_400_000, 900_000)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of one limit of a key."""

    name: str
    limit: int
    left: int
    window_s: int | None
    """None: for ever."""
    more_in_s: int
    """Until there is room for one more than now."""


class KeyChangedError(Exception):
    """The door let in by what it remembered of a key that has changed since; it must read it anew."""


def check(connection: sqlite3.Connection, who: Who, messages: int, now_ms: int) -> Refusal | None:
    """Count so many messages of whoever asks; or refuse all of them, and count none.

    To be called in the transaction that stores them. Also what was done with the key between its being shown and
    this transaction is obeyed: one that was revoked meanwhile, or may send no more, sends nothing.
    """
    if who.api_key_id is None:
        return None
    key = _key(connection, who.api_key_id)
    if who.judged is not None and key is not who.judged and key != who.judged:
        raise KeyChangedError
    if key is None or key.revoked_at_ms is not None:
        return Refusal((Mistake("", "problem.wrong-key"),), because=Because.FORBIDDEN)
    ended = _ended(key, now_ms)
    if ended is not None:
        return Refusal((ended,), because=Because.FORBIDDEN)
    if not _is_limited(key):
        return None
    used = recent_usage(connection, key, now_ms)
    refusal = _over(key, used, messages, now_ms)
    if refusal is None:
        key_usage.put(connection, key.id, _plus(key, used, messages, now_ms))
        facts = facts_of(connection)
        if facts is not None:
            facts.keep(connection)
    return refusal


def _ended(key: ApiKey, now_ms: int) -> Mistake | None:
    """Why a key that was let in a while ago (a long body, a mail) may send no more."""
    if key.expires_at_ms is not None and key.expires_at_ms <= now_ms:
        return Mistake("", "problem.key-expired", {"key": key.name})
    if Scope.SEND not in key.scopes:
        return Mistake("", "problem.missing-scope", {"scope": Scope.SEND.value})
    return None


def _key(connection: sqlite3.Connection, key_id: int) -> ApiKey | None:
    facts = facts_of(connection)
    if facts is None:
        return keys.key_of_id(connection, key_id)
    return facts.get(connection, ("key", key_id), lambda connection: keys.key_of_id(connection, key_id))


def recent_usage(connection: sqlite3.Connection, key: ApiKey, now_ms: int) -> Usage:
    """What still counts of what a key used."""
    used = key_usage.of_key(connection, key.id)
    return Usage(MINUTE.recent(used.minute, now_ms), DAY.recent(used.day, now_ms), used.test_messages)


def standings(connection: sqlite3.Connection, key: ApiKey, now_ms: int) -> tuple[Standing, ...]:
    """What is left of each limit of messages that a key has."""
    if not _is_limited(key):
        return ()
    used = recent_usage(connection, key, now_ms)
    found = []
    for name, limit, window, steps in _windows(key, used):
        left = max(0, limit - sum(count for _, count in steps))
        more_in_s = -(-window.room_in_ms(steps, left + 1, limit, now_ms) // 1000)
        found.append(Standing(name, limit, left, window.span_s, more_in_s))
    if key.test_allowance is not None and not key.is_sandbox:
        left = max(0, key.test_allowance - used.test_messages)
        found.append(Standing("test-allowance", key.test_allowance, left, None, 0))
    return tuple(found)


def _is_limited(key: ApiKey) -> bool:
    return any(
        each is not None for each in (key.messages_per_minute, key.messages_per_day, key.test_allowance)
    )


def _windows(key: ApiKey, used: Usage) -> list[tuple[str, int, Window, Steps]]:
    given = (
        ("messages-per-minute", key.messages_per_minute, MINUTE, used.minute),
        ("messages-per-day", key.messages_per_day, DAY, used.day),
    )
    return [(name, limit, window, steps) for name, limit, window, steps in given if limit is not None]


def _over(key: ApiKey, used: Usage, messages: int, now_ms: int) -> Refusal | None:
    allowance = None if key.is_sandbox else key.test_allowance
    if allowance is not None and used.test_messages + messages > allowance:
        args = {"limit": allowance, "left": max(0, allowance - used.test_messages)}
        return Refusal((Mistake("", "problem.key-allowance", args),), because=Because.FORBIDDEN)
    waits = []
    for name, limit, window, steps in _windows(key, used):
        if messages > limit:
            # Waiting would be of no use.
            over = Mistake("", f"problem.key-{name}-at-once", {"limit": limit, "messages": messages})
            return Refusal((over,))
        wait_ms = window.room_in_ms(steps, messages, limit, now_ms)
        if wait_ms > 0:
            waits.append((wait_ms, name, limit))
    if not waits:
        return None
    wait_ms, name, limit = max(waits)
    wait_s = -(-wait_ms // 1000)
    args = {"limit": limit, "seconds": wait_s, "hours": -(-wait_s // 3600)}
    mistake = Mistake("", f"problem.key-{name}", args)
    return Refusal((mistake,), because=Because.LIMIT, retry_after_s=wait_s)


def _plus(key: ApiKey, used: Usage, messages: int, now_ms: int) -> Usage:
    return Usage(
        used.minute if key.messages_per_minute is None else MINUTE.plus(used.minute, messages, now_ms),
        used.day if key.messages_per_day is None else DAY.plus(used.day, messages, now_ms),
        used.test_messages + (0 if key.test_allowance is None or key.is_sandbox else messages),
    )
