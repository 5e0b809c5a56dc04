"""What would become of a text: alphabet, parts, what is left, what would be replaced. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.desk.mistake import Mistake
from appliance.desk.submit import plan_or_mistake

_NO_LIMIT = 1 << 30


@dataclass(frozen=True, slots=True)
class Preview:
    """Counted by the codec that will cut the message, so that the counter never lies."""

    text: str
    alphabet: str
    parts: tuple[str, ...]
    units: int
    units_per_part: int
    units_left: int
    replaced: tuple[tuple[str, str], ...]
    most_parts: int
    gsm7_parts: int | None
    """In how many parts the text would go if it were transliterated; None where that would change nothing."""

    @property
    def is_too_long(self) -> bool:
        return len(self.parts) > self.most_parts


def preview(text: str, *, transliterate: bool, most_parts: int) -> Preview | Mistake:
    """The preview of a text that may be longer than is accepted; a mistake for one that can't be sent at all."""
    plan = plan_or_mistake(text, transliterate, _NO_LIMIT)
    if isinstance(plan, Mistake):
        return Mistake(plan.pointer, plan.code, {"limit": most_parts}) if plan.args else plan
    gsm7_parts = None
    if not transliterate and plan.alphabet.value != "gsm7":
        other = plan_or_mistake(text, True, _NO_LIMIT)
        if not isinstance(other, Mistake) and other.alphabet.value == "gsm7":
            gsm7_parts = len(other.parts)
    return Preview(
        text=plan.text,
        alphabet=plan.alphabet.value,
        parts=plan.parts,
        units=plan.units,
        units_per_part=plan.units_per_part,
        units_left=plan.units_left,
        replaced=plan.replaced,
        most_parts=most_parts,
        gsm7_parts=gsm7_parts,
    )
