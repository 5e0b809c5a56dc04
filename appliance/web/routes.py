"""Every address of the box, what it takes to be let in, and which function answers: one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from appliance.web import (
    api_box,
    api_messages,
    page_door,
    page_events,
    page_handsets,
    page_messages,
    page_modems,
    page_sims,
)
from appliance.web.access import Access
from appliance.web.answer import Answer


@dataclass(frozen=True, slots=True)
class Route:
    """``handler(office, asked, **pieces of the path)``. Paths are written as bottle wants them."""

    method: str
    path: str
    access: Access
    handler: Callable[..., Answer]


_OPEN, _API, _PAGE = Access.OPEN, Access.API, Access.PAGE

ROUTES = (
    Route("GET", "/healthz", _OPEN, api_box.healthz),
    Route("GET", "/readyz", _OPEN, api_box.readyz),
    Route("POST", "/api/v1/messages", _API, api_messages.post_message),
    Route("GET", "/api/v1/messages", _API, api_messages.list_messages),
    Route("GET", "/api/v1/messages/<message_id>", _API, api_messages.get_message),
    Route(
        "POST",
        "/api/v1/messages/<message_id>/<action:re:cancel|resend|mark-sent>",
        _API,
        api_messages.act_on_message,
    ),
    Route("POST", "/api/v1/preview", _API, api_messages.post_preview),
    Route("GET", "/api/v1/inbox", _API, api_box.list_inbox),
    Route("GET", "/api/v1/inbox/<message_id>", _API, api_box.get_inbox_message),
    Route("GET", "/api/v1/modems", _API, api_box.list_modems),
    Route("PUT", "/api/v1/sims/<sim_id:re:[0-9]{1,15}>/plan", _API, api_box.put_plan),
    Route("GET", "/login/<token>", _OPEN, page_door.login),
    Route("POST", "/logout", _PAGE, page_door.logout),
    Route("GET", "/language/<tag>", _OPEN, page_door.choose_language),
    Route("GET", "/static/<path:path>", _OPEN, page_door.static_file),
    Route("GET", "/favicon.ico", _OPEN, page_door.favicon),
    Route("GET", "/problems/<slug:path>", _OPEN, page_door.problem_page),
    Route("GET", "/", _PAGE, page_messages.home),
    Route("GET", "/live/home", _PAGE, page_messages.home_live),
    Route("POST", "/messages", _PAGE, page_messages.send),
    Route("POST", "/counter", _PAGE, page_messages.counter),
    Route("GET", "/outbox", _PAGE, page_messages.outbox_page),
    Route("GET", "/inbox", _PAGE, page_messages.inbox_page),
    Route("GET", "/messages/<message_id>", _PAGE, page_messages.message_page),
    Route("GET", "/live/messages/<message_id>", _PAGE, page_messages.message_live),
    Route(
        "POST",
        "/messages/<message_id>/<action:re:cancel|resend|mark-sent>",
        _PAGE,
        page_messages.act,
    ),
    Route("GET", "/modems", _PAGE, page_modems.modems_page),
    Route("GET", "/live/modems", _PAGE, page_modems.modems_live),
    Route("GET", "/sims/<sim_id:re:[0-9]{1,15}>", _PAGE, page_sims.sim_page),
    Route("POST", "/sims/<sim_id:re:[0-9]{1,15}>/plan", _PAGE, page_sims.save_plan),
    Route("GET", "/events", _PAGE, page_events.events_page),
    Route("GET", "/handsets", _PAGE, page_handsets.handsets_page),
    Route("GET", "/live/handsets", _PAGE, page_handsets.handsets_live),
    Route("GET", "/live/chat", _PAGE, page_handsets.chat_live),
    Route("GET", "/handsets/<number>", _PAGE, page_handsets.handset_page),
    Route("POST", "/handsets/<number>/reply", _PAGE, page_handsets.reply),
    Route("POST", "/handsets/<number>/auto-reply", _PAGE, page_handsets.auto_reply),
)
