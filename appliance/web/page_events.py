"""What happened on the box, newest first."""

from __future__ import annotations

from appliance.store import events
from appliance.store.upkeep import Work
from appliance.web.answer import Answer, html_answer
from appliance.web.api_upkeep import state_of
from appliance.web.asked import Asked
from appliance.web.history import history
from appliance.web.office import Office
from appliance.web.paging import page_object, slice_from
from appliance.web.render import render
from appliance.web.words import Words

LIST_LIMIT = "50"
SHOWN_OF_ONE = 30
"""Events that the page of a place or of a SIM shows."""


def events_page(office: Office, asked: Asked) -> Answer:
    """All of it, page by page."""
    wanted = slice_from({**asked.query("cursor"), "limit": LIST_LIMIT}, "e")
    found = events.recent(office.reader(), limit=wanted.limit + 1, before_id=wanted.before_seq)
    words = Words(asked.language, office.zone, office.now_ms())
    listed = page_object(found, wanted, "e", lambda event: event.id, lambda event: event)
    shown = history(found[: wanted.limit], office.book(), words)
    sizes, done = state_of(office)
    return html_answer(
        render(
            "events.html",
            office,
            asked,
            happened=shown,
            next_cursor=listed["next_cursor"],
            sizes=sizes,
            night=done.get(Work.NIGHT),
            sound=done.get(Work.SOUND),
            damaged=done.get(Work.DAMAGED),
        )
    )
