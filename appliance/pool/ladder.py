"""What is done to a port that does not work, rung by rung: pure, values and a clock reading in, the next step out.

escape → reopen → ATZ → +CFUN=1,1 → USB ``authorized`` 0/1 → power of the hub's port → quarantine. Each rung has its
number of tries in one climb and a budget for an hour and for a day, so that a broken stick does not loop for ever; a
:class:`Standing` is kept in a row, so that a restart of the pool gives no new budget. What was well for a while
climbs down by one rung for each such while. The shell is ``appliance/pool/port.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from appliance.pool.rungs import DAY_MS, DEAF, HOUR_MS, LADDER, LadderRules, Rung, Symptom


@dataclass(frozen=True, slots=True)
class Taken:
    """A rung that was taken. ``helped`` is None while nobody knows yet."""

    rung: Rung
    at_ms: int
    helped: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """A port is left alone: since when, why, and when the next single try is made."""

    symptom: Symptom
    detail: str
    since_ms: int
    failing_since_ms: int
    """When the climb that ended here began."""
    tried: tuple[str, ...]
    """The rungs of that climb, in order."""
    probe_at_ms: int
    probes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a port stands on the ladder; what a restart must not forget."""

    level: int = 0
    """Index of the rung that is next; one beyond the last is quarantine."""
    tries: int = 0
    """Of the rung at ``level``, in this climb."""
    failures: int = 0
    """In a row, for the pauses."""
    failing_since_ms: int | None = None
    well_since_ms: int | None = None
    taken: tuple[Taken, ...] = ()
    """Of the last day, oldest first."""
    losses: tuple[int, ...] = ()
    """When its line was lost, within the window."""
    quarantine: Quarantine | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to remember."""
        return self == replace(Standing(), well_since_ms=self.well_since_ms)


@dataclass(frozen=True, slots=True)
class Climb:
    """Take this rung after a pause; those before it can't be taken here, and why not."""

    rung: Rung
    pause_ms: int
    skipped: tuple[tuple[Rung, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """Leave the port alone: it is in quarantine now."""

    quarantine: Quarantine
    skipped: tuple[tuple[Rung, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenAfter:
    """The line was lost: open it again when it is there, after a pause."""

    pause_ms: int


SPENT = "budget"
"""A rung is passed over because it was taken too often of late."""
NO_USE = "deaf"
"""A rung is passed over because a device that babbles hears no commands."""
IN_VAIN = "tried"


def after_symptom(
    standing: Standing,
    symptom: Symptom,
    detail: str,
    *,
    impossible: Mapping[Rung, str],
    now_ms: int,
    rules: LadderRules,
) -> tuple[Standing, Climb | Stop]:
    """The next rung after a failure; ``impossible`` says of rungs that can't be taken here why not."""
    now = _judged(calmed(_recent(standing, now_ms), now_ms, rules))
    if now.failing_since_ms is None:
        now = replace(now, failing_since_ms=now_ms)
    now = replace(now, failures=now.failures + 1, well_since_ms=None)
    if now.quarantine is not None:
        now = probed_in_vain(now, now_ms, rules)
        assert now.quarantine is not None
        return now, Stop(now.quarantine)
    level, tries = now.level, now.tries
    skipped: list[tuple[Rung, str]] = []
    while level < len(LADDER):
        rung = LADDER[level]
        why_not = impossible.get(rung)
        if tries >= rules.rungs[rung].tries:
            why_not = IN_VAIN
        elif symptom is Symptom.GARBLED and rung in DEAF:
            why_not = NO_USE
        elif why_not is None and _is_spent(now, rung, now_ms, rules):
            why_not = SPENT
        if why_not is None:
            taken = (*now.taken, Taken(rung, now_ms))
            now = replace(now, level=level, tries=tries + 1, taken=taken)
            return now, Climb(rung, _pause(now.failures, rules), tuple(skipped))
        if why_not != IN_VAIN:
            skipped.append((rung, why_not))
        level, tries = level + 1, 0
    now, stop = _into_quarantine(replace(now, level=level, tries=0), symptom, detail, now_ms, rules)
    return now, replace(stop, skipped=tuple(skipped))


def after_loss(
    standing: Standing, detail: str, now_ms: int, rules: LadderRules
) -> tuple[Standing, OpenAfter | Stop]:
    """The device vanished while it was watched. Once is nothing; again and again is a loose plug or a weak hub."""
    now = calmed(_recent(standing, now_ms), now_ms, rules)
    since_ms = now_ms - rules.flap_window_ms
    losses = (*(at_ms for at_ms in now.losses if at_ms > since_ms), now_ms)[-rules.flaps_until_quarantine :]
    now = replace(now, losses=losses, well_since_ms=None)
    if now.quarantine is not None:
        return now, Stop(now.quarantine)
    if len(losses) >= rules.flaps_until_quarantine:
        began_ms = losses[0] if now.failing_since_ms is None else now.failing_since_ms
        return _into_quarantine(
            replace(now, failing_since_ms=began_ms), Symptom.FLAPPING, detail, now_ms, rules
        )
    beyond = len(losses) - rules.flaps_until_pause
    pause_ms = 0 if beyond < 0 else min(rules.flap_pause_ms * 2**beyond, 6 * rules.flap_pause_ms)
    return now, OpenAfter(pause_ms)


def when_well(standing: Standing, now_ms: int) -> Standing:
    """The modem answers as it should: what was done last has helped. The rung that was reached is kept for a while."""
    taken = standing.taken
    if taken and taken[-1].helped is None:
        taken = (*taken[:-1], replace(taken[-1], helped=True))
    if standing.quarantine is not None:
        # A probe went well: the climb begins again at its beginning, but with the budgets as they are.
        standing = replace(standing, quarantine=None, level=0, tries=0, failures=0, losses=())
    well_since_ms = now_ms if standing.well_since_ms is None else standing.well_since_ms
    return replace(standing, taken=taken, well_since_ms=well_since_ms, failing_since_ms=None)


def probed_in_vain(standing: Standing, now_ms: int, rules: LadderRules) -> Standing:
    """The one try of a port in quarantine failed: the next is made later still."""
    quarantine = standing.quarantine
    if quarantine is None:
        return standing
    probes = quarantine.probes + 1
    wait_ms = min(rules.longest_probe_ms, rules.first_probe_ms * 2 ** min(probes, 16))
    return replace(standing, quarantine=replace(quarantine, probes=probes, probe_at_ms=now_ms + wait_ms))


def not_taken(standing: Standing, rung: Rung) -> Standing:
    """The rung that was to be taken last turned out not to be possible here: it costs no budget."""
    if not standing.taken or standing.taken[-1].rung is not rung:
        return standing
    return replace(standing, taken=standing.taken[:-1], level=LADDER.index(rung) + 1, tries=0)


def calmed(standing: Standing, now_ms: int, rules: LadderRules) -> Standing:
    """One rung and one failure less for each ``calm_ms`` that the port was well."""
    if standing.well_since_ms is None:
        return standing
    calm = max(0, now_ms - standing.well_since_ms) // rules.calm_ms
    if calm == 0:
        return standing
    return replace(
        standing,
        level=max(0, min(standing.level, len(LADDER) - 1) - calm),
        tries=0,
        failures=max(0, standing.failures - calm),
        well_since_ms=standing.well_since_ms + calm * rules.calm_ms,
    )


def released(standing: Standing, *, by_person: bool) -> Standing:
    """Out of quarantine. A person gives new budgets; another device in the place only a new climb."""
    if by_person:
        return Standing()
    return Standing(taken=standing.taken)


def _recent(standing: Standing, now_ms: int) -> Standing:
    """Without what is older than a day; what is said to come from the future (a clock set back) counts as of now."""
    taken = tuple(
        each if each.at_ms <= now_ms else replace(each, at_ms=now_ms)
        for each in standing.taken
        if each.at_ms > now_ms - DAY_MS
    )
    losses = tuple(min(at_ms, now_ms) for at_ms in standing.losses)
    well_since_ms = (
        standing.well_since_ms if standing.well_since_ms is None else min(standing.well_since_ms, now_ms)
    )
    return replace(standing, taken=taken, losses=losses, well_since_ms=well_since_ms)


def _judged(standing: Standing) -> Standing:
    """A failure after a rung of which nobody knew yet: it was in vain."""
    taken = standing.taken
    if taken and taken[-1].helped is None:
        taken = (*taken[:-1], replace(taken[-1], helped=False))
    return replace(standing, taken=taken)


def _is_spent(standing: Standing, rung: Rung, now_ms: int, rules: LadderRules) -> bool:
    rule = rules.rungs[rung]
    of_day = [each.at_ms for each in standing.taken if each.rung is rung]
    of_hour = [at_ms for at_ms in of_day if at_ms > now_ms - HOUR_MS]
    return len(of_hour) >= rule.an_hour or len(of_day) >= rule.a_day


def _pause(failures: int, rules: LadderRules) -> int:
    pause_ms: int = rules.first_pause_ms * 2 ** min(max(0, failures - 1), 16)
    return min(rules.longest_pause_ms, pause_ms)


def _into_quarantine(
    standing: Standing, symptom: Symptom, detail: str, now_ms: int, rules: LadderRules
) -> tuple[Standing, Stop]:
    began_ms = now_ms if standing.failing_since_ms is None else standing.failing_since_ms
    quarantine = Quarantine(
        symptom=symptom,
        detail=detail,
        since_ms=now_ms,
        failing_since_ms=began_ms,
        tried=tuple(each.rung.value for each in standing.taken if each.at_ms >= began_ms),
        probe_at_ms=now_ms + rules.first_probe_ms,
    )
    return replace(standing, quarantine=quarantine), Stop(quarantine)
