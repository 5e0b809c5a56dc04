"""How a request is let in, and what was found wrong with it told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from appliance.desk.who import Source
from appliance.store.keys import Scope
from appliance.web.access import admit_secret
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.android.shapes import Rejected
from appliance.web.dialects.credentials import shown_secret
from appliance.web.office import Office

Handler = Callable[..., Answer]


def entered(scope: Scope | None) -> Callable[[Handler], Handler]:
    """Let in by the key in ``Authorization`` (password of Basic, or bearer's token) first."""

    def of(handler: Handler) -> Handler:
        @wraps(handler)
        def enter(office: Office, asked: Asked, **pieces: str) -> Answer:
            let_in, at = admit_secret(office, asked, shown_secret(asked), scope, Source.ANDROID)
            try:
                return handler(at, let_in, **pieces)
            except Rejected as rejected:
                return json_answer({"message": str(rejected)}, rejected.status)

        return enter

    return of
