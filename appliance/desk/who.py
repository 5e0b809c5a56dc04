"""Who asks the desk for something."""

from __future__ import annotations

from enum import StrEnum

from appliance.store.keys import ApiKey
from appliance.values import value


class Source(StrEnum):
    """Through which way in a message came; or, of the box's own, what for."""

    API = "api"
    PAGE = "page"
    CLI = "cli"
    LOOP_TEST = "loop-test"
    KEEP_ALIVE = "keep-alive"
    BALANCE = "balance"
    SMTP = "smtp"
    KANNEL = "kannel"
    SMSEAGLE = "smseagle"
    ANDROID = "android"
    HOOK = "hook"
    TELTONIKA = "teltonika"
    ALIYUN = "aliyun"


@value
class Who:
    """Who asks: the way in, and the API key or the person where there was one."""

    source: Source
    api_key_id: int | None = None
    account_id: int = 1
    """Whose share of the SIMs it takes; 1 is the box itself."""
    person: str | None = None
    """The name of who is logged in."""
    remote: str = ""
    """The address of the client, for the audit."""
    judged: ApiKey | None = None
    """The key as the door remembered it, where it did not read it anew; the transaction that stores a message does."""
