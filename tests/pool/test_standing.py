"""How a port in service stands: what the wall shows, and what waiting messages are told."""

from __future__ import annotations

from dataclasses import replace

from appliance.modem.session import Registration
from appliance.pool.settings import Roaming
from appliance.pool.standing import ServiceStanding

READY = ServiceStanding(
    device="/dev/ttyUSB2",
    sim_name="shop 1",
    roaming_rule=Roaming.WAIT,
    sends=True,
    registration=Registration.HOME,
)


def test_a_memory_that_can_not_be_emptied_is_shown_and_holds_nothing_back() -> None:
    full, stuck = replace(READY, memory_is_full=True), replace(READY, memory_is_stuck=True)
    assert full.condition().reason == stuck.condition().reason == "port.storage-full"
    assert full.hold() is not None
    assert stuck.hold() is None
    assert READY.condition().reason == "port.ready"
