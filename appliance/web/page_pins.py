"""The PIN of a card, entered on the page of its SIM, or of the place that it is in where it tells no number before."""

from __future__ import annotations

from appliance.desk.mistake import Refusal
from appliance.desk.pins import OfPort, OfSim, enter_pin, remove_pin
from appliance.web.answer import Answer, see_other
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.page_ports import find_port, page_of_port
from appliance.web.page_sims import by_field, find_sim, page_of_sim


def save_pin(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Seal a PIN for the pool; what was typed goes nowhere else and is never shown again."""
    sim = find_sim(office, sim_id)
    refused = _enter_pin(office, asked, OfSim(sim_id))
    if refused is not None:
        return page_of_sim(office, asked, sim, mistakes=by_field(refused))
    return see_other(f"/sims/{sim_id}#pin")


def drop_pin(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Remove it from the box."""
    asked.check_body()
    find_sim(office, sim_id)
    remove_pin(office.writer, asked.who, OfSim(sim_id), now_ms=office.now_ms())
    return see_other(f"/sims/{sim_id}#pin")


def save_pin_of_port(office: Office, asked: Asked, port_id: int) -> Answer:
    """The same for a card that does not tell its number before its PIN: it is good for the card that is there now."""
    port = find_port(office, port_id)
    refused = _enter_pin(office, asked, OfPort(port.name))
    if refused is not None:
        return page_of_port(office, asked, port, mistakes=by_field(refused))
    return see_other(f"/ports/{port_id}#pin")


def drop_pin_of_port(office: Office, asked: Asked, port_id: int) -> Answer:
    """Remove that."""
    asked.check_body()
    port = find_port(office, port_id)
    remove_pin(office.writer, asked.who, OfPort(port.name), now_ms=office.now_ms())
    return see_other(f"/ports/{port_id}#pin")


def _enter_pin(office: Office, asked: Asked, whose: OfPort | OfSim) -> Refusal | None:
    form = asked.form()
    entered = enter_pin(
        office.writer,
        office.ring,
        asked.who,
        whose,
        form.get("pin", ""),
        directory=office.settings.data,
        forced=form.get("forced") == "on",
        now_ms=office.now_ms(),
    )
    return entered if isinstance(entered, Refusal) else None
