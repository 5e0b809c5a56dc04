"""``/api/v1/loop-tests`` and ``/api/v1/carriers``."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import loop_test
from appliance.desk.carrier_fields import carrier_schema
from appliance.desk.carriers import entry_of, reset_carrier, set_carrier, table
from appliance.desk.fields import Kind, WholeNumber
from appliance.desk.technician_fields import LARGEST_ID, LOOP_TEST_FIELDS
from appliance.store import loop_tests
from appliance.store.loop_tests import LoopTest
from appliance.web.answer import Answer, json_answer
from appliance.web.api_ports import NO_CONTENT
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.objects import box, sims
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import AsGiven, Group, operation
from appliance.web.paging import DEFAULT_LIMIT, Limit
from appliance.web.problem import Problem
from appliance.web.represent_technician import carrier_object, loop_test_object
from appliance.web.words import N_, Words

LOOP_TESTS_QUERY: dict[str, Kind] = {"limit": Limit(), "sim": WholeNumber(1, LARGEST_ID)}
"""Every parameter of ``GET /api/v1/loop-tests``; ``sim``: on either side."""


@operation(
    N_("Start loop tests"),
    Group.SIMS,
    {HTTPStatus.ACCEPTED: sims.LoopTestRun},
    body=LOOP_TEST_FIELDS,
    problems=("conflict",),
)
def post_loop_tests(office: Office, asked: Asked) -> Answer:
    """Start tests: 202, and where to follow them."""
    members = asked.members
    run = agreed(
        loop_test.start(
            office.writer,
            office.ring,
            asked.who,
            from_sim_id=members.get("from"),
            to_sim_id=members.get("to"),
            now_ms=office.now_ms(),
        )
    )
    return json_answer(
        _run(office, asked, run), HTTPStatus.ACCEPTED, {"Location": f"/api/v1/loop-tests/{run}"}
    )


@operation(
    N_("The newest loop tests"),
    Group.SIMS,
    Page[sims.LoopTest],
    query=LOOP_TESTS_QUERY,
)
def list_loop_tests(office: Office, asked: Asked) -> Answer:
    """The newest tests, newest first; of one SIM, on either side, where that is given."""
    query = asked.parameters
    found = loop_tests.recent(
        office.reader(), limit=query.get("limit", DEFAULT_LIMIT), sim_id=query.get("sim")
    )
    return json_answer({"items": _objects(office, asked, found), "next_cursor": None})


@operation(
    N_("The loop tests that were asked for together"),
    Group.SIMS,
    sims.LoopTestRun,
    problems=("no-such-loop-test",),
)
def get_run(office: Office, asked: Asked, run: str) -> Answer:
    """The tests that were asked for together."""
    return json_answer(_run(office, asked, run))


@operation(
    N_("The table of carriers"),
    Group.MONEY,
    Page[box.Carrier],
)
def list_carriers(office: Office, asked: Asked) -> Answer:
    """The table of carriers."""
    return json_answer(
        {"items": [carrier_object(each) for each in table(office.reader())], "next_cursor": None}
    )


@operation(
    N_("One carrier"),
    Group.MONEY,
    box.Carrier,
    problems=("no-such-carrier",),
)
def get_carrier(office: Office, asked: Asked, carrier_id: str) -> Answer:
    """One entry."""
    return _carrier(office, carrier_id)


@operation(
    N_("Replace the entry of a carrier, or add one"),
    Group.MONEY,
    box.Carrier,
    body=AsGiven(carrier_schema),
)
def put_carrier(office: Office, asked: Asked, carrier_id: str) -> Answer:
    """Replace an entry, or add one."""
    agreed(set_carrier(office.writer, asked.who, carrier_id, asked.json_object(), now_ms=office.now_ms()))
    return _carrier(office, carrier_id)


@operation(
    N_("Take an edit of a carrier back"),
    Group.MONEY,
    {HTTPStatus.NO_CONTENT: None},
    problems=("no-such-carrier",),
)
def delete_carrier(office: Office, asked: Asked, carrier_id: str) -> Answer:
    """Take an edit back: a built-in entry is as the release has it, another one is gone."""
    if not reset_carrier(office.writer, asked.who, carrier_id, now_ms=office.now_ms()):
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-carrier", {"value": carrier_id})
    return NO_CONTENT


def _carrier(office: Office, carrier_id: str) -> Answer:
    entry = entry_of(table(office.reader()), carrier_id)
    if entry is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-carrier", {"value": carrier_id})
    return json_answer(carrier_object(entry))


def _run(office: Office, asked: Asked, run: str) -> sims.LoopTestRun:
    found = loop_tests.of_run(office.reader(), run)
    if not found:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-loop-test")
    return {
        "run": run,
        "done": all(each.done_at_ms is not None for each in found),
        "items": _objects(office, asked, found),
        "links": {"self": f"/api/v1/loop-tests/{run}"},
    }


def _objects(office: Office, asked: Asked, found: list[LoopTest]) -> list[sims.LoopTest]:
    words = Words(asked.language, office.zone, office.now_ms())
    return [loop_test_object(each, office.book(), words) for each in found]
