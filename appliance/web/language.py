"""The languages of page and API: catalogs are read from ``locale/*.po`` at start, with no compile step.

The texts in code and templates are English; they are the keys of the catalogs. Chinese comes first:
whoever asks for no language gets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from appliance.sentences import sentence

LOCALE_DIRECTORY = Path(__file__).parent / "locale"
LANGUAGE_COOKIE = "simloft_language"


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its BCP 47 tag, its own name, and its texts by English text."""

    tag: str
    name: str
    texts: Mapping[str, str]
    plurals: Mapping[str, tuple[str, ...]]

    def text(self, english: str, **args: object) -> str:
        """The text in this language, with ``{name}`` filled in; English where there is no translation."""
        pattern = self.texts.get(english) or english
        return pattern.format(**args) if args else pattern

    def count(self, one: str, many: str, number: int, **args: object) -> str:
        """The text for a number of things; ``{n}`` is the number."""
        forms = self.plurals.get(one) or (one, many)
        pattern = forms[0] if len(forms) == 1 or number == 1 else forms[1]
        return pattern.format(n=number, **args)

    def sentence(self, code: str, args: Mapping[str, object] | None = None) -> str:
        """The sentence of a code of :mod:`appliance.sentences`."""
        return sentence(code, args, translate=self.text)


CHINESE, ENGLISH = "zh-CN", "en"
_NAMES = {CHINESE: "中文", ENGLISH: "English"}
"""Every language, the first is the default."""


@cache
def languages() -> dict[str, Language]:
    """Every language by its tag; read once."""
    return {tag: _read(tag, name) for tag, name in _NAMES.items()}


@lru_cache(maxsize=256)
@lru_cache(128)
def choose_language(cookie: str | None, accept_language: str | None) -> Language:
    """What was chosen by hand, else the best of ``Accept-Language`` (RFC 9110 §12.5.4), else Chinese."""
    known = languages()
    if cookie in known:
        return known[cookie]
    for tag in _by_preference(accept_language or ""):
        for candidate in known.values():
            if tag.split("-")[0] == candidate.tag.split("-")[0]:
                return candidate
    # Someone who names other languages only is more likely to read English than Chinese.
    return known[ENGLISH if accept_language and "*" not in accept_language else CHINESE]


def _by_preference(accept_language: str) -> list[str]:
    weighted = []
    for place, item in enumerate(accept_language[:500].lower().split(",")):
        tag, _, parameter = item.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighted.append((-weight, place, tag.strip()))
    return [tag for _, _, tag in sorted(weighted)]


def _read(tag: str, name: str) -> Language:
    path = LOCALE_DIRECTORY / f"{tag.replace('-', '_')}.po"
    if tag == ENGLISH or not path.exists():
        return Language(tag, name, {}, {})
    with path.open("rb") as file:
        catalog: Catalog = read_po(file, locale=tag.replace("-", "_"))
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, tuple | list):
            plurals[message.id[0]] = tuple(message.string or ())
        else:
            texts[message.id] = str(message.string)
    return Language(tag, name, texts, plurals)
