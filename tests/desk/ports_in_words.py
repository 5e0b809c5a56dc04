"""Ports and SIMs as values, for what is decided without a database."""

from __future__ import annotations

from appliance.store.ports import Port
from appliance.store.sims import Sim


def a_port(
    port_id: int = 1, state: str = "ready", reason: str = "port.ready", sim_id: int | None = None
) -> Port:
    return Port(
        id=port_id,
        name=f"usb-1-1.{port_id}",
        label=None,
        device="/dev/ttyUSB0",
        state=state,
        reason=reason,
        reason_args={},
        modem_id=None,
        imei=None,
        manufacturer=None,
        model=None,
        revision=None,
        sim_id=sim_id,
        operator=None,
        registration=None,
        rssi_dbm=None,
        smsc=None,
        simulated=False,
        state_since_ms=0,
        updated_at_ms=0,
    )


def a_sim(sim_id: int, rests_for: str | None = None, until_ms: int | None = None) -> Sim:
    return Sim(
        id=sim_id,
        identity=f"iccid:{sim_id}",
        iccid=str(sim_id),
        imsi=None,
        msisdn=None,
        label=None,
        minimum_gap_ms=None,
        parts_per_minute=None,
        parts_per_hour=None,
        parts_per_day=None,
        resting_until_ms=until_ms,
        resting_reason=rests_for,
        resting_reason_args=None,
        next_concat_reference=0,
        first_seen_at_ms=0,
        last_seen_at_ms=0,
        forgotten_at_ms=None,
    )
