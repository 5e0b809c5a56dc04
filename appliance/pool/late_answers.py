"""Answers that come after the time limit: of which part they are, and what follows from them."""

from __future__ import annotations

import logging
import sqlite3
from functools import partial

from appliance.modem.session import LateAccepted, LateRefused, Refused
from appliance.pool.card import Card
from appliance.pool.durable import DurableWriter
from appliance.pool.outcome import Failed, part_outcome
from appliance.pool.recording import Recorder
from appliance.pool.settings import PoolSettings
from appliance.pool.work import Finished, Submitted
from appliance.store import late
from appliance.store.clock import now_ms
from appliance.store.life import MessageState

_log = logging.getLogger("simloft.pool")


class LateAnswers:
    """The parts of one SIM that nobody knows of."""

    def __init__(self, card: Card, writer: DurableWriter, settings: PoolSettings) -> None:
        self._card = card
        self._writer = writer
        self._settings = settings
        self._unanswered: list[Finished] = []

    def await_for(self, finished: Finished) -> None:
        """The modem did not answer this part in time."""
        self._unanswered.append(finished)

    async def hear(self, event: LateAccepted | LateRefused) -> bool:
        """The modem answers after all; whether something is queued because of it.

        Where it is not clear which part is meant, the delivery report has to tell.
        """
        if await self._forget_settled() and not self._unanswered:
            # The report of that part came before its answer.
            return False
        if len(self._unanswered) > 1 or await self._may_be_of_before():
            _log.warning("%s: a late answer fits several parts; their reports will tell", self._card.name)
            self._unanswered.clear()
            return False
        unknown = self._unanswered.pop() if self._unanswered else None
        match event:
            case LateAccepted(tp_mr):
                if unknown is not None:
                    recipient = unknown.submitted.work.reservation.message.recipient
                    self._card.answered_later(unknown.answered_at_ms, now_ms(), recipient)
                part_id = None if unknown is None else unknown.submitted.part_id
                state = await self._writer.write(partial(self._accepted_late, part_id=part_id, tp_mr=tp_mr))
            case LateRefused(error):
                outcome = part_outcome(Refused(error))
                if unknown is None or not isinstance(outcome, Failed):
                    return False
                state = await self._writer.write(partial(self._refused_late, unknown.submitted, outcome))
        return state is MessageState.QUEUED

    async def _may_be_of_before(self) -> bool:
        """Whether a part of a session before this one waits for its answer as well as the one of this."""
        if not self._unanswered:
            return False
        [waiting] = self._unanswered
        part_id, card = waiting.submitted.part_id, self._card
        return await self._writer.write(
            partial(
                late.is_another_unanswered,
                part_id=part_id,
                sim_id=card.sim_id,
                port_id=card.port_id,
                now_ms=now_ms(),
            )
        )

    async def _forget_settled(self) -> bool:
        """A report or a person may have settled a part meanwhile; whether one was.

        Then the answer is about another one that still waits for its own; else it is that part's.
        """
        if not self._unanswered:
            return False
        part_ids = [each.submitted.part_id for each in self._unanswered]
        settled = await self._writer.write(partial(late.settled_among, part_ids=part_ids))
        self._unanswered = [each for each in self._unanswered if each.submitted.part_id not in settled]
        return bool(settled)

    def _accepted_late(
        self, connection: sqlite3.Connection, *, part_id: int | None, tp_mr: int
    ) -> MessageState | None:
        at_ms = now_ms()
        if part_id is None:
            # A pool that was killed while it waited leaves the answer to its successor.
            part_id = late.only_uncertain_part(connection, self._card.sim_id, self._card.port_id, at_ms)
        if part_id is None:
            return None
        return late.accepted_after_all(connection, part_id, tp_mr, at_ms)

    def _refused_late(
        self, submitted: Submitted, outcome: Failed, connection: sqlite3.Connection
    ) -> MessageState | None:
        recorder = Recorder(connection, self._card, self._settings)
        recording = recorder.refused_late(submitted, outcome, now_ms())
        return None if recording.queued_until_ms is None else MessageState.QUEUED
