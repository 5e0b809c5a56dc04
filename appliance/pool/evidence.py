"""One port's place on the ladder, kept in its row, and every rung that it takes as an event."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

from appliance.modem.session import LineError, PortState
from appliance.pool import ladder
from appliance.pool.durable import DurableWriter
from appliance.pool.ladder import Climb, OpenAfter, Quarantine, Standing, Stop, Taken
from appliance.pool.rungs import LadderRules, Rung, Symptom
from appliance.store import events, standings
from appliance.store.clock import now_ms
from appliance.store.events import EventKind
from appliance.store.ports import Condition
from appliance.usb.request import Why

_log = logging.getLogger("simloft.pool")

SYMPTOMS: Mapping[PortState, Symptom] = {
    PortState.NO_ANSWER: Symptom.MUTE,
    PortState.GARBLED: Symptom.GARBLED,
}
"""The states that climb the ladder; every other one waits for a person, a card or a network."""

WORDS: Mapping[str, str] = {
    Rung.ESCAPE: "ESC",
    Rung.REOPEN: "open",
    Rung.SOFT_RESET: "ATZ",
    Rung.RADIO_RESET: "AT+CFUN=1,1",
    Rung.USB_RESET: "USB authorized 0/1",
    Rung.HUB_POWER: "hub power",
}
"""What a technician calls the rungs, in every language."""

HELPER_SAYS = frozenset(Why)

Happened = tuple[str, dict[str, str | int]]
"""A reason and its arguments, for an event."""


class Evidence:
    """The ladder of one port. Only its keeper changes it."""

    def __init__(self, port_name: str, writer: DurableWriter, rules: LadderRules) -> None:
        self._port_name = port_name
        self._writer = writer
        self._rules = rules
        self._standing = Standing()
        self._port_id = 0
        self._symptom: Symptom | None = None
        """Of the climb that is under way."""
        self._said: set[tuple[Rung, str]] = set()

    @property
    def quarantine(self) -> Quarantine | None:
        """The port is left alone."""
        return self._standing.quarantine

    @property
    def flaps(self) -> bool:
        """Whether its line was lost so often of late that it is better not used at once."""
        since_ms = now_ms() - self._rules.flap_window_ms
        return sum(at_ms > since_ms for at_ms in self._standing.losses) >= self._rules.flaps_until_pause

    @property
    def ends_by_plug(self) -> bool:
        """Whether it is news that a device came: not where coming and going is what is the matter."""
        quarantine = self._standing.quarantine
        return quarantine is not None and quarantine.symptom is not Symptom.FLAPPING

    @property
    def gone_s(self) -> float:
        """What stays away for so long was taken out by a person."""
        return self._rules.gone_ms / 1000

    def until_probe_s(self) -> float:
        """Until the next single try of a port in quarantine."""
        quarantine = self._standing.quarantine
        return 0.0 if quarantine is None else max(0, quarantine.probe_at_ms - now_ms()) / 1000

    def remembered(self, port_id: int, kept: str | None) -> None:
        """What the row of the port says, at the start of the pool."""
        self._port_id = port_id
        if kept is not None:
            try:
                self._standing = from_json(kept)
            except (ValueError, TypeError, KeyError):
                _log.warning(
                    "%s: what was kept of its failures can't be read; it begins afresh", self._port_name
                )

    async def failed(self, symptom: Symptom, detail: str, impossible: Mapping[Rung, str]) -> Climb | Stop:
        """The modem does not work: what is done next, which is on disk when this returns."""
        self._symptom = symptom
        told = self._result_of_last("in-vain")
        was_quarantined = self._standing.quarantine is not None
        self._standing, step = ladder.after_symptom(
            self._standing, symptom, detail, impossible=impossible, now_ms=now_ms(), rules=self._rules
        )
        told += self._newly_skipped(step.skipped)
        if isinstance(step, Climb):
            _log.warning("%s: %s (%s); next: %s", self._port_name, symptom, detail, WORDS[step.rung])
        elif not was_quarantined:
            told += self._quarantined(step.quarantine)
        await self._keep(told)
        return step

    async def lost(self, detail: str) -> OpenAfter | Stop:
        """The device vanished while it was watched."""
        was_quarantined = self._standing.quarantine is not None
        self._standing, step = ladder.after_loss(self._standing, detail, now_ms(), self._rules)
        told: list[Happened] = []
        if isinstance(step, Stop) and not was_quarantined:
            told = self._quarantined(step.quarantine)
        if isinstance(step, Stop) or step.pause_ms:
            await self._keep(told)
        return step

    async def probed_in_vain(self) -> None:
        """A single try could not even be made as it should: the next is made later."""
        self._standing = ladder.probed_in_vain(self._standing, now_ms(), self._rules)
        await self._keep([])

    async def not_possible(self, rung: Rung, why: str) -> None:
        """A rung turned out not to be possible here: it was not taken."""
        self._standing = ladder.not_taken(self._standing, rung)
        await self._keep(self._newly_skipped(((rung, why),)))

    async def well(self, *, has_sent: bool = False) -> None:
        """The modem answers as it should; one that failed at what it was asked is well only once it has sent."""
        before = self._standing
        if self._symptom is Symptom.FAILING and before.quarantine is None and not has_sent:
            return
        self._symptom = None
        told = self._result_of_last("helped")
        self._standing = ladder.when_well(ladder.calmed(before, now_ms(), self._rules), now_ms())
        self._said.clear()
        if not before.is_plain or told:
            await self._keep(told)

    async def release(self, *, by_person: bool) -> None:
        """End a quarantine, or forget what a port has behind it."""
        was_quarantined = self._standing.quarantine is not None
        self._standing = ladder.released(self._standing, by_person=by_person)
        self._said.clear()
        reason = "ladder.released" if by_person else "ladder.another-device"
        await self._keep([(reason, {"port": self._port_name})] if was_quarantined else [])

    def condition(self) -> Condition | None:
        """What the wall shows of a port in quarantine."""
        quarantine = self._standing.quarantine
        if quarantine is None:
            return None
        args: dict[str, str | int] = {
            "device": self._port_name,
            "detail": quarantine.detail,
            "tried": tried_in_words(quarantine.tried),
            "times": self._rules.flaps_until_quarantine,
            "since_ms": quarantine.failing_since_ms,
            "until_ms": quarantine.probe_at_ms,
        }
        return Condition(
            state=PortState.QUARANTINED.value, reason=f"port.quarantined.{quarantine.symptom}", args=args
        )

    def _result_of_last(self, result: str) -> list[Happened]:
        taken = self._standing.taken
        if not taken or taken[-1].helped is not None:
            return []
        args: dict[str, str | int] = {"port": self._port_name, "at_ms": taken[-1].at_ms}
        return [(f"ladder.{taken[-1].rung}.{result}", args)]

    def _newly_skipped(self, skipped: tuple[tuple[Rung, str], ...]) -> list[Happened]:
        """Said once in a climb, and only of what is not possible; what was tried is known."""
        told: list[Happened] = []
        for rung, why in skipped:
            if (rung, why) not in self._said:
                self._said.add((rung, why))
                told.append((skipped_code(why), {"port": self._port_name, "rung": WORDS[rung]}))
        return told

    def _quarantined(self, quarantine: Quarantine) -> list[Happened]:
        # The state itself is an event of the wall, with its evidence.
        _log.warning(
            "%s: left alone (%s, %s) after %s",
            *(self._port_name, quarantine.symptom, quarantine.detail, tried_in_words(quarantine.tried)),
        )
        return []

    async def _keep(self, told: list[Happened]) -> None:
        if self._port_id:
            kept = None if self._standing.is_plain else to_json(self._standing)
            await self._writer.write(partial(self._write, kept, told))

    def _write(self, kept: str | None, told: list[Happened], connection: sqlite3.Connection) -> None:
        at_ms = now_ms()
        standings.keep(connection, self._port_id, kept, at_ms)
        for reason, args in told:
            events.add(connection, EventKind.LADDER, reason, args, at_ms=at_ms, port_id=self._port_id)


def skipped_code(why: str) -> str:
    """The sentence that says why a rung is not possible here; it takes ``port`` and ``rung``."""
    return f"usb.{why}" if why in HELPER_SAYS else f"ladder.skipped.{why}"


def symptom_of(error: LineError) -> Symptom | None:
    """What a failure means to the ladder; None: nothing."""
    return SYMPTOMS.get(error.state)


def tried_in_words(rungs: tuple[str, ...]) -> str:
    """'ESC, open ×2, ATZ'."""
    counted = Counter(rungs)
    words = [WORDS[rung] if count == 1 else f"{WORDS[rung]} ×{count}" for rung, count in counted.items()]
    return ", ".join(words) or "–"


def to_json(standing: Standing) -> str:
    """As it is kept in the row of the port."""
    return json.dumps(asdict(standing), ensure_ascii=False, separators=(",", ":"))


def from_json(kept: str) -> Standing:
    """Raises ValueError, TypeError or KeyError where it is of another release."""
    found = json.loads(kept)
    quarantine = found.pop("quarantine")
    if quarantine is not None:
        quarantine["symptom"] = Symptom(quarantine["symptom"])
        quarantine["tried"] = tuple(quarantine["tried"])
    taken = tuple(Taken(Rung(each["rung"]), each["at_ms"], each["helped"]) for each in found.pop("taken"))
    return Standing(
        **{**found, "losses": tuple(found["losses"])},
        taken=taken,
        quarantine=None if quarantine is None else Quarantine(**quarantine),
    )
