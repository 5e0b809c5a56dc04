"""What the pages are called and how they belong together; each is shown only the pages that are open to him."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.store.keys import Scope
from appliance.web.asked import Asked
from appliance.web.words import N_


@dataclass(frozen=True, slots=True)
class Entry:
    """A page; ``scope``: what one must be allowed to do for it, None for anybody who is logged in."""

    path: str
    name: str
    scope: Scope | None = Scope.READ
    only_simulated: bool = False
    """Whether it makes sense only where the modems are simulated."""


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that are about one matter."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def path(self) -> str:
        """Where it begins for whoever it is shown to."""
        return self.entries[0].path


SECTIONS = (
    Section(
        N_("Messages"),
        (
            Entry("/", N_("Overview")),
            Entry("/outbox", N_("All messages")),
            Entry("/inbox", N_("Received"), Scope.INBOX),
            Entry("/waiting", N_("What waits")),
            Entry("/uncertain", N_("To be settled")),
        ),
    ),
    Section(
        N_("Modems"),
        (
            Entry("/modems", N_("Places")),
            Entry("/sims", N_("SIM cards")),
            Entry("/groups", N_("Groups")),
            Entry("/loop-tests", N_("Loop test")),
            Entry("/carriers", N_("Balance queries")),
        ),
    ),
    Section(
        N_("Programs"),
        (
            Entry("/keys", N_("API keys"), Scope.ADMIN),
            Entry("/accounts", N_("Accounts"), Scope.ADMIN),
            Entry("/templates", N_("Templates"), Scope.ADMIN),
            Entry("/webhooks", N_("Webhooks"), Scope.ADMIN),
            Entry("/console", N_("Console")),
            Entry("/handsets", N_("Handsets"), Scope.INBOX, only_simulated=True),
            Entry("/docs", N_("API for programs"), None),
        ),
    ),
    Section(
        N_("Box"),
        (
            Entry("/events", N_("History of the box")),
            Entry("/people", N_("People"), Scope.ADMIN),
            Entry("/me", N_("My log-in"), None),
            Entry("/certificate", N_("Secure connection"), None),
        ),
    ),
)


def menu_of(asked: Asked, is_simulated: bool) -> list[Section]:
    """The sections with the pages that whoever asks may open."""

    def is_shown(entry: Entry) -> bool:
        may = entry.scope is None or entry.scope in asked.scopes
        return may and (is_simulated or not entry.only_simulated)

    shown = [Section(each.name, tuple(filter(is_shown, each.entries))) for each in SECTIONS]
    return [each for each in shown if each.entries]
