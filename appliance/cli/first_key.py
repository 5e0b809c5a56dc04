"""The first API key of a box: made once, shown once, left in a file that only its owner reads."""

from __future__ import annotations

import contextlib
import os

from appliance.cli.exit_codes import EXIT_UNAVAILABLE, CommandError
from appliance.cli.options import write_once
from appliance.config import Settings
from appliance.store import keys
from appliance.store.clock import now_ms
from appliance.store.database import connect


def ensure_first_key(settings: Settings) -> str | None:
    """Make the first API key where the box has none yet; returns it once, ``None`` ever after.

    The file is written before the database knows the key, so that no crash leaves a box whose only key
    nobody has.
    """
    with contextlib.closing(connect(settings.database, read_only=True)) as connection:
        if keys.any_key(connection):
            return None
    key = keys.new_key()
    try:
        descriptor = os.open(settings.first_api_key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, 0o600)
            file.write(f"{key}\n")
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise CommandError(
            f"{settings.first_api_key} can't be written ({error.strerror}).", EXIT_UNAVAILABLE
        ) from error
    write_once(settings, lambda connection: keys.add_key(connection, "first key", key, now_ms()))
    return key
