"""Standard output takes any text: what its encoding lacks is written as an escape, instead of ending the command."""

from __future__ import annotations

import codecs
import io
import json
import sys

ERRORS = "simloft.escaped"


def escape_what_output_lacks() -> None:
    """To be called once, before anything is printed."""
    codecs.register_error(ERRORS, _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=ERRORS)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""As \uXXXX, which JSON understands too (RFC 8259 §7), unlike the \xXX of ``backslashreplace``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
