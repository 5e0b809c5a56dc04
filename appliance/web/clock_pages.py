"""What time it is on the box: ``/api/v1/clock``, and the button by which a person confirms the clock of the system."""

from __future__ import annotations

from appliance.desk.box_clock import box_clock, confirm
from appliance.web.answer import Answer, json_answer, see_other
from appliance.web.asked import Asked
from appliance.web.objects.box import Clock
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.represent import clock_object
from appliance.web.words import N_, Words


@operation(
    N_("What time it is on the box"),
    Group.BOX,
    Clock,
)
def get_clock(office: Office, asked: Asked) -> Answer:
    """How the clocks stand."""
    return _answer(office, asked)


@operation(
    N_("Say that the clock of the system is right"),
    Group.BOX,
    Clock,
    body={},
    body_may_be_absent=True,
)
def post_confirm(office: Office, asked: Asked) -> Answer:
    """The clock of the system is right."""
    confirm(office.writer, office.ring, asked.who)
    return _answer(office, asked)


def confirm_on_page(office: Office, asked: Asked) -> Answer:
    """The same by the button, and back to the wall."""
    asked.check_body()
    confirm(office.writer, office.ring, asked.who)
    return see_other("/modems")


def _answer(office: Office, asked: Asked) -> Answer:
    words = Words(asked.language, office.zone, office.now_ms())
    return json_answer(clock_object(box_clock(office.reader()), words))
