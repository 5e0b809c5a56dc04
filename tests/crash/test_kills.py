"""SIGKILL of pool and web at random moments of a long run; then the network's ledger against the database."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from appliance.store.database import connect
from tests.bank import Bank, running_bank
from tests.box import eventually
from tests.crash.crash_box import CrashBox, crash_box
from tests.crash.verdict import (
    Limits,
    assert_no_plan_exceeded,
    assert_none_lost_and_none_doubled,
    rows,
    taken,
)

MODEMS = 8
CLIENTS = 3


@dataclass(frozen=True, slots=True)
class Form:
    """How long a run is."""

    seed: int
    kills: int
    messages: int
    replies: int
    longest_life_s: float
    """Once it is up."""
    plan: Limits
    small: Limits
    """Of the first SIM."""
    luck: tuple[str, ...] = ()
    """Of the network: what it refuses, and which answers are lost."""


SHORT = Form(
    seed=1,
    kills=14,
    messages=600,
    replies=20,
    longest_life_s=0.6,
    plan=Limits(gap_ms=15, hour=200),
    small=Limits(gap_ms=60, hour=25),
)
LONG = Form(
    seed=2,
    kills=200,
    messages=2_000,
    replies=100,
    longest_life_s=0.8,
    plan=Limits(gap_ms=15, minute=200, hour=600),
    small=Limits(gap_ms=200, minute=20, hour=100),
    luck=("--error-rate", "0.03", "--lost-final-rate", "0.005"),
)


def text(index: int) -> str:
    """Of one part and of several, in both alphabets."""
    kinds = (f"Order {index} is ready", f"您的验证码是 {index}", f"长文本{index}：" + "春眠不觉晓，" * 25)
    return kinds[index % len(kinds)]


class Clients:
    """Applications that post while the box dies under them, so many messages as the run has got on."""

    def __init__(self, box: CrashBox, messages: dict[str, str]) -> None:
        self._box = box
        self._waiting = list(messages.items())
        self._asked = 0
        self._begun = 0
        self._more = threading.Condition()
        self._failed: list[BaseException] = []
        self._threads = [threading.Thread(target=self._post) for _ in range(CLIENTS)]

    def allow(self, count: int) -> None:
        """So many messages in all may be posted by now."""
        with self._more:
            self._asked = max(self._asked, min(count, len(self._waiting)))
            self._more.notify_all()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Until everything is accepted."""
        self.allow(len(self._waiting))
        for thread in self._threads:
            thread.join(120)
        assert not self._failed, self._failed
        assert not any(thread.is_alive() for thread in self._threads)

    def _next(self) -> tuple[str, str] | None:
        with self._more:
            while self._begun == self._asked:
                if self._begun == len(self._waiting):
                    return None
                self._more.wait()
            self._begun += 1
            return self._waiting[self._begun - 1]

    def _post(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            try:
                while (message := self._next()) is not None:
                    self._box.submit(*message, session, priority=("otp", "notice", "bulk")[self._begun % 3])
            except BaseException as error:
                self._failed.append(error)


@contextlib.contextmanager
def posting(box: CrashBox, messages: dict[str, str]) -> Iterator[Clients]:
    clients = Clients(box, messages)
    clients.start()
    yield clients
    clients.finish()


def have_plans(box: CrashBox, form: Form, bank: Bank) -> dict[str, Limits]:
    """Give the card of the first modem its own plan; every card's limits by ICCID."""
    cards = [bank.modem(number)["iccid"] for number in range(MODEMS)]
    eventually(
        lambda: rows(box.database, "SELECT 1 FROM sims WHERE iccid = ?", cards[0]), what="the card is known"
    )
    connection = connect(box.database)
    connection.execute(
        "UPDATE sims SET minimum_gap_ms = ?, parts_per_minute = ?, parts_per_hour = ? WHERE iccid = ?",
        (form.small.gap_ms, form.small.minute, form.small.hour, cards[0]),
    )
    connection.close()
    return {iccid: form.small if number == 0 else form.plan for number, iccid in enumerate(cards)}


def run(tmp_path: Path, form: Form) -> None:
    """The whole of it; `form.seed` decides who is killed and when."""
    dice = random.Random(form.seed)
    messages = {f"+86139{index:08d}": text(index) for index in range(form.messages)}
    replies = [f"reply {index}" for index in range(form.replies)]
    settings = (
        f"[plan]\nminimum_gap_ms = {form.plan.gap_ms}\n"
        f"parts_per_minute = {form.plan.minute}\nparts_per_hour = {form.plan.hour}\n"
    )
    with (
        running_bank(tmp_path, modems=MODEMS, latency_ms=30, report_delay_ms=30, options=form.luck) as bank,
        crash_box(tmp_path, bank, settings) as box,
    ):
        box.start("web")
        box.start("pool")
        limits = have_plans(box, form, bank)
        numbers = [bank.msisdn(number) for number in range(MODEMS)]
        with posting(box, messages) as clients:
            for kill in range(form.kills):
                clients.allow((kill + 1) * form.messages // form.kills)
                for reply in replies[kill :: form.kills]:
                    bank.reply("+8613700000001", dice.choice(numbers), reply)
                if (
                    dice.random() < 0.8
                ):  # else it is killed while it starts, or while it looks at what the last left
                    box.wait_until_up()
                time.sleep(dice.random() * form.longest_life_s)  # a random moment is what is tested
                for name in dice.choice((("pool",), ("pool",), ("web",), ("pool", "web"))):
                    box.kill(name)
                    box.start(name)
        box.wait_until_all("delivered", "sent", "undelivered", "uncertain", "failed", limit_s=300)
        eventually(
            lambda: len(rows(box.database, "SELECT 1 FROM inbound_messages")) >= form.replies,
            what="the inbox",
        )
        box.stop()
        states = assert_none_lost_and_none_doubled(box.database, bank.ledger(), messages)
        assert_no_plan_exceeded(bank.ledger(), limits)
        # Bulk leaves a tenth of it to what is urgent.
        assert len(taken(bank.ledger())[next(iter(limits))]) > form.small.hour * 0.8, "its limit was reached"
        inbox = [row["text"] for row in rows(box.database, "SELECT text FROM inbound_messages")]
        assert sorted(inbox) == sorted(replies), "each reply is in the inbox, once"
        assert states["delivered"] + states["sent"] > form.messages * 0.8, states
        assert "Traceback" not in box.logs()
        print(f"{form.kills} kills, {form.messages} messages: {dict(states)}")


def test_some_kills(tmp_path: Path) -> None:
    run(tmp_path, SHORT)


@pytest.mark.long
@pytest.mark.timeout(1_500)
def test_two_hundred_kills(tmp_path: Path) -> None:
    run(tmp_path, LONG)
