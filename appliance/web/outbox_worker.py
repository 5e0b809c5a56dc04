"""Tells others of changes: one thread that hands out, a few that tell, all of an office.

Nothing is lost by a crash: what a change is, is on disk with the change itself, and ``feed.told_id`` moves past it only
when it was told to everybody or its row in ``deliveries`` is on disk. So a crash makes some be told twice, under the
same id. What is told at once writes nothing but that number, some seconds' worth of it at a time.
"""

from __future__ import annotations

import logging
import queue
import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from appliance.desk.alarms import fails_for_long
from appliance.desk.outbox import OutboxRules, Renderer, Target, next_try_ms
from appliance.store import changes, deliveries
from appliance.store.database import connect
from appliance.store.deliveries import Delivery, Failed
from appliance.store.errors import StoreError
from appliance.web.office import Office
from appliance.web.outbox_audience import Audience
from appliance.web.outbox_lane import MOST_QUEUED, Job, Lane
from appliance.web.outbox_try import GONE, Outcome, Teller, Tried
from appliance.web.outbox_upkeep import keep_house, new_row
from appliance.web.outbox_writes import GATHER_MS, Writes
from appliance.web.push_client import PushClient
from appliance.web.renderers import RENDERERS
from appliance.web.unexpected import log_unexpected

log = logging.getLogger("simloft.outbox")

MOST_AT_A_TIME = 16
"""Requests of an office; each has a thread."""
MOST_SLOW = 8
"""Of them so many to endpoints that are slow to answer."""
MOST_UNTOLD = 1000
"""Changes in memory that somebody is still to be told of; and so many are put aside in one transaction, since
everybody who writes waits for it."""
PAGE = 200
LOOK_S = 0.1
IDLE_LOOK_S = 1.0
"""Between two looks at whether the database changed, while somebody wants to be told and while nobody does."""
STOP_LIMIT_S = 2.0
REMEMBERED = 50
"""Tries of each subscription that are remembered for the page."""
UPKEEP_MS = 600_000
RETRY_S = 5.0


@dataclass(slots=True)
class _Done:
    lane: Lane
    job: Job
    tried: Tried
    was_slow: bool
    """Whether the endpoint was known to be slow when it began."""


class Outbox:
    """One for each office of the process."""

    def __init__(
        self,
        office: Office,
        rules: OutboxRules,
        renderers: Mapping[str, Callable[[Office], Renderer]] = RENDERERS,
    ) -> None:
        self._office = office
        self._rules = rules
        self._client = PushClient(rules)
        self._gather_ms = min(GATHER_MS, rules.give_up_after_s * 5)
        with closing(connect(office.settings.database, read_only=True)) as reader:
            self.teller = Teller(office, self._client, renderers, changes.box_id(reader))
        self._audience = Audience()
        self._lanes: dict[str, Lane] = {}
        self._untold: dict[int, int] = {}
        """Changes that were handed out, with how many receivers are still to be told."""
        self._rows: set[int] = set()
        """Rows of ``deliveries`` that are in hand."""
        self._read_id = 0
        self._busy = self._busy_slow = 0
        self._writes = Writes(gather_ms=self._gather_ms)
        self._upkeep_ms = 0
        self._done: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        self._recent: dict[int, deque[Tried]] = {}
        self._recent_lock = threading.Lock()
        self._bell = threading.Event()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(MOST_AT_A_TIME, thread_name_prefix="outbox")
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Tell nobody anything more; what is not told goes on after the next start."""
        self._stop.set()
        self._bell.set()
        self._client.close()
        if self._thread.is_alive():
            self._thread.join(STOP_LIMIT_S)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def ring(self) -> None:
        """Something changed: look now."""
        self._bell.set()

    def recent(self, webhook_id: int) -> list[Tried]:
        """The last tries of a subscription since the start of the process, newest first."""
        with self._recent_lock:
            return list(reversed(self._recent.get(webhook_id, ())))

    def remember(self, webhook_id: int, tried: Tried) -> None:
        """For :meth:`recent`."""
        with self._recent_lock:
            self._recent.setdefault(webhook_id, deque(maxlen=REMEMBERED)).append(tried)

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(connect(self._office.settings.database, read_only=True)) as reader:
                    self._begin(reader)
                    while not self._stop.is_set():
                        self._turn(reader)
                    self._write(self._office.now_ms())
            except Exception as error:
                log_unexpected(log, "the outbox", error)
                self._stop.wait(RETRY_S)

    def _begin(self, reader: sqlite3.Connection) -> None:
        """From where the disk knows; what is in hand comes back as if it had never begun."""
        self._audience = Audience()
        self._lanes.clear()
        self._untold.clear()
        self._writes = Writes(gather_ms=self._gather_ms)
        self._read_id = deliveries.told_id(reader)

    def _turn(self, reader: sqlite3.Connection) -> None:
        self._bell.clear()
        now_ms = self._office.now_ms()
        while not self._done.empty():
            self._settle(self._done.get(), now_ms)
        self._look(reader)
        self._raise_alarms(now_ms)
        self._stop_for_keys(now_ms)
        if self._is_wanted:
            self._unclog(now_ms)
            self._hand_out(reader, now_ms)
            due_ms = self._take_due(reader, now_ms)
            self._begin_tries(now_ms)
        else:
            due_ms = None
            self._read_id = max(self._read_id, self._audience.newest_id)
        self._writes.told_id = min(self._untold, default=self._read_id + 1) - 1
        if self._writes.are_due(now_ms):
            self._write(now_ms)
        if abs(now_ms - self._upkeep_ms) > UPKEEP_MS:
            self._keep_house(now_ms)
        self._bell.wait(self._pause_s(now_ms, due_ms))

    def _raise_alarms(self, now_ms: int) -> None:
        for webhook in self._audience.webhooks.values():
            if webhook.alarmed_at_ms is None and fails_for_long(webhook, now_ms):
                self._writes.alarming.add(webhook.id)
                self._writes.soon(now_ms)

    def _stop_for_keys(self, now_ms: int) -> None:
        stopped = self._audience.stopped(now_ms)
        if stopped:
            self._writes.stopped.update(stopped)
            self._writes.soon(now_ms)

    @property
    def _is_wanted(self) -> bool:
        return self._audience.is_anybody

    def _pause_s(self, now_ms: int, due_ms: int | None) -> float:
        look_s = LOOK_S if self._is_wanted else IDLE_LOOK_S
        if due_ms is None:
            return look_s
        return min(look_s, max(0.01, (due_ms - now_ms) / 1000))

    def _look(self, reader: sqlite3.Connection) -> None:
        version = int(reader.execute("PRAGMA data_version").fetchone()[0])
        if version == self._audience.version:
            return
        self._audience = Audience.of(reader, version)
        found = self._audience.webhooks
        for key, lane in list(self._lanes.items()):
            if lane.webhook_id is not None:
                lane.has_rows = True
                if lane.webhook_id not in found and not lane.busy:
                    for job in lane.queue:
                        self._let_go(job)
                    del self._lanes[key]

    def _lane(self, target: Target) -> Lane:
        webhook_id = None if target.webhook is None else target.webhook.id
        key = f"w{webhook_id}" if webhook_id is not None else urlsplit(target.url).netloc
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(webhook_id)
            if target.webhook is not None:
                lane.failing_since_ms = target.webhook.failing_since_ms
        return lane

    # -- from the feed to the lanes -----------------------------------------------------------------------------------

    def _hand_out(self, reader: sqlite3.Connection, now_ms: int) -> None:
        while max(len(self._untold), len(self._writes.put_aside)) < MOST_UNTOLD:
            batch = [
                each
                for each in changes.after(reader, self._read_id, PAGE)
                if each.id <= self._audience.newest_id
            ]
            for change in batch:
                for target in self._audience.targets(reader, change, now_ms):
                    self._hand(reader, Job(change, target), now_ms)
                self._read_id = change.id
            if len(batch) < PAGE:
                return

    def _unclog(self, now_ms: int) -> None:
        now_s = time.monotonic()
        for lane in self._lanes.values():
            if len(lane.queue) > MOST_QUEUED and lane.is_clogged(now_s):
                for job in lane.surplus():
                    self._put_aside(lane, job, now_ms)
                    self._let_go(job)

    def _hand(self, reader: sqlite3.Connection, job: Job, now_ms: int) -> None:
        lane, subject = self._lane(job.target), job.change.subject
        must_wait = (
            lane.is_shut
            or (len(lane.queue) >= MOST_QUEUED and lane.is_clogged(time.monotonic()))
            or subject in lane.unwritten
            or (lane.has_rows and self._is_waiting(reader, job))
        )
        if must_wait:
            self._put_aside(lane, job, now_ms)
            return
        lane.queue.append(job)
        self._untold[job.change.id] = self._untold.get(job.change.id, 0) + 1

    def _is_waiting(self, reader: sqlite3.Connection, job: Job) -> bool:
        callback = job.target.callback
        return deliveries.is_waiting(
            reader,
            job.change.subject,
            webhook_id=None if job.target.webhook is None else job.target.webhook.id,
            callback_id=None if callback is None else callback.id,
        )

    def _put_aside(self, lane: Lane, job: Job, now_ms: int) -> None:
        """To be told later, and on disk before the feed is told of as past it."""
        if job.row is None:
            lane.unwritten.add(job.change.subject)
            lane.has_rows = True
            self._writes.put_aside.append(new_row(job, now_ms, next_ms=now_ms))
            self._writes.soon(now_ms)

    def _take_due(self, reader: sqlite3.Connection, now_ms: int) -> int | None:
        """Put what is due again into its lane; when the next will be."""
        due_ms: list[int] = []
        for webhook in self._audience.webhooks.values():
            lane = self._lane(Target(url=webhook.url, options=webhook.options, webhook=webhook))
            self._take_due_of(reader, lane, webhook.id, now_ms, due_ms)
        if self._audience.has_callbacks:
            self._take_due_callbacks(reader, now_ms, due_ms)
        return min(due_ms, default=None)

    def _take_due_of(
        self, reader: sqlite3.Connection, lane: Lane, webhook_id: int, now_ms: int, due_ms: list[int]
    ) -> None:
        if not lane.has_rows or lane.unwritten:
            return
        room = lane.room(now_ms) - len(lane.queue)
        if room > 0:
            # Those in hand are among them until what became of them is written.
            for row in deliveries.due(reader, webhook_id, now_ms, room + len(self._rows)):
                if room > 0 and row.id not in self._rows:
                    self._take_row(reader, row)
                    room -= 1
        first_ms = deliveries.first_due_ms(reader, webhook_id)
        lane.has_rows = first_ms is not None
        if first_ms is not None and max(first_ms, lane.shut_until_ms) > now_ms:
            due_ms.append(max(first_ms, lane.shut_until_ms))

    def _take_due_callbacks(self, reader: sqlite3.Connection, now_ms: int, due_ms: list[int]) -> None:
        for row in deliveries.due(reader, None, now_ms, MOST_QUEUED + len(self._rows)):
            if row.id not in self._rows:
                self._take_row(reader, row)
        first_ms = deliveries.first_due_ms(reader, None)
        if first_ms is not None and first_ms > now_ms:
            due_ms.append(first_ms)

    def _take_row(self, reader: sqlite3.Connection, row: Delivery) -> None:
        change = changes.get(reader, row.change_id)
        target = self._audience.target_of(reader, row, self._office.now_ms())
        if change is None or target is None:
            self._rows.add(row.id)
            self._writes.told_rows.append(row.id)
            self._writes.let_go.append(row.id)
            self._writes.soon(self._office.now_ms())
            return
        lane = self._lane(target)
        if target.callback is not None and lane.room(self._office.now_ms()) <= len(lane.queue):
            if lane.is_shut:
                self._writes.postponed.append((row.id, lane.shut_until_ms))
                self._writes.soon(self._office.now_ms())
            return
        self._rows.add(row.id)
        lane.queue.append(Job(change, target, row))

    # -- telling ------------------------------------------------------------------------------------------------------

    def _begin_tries(self, now_ms: int) -> None:
        for lane in list(self._lanes.values()):
            while lane.queue and lane.room(now_ms) and self._busy < MOST_AT_A_TIME:
                if lane.is_slow and self._busy_slow >= MOST_SLOW:
                    break
                job = lane.next_job()
                if job is None:
                    break
                lane.busy[job.change.subject] = time.monotonic()
                self._busy += 1
                self._busy_slow += lane.is_slow
                self._pool.submit(self._try, lane, job, lane.is_slow)
        # The one that was first is last next time, so that no endpoint always goes before another.
        if self._lanes:
            key, lane = next(iter(self._lanes.items()))
            del self._lanes[key]
            self._lanes[key] = lane

    def _try(self, lane: Lane, job: Job, was_slow: bool) -> None:
        tried = self.teller.tell(job)
        self._done.put(_Done(lane, job, tried, was_slow))
        self._bell.set()

    def _settle(self, done: _Done, now_ms: int) -> None:
        lane, job, tried = done.lane, done.job, done.tried
        self._busy -= 1
        self._busy_slow -= done.was_slow
        lane.busy.pop(job.change.subject, None)
        webhook = job.target.webhook
        if webhook is not None and tried.outcome is not Outcome.NOTHING:
            self.remember(webhook.id, tried)
        if tried.outcome is not Outcome.FAILED:
            is_back = tried.is_told and lane.note_told(tried.took_ms / 1000, now_ms)
            if is_back and webhook is not None:
                self._writes.back.add(webhook.id)
            if job.row is not None:
                self._writes.told_rows.append(job.row.id)
        else:
            self._note_failure(lane, job, tried, now_ms)
        if lane.is_standing_new or tried.is_told:
            self._writes.note_standing(lane)
        self._let_go(job)
        self._writes.soon(now_ms)

    def _note_failure(self, lane: Lane, job: Job, tried: Tried, now_ms: int) -> None:
        lane.note_failed(tried.took_ms / 1000, now_ms, self._rules, tried.retry_after_s)
        tries = job.tries + 1
        first_ms = job.row.first_at_ms if job.row is not None and job.tries else tried.at_ms
        next_ms = next_try_ms(tries, first_ms, now_ms, self._rules, random.random())
        if next_ms is not None and tried.retry_after_s is not None:
            next_ms = max(next_ms, now_ms + tried.retry_after_s * 1000)
        if tried.status == GONE:
            next_ms = None
            if job.target.webhook is not None:
                self._writes.gone.add(job.target.webhook.id)
        if job.row is None:
            self._writes.put_aside.append(new_row(job, first_ms, next_ms=next_ms, tried=tried))
        else:
            self._writes.failed.append(
                Failed(
                    id=job.row.id,
                    tries=tries,
                    next_try_at_ms=next_ms,
                    tried_at_ms=tried.at_ms,
                    status=tried.status,
                    reason=tried.reason or "push.refused",
                    answer=tried.answer,
                )
            )
        lane.has_rows = True
        if next_ms is not None:
            lane.unwritten.add(job.change.subject)
        # What follows it of the same subject has to wait for it; where nobody answers, everything.
        for later in list(lane.queue) if lane.is_shut else lane.take_of(job.change.subject):
            self._put_aside(lane, later, now_ms)
            self._let_go(later)
        if lane.is_shut:
            lane.queue.clear()

    def _let_go(self, job: Job) -> None:
        if job.row is not None:
            self._writes.let_go.append(job.row.id)
            return
        left = self._untold.get(job.change.id, 1) - 1
        if left > 0:
            self._untold[job.change.id] = left
        else:
            self._untold.pop(job.change.id, None)

    # -- the disk -----------------------------------------------------------------------------------------------------

    def _write(self, now_ms: int) -> None:
        writes = self._writes
        try:
            self._office.writer.write_blocking(lambda connection: writes.write(connection, now_ms))
        except StoreError as error:
            log.warning("What was told can't be noted: %s", error)
            writes.later(now_ms)
            return
        self._writes = Writes(
            gather_ms=self._gather_ms,
            written_ms=now_ms,
            told_id=writes.told_id,
            noted_id=writes.told_id,
        )
        self._rows.difference_update(writes.let_go)
        if writes.put_aside:
            # There may be more that was not handed out because of them.
            self._bell.set()
        for lane in self._lanes.values():
            lane.unwritten.clear()
            lane.is_standing_new = False

    def _keep_house(self, now_ms: int) -> None:
        self._upkeep_ms = now_ms
        for key, lane in list(self._lanes.items()):
            if lane.webhook_id is None and not lane.queue and not lane.busy and not lane.is_shut:
                del self._lanes[key]
        give_up_ms = now_ms - self._rules.give_up_after_s * 1000 * 11 // 10
        try:
            self._office.writer.write_blocking(
                lambda connection: keep_house(connection, now_ms, give_up_ms, self._rules.most_changes)
            )
        except StoreError as error:
            log.warning("The feed of changes can't be looked after: %s", error)
