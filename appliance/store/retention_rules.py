"""How long each table keeps its rows: one rule for every table of the schema.

A table whose rows come to be for ever has an :class:`Ages`, or :class:`GoesWith` the rows of another one. What is
bounded by what people plug in and set up :class:`Stays`. Two tables have code of their own (:mod:`retention` says
why). The newest row of a table always stays, so that no number is ever given twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.store.matching import LATEST_REPORT_MS

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the rows that are over; 0 is no limit."""

    days: int = 0
    """What is older goes."""
    rows: int = 0
    """Of more rows the oldest go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """``[retention]`` of the settings."""

    messages: Limits = Limits(400, 2_000_000)
    inbound: Limits = Limits(400, 1_000_000)
    inbound_unread_days: int = 0
    events: Limits = Limits(400, 200_000)
    money: Limits = Limits(400, 200_000)
    """Questions to carriers, and what they said."""
    keep_alive: Limits = Limits(1100, 100_000)
    acts: Limits = Limits(100, 20_000)
    """Loop tests and swaps."""
    changes: Limits = Limits(7, 500_000)
    """Of what was told, so that who was away can ask for it again."""
    deliveries: Limits = Limits(30, 20_000)
    """What nobody took."""
    recordings: Limits = Limits(30)
    recordings_mb: int = 500


@dataclass(frozen=True, slots=True)
class Stays:
    """Bounded by something else than time."""

    table: str
    why: str


@dataclass(frozen=True, slots=True)
class GoesWith:
    """Its rows go in the transaction in which those of another table go."""

    table: str
    of: str
    by: str
    """The column that names the row of the other table, by its key."""


@dataclass(frozen=True, slots=True)
class Ages:
    """Its rows go when they are over and too old or too many. ``over`` and ``stamp`` are SQL of one row."""

    table: str
    limits: Callable[[Retention], Limits]
    stamp: str
    """The instant from which a row ages."""
    over: str = "1"
    """Nothing more becomes of it, and nobody counts it any more."""


@dataclass(frozen=True, slots=True)
class OwnCode:
    """A function of :mod:`retention` does it."""

    table: str
    why: str


Rule = Stays | GoesWith | Ages | OwnCode

LONGEST_WAIT_FOR_A_REPORT_DAYS = LATEST_REPORT_MS // DAY_MS + 1
SIM_DAYS_KEPT = 70
"""The billing month that runs and the one before it, and a week more."""

RULES: tuple[Rule, ...] = (
    OwnCode("messages", "what plans still count is folded into sim_days, and what is not final stays"),
    GoesWith("parts", of="messages", by="message_seq"),
    GoesWith("probes", of="messages", by="message_seq"),
    Stays("written_parts", "as many as there are places on the cards; a row goes when its place is free"),
    OwnCode(
        "delivery_reports", "an index by which a part finds its reports would wear the card with each of them"
    ),
    Ages(
        "delivery_reports",
        lambda _: Limits(LONGEST_WAIT_FOR_A_REPORT_DAYS),
        "received_at_ms",
        over="part_id IS NULL",
    ),
    OwnCode("sim_days", "it has days, not instants"),
    Ages("inbound_messages", lambda each: each.inbound, "completed_at_ms", over="read_at_ms IS NOT NULL"),
    Ages("inbound_messages", lambda each: Limits(each.inbound_unread_days), "completed_at_ms"),
    GoesWith("inbound_parts", of="inbound_messages", by="message_seq"),
    Ages("events", lambda each: each.events, "at_ms"),
    # The newest question of a SIM says when to ask again; a question stays as long as an answer that names it.
    Ages(
        "balance_questions",
        lambda each: each.money,
        "done_at_ms",
        over="""
            done_at_ms IS NOT NULL AND id NOT IN (SELECT max(id) FROM balance_questions GROUP BY sim_id)
            AND id NOT IN (SELECT question_id FROM balance_readings WHERE question_id IS NOT NULL)
        """,
    ),
    # What is on a SIM by its newest reading may hold it back.
    Ages(
        "balance_readings",
        lambda each: each.money,
        "at_ms",
        over="""
            id NOT IN (SELECT max(id) FROM balance_readings GROUP BY sim_id)
            AND id NOT IN (SELECT id FROM (
                SELECT id, row_number() OVER (PARTITION BY sim_id ORDER BY at_ms DESC, id DESC) AS place
                FROM balance_readings WHERE units IS NOT NULL) WHERE place = 1)
        """,
    ),
    # The newest proof of a SIM says when it last spent something.
    Ages(
        "keep_alive_proofs",
        lambda each: each.keep_alive,
        "tried_at_ms",
        over="""
            state NOT IN ('trying', 'sent') AND id NOT IN (SELECT id FROM (
                SELECT id, row_number() OVER (PARTITION BY sim_id ORDER BY sent_at_ms DESC, id DESC) AS place
                FROM keep_alive_proofs WHERE state IN ('proved', 'unconfirmed')) WHERE place = 1)
        """,
    ),
    Ages("loop_tests", lambda each: each.acts, "done_at_ms", over="done_at_ms IS NOT NULL"),
    Ages("swaps", lambda each: each.acts, "ended_at_ms", over="ended_at_ms IS NOT NULL"),
    # Not before it was told to everybody who wants it.
    Ages(
        "changes",
        lambda each: each.changes,
        "at_ms",
        over="id <= (SELECT told_id FROM feed) AND id NOT IN (SELECT change_id FROM deliveries)",
    ),
    Ages("deliveries", lambda each: each.deliveries, "tried_at_ms", over="state = 'dead'"),
    GoesWith("callbacks", of="messages", by="message_seq"),
    GoesWith("aliyun_sent", of="messages", by="message_seq"),
    Stays("feed", "one row"),
    Stays("webhooks", "people make them"),
    Ages("port_commands", lambda _: Limits(1), "asked_at_ms"),
    Ages("idempotency_keys", lambda _: Limits(1), "at_ms"),
    Ages("login_links", lambda _: Limits(1), "expires_at_ms"),
    Ages("sessions", lambda _: Limits(1), "expires_at_ms"),
    Stays("modems", "one for each modem that was ever plugged in"),
    Stays("ports", "one for each place that a modem was ever in"),
    Stays("port_standings", "one for each port"),
    Stays("recordings_under_way", "one for each port"),
    Stays("sims", "one for each card that was ever put in; their plans are keyed by them"),
    Stays("sim_pins", "one for each card"),
    Stays("sim_money", "one for each card"),
    Stays("low_balance_rests", "one for each card"),
    Stays("keep_alive_notices", "one for each card"),
    Stays("carriers", "people edit it"),
    Stays("sim_groups", "people make them"),
    Stays("accounts", "people make them"),
    Stays("api_keys", "people make them, and who sent a message is known by them"),
    Stays("key_usage", "one row for each key that has a limit"),
    Stays("aliyun_keys", "at most one for each key"),
    Stays("sms_templates", "people make them"),
    Stays("people", "people make them"),
    Stays("clock_marks", "the newest hundred; the module that writes them deletes the others"),
    Stays("clock_confirmations", "one row"),
    Stays("upkeep", "one for each kind of work"),
    Stays("_sqlite_migrations", "one for each change of the schema"),
)


def goes_with(table: str) -> tuple[GoesWith, ...]:
    """What goes with the rows of a table."""
    return tuple(each for each in RULES if isinstance(each, GoesWith) and each.of == table)


@dataclass(slots=True)
class Swept:
    """How many rows went, by table."""

    rows: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, count: int) -> None:
        if count:
            self.rows[table] = self.rows.get(table, 0) + count

    @property
    def total(self) -> int:
        return sum(self.rows.values())
