"""What a person would read of an HTML mail, as plain lines.

A scanner of its own: ``html.parser`` takes half a minute over 200,000 characters of ``<!--`` or ``<a``, and what comes
by mail is not ours. This one looks at each character a bounded number of times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

MOST_HTML = 200_000
"""Characters of an HTML text that are read; an SMS takes the first few hundred of what they say."""

_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object", "map"})
_RAW = frozenset({"script", "style"})
"""What stands in these is no HTML."""
_NAMES_OF_LINES = (
    "address article aside blockquote body br center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr html legend li main nav ol option p pre section table tbody tfoot thead tr ul"
)
_LINES = frozenset(_NAMES_OF_LINES.split())
_CELLS = frozenset({"td", "th"})
_NAME = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})")


def text_of_html(source: str) -> str:
    """The text, a line for each block; empty lines and double spaces are left to who joins it."""
    pieces: list[str] = []
    unseen, depth = "", 0
    for closes, tag, text in _tokens(source[:MOST_HTML]):
        if tag == unseen and unseen:
            depth += -1 if closes else 1
            unseen = unseen if depth else ""
        elif unseen and tag != "body":
            continue
        elif tag in _UNSEEN and not closes:
            unseen, depth = tag, 1
        else:
            # A head that is never closed ends where the body begins.
            unseen = ""
            pieces.append(_shown(closes, tag, text))
    return "".join(pieces)


def _shown(closes: bool, tag: str, text: str) -> str:
    if not tag:
        # Line ends of the source are spaces; only tags make lines.
        return html.unescape(text.replace("\r", " ").replace("\n", " "))
    if tag in _LINES:
        return "\n"
    return " " if tag in _CELLS and closes else ""


def _tokens(source: str) -> Iterator[tuple[bool, str, str]]:
    """Tags as (whether it closes, name, ''), and texts as (False, '', text)."""
    ends = _Ends(source)
    at = 0
    while at < len(source):
        begin = source.find("<", at)
        if begin < 0:
            yield False, "", source[at:]
            return
        if begin > at:
            yield False, "", source[at:begin]
        if source.startswith("<!--", begin):
            at = ends.behind("-->", begin + 4)
        elif source.startswith(("<!", "<?"), begin):
            at = ends.behind(">", begin)
        elif name := _NAME.match(source, begin + 1):
            closes, tag = bool(name[1]), name[2].lower()
            at = ends.behind(">", name.end())
            yield closes, tag, ""
            if tag in _RAW and not closes:
                at = ends.before(f"</{tag}", at)
        else:
            yield False, "", "<"
            at = begin + 1


class _Ends:
    """Where things end, each looked for once: a mark that is nowhere behind a place is nowhere behind later ones."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lower = source.lower()
        self._missing: set[str] = set()

    def behind(self, mark: str, at: int) -> int:
        found = self._find(mark, at)
        # What never ends is dropped.
        return found + len(mark) if found >= 0 else len(self._source)

    def before(self, mark: str, at: int) -> int:
        found = self._find(mark, at)
        return found if found >= 0 else len(self._source)

    def _find(self, mark: str, at: int) -> int:
        if mark in self._missing:
            return -1
        # `lower` may change lengths of foreign letters, so it is only asked for marks where that can't be.
        text = self._lower if len(self._lower) == len(self._source) else self._source
        found = text.find(mark, at)
        if found < 0:
            self._missing.add(mark)
        return found
