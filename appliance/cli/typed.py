"""What a person types on the command line → values, or the end of the command with a sentence."""

from __future__ import annotations

from datetime import tzinfo

from appliance.cli.exit_codes import EXIT_USAGE, CommandError
from appliance.desk.instants import typed_instant
from appliance.desk.mistake import Mistake
from appliance.sentences import sentence


def read_time(typed: str, zone: tzinfo, now_ms: int, pointer: str) -> int:
    """``2026-12-01 08:00`` or ``16:30`` in the zone of the box, or RFC 3339: UTC in milliseconds."""
    at_ms = typed_instant(typed, zone, now_ms, pointer)
    if isinstance(at_ms, Mistake):
        raise CommandError(sentence(at_ms.code, at_ms.args), EXIT_USAGE)
    return at_ms
