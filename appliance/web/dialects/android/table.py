"""Every address of the app's API below one of its beginnings."""

from __future__ import annotations

from collections.abc import Callable

from appliance.web.answer import Answer
from appliance.web.dialects.android import box, hooks, messages

PREFIXES = ("/3rdparty/v1", "/api/3rdparty/v1")
"""Of a private server. The app itself has none: ``[listeners] android`` is a port where all begins at the root."""

_ID = "<message_id:re:[^/]{1,120}>"

TABLE: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    *(
        row
        for name in ("message", "messages")
        for row in (
            ("POST", f"/{name}", messages.post_message),
            ("GET", f"/{name}/{_ID}", messages.get_message),
            ("DELETE", f"/{name}/{_ID}", messages.delete_message),
            ("GET", f"/{name}", messages.list_messages),
        )
    ),
    ("GET", "/webhooks", hooks.list_hooks),
    ("POST", "/webhooks", hooks.post_hook),
    ("DELETE", "/webhooks/<hook_id:re:[^/]{1,120}>", hooks.delete_hook),
    ("GET", "/inbox", box.list_inbox),
    ("POST", "/inbox/refresh", box.refresh_inbox),
    ("POST", "/messages/inbox/export", box.refresh_inbox),
    ("POST", "/inbox/export", box.refresh_inbox),
    ("GET", "/health", box.health),
    ("GET", "/health/<probe:re:live|ready|startup>", lambda office, asked, probe: box.health(office, asked)),
    ("GET", "/devices", box.list_devices),
    ("POST", "/auth/token", box.post_token),
)
