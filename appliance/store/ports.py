"""Ports and the modems in them: the wall that a technician looks at. Rows are written only when they change."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A place with what is in it. The sentence is ``reason`` with ``reason_args``."""

    id: int
    name: str
    label: str | None
    device: str
    state: str
    """A ``PortState`` of :mod:`appliance.modem.states`."""
    reason: str
    reason_args: dict[str, str | int]
    modem_id: int | None
    imei: str | None
    manufacturer: str | None
    model: str | None
    revision: str | None
    sim_id: int | None
    operator: str | None
    registration: str | None
    rssi_dbm: int | None
    smsc: str | None
    simulated: bool
    state_since_ms: int
    updated_at_ms: int
    identified_until_ms: int = 0
    """Until then the wall points at this port, because somebody asks which slot it is."""
    usb_path: str | None = None
    """The USB device in the kernel's words (``1-1.4.2``); None where it is on none."""
    profile: str | None = None
    """The vendor profile by which the modem is treated."""
    clock_offset_ms: int | None = None
    """The network's clock minus ours, as it was heard last."""
    hold_reason: str | None = None
    """Why its SIM begins nothing for now although the port is ready; None: it may."""
    hold_args: dict[str, str | int] = field(default_factory=dict)
    hold_until_ms: int | None = None
    meid: str | None = None
    """MEID or ESN, of a modem of CDMA."""
    form: str | None = None
    """How messages are spoken of with the modem: a ``SmsForm`` of :mod:`appliance.modem.messaging`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The state that a port is in now, and why."""

    state: str
    reason: str
    args: Mapping[str, str | int] = field(default_factory=dict)


STOPPED = Condition(state="absent", reason="event.pool-stopped")
"""What a port is without a pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What was found in a port: its modem, its SIM and its network."""

    modem_id: int
    sim_id: int
    operator: str | None
    registration: str
    rssi_dbm: int | None
    smsc: str | None
    profile: str | None = None
    form: str | None = None


def list_ports(connection: sqlite3.Connection) -> list[Port]:
    """The ports that the settings name, by name."""
    rows = connection.execute(
        """
        SELECT ports.id, name, label, device, state, reason, reason_args, modem_id,
            nullif(modems.imei, modems.meid) AS imei, meid, form, manufacturer, model, revision, sim_id,
            operator, registration, rssi_dbm, smsc, simulated, state_since_ms, updated_at_ms,
            identified_until_ms, usb_path, profile, clock_offset_ms, hold_reason, hold_args, hold_until_ms
        FROM ports LEFT JOIN modems ON modems.id = ports.modem_id
        WHERE configured = 1 ORDER BY name
        """
    )
    return [
        Port(
            **{
                **dict(row),
                "reason_args": json.loads(row["reason_args"]),
                "hold_args": json.loads(row["hold_args"] or "{}"),
                "simulated": bool(row["simulated"]),
            }
        )
        for row in rows
    ]


def forget_all(connection: sqlite3.Connection, absent: Condition, now_ms: int) -> None:
    """At the start of the pool: what an earlier run saw holds no longer, and only its names are kept."""
    connection.execute(
        """
        UPDATE ports SET configured = 0, state = ?, reason = ?, reason_args = ?, state_since_ms = ?,
            updated_at_ms = ?, hold_reason = NULL, hold_args = NULL, hold_until_ms = NULL
        WHERE configured = 1 OR state <> ?
        """,
        (absent.state, absent.reason, _json(absent.args), now_ms, now_ms, absent.state),
    )


def declare(
    connection: sqlite3.Connection, name: str, condition: Condition, *, simulated: bool, now_ms: int
) -> int:
    """A place that the settings name; returns its id. Its label, modem and SIM are those of the last time."""
    row = connection.execute(
        """
        INSERT INTO ports (name, device, state, reason, reason_args, simulated, state_since_ms, updated_at_ms)
        VALUES (:name, :name, :state, :reason, :args, :simulated, :now, :now)
        ON CONFLICT (name) DO UPDATE SET configured = 1, simulated = excluded.simulated, state = excluded.state,
            reason = excluded.reason, reason_args = excluded.reason_args, state_since_ms = excluded.state_since_ms,
            updated_at_ms = excluded.updated_at_ms
        RETURNING id
        """,
        {
            "name": name,
            "state": condition.state,
            "reason": condition.reason,
            "args": _json(condition.args),
            "simulated": simulated,
            "now": now_ms,
        },
    ).fetchone()
    return int(row[0])


def note_condition(connection: sqlite3.Connection, port_id: int, condition: Condition, now_ms: int) -> None:
    """A port is in another state, or in the same for another reason."""
    connection.execute(
        """
        UPDATE ports SET state_since_ms = CASE WHEN state = :state THEN state_since_ms ELSE :now END,
            state = :state, reason = :reason, reason_args = :args, updated_at_ms = :now
        WHERE id = :id
        """,
        {
            "id": port_id,
            "state": condition.state,
            "reason": condition.reason,
            "args": _json(condition.args),
            "now": now_ms,
        },
    )


def note_equipment(connection: sqlite3.Connection, port_id: int, equipment: Equipment, now_ms: int) -> None:
    """What was found in a port at bring-up."""
    connection.execute(
        """
        UPDATE ports SET modem_id = ?, sim_id = ?, operator = ?, registration = ?, rssi_dbm = ?, smsc = ?,
            profile = ?, form = ?, updated_at_ms = ?
        WHERE id = ?
        """,
        (
            equipment.modem_id,
            equipment.sim_id,
            equipment.operator,
            equipment.registration,
            equipment.rssi_dbm,
            equipment.smsc,
            equipment.profile,
            equipment.form,
            now_ms,
            port_id,
        ),
    )


def point_at(connection: sqlite3.Connection, port_id: int, until_ms: int) -> None:
    """Have the wall point at a port; an instant in the past ends that."""
    connection.execute("UPDATE ports SET identified_until_ms = ? WHERE id = ?", (until_ms, port_id))


def note_device(
    connection: sqlite3.Connection, port_id: int, *, device: str, usb_path: str | None, now_ms: int
) -> None:
    """Which tty is opened for a port now, and where it is on the USB."""
    connection.execute(
        """
        UPDATE ports SET device = :device, usb_path = :usb_path, updated_at_ms = :now
        WHERE id = :id AND (device IS NOT :device OR usb_path IS NOT :usb_path)
        """,
        {"device": device, "usb_path": usb_path, "now": now_ms, "id": port_id},
    )


def note_locked_sim(connection: sqlite3.Connection, port_id: int, sim_id: int, now_ms: int) -> None:
    """The card in a port could be told before it was open, so that its PIN can be entered."""
    connection.execute(
        "UPDATE ports SET sim_id = ?, updated_at_ms = ? WHERE id = ? AND sim_id IS NOT ?",
        (sim_id, now_ms, port_id, sim_id),
    )


def note_hold(
    connection: sqlite3.Connection,
    port_id: int,
    reason: str | None,
    *,
    args: Mapping[str, str | int],
    until_ms: int | None,
    now_ms: int,
) -> None:
    """Why the SIM of a port that is ready begins nothing for now; None: it may."""
    connection.execute(
        "UPDATE ports SET hold_reason = ?, hold_args = ?, hold_until_ms = ?, updated_at_ms = ? WHERE id = ?",
        (reason, None if reason is None else _json(args), until_ms, now_ms, port_id),
    )


def note_clock(connection: sqlite3.Connection, port_id: int, offset_ms: int, now_ms: int) -> None:
    """How far the network's clock is from ours."""
    connection.execute(
        "UPDATE ports SET clock_offset_ms = ?, updated_at_ms = ? WHERE id = ?", (offset_ms, now_ms, port_id)
    )


def set_label(connection: sqlite3.Connection, port_id: int, label: str | None, now_ms: int) -> None:
    """What the technician calls a port; None: nothing of its own."""
    connection.execute("UPDATE ports SET label = ?, updated_at_ms = ? WHERE id = ?", (label, now_ms, port_id))


def note_no_sim(connection: sqlite3.Connection, port_id: int, now_ms: int) -> None:
    """The SIM was taken out of a port."""
    connection.execute(
        "UPDATE ports SET sim_id = NULL, operator = NULL, updated_at_ms = ? WHERE id = ?", (now_ms, port_id)
    )


def note_network(
    connection: sqlite3.Connection,
    port_id: int,
    *,
    operator: str | None,
    registration: str,
    rssi_dbm: int | None,
    now_ms: int,
) -> None:
    """The network of a port changed."""
    connection.execute(
        "UPDATE ports SET operator = ?, registration = ?, rssi_dbm = ?, updated_at_ms = ? WHERE id = ?",
        (operator, registration, rssi_dbm, now_ms, port_id),
    )


def register_modem(
    connection: sqlite3.Connection,
    *,
    imei: str | None,
    manufacturer: str | None,
    model: str | None,
    revision: str | None,
    port_id: int,
    now_ms: int,
    meid: str | None = None,
) -> int:
    """The id of the modem that was found in a port; ``imei`` is the MEID where it has no IMEI.

    Modems that tell no IMEI are told apart by the port: one that was in it before and looks the same is the same.
    """
    row = connection.execute(
        """
        SELECT modems.id FROM modems
        WHERE modems.imei IS :imei AND modems.manufacturer IS :manufacturer AND modems.model IS :model
            AND (:imei IS NOT NULL OR modems.id = (SELECT modem_id FROM ports WHERE id = :port))
        """,
        {"imei": imei, "manufacturer": manufacturer, "model": model, "port": port_id},
    ).fetchone()
    if row is not None:
        connection.execute(
            "UPDATE modems SET revision = ?, meid = ?, last_seen_at_ms = ? WHERE id = ?",
            (revision, meid, now_ms, row[0]),
        )
        return int(row[0])
    cursor = connection.execute(
        """
        INSERT INTO modems (imei, meid, manufacturer, model, revision, first_seen_at_ms, last_seen_at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (imei, meid, manufacturer, model, revision, now_ms, now_ms),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _json(args: Mapping[str, str | int]) -> str:
    return json.dumps(dict(args), ensure_ascii=False)
