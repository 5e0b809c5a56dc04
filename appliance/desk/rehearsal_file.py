"""The PLAN file of ``simloft rehearse``: a bank of SIMs and its load in TOML; docs/rehearsal.md tells its fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.desk.fields import WrongValue
from appliance.desk.plans import PLAN_FIELDS
from appliance.desk.submission import Priority
from appliance.desk.toml_table import TomlTable, read_toml
from appliance.policy.plan import Plan
from appliance.policy.rehearsal_plan import (
    Batch,
    DescribedAccount,
    DescribedGroup,
    DescribedSim,
    Kind,
    Load,
    Rehearsal,
    Replies,
    Span,
    Stream,
)
from appliance.sentences import sentence

MOST_DAYS = 400
MOST_SIMS = 512
MINUTE_MS = 60_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GROUP_FIELDS = (
    "parts_per_minute",
    "parts_per_hour",
    "parts_per_day",
    "parts_per_month",
    "recipients_per_month",
    "contract_day",
)
PRIORITIES = {each.name.lower(): int(each) for each in Priority}


def read_rehearsal(path: Path) -> Rehearsal:
    """The rehearsal that a file describes. Raises TomlMistakeError with file, line, field and reason."""
    head = read_toml(path)
    return _Reader(head).rehearsal()


class _Reader:
    """What the parts of one file need to know of each other."""

    def __init__(self, head: TomlTable) -> None:
        self.head = head
        self.zone = head.read("time_zone", _zone, ZoneInfo("Asia/Shanghai"))
        self.begins = head.local_time("begins")
        days = head.whole("days", least=1, most=MOST_DAYS)
        self.days = tuple(self.begins.date() + timedelta(days=each) for each in range(days))
        self.begins_at_ms = self.instant(self.begins)
        self.ends_at_ms = self.instant(self.begins + timedelta(days=days))

    def instant(self, local: datetime) -> int:
        """In milliseconds of the epoch. A time that the clock shows twice is the first one."""
        return int(local.replace(tzinfo=self.zone).timestamp() * 1000)

    def rehearsal(self) -> Rehearsal:
        head = self.head
        seed = head.whole("seed", 1)
        currency = head.words("currency", "CNY")
        box = read_plan(head.table("plan"), Plan(zone=self.zone))
        groups = {each.words("name"): self._group(each) for each in head.tables("groups")}
        accounts = self._accounts()
        sims = self._sims(box, groups)
        loads = self._loads({each.name: each.account_id for each in accounts})
        head.finish()
        return Rehearsal(
            seed=seed,
            begins_at_ms=self.begins_at_ms,
            ends_at_ms=self.ends_at_ms,
            zone=self.zone,
            sims=sims,
            groups=tuple(groups.values()),
            accounts=accounts,
            loads=loads,
            currency=currency,
        )

    def _group(self, table: TomlTable) -> DescribedGroup:
        name = table.words("name")
        strategy = table.one_of("strategy", ("spread", "fill"), "spread")
        group = DescribedGroup(name=name, plan=self._group_plan(table), strategy=strategy)
        table.finish()
        return group

    def _group_plan(self, table: TomlTable) -> Plan:
        return Plan(zone=self.zone).overridden(**_limits(table, GROUP_FIELDS))

    def _accounts(self) -> tuple[DescribedAccount, ...]:
        """Account 1 is the box itself, whatever else there is."""
        found = {"box": DescribedAccount(account_id=1, name="box")}
        for table in self.head.tables("accounts"):
            name = table.words("name")
            account_id = 1 if name == "box" else len(found) + 1
            weight = table.whole("weight", 1, least=1, most=1000)
            found[name] = DescribedAccount(account_id=account_id, name=name, weight=weight)
            table.finish()
        return tuple(found.values())

    # -- SIMs -----------------------------------------------------------------------------------------------------

    def _sims(self, box: Plan, groups: Mapping[str, DescribedGroup]) -> tuple[DescribedSim, ...]:
        sims: list[DescribedSim] = []
        tables = self.head.tables("sims")
        if not tables:
            self.head.wrong("sims", "is missing: a bank needs one SIM at least, written [[sims]]")
        for table in tables:
            count = table.whole("count", 1, least=1, most=MOST_SIMS)
            name = table.words("name")
            described = self._sim(table, box, groups)
            for number in range(1, count + 1):
                sims.append(described(len(sims) + 1, name if count == 1 else f"{name}-{number}"))
        if len(sims) > MOST_SIMS:
            self.head.wrong("sims", f"{len(sims)} SIMs are more than {MOST_SIMS}")
        twice = next((each.name for each in sims if sum(each.name == one.name for one in sims) > 1), None)
        if twice is not None:
            self.head.wrong("sims", f"two SIMs are called “{twice}”")
        return tuple(sims)

    def _sim(
        self, table: TomlTable, box: Plan, groups: Mapping[str, DescribedGroup]
    ) -> Callable[[int, str], DescribedSim]:
        since = table.local_time("sends_since") if table.has("sends_since") else None
        described = DescribedSim(
            sim_id=0,
            name="",
            plan=read_plan(table.table("plan"), box),
            carrier=table.words("carrier", ""),
            group=table.one_of("group", groups) if table.has("group") else None,
            latency_ms=table.whole("latency_ms", 3000, most=600_000),
            latency_spread_percent=table.whole("latency_spread_percent", 20, most=100),
            error_percent=table.number("error_percent", 0, most=100),
            sim_error_percent=table.number("sim_error_percent", 0, most=100),
            outages=self._spans(table, "outages"),
            rests=self._spans(table, "rests"),
            sends_since_ms=0 if since is None else self.instant(since),
        )
        if described.error_percent + described.sim_error_percent > 100:
            table.wrong("sim_error_percent", "is more than 100 together with error_percent")
        table.finish()
        return lambda sim_id, name: replace(described, sim_id=sim_id, name=name)

    def _spans(self, table: TomlTable, name: str) -> tuple[Span, ...]:
        spans = []
        for each in table.tables(name):
            span = Span(self.instant(each.local_time("from")), self.instant(each.local_time("to")))
            if span.until_ms <= span.from_ms:
                each.wrong("to", "is not after from")
            each.finish()
            spans.append(span)
        return tuple(spans)

    # -- loads ----------------------------------------------------------------------------------------------------

    def _loads(self, accounts: Mapping[str, int]) -> tuple[Load, ...]:
        loads: list[Load] = [self._batch(each, accounts) for each in self.head.tables("batches")]
        loads += [self._stream(each, accounts) for each in self.head.tables("streams")]
        names = [each.kind.name for each in loads]
        loads += [self._replies(each, accounts, names) for each in self.head.tables("replies")]
        if not loads:
            self.head.wrong("", "nothing is to be sent: describe [[batches]] or [[streams]]")
        names = [each.kind.name for each in loads]
        twice = next((each for each in names if names.count(each) > 1), None)
        if twice is not None:
            self.head.wrong("", f"two loads are called “{twice}”")
        return tuple(loads)

    def _kind(self, table: TomlTable, accounts: Mapping[str, int], priority: str) -> Kind:
        return Kind(
            name=table.words("name"),
            priority=PRIORITIES[table.one_of("priority", PRIORITIES, priority)],
            account_id=accounts[table.one_of("account", accounts, "box")],
            parts=table.whole("parts", 1, least=1, most=255),
            to=table.shares("to"),
            recipients=table.whole("recipients", 0, most=10_000_000),
            people=table.words("people", ""),
            expires_after_ms=MINUTE_MS * table.whole("expires_after_min", 0, most=60 * 24 * 63),
        )

    def _batch(self, table: TomlTable, accounts: Mapping[str, int]) -> Batch:
        """``at`` is an instant, or a time of day: then on each day, or on ``weekdays``."""
        kind = self._kind(table, accounts, "bulk")
        if isinstance(table.value("at"), str):
            at = table.read("at", _clock)
            instants = [self.instant(datetime.combine(day, at)) for day in self._on(table)]
        else:
            instants = [self.instant(table.local_time("at"))]
            if not self.begins_at_ms <= instants[0] < self.ends_at_ms:
                table.wrong("at", "is not within the days of the rehearsal")
        batch = Batch(
            kind=kind, at_ms=tuple(instants), messages=table.whole("messages", least=1, most=2_000_000)
        )
        table.finish()
        return batch

    def _stream(self, table: TomlTable, accounts: Mapping[str, int]) -> Stream:
        kind = self._kind(table, accounts, "notice")
        begin, end = table.read("hours", _hours, (0, 24 * 60))
        spans = tuple(Span(self._minute(day, begin), self._minute(day, end)) for day in self._on(table))
        stream = Stream(
            kind=kind, spans=spans, per_minute=table.number("per_minute", least=0.0001, most=100_000)
        )
        table.finish()
        return stream

    def _minute(self, day: date, minute: int) -> int:
        days, minute = divmod(minute, 24 * 60)
        return self.instant(datetime.combine(day + timedelta(days=days), time(*divmod(minute, 60))))

    def _replies(self, table: TomlTable, accounts: Mapping[str, int], names: Sequence[str]) -> Replies:
        replies = Replies(
            kind=self._kind(table, accounts, "notice"),
            to_load=table.one_of("to_load", names),
            percent=table.number("percent", most=100),
            after_ms=MINUTE_MS * table.whole("after_min", 30, most=60 * 24 * 30),
        )
        table.finish()
        return replies

    def _on(self, table: TomlTable) -> tuple[date, ...]:
        """The days of ``weekdays``; every day where it is not there."""
        wanted = table.many("weekdays", WEEKDAYS) or WEEKDAYS
        return tuple(day for day in self.days if WEEKDAYS[day.weekday()] in wanted)


def read_plan(table: TomlTable, box: Plan) -> Plan:
    """A plan, and what ``box`` has where it says nothing."""
    plan = box.overridden(**_limits(table, PLAN_FIELDS))
    table.finish()
    return plan


def _limits(table: TomlTable, names: Iterable[str]) -> dict[str, Any]:
    """What a table has of a plan, each judged as everywhere else (:data:`appliance.desk.plans.PLAN_FIELDS`)."""
    own: dict[str, Any] = {}
    for name in names:
        given = table.value(name, None)
        if given is None:
            continue
        try:
            own[name] = PLAN_FIELDS[name].read(given)
        except WrongValue as error:
            table.wrong(name, sentence(error.code, error.args_for_person))
    return own


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"“{name}” is no time zone, such as Asia/Shanghai") from error


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"“{text}” is no time of day, such as “09:00”") from error


def _hours(text: str) -> tuple[int, int]:
    """Minutes of the day from which and until which; until before from is on the next day."""
    found = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
    numbers = [int(each) for each in found.groups()] if found else []
    if not numbers or numbers[0] > 23 or numbers[2] > 24 or max(numbers[1], numbers[3]) > 59:
        raise ValueError(f"“{text}” is no span of a day, such as “08:00-22:00”")
    begin, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    return begin, end if end > begin else end + 24 * 60
