"""Records as the objects of the API. The names here are the API's promise to applications."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from appliance.desk.box_clock import BoxClock
from appliance.desk.hubs import place_of
from appliance.desk.plans import PLAN_FIELDS
from appliance.desk.preview import Preview
from appliance.desk.sims import SimBook, SimOnWall
from appliance.desk.submission import Priority
from appliance.policy.plan import Plan
from appliance.policy.reason import Reason
from appliance.policy.sending_hours import SendingHours
from appliance.store.inbox import InboxMessage
from appliance.store.messages import Message, Part
from appliance.store.ports import Port
from appliance.store.sims import Sim
from appliance.web.moment import rfc3339
from appliance.web.objects import box, common, messages, plans, sims
from appliance.web.words import Words


def message_object(message: Message, reason: Reason, book: SimBook, words: Words) -> messages.Message:
    """A message without its parts; ``reason`` says why it is where it is now."""
    return {
        "id": message.id,
        "state": message.state.value,
        "reason": reason_object(reason, words),
        "to": message.recipient,
        "text": message.text,
        "alphabet": message.alphabet,
        "parts_total": message.parts_total,
        "flash": message.flash,
        "delivery_report": message.delivery_report,
        "priority": Priority(message.priority).name.lower(),
        "on_uncertain": message.on_uncertain,
        "source": message.source,
        "account": message.account_id,
        "campaign": message.campaign,
        "destination": message.destination or None,
        "attempts": message.attempt,
        "sim": sim_object(message.sim_id, book),
        "accepted_at": rfc3339(message.accepted_at_ms),
        "sent_at": rfc3339(message.sent_at_ms),
        "finished_at": rfc3339(message.finished_at_ms),
        "not_before": rfc3339(message.not_before_ms or None),
        "expires_at": rfc3339(message.expires_at_ms),
        "updated_at": rfc3339(message.updated_at_ms),
        "links": {"self": f"/api/v1/messages/{message.id}"},
    }


def part_object(part: Part, book: SimBook) -> messages.Part:
    """What became of one part in one attempt."""
    error: messages.PartError | None = None
    if part.error_kind is not None:
        error = {"kind": part.error_kind, "code": part.error_code, "detail": part.error_detail}
    return {
        "number": part.number,
        "attempt": part.attempt,
        "state": part.state.value,
        "sim": sim_object(part.sim_id, book),
        "port": part.port_name,
        "tp_mr": part.tp_mr,
        "error": error,
        "report_status": part.report_status,
        "submitted_at": rfc3339(part.submitted_at_ms),
        "answered_at": rfc3339(part.answered_at_ms),
        "reported_at": rfc3339(part.reported_at_ms),
    }


def inbox_object(message: InboxMessage) -> messages.InboxMessage:
    """A received message; ``to`` is the SIM's own number where it is known."""
    return {
        "id": message.id,
        "from": message.sender,
        "to": message.sim_msisdn,
        "sim": {
            "id": message.sim_id,
            "iccid": message.sim_iccid,
            "number": message.sim_msisdn,
            "label": message.sim_label,
        },
        "text": message.text,
        "data": message.data,
        "kind": message.kind,
        "about": message.about,
        "complete": message.complete,
        "parts_total": message.parts_total,
        "parts_received": message.parts_received,
        "received_at": rfc3339(message.received_at_ms),
        "network_time": rfc3339(message.scts_at_ms),
    }


def reason_object(reason: Reason, words: Words) -> common.Reason:
    """``code`` is for programs and stays; ``text`` is for people and follows ``Accept-Language``."""
    return {"code": reason.code, "text": words.reason(reason), "until": rfc3339(reason.until_ms)}


def sim_object(sim_id: int | None, book: SimBook) -> common.SimShort | None:
    """A SIM in short."""
    sim = book.sim(sim_id)
    if sim is None:
        return None
    return {"id": sim.id, "iccid": sim.iccid, "number": sim.msisdn, "label": sim.label}


def port_object(port: Port, sim: SimOnWall | None, words: Words, twins: Sequence[Port] = ()) -> sims.Port:
    """A place of the modem wall with the modem and the SIM that are in it; ``twins`` have a modem of the same IMEI."""
    place = place_of(port.name)
    return {
        "id": port.id,
        "port": port.name,
        "label": port.label,
        "hub": place.hub or None,
        "usb_path": port.usb_path,
        "device": port.device,
        "state": port.state,
        "reason": {"code": port.reason, "text": words.sentence(port.reason, port.reason_args)},
        "since": rfc3339(port.state_since_ms),
        "hold": None
        if port.hold_reason is None
        else {
            "code": port.hold_reason,
            "text": words.sentence(port.hold_reason, port.hold_args),
            "until": rfc3339(port.hold_until_ms),
        },
        "identified": port.identified_until_ms > words.now_ms,
        "simulated": port.simulated,
        "modem": None
        if port.modem_id is None
        else {
            "imei": port.imei,
            "meid": port.meid,
            "manufacturer": port.manufacturer,
            "model": port.model,
            "revision": port.revision,
            "profile": port.profile,
            "form": port.form,
            "same_imei_in": [each.name for each in twins],
        },
        "sim": None if sim is None else sim_on_wall_object(sim, words),
        "operator": port.operator,
        "registration": port.registration,
        "rssi_dbm": port.rssi_dbm,
        "smsc": port.smsc,
        "network_clock_offset_ms": port.clock_offset_ms,
        "links": {"self": f"/api/v1/ports/{port.id}"},
    }


def sim_on_wall_object(sim: SimOnWall, words: Words) -> sims.SimOnWall:
    """A SIM with its plan and what it used of it."""
    card = sim.card
    resting = card.resting_until_ms is not None and card.resting_until_ms > words.now_ms
    return {
        "id": card.id,
        "iccid": card.iccid,
        "imsi": card.imsi,
        "number": card.msisdn,
        "number_source": card.msisdn_source,
        "label": card.label,
        "resting_until": rfc3339(card.resting_until_ms) if resting else None,
        "plan": plan_object(sim.plan),
        "own_plan": own_plan_object(card),
        "group": card.group_id,
        "sent_parts": {"minute": sim.used.minute, "hour": sim.used.hour, "day": sim.used.day},
    }


def plan_object(plan: Plan) -> plans.Plan:
    """The plan that holds for a SIM; 0 is no limit, '' any hour."""
    return cast(plans.Plan, {name: _plain(getattr(plan, name)) for name in PLAN_FIELDS})


def own_plan_object(card: Sim) -> plans.OwnPlan:
    """What a SIM has of its own of it; ``null``: as the box has it."""
    own = {name: getattr(card, name) for name in PLAN_FIELDS}
    prefixes = card.on_net_prefixes
    own["on_net_prefixes"] = None if prefixes is None else json.loads(prefixes)
    return cast(plans.OwnPlan, own)


def _plain(value: object) -> object:
    if isinstance(value, SendingHours):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def preview_object(preview: Preview) -> messages.Preview:
    """What would become of a text."""
    return {
        "text": preview.text,
        "alphabet": preview.alphabet,
        "parts_total": len(preview.parts),
        "parts": list(preview.parts),
        "units": preview.units,
        "units_per_part": preview.units_per_part,
        "units_left": preview.units_left,
        "replaced": [{"before": before, "after": after} for before, after in preview.replaced],
        "parts_limit": preview.most_parts,
        "acceptable": not preview.is_too_long,
    }


def clock_object(clock: BoxClock, words: Words) -> box.Clock:
    """What time it is on the box, what the clock of the system says, and what speaks for that."""
    return {
        "box": rfc3339(clock.at_ms),
        "system": rfc3339(clock.wall_ms),
        "trust": clock.trust.value,
        "detail": words.sentence(clock.code, clock.args),
    }
