"""``/api/v1/sims``: the cards, what people decide about each, its PIN, its money."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import balance, cards, keep_alive
from appliance.desk.carriers import table
from appliance.desk.keep_alive import set_every_days
from appliance.desk.pins import OfSim, enter_pin, pin_status, remove_pin
from appliance.desk.sims import on_wall
from appliance.desk.technician_fields import (
    FORGET_FIELDS,
    KEEP_ALIVE_FIELDS,
    LOW_BALANCE_FIELDS,
    PIN_FIELDS,
    REST_FIELDS,
    SIM_FIELDS,
)
from appliance.web.answer import Answer, json_answer
from appliance.web.api_ports import NO_CONTENT
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.money import keep_alive_of
from appliance.web.objects import sims
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.page_sims import find_sim, place_of_sim
from appliance.web.problem import Problem
from appliance.web.represent_technician import (
    balance_object,
    keep_alive_object,
    pin_object,
    sim_in_full,
)
from appliance.web.words import N_, Words


@operation(
    N_("Every SIM that the box knows"),
    Group.SIMS,
    Page[sims.Sim],
)
def list_sims(office: Office, asked: Asked) -> Answer:
    """Every SIM that was not forgotten, oldest first."""
    connection, book, words = office.reader(), office.book(), _words(office, asked)
    entries = table(connection)
    items = [
        sim_in_full(
            on_wall(connection, card, book, words.now_ms),
            place_of_sim(office, card),
            balance.standing(connection, card, entries),
            words,
        )
        for card in book.cards.values()
        if card.forgotten_at_ms is None
    ]
    return json_answer({"items": items, "next_cursor": None})


@operation(
    N_("One SIM"),
    Group.SIMS,
    sims.SimWithPin,
    problems=("no-such-sim",),
)
def get_sim(office: Office, asked: Asked, sim_id: int) -> Answer:
    """One SIM."""
    return _answer(office, asked, sim_id)


@operation(
    N_("Its name and its own number"),
    Group.SIMS,
    sims.SimWithPin,
    body=SIM_FIELDS,
    problems=(
        "no-such-sim",
        "conflict",
    ),
)
def patch_sim(office: Office, asked: Asked, sim_id: int) -> Answer:
    """What people call it, and its own number."""
    find_sim(office, sim_id)
    members, now_ms = asked.members, office.now_ms()
    if "label" in members:
        agreed(
            cards.set_label(office.writer, office.ring, asked.who, sim_id, members["label"], now_ms=now_ms)
        )
    if "number" in members:
        agreed(
            cards.set_number(
                office.writer,
                office.ring,
                asked.who,
                sim_id,
                members["number"],
                home_region=office.settings.rules.home_region,
                now_ms=now_ms,
            )
        )
    return _answer(office, asked, sim_id)


@operation(
    N_("Let a SIM begin nothing"),
    Group.SIMS,
    sims.SimWithPin,
    body=REST_FIELDS,
    body_may_be_absent=True,
    problems=(
        "no-such-sim",
        "conflict",
    ),
)
def rest(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Let it begin nothing until an instant, or until someone resumes it."""
    find_sim(office, sim_id)
    members = asked.members
    agreed(
        cards.rest_sim(
            office.writer,
            office.ring,
            asked.who,
            sim_id,
            until_ms=members.get("until"),
            why=members.get("why", ""),
            now_ms=office.now_ms(),
        )
    )
    return _answer(office, asked, sim_id)


@operation(
    N_("End the rest of a SIM"),
    Group.SIMS,
    sims.SimWithPin,
    body={},
    body_may_be_absent=True,
    problems=(
        "no-such-sim",
        "conflict",
    ),
)
def resume(office: Office, asked: Asked, sim_id: int) -> Answer:
    """End its rest."""
    find_sim(office, sim_id)
    agreed(cards.resume_sim(office.writer, office.ring, asked.who, sim_id, now_ms=office.now_ms()))
    return _answer(office, asked, sim_id)


@operation(
    N_("Forget a card that does not come back"),
    Group.SIMS,
    {HTTPStatus.NO_CONTENT: None},
    body=FORGET_FIELDS,
    body_may_be_absent=True,
    problems=(
        "no-such-sim",
        "conflict",
    ),
)
def forget(office: Office, asked: Asked, sim_id: int) -> Answer:
    """For a card that does not come back."""
    find_sim(office, sim_id)
    members = asked.members
    agreed(
        cards.forget_sim(
            office.writer,
            office.ring,
            asked.who,
            sim_id,
            end_waiting=members.get("end_waiting", False),
            now_ms=office.now_ms(),
        )
    )
    office.forget_book()
    return NO_CONTENT


@operation(
    N_("The PIN of a SIM"),
    Group.SIMS,
    sims.Pin,
    body=PIN_FIELDS,
    problems=(
        "no-such-sim",
        "conflict",
    ),
)
def put_pin(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Seal its PIN for the pool; it is never given back."""
    find_sim(office, sim_id)
    members = asked.members
    entered = agreed(
        enter_pin(
            office.writer,
            office.ring,
            asked.who,
            OfSim(sim_id),
            members["pin"],
            directory=office.settings.data,
            forced=members.get("forced", False),
            now_ms=office.now_ms(),
        )
    )
    return json_answer(pin_object(entered, _words(office, asked)))


@operation(
    N_("Forget the PIN of a SIM"),
    Group.SIMS,
    {HTTPStatus.NO_CONTENT: None},
    problems=("no-such-sim",),
)
def delete_pin(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Forget it."""
    find_sim(office, sim_id)
    agreed(remove_pin(office.writer, asked.who, OfSim(sim_id), now_ms=office.now_ms()))
    return NO_CONTENT


@operation(
    N_("What is on a SIM"),
    Group.MONEY,
    sims.Balance,
    problems=("no-such-sim",),
)
def get_balance(office: Office, asked: Asked, sim_id: int) -> Answer:
    """What is on it, with what was read before."""
    return json_answer(_balance(office, asked, sim_id))


@operation(
    N_("Ask the carrier for the balance at once"),
    Group.MONEY,
    {HTTPStatus.ACCEPTED: sims.Balance},
    body={},
    body_may_be_absent=True,
    problems=("no-such-sim",),
)
def ask_balance(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Ask its carrier at once: 202, and the question."""
    sim = find_sim(office, sim_id)
    balance.ask(office.writer, asked.who, sim.card, now_ms=office.now_ms())
    return json_answer(
        _balance(office, asked, sim_id),
        HTTPStatus.ACCEPTED,
        {"Location": f"/api/v1/sims/{sim_id}/balance"},
    )


@operation(
    N_("Below which amount a SIM rests"),
    Group.MONEY,
    sims.Balance,
    body=LOW_BALANCE_FIELDS,
    problems=("no-such-sim",),
)
def put_low_balance(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Below which amount it rests, or that it only warns."""
    sim = find_sim(office, sim_id)
    members = asked.members
    below = members.get("below")
    if below is not None:
        below = agreed(balance.read_threshold(below, balance.standing(office.reader(), sim.card).carrier))
    balance.set_low_balance(
        office.writer,
        asked.who,
        sim_id,
        below=below,
        never_rests=members.get("never_rests", False),
        now_ms=office.now_ms(),
    )
    office.forget_book()
    office.ring()
    return json_answer(_balance(office, asked, sim_id))


@operation(
    N_("By when a SIM must spend something, and the proofs that it did"),
    Group.MONEY,
    sims.KeepAlive,
    problems=("no-such-sim",),
)
def get_keep_alive(office: Office, asked: Asked, sim_id: int) -> Answer:
    """By when it must spend something, and the proofs that it did."""
    return _keep_alive(office, asked, sim_id)


@operation(
    N_("Every how many days a SIM must spend something"),
    Group.MONEY,
    sims.KeepAlive,
    body=KEEP_ALIVE_FIELDS,
    problems=("no-such-sim",),
)
def put_keep_alive(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Every how many days it must spend something."""
    find_sim(office, sim_id)
    members = asked.members
    set_every_days(office.writer, asked.who, sim_id, members.get("every_days"), now_ms=office.now_ms())
    return _keep_alive(office, asked, sim_id)


def _answer(office: Office, asked: Asked, sim_id: int) -> Answer:
    office.forget_book()
    sim, words, connection = find_sim(office, sim_id), _words(office, asked), office.reader()
    shown = sim_in_full(sim, place_of_sim(office, sim.card), balance.standing(connection, sim.card), words)
    status = pin_status(connection, office.settings.data, OfSim(sim_id))
    return json_answer({**shown, "pin": pin_object(status, words)})


def _balance(office: Office, asked: Asked, sim_id: int) -> sims.Balance:
    sim, connection = find_sim(office, sim_id), office.reader()
    standing = balance.standing(connection, sim.card)
    return balance_object(standing, balance.readings(connection, sim_id), _words(office, asked))


def _keep_alive(office: Office, asked: Asked, sim_id: int) -> Answer:
    find_sim(office, sim_id)
    standing = keep_alive_of(office, sim_id)
    if standing is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-sim")
    proofs = keep_alive.proofs(office.reader(), sim_id)
    return json_answer(keep_alive_object(standing, proofs, _words(office, asked)))


def _words(office: Office, asked: Asked) -> Words:
    return Words(asked.language, office.zone, office.now_ms())
