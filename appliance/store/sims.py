"""SIMs: who they are, their plans, what they sent of late, and whether they rest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LONGEST_SEND_MS = 10 * 60_000
"""More than any send can take: a part that was submitted this much earlier was answered before an instant."""

UNTIL_RESUMED_MS = 253_370_764_800_000
"""The end of a rest that has none (the year 9999): it lasts until a person ends it."""

DRAINING = "sim.draining"
"""The rest of the SIMs of a swap: they take nothing new, and send what only they may send."""

CONCAT_REFERENCES = 256
"""Eight bits: every phone joins by them, and they leave one character more to each part than sixteen would.

A SIM's next long message has the next reference, so two of them share one only with 255 between them.
"""


class NumberSource(StrEnum):
    """How the number of a SIM became known."""

    TYPED = "typed"
    CARD = "card"
    """It is written on the card (EF-MSISDN, ``+CNUM``), by whoever sold it: often not, and not always rightly."""
    LOOP_TEST = "loop-test"
    """The network told it to the receiver of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sim:
    """A subscription, wherever it is plugged in. Limits: None is the box's default, 0 no limit."""

    id: int
    identity: str
    iccid: str | None
    imsi: str | None
    msisdn: str | None
    label: str | None
    minimum_gap_ms: int | None
    parts_per_minute: int | None
    parts_per_hour: int | None
    parts_per_day: int | None
    resting_until_ms: int | None
    resting_reason: str | None
    resting_reason_args: str | None
    next_concat_reference: int
    first_seen_at_ms: int
    last_seen_at_ms: int
    forgotten_at_ms: int | None
    """A person forgot it: its history is kept, and it is shown nowhere until it comes back."""
    msisdn_source: str | None = None
    """A :class:`NumberSource`; None where it was not written down, or no number is known."""
    gap_jitter_percent: int | None = None
    parts_per_month: int | None = None
    recipients_per_month: int | None = None
    parts_per_recipient_per_day: int | None = None
    sending_hours: str | None = None
    contract_day: int | None = None
    reserve_percent: int | None = None
    warm_up_days: int | None = None
    allowance_parts: int | None = None
    price_on_net_micros: int | None = None
    price_off_net_micros: int | None = None
    price_abroad_micros: int | None = None
    on_net_prefixes: str | None = None
    """A JSON array of prefixes in E.164; None: those of its carrier."""
    group_id: int | None = None
    first_sent_at_ms: int | None = None
    """None: it has sent nothing yet."""
    breaker: str | None = None
    """A ``Breaker`` of :mod:`appliance.policy.breaker` as JSON; None: nothing stands against it."""

    @property
    def name(self) -> str:
        """What people call it: its label, its number, or the end of what identifies it."""
        return self.label or self.msisdn or f"SIM …{self.identity[-6:]}"

    @property
    def is_known_by_port_only(self) -> bool:
        return self.identity.startswith("port:")


def identity_of(iccid: str | None, imsi: str | None, port_name: str, meid: str | None = None) -> str:
    """The card's number; where that can't be read the subscriber's; else the place that it is in.

    ``meid`` (or ESN) is that of a CDMA modem, in which the subscription itself is where it has no card.
    """
    if iccid:
        return f"iccid:{iccid}"
    if imsi:
        return f"imsi:{imsi}"
    return f"meid:{meid}" if meid else f"port:{port_name}"


def register(
    connection: sqlite3.Connection,
    *,
    iccid: str | None,
    imsi: str | None,
    msisdn: str | None,
    port_name: str,
    now_ms: int,
    meid: str | None = None,
) -> Sim:
    """The SIM that was found in a port, which is a new one if nobody has seen it before.

    A card that can't be read once is still the same card: its plan, what it sent of late and the messages that wait
    for it must not be passed by under another name.
    """
    values = {
        "id": _of_modem(connection, meid)
        if meid and not (iccid or imsi)
        else _known(connection, iccid, imsi, msisdn, port_name),
        "identity": identity_of(iccid, imsi, port_name, meid),
        "iccid": iccid,
        "imsi": imsi,
        "msisdn": msisdn,
        "now": now_ms,
    }
    row = connection.execute(_NEW if values["id"] is None else _AGAIN, values).fetchone()
    return Sim(**dict(row))


_NEW = """
    INSERT INTO sims (identity, iccid, imsi, msisdn, msisdn_source, first_seen_at_ms, last_seen_at_ms)
    VALUES (:identity, :iccid, :imsi, :msisdn, iif(:msisdn IS NULL, NULL, 'card'), :now, :now) RETURNING *
"""

_AGAIN = """
    UPDATE sims SET
        -- What a card tells once it may not tell the next time; a number that was typed in stays.
        identity = CASE
            WHEN iccid IS NOT NULL THEN identity
            WHEN :iccid IS NOT NULL THEN :identity
            WHEN identity LIKE 'port:%' THEN :identity
            ELSE identity
        END,
        iccid = coalesce(iccid, :iccid), imsi = coalesce(:imsi, imsi), msisdn = coalesce(msisdn, :msisdn),
        msisdn_source = iif(msisdn IS NULL AND :msisdn IS NOT NULL, 'card', msisdn_source),
        last_seen_at_ms = :now, forgotten_at_ms = NULL
    WHERE id = :id RETURNING *
"""

_OF_ICCID = """
    SELECT id FROM sims
    WHERE identity = 'iccid:' || :iccid
        -- Some modems leave out the check digit of E.118, which others give (18 to 20 digits in all).
        OR (length(:iccid) > 18 AND identity = 'iccid:' || substr(:iccid, 1, length(:iccid) - 1))
        OR (length(:iccid) BETWEEN 18 AND 19 AND identity GLOB 'iccid:' || :iccid || '?')
    ORDER BY identity <> 'iccid:' || :iccid, id LIMIT 1
"""

_OF_IMSI = """
    SELECT id FROM sims WHERE imsi = :imsi AND (iccid IS NULL OR :iccid IS NULL)
    ORDER BY iccid IS NULL, last_seen_at_ms DESC, id DESC LIMIT 1
"""

_OF_PORT = """
    SELECT sims.id FROM sims LEFT JOIN ports ON ports.name = :port
    WHERE sims.identity = 'port:' || :port AND (
        (:iccid IS NULL AND :imsi IS NULL)
        -- Another card that was there since, or a place that was empty, tells that this is another one.
        OR (ports.sim_id = sims.id AND (sims.msisdn IS NULL OR :msisdn IS NULL OR sims.msisdn = :msisdn))
    )
"""


def _of_modem(connection: sqlite3.Connection, meid: str) -> int | None:
    """The row of a modem that has its subscription in itself, which goes where the modem goes."""
    row = connection.execute("SELECT id FROM sims WHERE identity = 'meid:' || ?", (meid,)).fetchone()
    return None if row is None else int(row[0])


def _known(
    connection: sqlite3.Connection, iccid: str | None, imsi: str | None, msisdn: str | None, port_name: str
) -> int | None:
    """The row of a card by its number, by its subscriber, by the place where it was before it could be read."""
    told = {"iccid": iccid, "imsi": imsi, "msisdn": msisdn, "port": port_name}
    for query in (_OF_ICCID, _OF_IMSI, _OF_PORT):
        row = connection.execute(query, told).fetchone()
        if row is not None:
            return int(row[0])
    return None


def number_of_card(connection: sqlite3.Connection, iccid: str | None) -> str | None:
    """The card number as the row of its SIM has it: what another modem tells may differ by the check digit."""
    row = connection.execute(_OF_ICCID, {"iccid": iccid}).fetchone()
    return iccid if row is None else get(connection, int(row[0])).iccid or iccid


def get(connection: sqlite3.Connection, sim_id: int) -> Sim:
    """A SIM that exists."""
    return Sim(**dict(connection.execute("SELECT * FROM sims WHERE id = ?", (sim_id,)).fetchone()))


def find(connection: sqlite3.Connection, sim_id: int) -> Sim | None:
    """A SIM by its id, if the box ever saw it."""
    row = connection.execute("SELECT * FROM sims WHERE id = ?", (sim_id,)).fetchone()
    return None if row is None else Sim(**dict(row))


def list_sims(connection: sqlite3.Connection) -> list[Sim]:
    """Every SIM that was ever seen, oldest first."""
    return [Sim(**dict(row)) for row in connection.execute("SELECT * FROM sims ORDER BY id")]


_TERMS = """
    SELECT sims.id, minimum_gap_ms, gap_jitter_percent, sims.parts_per_minute, sims.parts_per_hour, sims.parts_per_day,
        sims.parts_per_month, sims.recipients_per_month, parts_per_recipient_per_day, sending_hours, sims.contract_day,
        reserve_percent, warm_up_days, allowance_parts, price_on_net_micros, price_off_net_micros, price_abroad_micros,
        on_net_prefixes, resting_until_ms, resting_reason IS 'sim.draining', imsi, iccid,
        EXISTS (SELECT 1 FROM low_balance_rests WHERE sim_id = sims.id),
        group_id, sim_groups.name, strategy, sim_groups.parts_per_minute, sim_groups.parts_per_hour,
        sim_groups.parts_per_day, sim_groups.parts_per_month, sim_groups.recipients_per_month, sim_groups.contract_day,
        (SELECT group_concat(id) FROM sims AS members WHERE members.group_id = sims.group_id AND sims.group_id > 0)
    FROM sims LEFT JOIN sim_groups ON sim_groups.id = sims.group_id
"""
TERMS = f"{_TERMS} WHERE sims.id = ?"


def terms(connection: sqlite3.Connection, sim_id: int) -> tuple[object, ...]:
    """All that decides what a SIM may send but what it has sent: its plan, its rest, its group with all SIMs in it.

    A bare tuple, only to see whether any of it was changed; it is read with each message while others write.
    """
    return tuple(connection.execute(TERMS, (sim_id,)).fetchone())


def rests_for_balance(connection: sqlite3.Connection, sim_id: int) -> bool:
    """Whether too little is on a SIM."""
    row = connection.execute("SELECT EXISTS (SELECT 1 FROM low_balance_rests WHERE sim_id = ?)", (sim_id,))
    return bool(row.fetchone()[0])


def all_terms(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """The same of every SIM."""
    return [tuple(row) for row in connection.execute(f"{_TERMS} ORDER BY sims.id")]


def next_concat_reference(connection: sqlite3.Connection, sim_id: int) -> int:
    """The reference for the parts of the SIM's next long message; never given again for a long time."""
    row = connection.execute(
        """
        UPDATE sims SET next_concat_reference = (next_concat_reference + 1) % ? WHERE id = ?
        RETURNING (next_concat_reference + ? - 1) % ?
        """,
        (CONCAT_REFERENCES, sim_id, CONCAT_REFERENCES, CONCAT_REFERENCES),
    ).fetchone()
    return int(row[0])


def rest(
    connection: sqlite3.Connection,
    sim_id: int,
    *,
    until_ms: int,
    reason: str,
    args: Mapping[str, str | int],
    by_person: bool = False,
) -> None:
    """Take a SIM out of service until ``until_ms``. Only a person shortens a rest that is under way."""
    connection.execute(
        """
        UPDATE sims SET resting_until_ms = :until, resting_reason = :reason, resting_reason_args = :args
        WHERE id = :sim AND (:by_person OR coalesce(resting_until_ms, 0) <= :until)
        """,
        {
            "until": until_ms,
            "reason": reason,
            "args": json.dumps(args, ensure_ascii=False),
            "sim": sim_id,
            "by_person": by_person,
        },
    )


def resume(connection: sqlite3.Connection, sim_id: int) -> None:
    """End the rest of a SIM, whatever its reason."""
    connection.execute(
        """
        UPDATE sims SET resting_until_ms = NULL, resting_reason = NULL, resting_reason_args = NULL WHERE id = ?
        """,
        (sim_id,),
    )


def set_number(connection: sqlite3.Connection, sim_id: int, number: str | None, source: NumberSource) -> None:
    """The SIM's own number in E.164, and how it became known; None: not known."""
    connection.execute(
        "UPDATE sims SET msisdn = ?, msisdn_source = ? WHERE id = ?",
        (number, None if number is None else source.value, sim_id),
    )


def set_label(connection: sqlite3.Connection, sim_id: int, label: str | None) -> None:
    """What people call a SIM; None: nothing of its own."""
    connection.execute("UPDATE sims SET label = ? WHERE id = ?", (label, sim_id))


def place_of(connection: sqlite3.Connection, sim_id: int) -> str | None:
    """The label or name of the port that a SIM is in; None where it is in none that is there."""
    row = connection.execute(
        """
        SELECT coalesce(label, name) FROM ports
        WHERE sim_id = ? AND configured = 1 AND state NOT IN ('absent', 'no-sim') ORDER BY state = 'ready' DESC
        """,
        (sim_id,),
    ).fetchone()
    return None if row is None else str(row[0])


def forget(connection: sqlite3.Connection, sim_id: int, now_ms: int) -> None:
    """Drop what people said of a SIM that is in no port. Its plan and all that counts against it stay."""
    connection.execute(
        "UPDATE sims SET label = NULL, msisdn = NULL, msisdn_source = NULL, forgotten_at_ms = ? WHERE id = ?",
        (now_ms, sim_id),
    )
    connection.execute("UPDATE ports SET sim_id = NULL WHERE sim_id = ?", (sim_id,))


BREAKER_RESTS = (
    "sim.rests-after-refusals",
    "sim.rests-network",
    "sim.rests-malformed",
    "sim.rests-silent",
    "sim.rests-for-report",
    "sim.quarantined",
)
"""The rests that the circuit breaker of a SIM orders, and ends; those that a person ordered it leaves alone."""


def end_breakers_rest(connection: sqlite3.Connection, sim_id: int) -> None:
    """The SIM may go on as far as its breaker is asked."""
    connection.execute(
        f"""
        UPDATE sims SET resting_until_ms = NULL, resting_reason = NULL, resting_reason_args = NULL
        WHERE id = ? AND resting_reason IN ({", ".join("?" * len(BREAKER_RESTS))})
        """,
        (sim_id, *BREAKER_RESTS),
    )


def others_ready(connection: sqlite3.Connection, but: frozenset[int], now_ms: int) -> bool:
    """Whether a SIM that is none of ``but`` is ready to send (or waits only for its plan)."""
    rows = connection.execute(
        """
        SELECT DISTINCT sims.id FROM ports JOIN sims ON sims.id = ports.sim_id
        WHERE ports.configured = 1 AND ports.state = 'ready' AND coalesce(sims.resting_until_ms, 0) <= ?
            -- A pause passes in a moment; a full memory or a foreign network does not.
            AND (ports.hold_reason IS NULL OR ports.hold_until_ms IS NOT NULL)
            AND sims.id NOT IN (SELECT sim_id FROM low_balance_rests)
        """,
        (now_ms,),
    )
    return any(sim_id not in but for (sim_id,) in rows)
