"""``/api/v1/upkeep``, and the same on the page of what happened: sizes on the disk, and the last housekeeping."""

from __future__ import annotations

from appliance.store import upkeep
from appliance.store.recordings import DIRECTORY
from appliance.store.upkeep import Done, Sizes, Work
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.moment import rfc3339
from appliance.web.objects.box import Upkeep
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.words import N_


@operation(
    N_("Sizes on the disk, and the last housekeeping"),
    Group.BOX,
    Upkeep,
)
def get_upkeep(office: Office, asked: Asked) -> Answer:
    """Sizes in octets; what was done last, and when."""
    sizes, done = state_of(office)
    return json_answer(
        {
            "octets": {
                "database": sizes.database,
                "free_in_database": sizes.free_inside,
                "log": sizes.log,
                "recordings": sizes.recordings,
                "free_on_disk": sizes.disk_free,
            },
            "housekeeping": _done(done.get(Work.NIGHT)),
            "found_sound": _done(done.get(Work.SOUND)),
            "found_damaged": _done(done.get(Work.DAMAGED)),
        }
    )


def state_of(office: Office) -> tuple[Sizes, dict[str, Done]]:
    """How large everything is now, and each work that was ever done."""
    reader = office.reader()
    database = office.settings.database
    return upkeep.sizes(reader, database, database.parent / DIRECTORY), upkeep.last_done(reader)


def _done(done: Done | None) -> dict[str, object] | None:
    return None if done is None else {"at": rfc3339(done.at_ms), **done.outcome}
