"""A bank that plays scenarios by their names, under a pool."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.modem.simulator.ledger import LedgerEvent
from tests.bank import Bank, running_bank
from tests.pool.pools import HANG_S, Box, assert_each_exactly_once, box


class Played:
    """A pool over a bank. Modems are counted from 0."""

    def __init__(self, bank: Bank, pool: Box) -> None:
        self.bank = bank
        self.pool = pool

    def play(self, number: int, name: str, **options: Any) -> None:
        """A scenario on one modem, from now on."""
        self.bank.control("scenario", name=name, modem=f"modem{number + 1:02d}", **options)

    def calm(self, number: int) -> None:
        self.play(number, "calm")

    def states(self, number: int) -> tuple[str, str]:
        """State and reason of a port."""
        port = self.pool.port(number)
        return str(port["state"]), str(port["reason"])

    def wait_for_state(self, number: int, *states: str, limit_s: float = HANG_S) -> None:
        self.pool.wait_for(lambda: self.states(number)[0] in states, limit_s)

    def wait_for_commands(self, number: int, count: int) -> None:
        """Until the modem was asked ``count`` times more: so much has happened that would show what must not be."""
        before = self.bank.modem(number)["commands"]
        self.pool.wait_for(lambda: self.bank.modem(number)["commands"] >= before + count)

    def unplug(self, number: int, *states: str) -> None:
        """The modem is taken out, and the port has noticed when it is in one of ``states``."""
        self.bank.control("unplug", modem=f"modem{number + 1:02d}")
        self.wait_for_state(number, *(states or ("absent", "line-lost")))

    def plug(self, number: int) -> None:
        self.bank.control("plug", modem=f"modem{number + 1:02d}")

    def events(self, kind: str) -> list[str]:
        """The reasons of all events of a kind, oldest first."""
        rows = self.pool.rows("SELECT reason FROM events WHERE kind = ? ORDER BY id", kind)
        return [row["reason"] for row in rows]

    def texts(self) -> list[str]:
        """What the inbox shows, oldest first."""
        return [row["text"] for row in self.pool.inbox()]


@contextlib.contextmanager
def played(tmp_path: Path, modems: int = 2, *, ready: int | None = None, **given: Any) -> Iterator[Played]:
    """A pool in service over ``modems`` simulated ones. ``bank_…`` goes to the bank, the rest to the pool.

    Whatever was played: at the end the database says of no message what the ledger of the network contradicts, and
    has counted on each card what the network took from it.
    """
    of_bank = {name.removeprefix("bank_"): given.pop(name) for name in [*given] if name.startswith("bank_")}
    with running_bank(tmp_path, modems=modems, **of_bank) as bank:
        pool = box(tmp_path, bank, **given)
        with pool.running():
            pool.wait_until_ready(modems if ready is None else ready)
            yield Played(bank, pool)
        assert_each_exactly_once(pool, bank)
        assert_counted_by_card(pool, bank)


def assert_counted_by_card(pool: Box, bank: Bank) -> None:
    """What a limit is computed from: no card sent more than is counted on it, whichever slot it was in."""
    counted = dict(
        tuple(row)
        for row in pool.rows(
            "SELECT iccid, count(*) FROM parts JOIN sims ON sims.id = parts.sim_id GROUP BY iccid"
        )
    )
    taken = Counter(record.iccid for record in bank.ledger() if record.event is LedgerEvent.ACCEPTED)
    assert all(counted.get(iccid, 0) >= count for iccid, count in taken.items()), (taken, counted)
