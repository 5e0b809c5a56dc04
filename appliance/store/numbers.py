"""Telephone numbers as different sources spell them, and how they are shown in logs."""

from __future__ import annotations

SHORTEST_SUFFIX = 5
"""Fewer digits than this are a number of their own (a short code), not the end of another one."""


def same_subscriber(one: str, other: str) -> bool:
    """Whether two spellings can mean one subscriber: ``+8613912345678`` is ``13912345678`` and ``013912345678``.

    Networks spell the recipient in a delivery report with or without country code, trunk zero or ``+``,
    whatever was dialled.
    """
    if one == other:
        return True
    if one[-SHORTEST_SUFFIX:] != other[-SHORTEST_SUFFIX:]:
        return False  # as most are, so that nothing else is made of them
    short, long = sorted((_significant(one), _significant(other)), key=len)
    return len(short) >= SHORTEST_SUFFIX and long.endswith(short)


def masked(number: str) -> str:
    """A number for logs: enough to recognise it, too little to use it."""
    return f"{number[:-8]}****{number[-4:]}" if len(number) > 8 else "****"


def _significant(number: str) -> str:
    return number.lstrip("+0")
