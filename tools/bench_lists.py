"""`make bench ARGS='--table lists'`: a page of 100 from a million messages, by each filter and each pair of filters.

The messages are those of a box that was used for a year: 32 SIMs, some accounts, campaigns, recipients who get many
and recipients who get one, a few that failed. What is timed is a page as the API makes it, reading and JSON included,
with the file in the memory of the operating system.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appliance.desk.sims import SimBook, read_book, reason_of
from appliance.policy.plan import Plan
from appliance.store import message_lists
from appliance.store.database import connect, prepare
from appliance.store.life import MessageState
from appliance.store.message_lists import Filters
from appliance.store.messages import new_id
from appliance.web.language import languages
from appliance.web.problem import as_json
from appliance.web.represent import message_object
from appliance.web.words import Words

MESSAGES = 1_000_000
BEGAN_MS = 1_760_000_000_000
YEAR_MS = 365 * 86_400_000
LIMIT, RUNS = 100, 5
SIMS = 32

FILTERS: dict[str, dict[str, object]] = {
    "nothing": {},
    "state delivered": {"states": frozenset({MessageState.DELIVERED})},
    "state failed, expired": {"states": frozenset({MessageState.FAILED, MessageState.EXPIRED})},
    "state queued": {"states": frozenset({MessageState.QUEUED})},
    "state sending": {"states": frozenset({MessageState.SENDING})},
    "a day of last spring": {
        "accepted_after_ms": BEGAN_MS + YEAR_MS // 2,
        "accepted_before_ms": BEGAN_MS + YEAR_MS // 2 + 86_400_000,
    },
    "half a year": {"accepted_before_ms": BEGAN_MS + YEAR_MS // 2},
    "a SIM": {"sim_id": 3},
    "a SIM that went": {"sim_id": SIMS + 1},
    "a recipient of one": {"recipient": "+8613700000777"},
    "a recipient of many": {"recipient": "+8613800000007"},
    "a campaign": {"campaign": "campaign 7"},
    "the account of all": {"account_id": 1},
    "another account": {"account_id": 3},
    "source api": {"source": "api"},
    "source page": {"source": "page"},
    "text of many": {"text": "已发货"},
    "text of a few": {"text": "验证码 777"},
    "text of none": {"text": "没有这样的内容"},
}


def print_table(_runs: int) -> None:
    """One line for each filter, one for each pair of which a page is slow or short, one for the slowest pair."""
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        path = Path(name) / "simloft.db"
        prepare(path)
        with closing(connect(path)) as connection:
            fill(connection)
        with closing(connect(path, read_only=True)) as reader:
            print(f"\n{'filter':58}  median     longest  of {LIMIT}")
            for label, filters in FILTERS.items():
                print(_measured(reader, label, filters), flush=True)
            slowest = 0.0
            for one, other in itertools.combinations(FILTERS, 2):
                both = {**FILTERS[one], **FILTERS[other]}
                if len(both) < len(FILTERS[one]) + len(FILTERS[other]) or "nothing" in (one, other):
                    continue
                median, longest, count, is_short = _times(reader, both)
                slowest = max(slowest, median)
                if median > 30 or is_short:
                    print(_line(f"{one} + {other}", median, longest, count, is_short), flush=True)
            print(f"{'the slowest pair':58}  {slowest:6.1f} ms")


def _measured(reader: sqlite3.Connection, label: str, filters: dict[str, object]) -> str:
    return _line(label, *_times(reader, filters))


def _line(label: str, median: float, longest: float, count: int, is_short: bool) -> str:
    said = ", goes on" if is_short else ""
    return f"{label:58}  {median:6.1f} ms  {longest:6.1f} ms  {count:3}{said}"


def _times(reader: sqlite3.Connection, filters: dict[str, object]) -> tuple[float, float, int, bool]:
    took = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        count, has_next = _page(reader, Filters(**filters))  # type: ignore[arg-type]
        took.append((time.perf_counter() - begun) * 1_000)
    return statistics.median(took), max(took), count, has_next and count < LIMIT


def _page(reader: sqlite3.Connection, filters: Filters) -> tuple[int, bool]:
    found = message_lists.list_messages(reader, filters, limit=LIMIT)
    now_ms = BEGAN_MS + YEAR_MS
    words = Words(languages()["zh-CN"], ZoneInfo("Asia/Shanghai"), now_ms)
    book = _book(reader, now_ms)
    as_json(
        [message_object(each, reason_of(reader, each, book, now_ms), book, words) for each in found.messages]
    )
    return len(found.messages), found.next_before is not None


_books: list[SimBook] = []
"""The one that all pages are made with, as the web process keeps it for a second."""


def _book(reader: sqlite3.Connection, now_ms: int) -> SimBook:
    if not _books:
        _books.append(read_book(reader, Plan(), now_ms))
    return _books[0]


def fill(connection: sqlite3.Connection, count: int = MESSAGES) -> None:
    """A year of messages, the newest thousand still waiting."""
    chance = random.Random(7)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO sims (id, identity, first_seen_at_ms, last_seen_at_ms) VALUES (?, ?, 1, 1)",
        [(number, f"iccid:{number}") for number in range(1, SIMS + 2)],
    )
    connection.executemany(
        "INSERT INTO accounts (id, name) VALUES (?, ?)", [(2, "shop"), (3, "ward"), (4, "school")]
    )
    connection.executemany(
        """
        INSERT INTO messages (seq, id, recipient, text, alphabet, parts_total, priority, source, state, reason, attempt,
            sim_id, accepted_at_ms, sent_at_ms, finished_at_ms, updated_at_ms, account_id, destination, campaign)
        VALUES (?, ?, ?, ?, 'ucs2', 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'china-mobile', ?)
        """,
        _messages(chance, count),
    )
    connection.execute(
        """
        INSERT INTO parts (message_seq, attempt, number, sim_id, state, submitted_at_ms, answered_at_ms, tp_mr)
        SELECT seq, 1, 1, sim_id, 'accepted', sent_at_ms, sent_at_ms, seq % 256 FROM messages WHERE sim_id IS NOT NULL
        """
    )
    connection.execute("COMMIT")


def _messages(chance: random.Random, count: int) -> Iterator[tuple[object, ...]]:
    usual = [MessageState.DELIVERED] * 95 + [MessageState.SENT] * 4
    rare = [MessageState.FAILED, MessageState.EXPIRED, MessageState.CANCELLED, MessageState.UNDELIVERED]
    texts = (
        "您的订单 {n} 已发货，请注意查收",
        "您的验证码 {n}，五分钟内有效",
        "预约提醒：明天 {n} 号",
        "系统告警 {n}",
    )
    for seq in range(1, count + 1):
        at_ms = BEGAN_MS + YEAR_MS * seq // count
        if seq > count - 1000:
            state = MessageState.SENDING if seq <= count - 968 else MessageState.QUEUED
        else:
            state = chance.choice(rare) if seq % 211 == 0 else chance.choice(usual)
        sim_id = None
        if state is not MessageState.QUEUED and state is not MessageState.CANCELLED:
            # One SIM was used for the first tenth of the year only.
            sim_id = SIMS + 1 if seq < count // 10 and seq % 5 == 0 else 1 + seq % SIMS
        sent_ms = None if sim_id is None else at_ms + 4000
        recipient = f"+861380000{seq % 50:04d}" if seq % 3 == 0 else f"+8613700{seq % 700_000:06d}"
        yield (
            seq,
            new_id(at_ms),
            recipient,
            texts[seq % 4].format(n=seq % 1000),
            "page" if seq % 97 == 0 else "api",
            state.value,
            "message.queued",
            1 if sim_id else 0,
            sim_id,
            at_ms,
            sent_ms,
            sent_ms,
            at_ms,
            (1, 1, 2, 3, 4)[seq % 5],
            f"campaign {seq // 20_000}" if seq % 2 == 0 else None,
        )
