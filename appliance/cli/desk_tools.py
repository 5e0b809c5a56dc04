"""The tools of the desk's work by the clock, for a command that does such work while it waits."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from appliance.cli.options import default_plan
from appliance.config import Settings
from appliance.desk.submit import Rules
from appliance.desk.tools import Tools
from appliance.store.doorbell import ring
from appliance.store.writer import GroupCommitWriter


def tools_of(settings: Settings, writer: GroupCommitWriter) -> Tools:
    """The same rules as those of the web process of this box."""
    return Tools(
        database=settings.database,
        writer=writer,
        ring=lambda: ring(settings.doorbell),
        rules=Rules(home_region=settings.home_region, most_parts=settings.most_parts),
        plan=default_plan(settings),
        zone=ZoneInfo(settings.time_zone),
    )
