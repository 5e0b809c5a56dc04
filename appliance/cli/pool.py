"""``simloft pool``: only the process that owns the modems. It needs no network."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_UNAVAILABLE, CommandError
from appliance.cli.options import (
    add_port_option,
    add_settings_options,
    default_plan,
    prepare_store,
    settings_from,
    start_logging,
)
from appliance.config import Settings
from appliance.desk.carriers import carrier_id_of
from appliance.modem.profiles import ProfileBook
from appliance.pool.pool import Pool, PoolBusyError
from appliance.pool.settings import PoolSettings, Roaming
from appliance.store.errors import StoreError
from appliance.usb.client import UsbResets

_log = logging.getLogger("simloft.pool")


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("pool", help="run the process that owns the modems", description=__doc__)
    add_settings_options(parser)
    add_port_option(parser)
    parser.add_argument(
        "--sandbox",
        action="store_true",
        help="be the pool of the sandbox of this box, with the simulated modems of DIR/sandbox/bank",
    )
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    if namespace.sandbox:
        settings = settings.sandbox
    start_logging()
    prepare_store(settings, look=True)
    try:
        asyncio.run(_serve(pool_settings(settings)))
    except (PoolBusyError, StoreError) as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error
    except OSError as error:
        sentence = f"The directory {settings.data} can't be used ({error.strerror}). Check who owns it."
        raise CommandError(sentence, EXIT_UNAVAILABLE) from error
    return EXIT_OK


def pool_settings(settings: Settings) -> PoolSettings:
    """What the pool needs of the settings of the box."""
    return PoolSettings(
        database=settings.database,
        doorbell=settings.doorbell,
        port_patterns=settings.port_patterns,
        allow=settings.discovery.allow,
        deny=settings.discovery.deny,
        simulated=settings.is_simulated,
        profiles=ProfileBook.built_in().with_directory(settings.data / "profiles"),
        usb_reset=UsbResets(settings.usb_helper),
        most_parts=settings.most_parts,
        roaming=Roaming(settings.roaming),
        hang_up_calls=settings.hang_up_calls,
        plan=default_plan(settings),
        carrier_id_of=carrier_id_of,
    )


async def _serve(settings: PoolSettings) -> None:
    # What is loaded by now stays for ever; and what a message leaves behind, the count of references frees.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_say_in_a_line)
    pool = Pool(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, pool.stop)
    await pool.run()


def _say_in_a_line(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    _log.error("%s (%s: %s)", context.get("message", "unexpected"), type(error).__name__, error)
    _log.debug("where it happened", exc_info=error)
