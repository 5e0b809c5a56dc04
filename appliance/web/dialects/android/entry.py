"""How a request is let in, and what was found wrong with it told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from appliance.desk.who import Source
from appliance.store.keys import Scope
from appliance.web.access import admit_known, admit_secret
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.android.shapes import Rejected
from appliance.web.dialects.android.tokens import key_of
from appliance.web.dialects.credentials import shown_secret
from appliance.web.office import Office

Handler = Callable[..., Answer]


def let_in_by(office: Office, asked: Asked, scope: Scope | None) -> tuple[Asked, Office]:
    """By a key, or a token of one."""
    shown = shown_secret(asked)
    key = key_of(office, shown)
    if key is not None:
        return admit_known(office, asked, key, scope, Source.ANDROID)
    return admit_secret(office, asked, shown, scope, Source.ANDROID)


def entered(scope: Scope | None) -> Callable[[Handler], Handler]:
    """Let in first, by what is in ``Authorization``: the password of Basic, or a bearer's token."""

    def of(handler: Handler) -> Handler:
        @wraps(handler)
        def enter(office: Office, asked: Asked, **pieces: str) -> Answer:
            let_in, at = let_in_by(office, asked, scope)
            try:
                return handler(at, let_in, **pieces)
            except Rejected as rejected:
                return json_answer({"message": str(rejected)}, rejected.status)

        return enter

    return of
