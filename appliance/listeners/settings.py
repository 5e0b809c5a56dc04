"""What the listeners go by, read once from the settings of the box."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.desk.submission import Priority
from appliance.listeners.wording import Wanted
from appliance.store.keys import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpRules:
    """``[smtp]``: mails in, as text messages out."""

    places: tuple[tuple[str, int], ...]
    """Addresses and ports to listen on."""
    networks: tuple[Network, ...] = ()
    """From there mails are taken without a log-in, in the name of :attr:`key`."""
    key: str = ""
    """The name of an API key."""
    most_mail_octets: int = 5 * 1024 * 1024
    wanted: Wanted = Wanted.BOTH
    most_parts: int = 4
    """A longer text is cut, or refused where :attr:`cuts` is false."""
    cuts: bool = True
    priority: Priority = Priority.NOTICE
    certificate: Path | None = None
    """Of STARTTLS, with its chain; it is offered while this and the key are there."""
    certificate_key: Path | None = None
