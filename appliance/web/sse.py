"""The feed of changes for those who keep a connection open: server-sent events, and long polls.

All of it is in the server's loop, so a reader costs a task and no thread. One look at the database's change mark serves
everybody; what is new is read and written as JSON once, in a thread, and each reader takes what it may see of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from appliance.desk.change_types import GAP, SCOPE_OF, is_asked_for
from appliance.store import changes
from appliance.store.database import connect
from appliance.store.keys import Scope
from appliance.web.feed_objects import body_of, facts_of, gap_object
from appliance.web.language import Language
from appliance.web.office import Office
from appliance.web.problem import as_json
from appliance.web.unexpected import log_unexpected

LOOK_S = 0.1
HEARTBEAT_S = 15.0
"""So long at most nothing is said: proxies and clients take a longer silence for the end."""
RETRY_MS = 2000
"""What a client is told to wait for before it comes back."""
PAGE = 200
KEPT = 1000
"""The newest changes are kept in memory for all readers; who is behind them reads for himself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as it is written."""

    id: int
    kind: str
    api_key_id: int | None
    """Of a message: the key that sent it."""
    body: bytes

    @property
    def as_event(self) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.id, self.kind.encode(), self.body)


@dataclass(frozen=True, slots=True)
class Page:
    """Changes in a row; those that are kept no more are left out."""

    entries: tuple[Entry, ...]
    last_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who reads, and what of it."""

    scopes: frozenset[Scope]
    api_key_id: int | None
    language: Language
    kinds: tuple[str, ...] = ()

    def sees(self, entry: Entry) -> bool:
        """Whether he may see it, and asked for it. A gap concerns everybody."""
        if entry.kind == GAP:
            return True
        if not is_asked_for(self.kinds, entry.kind):
            return False
        family = entry.kind.partition(".")[0]
        if SCOPE_OF[family] in self.scopes:
            return True
        is_own = entry.api_key_id is not None and entry.api_key_id == self.api_key_id
        return family == "message" and is_own and Scope.SEND in self.scopes


@dataclass(frozen=True, slots=True)
class Start:
    """From where somebody reads, and whether changes before may be missing."""

    position: int
    has_gap: bool


def start_at(reader: sqlite3.Connection, after: int | None) -> Start:
    """After the change that was read last; None: from now on."""
    newest, oldest = changes.newest_id(reader), changes.oldest_id(reader)
    if after is None:
        return Start(newest, False)
    if after > newest:
        # Of another database, or of one that was put back.
        return Start(newest, True)
    if after < oldest - 1:
        return Start(oldest - 1, True)
    return Start(after, False)


def note_reader(office: Office) -> None:
    """See to it that changes are recorded; writes a few times a day at most."""
    reader, now_ms = office.reader(), office.now_ms()
    wanted_until = int(reader.execute("SELECT wanted_until_ms FROM feed").fetchone()[0])
    if wanted_until < now_ms + changes.WANTED_BY_A_READER_MS // 2 or not changes.is_recording(reader):
        office.writer.write_blocking(lambda connection: changes.note_reader(connection, now_ms))


def read_page(office: Office, after: int, language: Language) -> Page:
    """The next changes, written in a language. Takes some milliseconds: not for the loop."""
    reader = office.reader()
    box = changes.box_id(reader)
    entries: list[Entry] = []
    last_id = after
    for change in changes.after(reader, after, PAGE):
        last_id = change.id
        facts = facts_of(reader, change, box)
        if facts is not None:
            key_id = None if facts.message is None else facts.message.api_key_id
            entries.append(Entry(change.id, facts.type, key_id, body_of(office, facts, language)))
    return Page(tuple(entries), last_id)


class Hub:
    """One for each office, in the server's loop."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="feed")
        self._kept: dict[str, deque[Page]] = {}
        """By language; the pages follow one another without a gap."""
        self._readers: dict[str, int] = {}
        self._languages: dict[str, Language] = {}
        self._newest = 0
        self._news: asyncio.Future[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def reading(self, language: Language) -> AsyncIterator[None]:
        """Somebody reads in a language meanwhile."""
        tag = language.tag
        self._languages[tag] = language
        self._readers[tag] = self._readers.get(tag, 0) + 1
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._readers[tag] -= 1
            if not self._readers[tag]:
                del self._readers[tag]
                self._kept.pop(tag, None)
            if not self._readers and self._watch is not None:
                self._watch.cancel()
                self._watch, self._newest = None, 0

    async def after(self, position: int, language: Language) -> Page:
        """The next changes after one; none where there is nothing newer, as far as is known."""
        kept = self._kept.get(language.tag)
        if kept:
            # From the end, where nearly everybody is. Each page begins where the one before it ended.
            following: Page | None = None
            for page in reversed(kept):
                if page.last_id <= position:
                    if following is None:
                        return Page((), position)
                    return Page(
                        tuple(each for each in following.entries if each.id > position), following.last_id
                    )
                following = page
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, read_page, self._office, position, language
        )

    async def wait(self, position: int, timeout_s: float) -> None:
        """Until there may be something after a change, or the time is over."""
        if self._newest > position:
            return
        if self._news is None or self._news.done():
            self._news = asyncio.get_running_loop().create_future()
        await asyncio.wait((self._news,), timeout=timeout_s)

    async def _look(self) -> None:
        while True:
            try:
                with contextlib.closing(connect(self._office.settings.database, read_only=True)) as reader:
                    await self._follow(reader)
            except sqlite3.Error as error:
                log_unexpected(self._office.log, "following the feed of changes", error)
                await asyncio.sleep(1)

    async def _follow(self, reader: sqlite3.Connection) -> None:
        version = -1
        while True:
            now = int(reader.execute("PRAGMA data_version").fetchone()[0])
            if now != version:
                version = now
                newest = changes.newest_id(reader)
                if newest > self._newest:
                    await self._take_in(newest)
            await asyncio.sleep(LOOK_S)

    async def _take_in(self, newest: int) -> None:
        loop = asyncio.get_running_loop()
        for tag in list(self._readers):
            kept = self._kept.setdefault(tag, deque([Page((), self._newest or newest)]))
            while kept[-1].last_id < newest:
                page = await loop.run_in_executor(
                    self._threads, read_page, self._office, kept[-1].last_id, self._languages[tag]
                )
                if page.last_id == kept[-1].last_id:
                    break
                kept.append(page)
            while len(kept) > 1 and sum(len(each.entries) for each in kept) > KEPT:
                kept.popleft()
        self._newest = newest
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


async def events(hub: Hub, viewer: Viewer, start: Start, gap: bytes) -> AsyncIterator[bytes]:
    """The stream of one reader (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    loop = asyncio.get_running_loop()
    position, said_s = start.position, loop.time()
    yield b"retry: %d\n\n" % RETRY_MS
    if start.has_gap:
        yield Entry(position, GAP, None, gap).as_event
    async with hub.reading(viewer.language):
        while True:
            page = await hub.after(position, viewer.language)
            is_new = page.last_id > position
            position = page.last_id
            said = b"".join(each.as_event for each in page.entries if viewer.sees(each))
            if not said and loop.time() - said_s >= HEARTBEAT_S:
                said = b":\n\n"
            if said:
                yield said
                said_s = loop.time()
            if not is_new:
                await hub.wait(position, max(0.0, said_s + HEARTBEAT_S - loop.time()))


async def next_page(hub: Hub, viewer: Viewer, position: int, wait_s: float) -> Page:
    """The next changes that somebody may see, as soon as there are any; none when the time is over."""
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + wait_s
    async with hub.reading(viewer.language):
        while True:
            page = await hub.after(position, viewer.language)
            seen = tuple(each for each in page.entries if viewer.sees(each))
            if seen:
                return Page(seen, page.last_id)
            if page.last_id > position:
                position = page.last_id
                continue
            if loop.time() >= ends_s:
                return Page((), position)
            await hub.wait(position, ends_s - loop.time())


def page_body(page: Page) -> bytes:
    """``{"items": […], "after": …}``."""
    items = b",".join(b'{"id":%d,' % each.id + each.body[1:] for each in page.entries)
    return b'{"items":[' + items + b'],"after":%d}' % page.last_id


def gap_body(office: Office) -> bytes:
    """What is said where changes may be missing."""
    return as_json(gap_object(office.now_ms()))


class Hubs:
    """Of all offices of the process."""

    def __init__(self) -> None:
        self._of: dict[Office, Hub] = {}
        self._lock = threading.Lock()

    def of(self, office: Office) -> Hub:
        """The hub of an office."""
        with self._lock:
            return self._of.setdefault(office, Hub(office))


HUBS = Hubs()
