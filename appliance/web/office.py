"""What the routes work with: settings, the writer, readers, the clock, what is known of the SIMs."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from appliance.desk.sims import SimBook, read_book, reason_of
from appliance.desk.tally import Tally
from appliance.desk.tools import Tools
from appliance.policy.reason import Reason
from appliance.store import doorbell, sandbox_keys
from appliance.store.clock import now_ms
from appliance.store.database import connect, prepare
from appliance.store.facts import Facts
from appliance.store.keys import ApiKey
from appliance.store.loop_writer import LoopCommitWriter
from appliance.store.messages import Message
from appliance.store.usage import Memo
from appliance.store.writer import GroupCommitWriter
from appliance.web.calls import Calls
from appliance.web.handsets import Bank
from appliance.web.marker import ChangeMarker
from appliance.web.settings import WebSettings

BOOK_AT_HAND_MS = 5000
BOOK_LIFETIME_MS = 1000
"""A list of waiting messages asks for the SIMs once, not once for each message."""


class Office:
    """One for the process; safe for its threads."""

    def __init__(self, settings: WebSettings, *, calls: Calls | None = None) -> None:
        self.settings = settings
        self.calls = Calls() if calls is None else calls
        """Those to the sandbox are among them: keys are of the box."""
        self.on_sandbox: Callable[[Office], object] | None = None
        """Called once with the office of the sandbox, before it answers anything."""
        self._sandbox: Office | None = None
        self._sandbox_lock = threading.Lock()
        self._mirrored: dict[int, ApiKey] = {}
        self.log = logging.getLogger("simloft.web")
        self.writer = GroupCommitWriter(settings.database)
        self.zone = ZoneInfo(settings.time_zone)
        self.tally = Tally()
        self.marker = ChangeMarker(settings.database)
        self.bank = Bank(settings.bank_control) if settings.simulated else None
        self._bell = doorbell.Bell(settings.doorbell)
        self.https_port: int | None = None
        """Where HTTPS is answered now; None: nowhere."""
        self.tools = Tools(
            database=settings.database,
            writer=self.writer,
            ring=self.ring,
            rules=settings.rules,
            plan=settings.plan,
            zone=self.zone,
            balance=settings.balance,
            keep_alive=settings.keep_alive,
        )
        self.known_keys: dict[str, ApiKey] = {}
        """By its hash, as it was read last; see :class:`~appliance.desk.key_limits.KeyChangedError`."""
        self._loop_writer: LoopCommitWriter | None = None
        self._is_ringing = False
        self._readers = threading.local()
        self._looks = threading.local()
        self._started_at_ms = self.now_ms()
        self._book: SimBook | None = None
        self._memo: Memo = {}
        """What is known of billing months; guarded like the book."""
        self._book_mark = ""
        self._book_lock = threading.Lock()

    def close(self) -> None:
        """Write what was asked for, then let go of the database."""
        if self._sandbox is not None:
            self._sandbox.close()
        self.writer.close()
        self.marker.close()

    @property
    def loop_writer(self) -> LoopCommitWriter:
        """For coroutines: small changes run in the loop, and no thread fights it for Python's lock."""
        if self._loop_writer is None:
            self._loop_writer = LoopCommitWriter(self.settings.database, facts=Facts())
        return self._loop_writer

    async def close_in_loop(self) -> None:
        """Write what coroutines asked for."""
        if self._sandbox is not None:
            await self._sandbox.close_in_loop()
        if self._loop_writer is not None:
            await self._loop_writer.close()

    @property
    def is_sandbox(self) -> bool:
        """Whether this is the box for trying programs, which sends nothing."""
        return self.settings.is_sandbox

    @property
    def sandbox(self) -> Office | None:
        """The office of the sandbox, opened when it is first asked for; None where this box has none.

        Raises :class:`~appliance.store.errors.StoreError` where its database can't be used.
        """
        settings = self.settings.sandbox
        if settings is None:
            return None
        with self._sandbox_lock:
            if self._sandbox is None:
                prepare(settings.database)
                self._sandbox = Office(settings, calls=self.calls)
                if self.on_sandbox is not None:
                    self.on_sandbox(self._sandbox)
            return self._sandbox

    def sandbox_of(self, key: ApiKey) -> Office | None:
        """The same for a request with that key, whose row with its limits is there then."""
        sandbox = self.sandbox
        if sandbox is None:
            return None
        terms = replace(key, last_used_at_ms=None, last_used_from=None)
        if self._mirrored.get(key.id) != terms:
            sandbox.writer.write_blocking(lambda connection: sandbox_keys.mirror(connection, key))
            self._mirrored[key.id] = terms
        return sandbox

    def reader(self) -> sqlite3.Connection:
        """The reading connection of the calling thread."""
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = connect(self.settings.database, read_only=True)
        return connection

    def now_ms(self) -> int:
        """The clock."""
        return now_ms()

    def book(self) -> SimBook:
        """The SIMs as they stood at most :data:`BOOK_LIFETIME_MS` ago."""
        now_ms = self.now_ms()
        with self._book_lock:
            book = self._book
            if book is None or not 0 <= now_ms - book.read_at_ms < BOOK_LIFETIME_MS:
                book = self._book = read_book(
                    self.reader(),
                    self.settings.plan,
                    now_ms,
                    self._started_at_ms,
                    self._memo,
                    pool_died=self._is_pool_missing(),
                    is_sandbox=self.is_sandbox,
                )
            return book

    def book_at_hand(self) -> SimBook | None:
        """The same for who must not wait: an older one while another request reads it, None where it has to be read."""
        book = self._book
        if book is None:
            return None
        age_ms = self.now_ms() - book.read_at_ms
        longest_ms = BOOK_AT_HAND_MS if self._book_lock.locked() else BOOK_LIFETIME_MS
        return book if 0 <= age_ms < longest_ms else None

    def _is_pool_missing(self) -> bool:
        if self.is_sandbox:
            # Ended in order or not yet started: there is a pool only while there is a key.
            return not doorbell.is_answered(self.settings.doorbell)
        return doorbell.is_abandoned(self.settings.doorbell)

    def look(self) -> None:
        """Begin to answer a page: what it shows is as of now or later, and so is the mark that it is sent with.

        Without, a page could be told that it shows what there is while it shows what there was.
        """
        mark = self._looks.mark = self.marker.now(self.now_ms())
        with self._book_lock:
            if mark != self._book_mark:
                self._book, self._book_mark = None, mark

    @property
    def mark(self) -> str:
        """The mark of when :meth:`look` was called in this thread."""
        mark: str | None = getattr(self._looks, "mark", None)
        return self.marker.now(self.now_ms()) if mark is None else mark

    def forget_book(self) -> None:
        """Something about a SIM was changed here and must show at once."""
        with self._book_lock:
            self._book = None

    def reason(self, message: Message) -> Reason:
        """Why a message is where it is now."""
        return reason_of(self.reader(), message, self.book(), self.now_ms())

    def ring_from_loop(self) -> None:
        """The same once for all that the loop answers in one turn: they were one transaction."""
        if not self._is_ringing:
            self._is_ringing = True
            asyncio.get_running_loop().call_soon(self._ring_now)

    def _ring_now(self) -> None:
        self._is_ringing = False
        self.ring()

    def ring(self) -> None:
        """Tell the pool that there is something to do."""
        self._bell.ring()
