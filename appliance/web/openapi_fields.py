"""What each field of the API means, by its name: one home for requests, parameters and answers.

A name that means something else in one object is there as ``Object.name`` besides."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.web.openapi_fields_box import FIELDS_OF_THE_BOX
from appliance.web.words import N_

FIELDS: Mapping[str, str] = {
    **FIELDS_OF_THE_BOX,
    "id": N_("Stays for ever"),
    "gaps": N_("The names of its gaps, which programs fill in"),
    "to": N_(
        "Recipient: a mobile, +country code, or a short code. Spaces, dashes and full-width digits are fine"
    ),
    "from": N_("Sender; of a loop test the SIM that sends"),
    "text": N_(
        "Words. Of a message: 160 letters of the GSM alphabet or 70 others make one part, 153 or 67 each of several"
    ),
    "messages": N_("The messages, or how many or which"),
    "priority": N_("otp goes first, bulk last; notice where nothing is said"),
    "flash": N_("Shown at once and not kept by the phone (class 0)"),
    "delivery_report": N_("Ask the network whether it arrived; true where nothing is said"),
    "transliterate": N_("Write “ ” é – and the like plainly where that makes the whole text GSM-7"),
    "on_uncertain": N_(
        "What to do where nobody can say whether it was sent: wait, or resend and risk that it arrives twice"
    ),
    "not_before": N_("No SIM takes it before; with its offset. An instant that has passed is now"),
    "expires_at": N_("Given up or of no use from then on"),
    "validity_s": N_("The same in seconds, from now or from not_before; only one of the two"),
    "campaign": N_("A word of yours to find what belongs together"),
    "state": N_("Where it is now"),
    "reason": N_("Why: code is for programs and stays, text is for people"),
    "code": N_("Stays; for programs. Of a USSD command what is dialled"),
    "alphabet": N_("gsm7, ucs2 or data8"),
    "parts_total": N_("Of how many parts it is made"),
    "parts": N_("Each part of each attempt; in a forecast parts of each message"),
    "source": N_("By which way in it came"),
    "account": N_("In whose name"),
    "account_id": N_("In whose name"),
    "destination": N_("The carrier whose network the number seems to be in; abroad; null where nobody knows"),
    "attempts": N_("How often it was tried"),
    "sim": N_("The SIM card"),
    "accepted_at": N_("When it was on disk"),
    "sent_at": N_("When the network had taken every part"),
    "finished_at": N_("When its state became final"),
    "updated_at": N_("When anything of it changed last"),
    "links": N_("Where it is in this API"),
    "limit": N_("At most so many entries, or the limit itself"),
    "cursor": N_("next_cursor of the page before, with the same filters"),
    "next_cursor": N_("Goes to the next page; null at the end"),
    "items": N_("The entries, newest first where nothing else is said"),
    "q": N_("Words to look for in texts"),
    "accepted_after": N_("Accepted at or after"),
    "accepted_before": N_("Accepted before"),
    "received_after": N_("Received at or after"),
    "received_before": N_("Received before"),
    "iccid": N_("Number of the card"),
    "imsi": N_("Number of the subscription, or the beginnings by which a carrier is known"),
    "number": N_("Telephone number; of a part its place"),
    "label": N_("What people call it; an empty text takes it away"),
    "name": N_("What it is called"),
    "data": N_("Octets of a binary message, hexadecimal"),
    "complete": N_("Whether all of it came"),
    "received_at": N_("When the box had it"),
    "network_time": N_("What the network stamped it with"),
    "url": N_("Where to POST: a host of your network or the internet, never the box itself"),
    "kinds": N_("What is told of; a family such as message stands for all of its kinds"),
    "is_on": N_("Whether it is in use"),
    "secret": N_("To check signatures with; shown once"),
    "scopes": N_("What the key may do: send, read, inbox, modems, admin"),
    "networks": N_("From which addresses the key may be used; none is from anywhere"),
    "sandbox": N_("Whether it reaches simulated phones only"),
    "test_allowance": N_("So many real messages it may send in all; null without bound"),
    "messages_per_minute": N_("Limit of the key; null without"),
    "messages_per_day": N_("Limit of the key in any 24 hours; null without"),
    "requests_per_minute": N_("Limit of the key; null without"),
    "weight": N_("Its share while several accounts wait"),
    "waiting": N_("What may go and waits its turn"),
    "minimum_gap_ms": N_("Between the answer to a part and the next one"),
    "gap_jitter_percent": N_("Each gap is longer by a random share up to this"),
    "parts_per_minute": N_("In any minute; 0 is no limit"),
    "parts_per_hour": N_("In any hour; 0 is no limit"),
    "parts_per_day": N_("In any 24 hours; 0 is no limit"),
    "parts_per_month": N_("In the billing month; 0 is no limit"),
    "recipients_per_month": N_("Different recipients in the billing month; 0 is no limit"),
    "parts_per_recipient_per_day": N_("To one recipient in any 24 hours; 0 is no limit"),
    "sending_hours": N_(
        "08:00-12:00, 14:00-21:00 in the zone of the box; empty is any hour. Up to 12 periods are understood"
    ),
    "contract_day": N_("On which day of the month the billing month begins"),
    "reserve_percent": N_("Bulk leaves so much of each limit to others"),
    "warm_up_days": N_("So many days the limit of a day grows for a new SIM"),
    "strategy": N_("spread: who used least sends first; fill: the cheapest"),
    "group": N_("The group of SIMs; null is none"),
    "plan": N_("The limits that hold"),
    "own_plan": N_("Its own limits; null is as the box has it"),
    "pin": N_("Goes in and never comes out: 4 to 8 digits; or how it stands"),
    "forced": N_("Try it also where nobody knows how many tries are left"),
    "until": N_("When it may be over by itself"),
    "why": N_("In your words, for the history"),
    "below": N_("Amount below which it rests; left out as its carrier’s entry says"),
    "never_rests": N_("Only warn"),
    "every_days": N_("0 never; null as its carrier’s entry says"),
    "port": N_("The place for a modem"),
    "command": N_("What is asked of the modem"),
    "seconds": N_("For so long; 0 ends it"),
    "action": N_("What to do"),
    "message_id": N_("Id of the message"),
    "sim_id": N_("Id of the SIM"),
    "port_id": N_("Id of the place"),
    "group_id": N_("Id of the group"),
    "key_id": N_("Id of the key, which is not the key"),
    "webhook_id": N_("Id of the webhook"),
    "after": N_("Number of the last change that was read; or what stands there after a change"),
    "wait_s": N_("Wait so long for news before the answer"),
    "pointer": N_("JSON pointer into the body (RFC 6901)"),
    "parameter": N_("Name of a query parameter"),
    "detail": N_("What is wrong and what to do, in words"),
    "title": N_("The kind of problem in words"),
    "type": N_("Stays; a page of this box says more"),
    "status": N_("The HTTP status"),
    "errors": N_("Each wrong place"),
    "accepted": N_("How many were taken"),
    "ids": N_("Ids in the order of the request"),
}
"""English texts of the catalogs."""


def word_of(object_name: str, field: str) -> str | None:
    """What a field of an object means; None where its name says it."""
    return FIELDS.get(f"{object_name}.{field}") or FIELDS.get(field)
