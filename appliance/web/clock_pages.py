"""What time it is on the box: ``/api/v1/clock``, and the button by which a person confirms the clock of the system."""

from __future__ import annotations

from appliance.desk.box_clock import box_clock, confirm
from appliance.web.answer import Answer, json_answer, see_other
from appliance.web.asked import Asked
from appliance.web.members import members_of
from appliance.web.office import Office
from appliance.web.represent import clock_object
from appliance.web.words import Words


def get_clock(office: Office, asked: Asked) -> Answer:
    """How the clocks stand."""
    asked.query()
    return _answer(office, asked)


def post_confirm(office: Office, asked: Asked) -> Answer:
    """The clock of the system is right."""
    members_of(asked, {}, may_be_empty=True)
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
