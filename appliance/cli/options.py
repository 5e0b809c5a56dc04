"""The options that commands share, and what comes of them."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from appliance.cli.exit_codes import EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.config import Settings, SettingsError, read_settings
from appliance.desk.upkeep_round import UpkeepRules
from appliance.modem.profiles import ProfileBook
from appliance.policy.balance import BalanceRules
from appliance.policy.housekeeping import Night
from appliance.policy.keep_alive import KeepAliveRules
from appliance.policy.plan import Plan
from appliance.policy.sending_hours import parse_sending_hours
from appliance.store import clock
from appliance.store.clock_follower import Follower
from appliance.store.database import prepare
from appliance.store.errors import StoreError
from appliance.store.retention_rules import Limits, Retention
from appliance.store.soundness import refuse_a_damaged_one
from appliance.store.writer import Change, GroupCommitWriter

T = TypeVar("T")

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def add_settings_options(parser: argparse.ArgumentParser) -> None:
    """``--config`` and ``--data``, which every command that looks at a box takes."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings file (TOML); see `simloft settings`"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="directory of the box (default: ./data)")


def add_port_option(parser: argparse.ArgumentParser) -> None:
    """``--port``, as often as wanted."""
    parser.add_argument(
        "--port",
        action="append",
        metavar="PATTERN",
        help="serial port of a modem: a path, a pattern such as '/dev/ttyUSB*', or usb for every known "
        "modem that is plugged in; may be repeated",
    )


def add_listen_option(parser: argparse.ArgumentParser) -> None:
    """``--listen``."""
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="address of page and API (default: 0.0.0.0:8080)"
    )


def settings_from(namespace: argparse.Namespace) -> Settings:
    """The settings of the file and the options together; a mistake ends the command with its sentence."""
    ports = getattr(namespace, "port", None)
    try:
        return read_settings(
            namespace.config,
            data=namespace.data,
            listen=getattr(namespace, "listen", None),
            ports=tuple(ports) if ports else None,
        )
    except SettingsError as error:
        raise CommandError(str(error), EXIT_USAGE) from error


def profile_book(settings: Settings) -> ProfileBook:
    """The built-in profiles with those of this box, as its pool reads them."""
    book = ProfileBook.built_in().with_directory(settings.data / "profiles")
    book.refresh()
    return book


def default_plan(settings: Settings) -> Plan:
    """The limits of each SIM that was given none of its own."""
    given = {each.name: getattr(settings.plan, each.name) for each in fields(settings.plan)}
    given["sending_hours"] = parse_sending_hours(settings.plan.sending_hours)
    return Plan(**given, zone=ZoneInfo(settings.time_zone))


def balance_rules(settings: Settings) -> BalanceRules:
    """When the box asks for balances of its own accord."""
    given = settings.balance
    return BalanceRules(
        every_h=given.every_h,
        from_hour=given.from_hour,
        to_hour=given.to_hour,
        tries=given.tries,
        retry_after_min=given.retry_after_min,
        warn_below=given.warn_below,
    )


def keep_alive_rules(settings: Settings) -> KeepAliveRules:
    """How the box keeps its SIMs in use."""
    given = settings.keep_alive
    return KeepAliveRules(
        every_days=given.every_days,
        days_before=given.days_before,
        from_hour=given.from_hour,
        to_hour=given.to_hour,
        gap_min=given.gap_min,
        tries=given.tries,
        retry_after_h=given.retry_after_h,
        text=given.text,
        fallback=given.fallback,
    )


def upkeep_rules(settings: Settings) -> UpkeepRules:
    """How long the box keeps what, and when it looks after its database."""
    given = settings.retention
    return UpkeepRules(
        retention=Retention(
            messages=Limits(given.messages_days, given.messages_rows),
            inbound=Limits(given.inbound_days, given.inbound_rows),
            inbound_unread_days=given.inbound_unread_days,
            events=Limits(given.events_days, given.events_rows),
            money=Limits(given.money_days),
            keep_alive=Limits(given.keep_alive_days),
            acts=Limits(given.acts_days),
            recordings=Limits(given.recordings_days),
            recordings_mb=given.recordings_mb,
        ),
        night=Night(given.night_from_hour, given.night_to_hour),
        most_log_mb=given.most_log_mb,
    )


_LOOKED_VARIABLE = "SIMLOFT_LOOKED_AT"
"""In the environment of the processes of a box: the database that the first of them found sound."""


def prepare_store(settings: Settings, *, look: bool = False) -> None:
    """Make or update the database of the box, or end the command with a sentence.

    ``look``: whether it is sound, before it is touched; once for all processes that this one starts.
    """
    path = settings.database
    try:
        if look and path.exists() and os.environ.get(_LOOKED_VARIABLE) != str(path):
            refuse_a_damaged_one(path)
            os.environ[_LOOKED_VARIABLE] = str(path)
        prepare(path)
    except StoreError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error
    except OSError as error:
        raise CommandError(
            f"The directory {settings.data} can't be used ({error.strerror}). Choose another one with --data.",
            EXIT_UNAVAILABLE,
        ) from error


def require_store(settings: Settings) -> None:
    """The same, but only for a box that exists: a mistyped ``--data`` must not make an empty one."""
    if not settings.database.exists():
        raise CommandError(
            f"There is no box in {settings.data}. Start one with `simloft run --data {settings.data}`, "
            "or name the right directory with --data.",
            EXIT_UNAVAILABLE,
        )
    prepare_store(settings)
    clock.reckon_by(Follower(settings.database))


def write_once(settings: Settings, change: Change[T]) -> T:
    """Make one change of the database, in its turn; returns its value when that is on disk.

    A database that refuses ends the command with its sentence.
    """
    try:
        with contextlib.closing(GroupCommitWriter(settings.database)) as writer:
            return writer.write_blocking(change)
    except StoreError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error


def start_logging(level: int = logging.INFO) -> None:
    """One line a record: to the journal with its fields where the box runs as a service, else to standard error."""
    handler = journal_handler()
    if handler is None:
        logging.basicConfig(stream=sys.stderr, level=level, format=LOG_FORMAT)
    else:
        logging.basicConfig(handlers=[handler], level=level, format="%(message)s")


def journal_handler() -> logging.Handler | None:
    """The journal, if standard error goes there already (``JOURNAL_STREAM``, systemd.exec(5)); else None."""
    try:
        device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
        ours = os.fstat(sys.stderr.fileno())
        if (str(ours.st_dev), str(ours.st_ino)) != (device, inode):
            return None
        from systemd.journal import JournalHandler  # noqa: PLC0415 - only there where the box is a service
    except (ImportError, OSError, ValueError):
        return None
    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="simloft")
    return handler
