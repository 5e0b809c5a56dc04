"""People and applications: they write, take back and change plans, all of it through the database and the doorbell."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TypeVar

from appliance.modem.sms import plan_text
from appliance.store import groups, messages, sims
from appliance.store.clock import now_ms
from appliance.store.doorbell import ring
from appliance.store.groups import SimGroup, Strategy
from appliance.store.life import MessageState
from appliance.store.loop_writer import LoopCommitWriter
from appliance.store.messages import NewMessage
from tests.simulation.clocks import SimulatedClocks
from tests.simulation.limits import (
    KNOWN,
    OF_A_GROUP,
    Contract,
    Limits,
    Together,
    random_limits,
    random_limits_of_group,
)

T = TypeVar("T")

CJK = "短信网关测试"


@dataclass(slots=True)
class Written:
    """A message that was accepted, and what people did about it."""

    token: str
    id: str
    seq: int
    recipient: str
    parts: int
    priority: int
    may_be_doubled: bool
    not_before_ms: int
    expires_at_ms: int | None
    cancelled: bool = False
    resent: int = 0
    marked_sent: bool = False


@dataclass(eq=False)
class People:
    """All of them."""

    random: Random
    writer: LoopCommitWriter
    doorbell: Path
    clocks: SimulatedClocks
    recipients: list[str]
    box_plan: Limits
    note: Callable[[str], None]
    written: dict[str, Written] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    """By card number."""
    groups: dict[int, Together] = field(default_factory=dict)

    async def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        value = await self.writer.write(change)
        if self.random.random() < 0.9:
            ring(self.doorbell)
        return value

    def contract(self, iccid: str) -> Contract:
        """The plans of a card; the box's own until somebody gives it others."""
        if iccid not in self.contracts:
            self.contracts[iccid] = Contract()
            self.contracts[iccid].begin(self.box_plan, 0)
        return self.contracts[iccid]

    # -- messages ---------------------------------------------------------------------------------------------

    async def writes(self) -> None:
        """A new message, of any kind."""
        random = self.random
        token = f"m{len(self.written) + 1}."
        text = self._text(token)
        plan = plan_text(text)
        at_ms = now_ms()
        not_before_ms = at_ms + random.randrange(1000, 3_600_000) if random.random() < 0.15 else 0
        begins_ms = max(at_ms, not_before_ms)
        expires_at_ms = (
            begins_ms + random.choice((60_000, 600_000, 7_200_000)) if random.random() < 0.3 else None
        )
        new = NewMessage(
            id=messages.new_id(at_ms),
            recipient=random.choice(self.recipients),
            text=text,
            alphabet=plan.alphabet.value,
            parts_total=len(plan.parts),
            flash=random.random() < 0.05,
            delivery_report=random.random() < 0.8,
            priority=random.randrange(3),
            on_uncertain="resend" if random.random() < 0.3 else "wait",
            source="api",
            api_key_id=None,
            state=MessageState.QUEUED,
            reason="message.scheduled" if not_before_ms else "message.queued",
            reason_args={"until_ms": not_before_ms} if not_before_ms else {},
            expires_at_ms=expires_at_ms,
            accepted_at_ms=at_ms,
            not_before_ms=not_before_ms,
            account_id=random.randrange(1, 4),
        )
        written = Written(
            token=token,
            id=new.id,
            seq=0,
            recipient=new.recipient,
            parts=len(plan.parts),
            priority=new.priority,
            may_be_doubled=new.on_uncertain == "resend",
            not_before_ms=not_before_ms,
            expires_at_ms=expires_at_ms,
        )
        self.written[token] = written
        written.seq = (await self._write(lambda connection: messages.accept(connection, new))).seq
        self.note(
            f"accepted {token} to {new.recipient}, {written.parts} parts, priority {new.priority}, {new.on_uncertain}"
            f"{f', not before {not_before_ms}' if not_before_ms else ''}"
            f"{f', expires {expires_at_ms}' if expires_at_ms else ''}"
        )

    def _text(self, token: str) -> str:
        random = self.random
        kind = random.random()
        if kind < 0.6:
            return token + "hello"
        if kind < 0.8:
            text = token * (random.randrange(170, 480) // len(token))
        else:
            text = (token + CJK) * random.randrange(1, 20)
        while not all(token in part for part in plan_text(text).parts):
            text += token
        return text

    async def acts(self) -> None:
        """One thing that somebody does."""
        act = self.random.choices(
            (
                self.cancels,
                self.resends,
                self.marks_sent,
                self.plans,
                self.regroups,
                self.rests,
                self.resumes,
            ),
            (4, 4, 2, 5, 4, 2, 2),
        )[0]
        await act()

    def _any(self) -> Written | None:
        known = [each for each in self.written.values() if each.seq]
        return self.random.choice(known) if known else None

    async def cancels(self) -> None:
        """Takes a message back."""
        written = self._any()
        if written is None:
            return
        done = await self._write(lambda connection: messages.cancel(connection, written.id, now_ms()))
        written.cancelled |= done
        self.note(f"cancel {written.token}: {done}")

    async def _of_uncertain(
        self, name: str, act: Callable[[sqlite3.Connection, str, int], bool], did: Callable[[Written], None]
    ) -> None:
        def change(connection: sqlite3.Connection) -> str | None:
            rows = connection.execute(
                "SELECT id FROM messages WHERE state = 'uncertain' ORDER BY seq"
            ).fetchall()
            if not rows:
                return None
            chosen: str = self.random.choice(rows)["id"]
            return chosen if act(connection, chosen, now_ms()) else None

        done = await self._write(change)
        for written in self.written.values():
            if written.id == done:
                did(written)
                self.note(f"{name} {written.token}")

    async def resends(self) -> None:
        """Has an uncertain message sent again."""

        def did(written: Written) -> None:
            written.resent += 1

        await self._of_uncertain("resend", messages.resend, did)

    async def marks_sent(self) -> None:
        """Says that an uncertain message was sent."""

        def did(written: Written) -> None:
            written.marked_sent = True

        await self._of_uncertain("mark sent", messages.mark_sent, did)

    # -- SIMs -------------------------------------------------------------------------------------------------

    async def plans(self) -> None:
        """Gives a SIM another plan, or parts of one."""
        own = random_limits(self.random)
        names = [name for name in sorted(KNOWN) if self.random.random() < 0.7]

        def change(connection: sqlite3.Connection) -> str | None:
            row = self._sim(connection)
            if row is None or row["iccid"] is None:
                return None
            contract = self.contract(row["iccid"])
            wanted = asdict(contract.latest) | {name: getattr(own, name) for name in names}
            contract.begin(replace(Limits(), **wanted), self.clocks.true_ms())
            for name in names:
                connection.execute(f"UPDATE sims SET {name} = ? WHERE id = ?", [wanted[name], row["id"]])
            return str(row["iccid"])

        iccid = await self._write(change)
        if iccid is not None:
            self.contract(iccid).begun(self.clocks.true_ms())
            shown = {name: value for name, value in asdict(self.contract(iccid).latest).items() if value}
            self.note(f"plan of …{iccid[-4:]}: {shown}")

    async def regroups(self) -> None:
        """Makes a group, gives one other limits, or puts a SIM into one or out of it."""
        if not self.groups or self.random.random() < 0.2:
            await self._limits_of_group(None)
        elif self.random.random() < 0.3:
            await self._limits_of_group(self.random.choice(sorted(self.groups)))
        await self._moves()

    async def _limits_of_group(self, group_id: int | None) -> None:
        limits = random_limits_of_group(self.random, self.box_plan)
        known = Together() if group_id is None else self.groups[group_id]

        def change(connection: sqlite3.Connection) -> int:
            known.contract.begin(limits, self.clocks.true_ms())
            group = SimGroup(
                id=group_id or 0,
                name=f"group {group_id or len(self.groups) + 1}",
                strategy=self.random.choice(list(Strategy)),
                **{name: getattr(limits, name) for name in OF_A_GROUP},
            )
            if group_id is None:
                return groups.add(connection, group)
            groups.put(connection, group)
            return group_id

        made = await self._write(change)
        known.contract.begun(self.clocks.true_ms())
        self.groups[made] = known
        self.note(f"group {made}: { {name: value for name, value in asdict(limits).items() if value} }")

    async def _moves(self) -> None:
        into = self.random.choice([None, *sorted(self.groups), *sorted(self.groups)])

        def change(connection: sqlite3.Connection) -> str | None:
            row = self._sim(connection)
            if row is None or row["iccid"] is None:
                return None
            for group_id, group in self.groups.items():
                if group_id != into:
                    group.leaves(row["iccid"], self.clocks.true_ms())
            groups.put_sim(connection, row["id"], into)
            return str(row["iccid"])

        iccid = await self._write(change)
        if iccid is not None:
            if into is not None:
                self.groups[into].joins(iccid, self.clocks.true_ms())
            self.note(f"…{iccid[-4:]} is in group {into}")

    def _sim(self, connection: sqlite3.Connection) -> sqlite3.Row | None:
        rows = connection.execute("SELECT id, iccid FROM sims ORDER BY id").fetchall()
        chosen: sqlite3.Row | None = self.random.choice(rows) if rows else None
        return chosen

    async def rests(self) -> None:
        """Takes a SIM out of service for a while."""
        until_ms = now_ms() + self.random.choice((30_000, 600_000, 3_600_000))

        def change(connection: sqlite3.Connection) -> None:
            row = self._sim(connection)
            if row is not None:
                sims.rest(
                    connection,
                    row["id"],
                    until_ms=until_ms,
                    reason="sim.resting-by-person",
                    args={},
                    by_person=True,
                )

        await self._write(change)
        self.note(f"a SIM rests until {until_ms}")

    async def resumes(self) -> None:
        """Has a SIM send again."""

        def change(connection: sqlite3.Connection) -> None:
            row = self._sim(connection)
            if row is not None:
                sims.resume(connection, row["id"])

        await self._write(change)
        self.note("a SIM is resumed")

    async def resume_all(self) -> None:
        """Every SIM sends again, and every port is tried."""

        def change(connection: sqlite3.Connection) -> None:
            for row in connection.execute("SELECT id FROM sims").fetchall():
                sims.resume(connection, row["id"])

        await self._write(change)
