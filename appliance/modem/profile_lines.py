"""In which line of a TOML text a field is: `tomllib` reads values and forgets where they stood.

A search by headers and keys, for messages to people; the text has been read as TOML before.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*(\[\[|\[)\s*([^\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*=""")


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line, from 1, of the field at ``path`` (``('usb', 1, 'ids')``), or of the nearest thing around it."""
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return 1
    table, key = _split(path)
    here: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    nearest = 1
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.fullmatch(line)
        if header is not None:
            name = header[2].strip("\"'")
            here = (name,)
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                here = (name, counts[name])
            if here == path[: len(here)]:
                nearest = number
            continue
        found = _KEY.match(line)
        if found is None:
            continue
        name = found[1] or found[2] or found[3]
        if here == table and name == key:
            return number
        if not here and table and name == table[0]:
            nearest = number
    return nearest


def _split(path: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], str]:
    """The table of a field and its key; ``('usb',)`` is the key ``usb`` of the file itself."""
    key = path[-1]
    return (path[:-1], key) if isinstance(key, str) else (path[:-2], str(path[-2]))
