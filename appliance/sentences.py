"""Every sentence that tells a person what happened, why, and what to do: one table.

The database, the pool and the modems speak in codes with arguments; only the edge (page, API, CLI)
makes words of them. English is written here; the other languages are in ``appliance/web/locale``.
No sentence is built by joining pieces: where the words differ, there are two codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

SENTENCES: dict[str, str] = {
    # -- port.<PortState>: what is the matter with a place on the hub, what the box does, what you can do ------
    # -- message.*: why an outgoing message is where it is ----------------------------------------------------
    # -- sim.*: why a SIM is not used -------------------------------------------------------------------------
    # -- problem.*: why a request was refused (RFC 9457 title and detail) --------------------------------------
    # -- event.*: what happened, for the event list ------------------------------------------------------------
}
"""English by code. ``{name}`` is filled from the arguments that are stored beside the code."""


def sentence(code: str, args: Mapping[str, object] | None = None, *, translate: Callable[[str], str] = str) -> str:
    """The sentence of ``code`` with its arguments, in the language of ``translate``.

    An unknown code or a missing argument gives the code itself rather than an error: a database of
    another release may hold some that this one does not know.
    """
    pattern = SENTENCES.get(code)
    if pattern is None:
        return code
    try:
        return translate(pattern).format_map({key: str(value) for key, value in (args or {}).items()})
    except (KeyError, IndexError, ValueError):
        return code
