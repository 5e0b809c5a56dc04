"""How each dialect tells others of changes: the one table, by the name that subscriptions and callbacks have."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property

from appliance.desk.outbox import Facts, HttpRequest, HttpResponse, Renderer, Target, is_2xx
from appliance.desk.webhook_secrets import Vault, signature
from appliance.web.dialects.aliyun.push import AliyunRenderer
from appliance.web.dialects.android.push import AndroidRenderer
from appliance.web.dialects.kannel.push import KannelRenderer
from appliance.web.dialects.smseagle.push import SmsEagleRenderer
from appliance.web.feed_objects import body_of
from appliance.web.language import choose_language
from appliance.web.office import Office
from appliance.web.push_client import PushError

STANDARD = "standard"


class StandardRenderer:
    """Standard Webhooks 1.0: the box's own API told by POST, signed."""

    def __init__(self, office: Office) -> None:
        self._office = office

    @cached_property
    def _vault(self) -> Vault:
        return Vault(self._office.settings.data)

    def render(self, facts: Facts, to: Target) -> HttpRequest | None:
        """Signed with each secret that holds now; the time is that of this try."""
        if to.webhook is None:
            return None
        language = choose_language(None, str(to.options.get("language") or "en"))
        return self.signed(facts.id, body_of(self._office, facts, language), to)

    def signed(self, webhook_id: str, body: bytes, to: Target) -> HttpRequest:
        """A request of any body. Raises :class:`PushError` where the box can't open its own secret any more."""
        webhook = to.webhook
        assert webhook is not None
        sealed = [webhook.secret]
        if webhook.old_secret is not None and (webhook.old_secret_until_ms or 0) > self._office.now_ms():
            sealed.append(webhook.old_secret)
        secrets = [self._vault.open(each) for each in sealed]
        # The receiver's clock is what the time is compared with, so it is the system's and not that of the box.
        now_s = int(time.time())
        signatures = [signature(each, webhook_id, now_s, body) for each in secrets if each is not None]
        if not signatures:
            raise PushError("push.secret-lost")
        return HttpRequest(
            url=to.url,
            headers={
                "Content-Type": "application/json",
                "webhook-id": webhook_id,
                "webhook-timestamp": str(now_s),
                "webhook-signature": " ".join(signatures),
            },
            body=body,
        )

    def is_taken(self, facts: Facts, to: Target, response: HttpResponse) -> bool:
        return is_2xx(response)

    def answered(self, facts: Facts, to: Target, response: HttpResponse) -> None:
        """Nothing follows from an answer."""


RENDERERS: Mapping[str, Callable[[Office], Renderer]] = {
    STANDARD: StandardRenderer,
    "kannel": KannelRenderer,
    "aliyun": AliyunRenderer,
    "smseagle": SmsEagleRenderer,
    "android": AndroidRenderer,
}
"""By dialect. One is made for each office (box and sandbox) when it is first needed."""
