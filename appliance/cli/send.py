"""``simloft send``: put a message into the queue of the box on this machine.

It goes through the same door as the API, and is on disk when the command ends; the box need not be
running. Exit code 2 says that the message was refused, and why.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from appliance.cli.account import account_named
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options, require_store, settings_from
from appliance.cli.typed import read_time
from appliance.cli.view import visible
from appliance.config import Settings
from appliance.desk.mistake import Refusal
from appliance.desk.submission import OnUncertain, Priority, Submission
from appliance.desk.submit import Rules, decide, submit
from appliance.desk.who import Source, Who
from appliance.sentences import sentence
from appliance.store import messages
from appliance.store.clock import now_ms
from appliance.store.database import connect
from appliance.store.doorbell import ring
from appliance.store.errors import StoreError
from appliance.store.life import FINAL_MESSAGE_STATES, MessageState
from appliance.store.messages import Message, NewMessage
from appliance.store.writer import GroupCommitWriter

LOOK_EVERY_S = 0.2

T = TypeVar("T", Message, NewMessage)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("send", help="put a message into the queue", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("to", help="recipient: +8613912345678, 13912345678, 10086")
    parser.add_argument("text", help="the text; - reads it from standard input")
    parser.add_argument("--priority", choices=[each.name.lower() for each in Priority], default="notice")
    parser.add_argument(
        "--flash", action="store_true", help="shown at once and not kept by the phone (class 0)"
    )
    parser.add_argument("--no-report", action="store_true", help="ask for no delivery report")
    parser.add_argument(
        "--transliterate",
        action="store_true",
        help="replace typographic characters where that makes the message shorter",
    )
    parser.add_argument("--on-uncertain", choices=[each.value for each in OnUncertain], default="wait")
    parser.add_argument(
        "--at",
        metavar="TIME",
        help="not before: 2026-12-01 08:00 or 16:30 in the zone of the box, or RFC 3339",
    )
    parser.add_argument("--until", metavar="TIME", help="give up then, written in the same way")
    parser.add_argument("--account", metavar="NAME", help="in whose name; see `simloft account`")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be sent")
    parser.add_argument("--wait", type=float, metavar="SECONDS", help="wait until its state is final")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    if not namespace.dry_run:
        # From here on it is the time of the box, by which a time of the day is understood too.
        require_store(settings)
    now = now_ms()
    zone = ZoneInfo(settings.time_zone)
    submission = Submission(
        to=namespace.to,
        text=_text(namespace.text),
        flash=namespace.flash,
        delivery_report=not namespace.no_report,
        priority=Priority[namespace.priority.upper()],
        transliterate=namespace.transliterate,
        on_uncertain=OnUncertain(namespace.on_uncertain),
        not_before_ms=None if namespace.at is None else read_time(namespace.at, zone, now, "/not_before"),
        expires_at_ms=None
        if namespace.until is None
        else read_time(namespace.until, zone, now, "/expires_at"),
    )
    rules = Rules(home_region=settings.home_region, most_parts=settings.most_parts)
    if namespace.dry_run:
        _show(_accepted(decide(submission, Who(Source.CLI), rules, now)), zone, as_json=namespace.json)
        return EXIT_OK
    message = _submitted(settings, rules, submission, namespace.account)
    if namespace.wait:
        message = _settled(settings, message, namespace.wait)
    _show(message, zone, as_json=namespace.json)
    return EXIT_PROBLEM if message.state in (MessageState.FAILED, MessageState.UNDELIVERED) else EXIT_OK


def _text(given: str) -> str:
    if given != "-":
        return given
    try:
        return sys.stdin.read().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise CommandError("Standard input is not UTF-8 text.", EXIT_USAGE) from error


def _submitted(settings: Settings, rules: Rules, submission: Submission, account: str | None) -> Message:
    who = Who(Source.CLI)
    if account is not None:
        with contextlib.closing(connect(settings.database, read_only=True)) as connection:
            who = Who(Source.CLI, account_id=account_named(connection, account).id)
    try:
        with contextlib.closing(GroupCommitWriter(settings.database)) as writer:
            return _accepted(
                submit(
                    writer,
                    rules,
                    submission,
                    who,
                    now_ms=now_ms(),
                    ring=lambda: ring(settings.doorbell),
                )
            )
    except StoreError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error


def _accepted(verdict: T | Refusal) -> T:
    if isinstance(verdict, Refusal):
        raise CommandError(" ".join(sentence(each.code, each.args) for each in verdict.mistakes), EXIT_USAGE)
    return verdict


def _settled(settings: Settings, message: Message, limit_s: float) -> Message:
    """The message once its state is final, or as it is after the limit."""
    deadline = time.monotonic() + limit_s
    final = FINAL_MESSAGE_STATES if message.delivery_report else FINAL_MESSAGE_STATES | {MessageState.SENT}
    with contextlib.closing(connect(settings.database, read_only=True)) as connection:
        while message.state not in final and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
            message = messages.get(connection, message.id) or message
    return message


def _show(message: Message | NewMessage, zone: ZoneInfo, *, as_json: bool) -> None:
    said = sentence(message.reason, message.reason_args, zone=zone)
    if as_json:
        print(
            json.dumps(
                {
                    "id": message.id,
                    "state": message.state,
                    "to": message.recipient,
                    "parts": message.parts_total,
                    "alphabet": message.alphabet,
                    "reason": said,
                },
                ensure_ascii=False,
            )
        )
    else:
        print(
            f"{message.id}  {message.state}  {message.recipient}  {message.parts_total} part(s), {message.alphabet}"
        )
        print(visible(said))
