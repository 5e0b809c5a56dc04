"""A pool over a bank of simulated modems, with quick time limits, and what its database and the ledger say."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from appliance.modem.at.limits import COMMAND_LIMITS_S, LIMITS
from appliance.modem.simulator.ledger import HandsetText
from appliance.modem.sms import plan_text
from appliance.policy.breaker import BreakerRules
from appliance.policy.failure import BackOff, RetryRules
from appliance.policy.plan import Plan
from appliance.pool.filing import FilingRules
from appliance.pool.pool import Pool
from appliance.pool.rungs import RUNGS, LadderRules
from appliance.pool.settings import PoolSettings, Timings
from appliance.store.clock import now_ms
from appliance.store.database import connect
from appliance.store.doorbell import ring
from appliance.store.life import MessageState
from appliance.store.messages import NewMessage, accept, new_id
from tests.bank import Bank
from tests.store.stored import watched_database

T = TypeVar("T")

HANG_S = 60.0
"""Only what never comes meets this limit, on a machine that is as busy as it may be."""

QUICK_RETRIES = RetryRules(
    network=BackOff(50, 2, 400),
    sim=BackOff(100, 2, 400),
    modem=BackOff(50, 2, 400),
)
QUICK_BREAKER = BreakerRules(pause=BackOff(20, 2, 100))
QUICK_TIMINGS = Timings(
    scan_s=0.1,
    look_s=0.1,
    housekeeping_s=0.1,
    carrier_look_s=0.1,
    reopen_first_s=0.05,
    reopen_longest_s=0.4,
    resend_after_s=0.5,
    after_report_s=0.3,
    call_ends_s=0.2,
    glance_s=0.2,
    babble_look_s=0.3,
    boot_s=0.2,
    reset_looks_s=0.05,
    reset_shows_s=0.4,
    loss_settles_s=0.15,
    card_look_s=0.1,
    card_look_later_s=0.3,
    card_retry_first_s=0.1,
    card_retry_longest_s=0.5,
    list_memory_s=0.5,
    outbox_look_s=0.2,
    stop_s=3.0,
    predecessor_s=0.3,
    retry_write_first_s=0.02,
    retry_write_longest_s=0.05,
)
QUICK_LIMITS = replace(
    LIMITS,
    command_s=0.6,
    by_command_s=dict.fromkeys(COMMAND_LIMITS_S, 1.0),
    prompt_s=0.6,
    submit_s=0.8,
    after_reference_s=0.3,
    probe_s=(0.2, 0.2, 0.2),
    quiet_s=0.02,
)
QUICK_LADDER = LadderRules(
    rungs={rung: replace(rule, settles_ms=rule.settles_ms // 100) for rung, rule in RUNGS.items()},
    first_pause_ms=50,
    longest_pause_ms=400,
    flap_window_ms=20_000,
    flap_pause_ms=100,
    first_probe_ms=60_000,
    gone_ms=1_000,
)
DELIVERED, SENT, UNCERTAIN, FAILED = "delivered", "sent", "uncertain", "failed"


@dataclass
class Box:
    """A data directory with its database, and the pool that works on it while :meth:`running`."""

    directory: Path
    settings: PoolSettings
    readers: threading.local = field(default_factory=threading.local)

    def connection(self) -> sqlite3.Connection:
        """A writing connection, to be closed by whoever asked."""
        return connect(self.settings.database)

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What a query reads."""
        reader = connect(self.settings.database, read_only=True)
        try:
            return reader.execute(query, values).fetchall()
        finally:
            reader.close()

    def change(self, statement: str, *values: object) -> None:
        """Change rows as the web process would."""
        connection = self.connection()
        connection.execute(statement, values)
        connection.close()
        self.ring()

    def ring(self) -> bool:
        return ring(self.settings.doorbell)

    def submit(
        self, recipients: Sequence[str], text: str | Callable[[int], str], **fields: object
    ) -> list[int]:
        """Queue a message for each recipient, as one acceptance; their seqs."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        seqs = [
            accept(
                connection, _message(recipient, text if isinstance(text, str) else text(number), fields)
            ).seq
            for number, recipient in enumerate(recipients)
        ]
        connection.execute("COMMIT")
        connection.close()
        self.ring()
        return seqs

    def states(self) -> Counter[str]:
        """How many messages are in each state."""
        return Counter(
            {row[0]: row[1] for row in self.rows("SELECT state, count(*) FROM messages GROUP BY state")}
        )

    def state(self, seq: int) -> tuple[str, str]:
        """State and reason of a message."""
        [row] = self.rows("SELECT state, reason FROM messages WHERE seq = ?", seq)
        return str(row[0]), str(row[1])

    def port(self, number: int) -> sqlite3.Row:
        """The row of modem ``number`` (from 0)."""
        [row] = self.rows("SELECT * FROM ports WHERE name LIKE ?", f"%modem{number + 1:02d}")
        return row

    def inbox(self) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM inbound_messages ORDER BY seq")

    def wait_for(self, look: Callable[[], T], limit_s: float = HANG_S) -> T:
        """What ``look`` gives as soon as it is true: for what another process or the modems do."""
        deadline = time.monotonic() + limit_s
        while True:
            value = look()
            if value:
                return value
            assert time.monotonic() < deadline, (look, self.states(), self.reasons(), self.conditions())
            time.sleep(0.02)

    def wait_for_state(self, seq: int, *states: str, limit_s: float = HANG_S) -> tuple[str, str]:
        """State and reason of a message as soon as it is in one of ``states``."""
        return self.wait_for(lambda: (self.state(seq)[0] in states and self.state(seq)) or None, limit_s) or (
            "",
            "",
        )

    def wait_until_all(self, *states: str, limit_s: float = HANG_S) -> None:
        """Until every message is in one of ``states``."""
        self.wait_for(lambda: not set(self.states()) - set(states), limit_s)

    def wait_until_ready(self, ports: int = 1) -> None:
        self.wait_for(
            lambda: (
                len(self.rows("SELECT 1 FROM ports WHERE state = 'ready' AND reason = 'port.ready'")) >= ports
            )
        )

    def reasons(self) -> Counter[str]:
        rows = self.rows("SELECT reason, count(*) FROM messages GROUP BY reason")
        return Counter({row[0]: row[1] for row in rows})

    def conditions(self) -> list[tuple[str, str, str]]:
        return [tuple(row) for row in self.rows("SELECT name, state, reason FROM ports ORDER BY name")]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The pool, in a thread with a loop of its own; it is stopped as SIGTERM stops it."""
        pool = Pool(self.settings)
        ended: list[BaseException | None] = []
        loops: list[asyncio.AbstractEventLoop] = []

        async def run() -> None:
            loops.append(asyncio.get_running_loop())
            await pool.run()

        def body() -> None:
            try:
                asyncio.run(run())
                ended.append(None)
            except BaseException as error:
                ended.append(error)

        thread = threading.Thread(target=body)
        thread.start()
        try:
            self.wait_for(lambda: ended or (loops and self.ring()))
            yield
        finally:
            with contextlib.suppress(RuntimeError):  # It has ended, and its loop is closed.
                loops[0].call_soon_threadsafe(pool.stop)
            thread.join(30)
            assert not thread.is_alive()
            if ended[0] is not None:
                raise ended[0]


def _message(recipient: str, text: str, fields: dict[str, object]) -> NewMessage:
    plan = plan_text(text)
    message = NewMessage(
        id=new_id(),
        recipient=recipient,
        text=text,
        alphabet=plan.alphabet.value,
        parts_total=len(plan.parts),
        flash=False,
        delivery_report=True,
        priority=1,
        on_uncertain="wait",
        source="cli",
        api_key_id=None,
        state=MessageState.QUEUED,
        reason="message.queued",
        expires_at_ms=None,
        accepted_at_ms=now_ms(),
    )
    return replace(message, **fields)  # type: ignore[arg-type]


def box(tmp_path: Path, bank: Bank, **settings: object) -> Box:
    """A new box in ``tmp_path`` whose ports are those of ``bank``."""
    directory = tmp_path / "box"
    directory.mkdir(exist_ok=True)
    made = PoolSettings(
        database=watched_database(directory / "simloft.db"),
        doorbell=directory / "pool.sock",
        port_patterns=(f"{bank.directory}/modem*",),
        simulated=True,
        plan=Plan(),
        retry=QUICK_RETRIES,
        breaker=QUICK_BREAKER,
        filing=FilingRules(),
        timings=QUICK_TIMINGS,
        modem_limits=QUICK_LIMITS,
        ladder=QUICK_LADDER,
    )
    return Box(directory, replace(made, **settings))  # type: ignore[arg-type]


def numbers(count: int, prefix: str = "+86139") -> list[str]:
    """Different recipients."""
    return [f"{prefix}{index:08d}" for index in range(count)]


def received(bank: Bank) -> dict[str, list[HandsetText]]:
    """What each handset got, whole messages, by its number."""
    texts: dict[str, list[HandsetText]] = {}
    for text in bank.handset_texts():
        texts.setdefault(text.recipient, []).append(text)
    return texts


def assert_each_exactly_once(box: Box, bank: Bank) -> None:
    """Database against ledger: what is called sent came once and byte-equal, what is called uncertain once or never."""
    got = received(bank)
    for row in box.rows("SELECT recipient, text, state, parts_total FROM messages"):
        texts = got.pop(row["recipient"], [])
        whole = [text.text for text in texts if not text.missing]
        doubled = [text for text in texts if text.doubled]
        assert not doubled, doubled
        match row["state"]:
            case "delivered" | "sent" | "undelivered":
                assert whole == [row["text"]], (row["recipient"], row["state"], len(texts))
            case "uncertain":
                assert len(texts) <= 1, (row["recipient"], len(texts))
            case _:
                assert not whole, (row["recipient"], row["state"])
    assert not got, "the network took what the database does not know"
