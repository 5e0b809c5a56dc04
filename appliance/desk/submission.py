"""What someone asks the box to send, and how it is read from the members of a JSON object or a form."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from appliance.desk.fields import Choice, Flag, Instant, Kind, Label, Text, WholeNumber, read_members
from appliance.desk.mistake import Refusal
from appliance.desk.number_forms import PLAIN_NUMBER
from appliance.values import value


class Priority(IntEnum):
    """Which message goes first; the numbers are those of ``messages.priority``."""

    OTP = 0
    NOTICE = 1
    BULK = 2


class OnUncertain(StrEnum):
    """What to do when nobody can say whether a part was sent: ask a person, or risk a duplicate."""

    WAIT = "wait"
    RESEND = "resend"


SHORTEST_VALIDITY_S = 60
LONGEST_VALIDITY_S = 63 * 7 * 24 * 3600
"""63 weeks, the longest relative validity period of the air interface (TS 23.040 §9.2.3.12.1)."""

LONGEST_CAMPAIGN = 60


@value
class Submission:
    """One message to one recipient, as asked for; nothing of it is judged yet."""

    to: str
    text: str
    flash: bool = False
    delivery_report: bool = True
    priority: Priority = Priority.NOTICE
    transliterate: bool = False
    on_uncertain: OnUncertain = OnUncertain.WAIT
    not_before_ms: int | None = None
    """No SIM takes it before; an instant that has passed is now."""
    expires_at_ms: int | None = None
    """It is not sent later; given up then."""
    validity_s: int | None = None
    """The same, counted from when it may first be sent."""
    campaign: str | None = None
    """A word of whoever sends it, of :data:`LONGEST_CAMPAIGN` characters at most, to find what belongs together."""
    via_sim_id: int | None = None
    """Only this SIM may send it: a message of the box itself, for a test or to keep a SIM in use."""


TEXT_SHAPE: dict[str, object] = {"pattern": r"^[^\u0000]*[^\s\u0000-\u001f\u0085][^\u0000]*$"}
"""Of a text that says something. How many parts are too many depends on its letters, which no schema can count."""

FIELDS: dict[str, Kind] = {
    "to": Text(shape={"pattern": PLAIN_NUMBER}),
    "text": Text(shape=TEXT_SHAPE),
    "flash": Flag(),
    "delivery_report": Flag(),
    "priority": Choice({each.name.lower(): each for each in Priority}),
    "transliterate": Flag(),
    "on_uncertain": Choice({each.value: each for each in OnUncertain}),
    "not_before": Instant(),
    "expires_at": Instant(),
    "validity_s": WholeNumber(SHORTEST_VALIDITY_S, LONGEST_VALIDITY_S),
    "campaign": Label(LONGEST_CAMPAIGN),
}
"""Every member of ``POST /api/v1/messages``."""

ONE_DEADLINE: dict[str, object] = {
    "not": {
        "properties": {"expires_at": {"type": "string"}, "validity_s": {"type": "integer"}},
        "required": ["expires_at", "validity_s"],
    }
}
"""What a schema says of the two ways to give the end of a message."""

_MEMBERS = {"not_before": "not_before_ms", "expires_at": "expires_at_ms"}
"""What those members are called in a :class:`Submission` that are no plain texts there."""

PREVIEW_FIELDS: dict[str, Kind] = {"text": Text(shape=TEXT_SHAPE), "transliterate": Flag()}
"""Every member of ``POST /api/v1/preview``."""


def read_submission(members: Mapping[str, object]) -> Submission | Refusal:
    """The submission that a JSON object describes, or every mistake in it."""
    values = read_members(FIELDS, members)
    if isinstance(values, Refusal):
        return values
    return Submission(**{_MEMBERS.get(name, name): value for name, value in values.items()})
