"""What the page and the API say of sizes and of the last housekeeping."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from appliance.store import upkeep
from appliance.store.database import connect
from appliance.store.upkeep import Work
from tests.web.running import running_web


def test_sizes_and_the_last_housekeeping_are_told(tmp_path: Path) -> None:
    with running_web(tmp_path / "box") as web:
        told = web.get("/api/v1/upkeep").json()
        assert told["octets"]["database"] > 50_000
        assert told["octets"]["free_on_disk"] > 0
        assert told["octets"]["recordings"] == 0
        assert told["found_damaged"] is None
        with closing(connect(tmp_path / "box" / "simloft.db")) as connection:
            upkeep.note(connection, Work.NIGHT, 1_800_000_000_000, {"rows": 7})
        assert web.get("/api/v1/upkeep").json()["housekeeping"] == {
            "at": "2027-01-15T08:00:00.000Z",
            "rows": 7,
        }
