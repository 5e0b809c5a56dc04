"""``simloft listeners``: only the process that takes what is not HTTP, which is mails so far.

Off unless the settings name an address.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from appliance.cli.desk_tools import tools_of
from appliance.cli.exit_codes import EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options, prepare_store, settings_from, start_logging
from appliance.config import Settings, parse_listen
from appliance.desk.submission import Priority
from appliance.desk.tools import Tools
from appliance.listeners.counter import Counter
from appliance.listeners.process import AddressError, serve
from appliance.listeners.settings import SmtpRules
from appliance.listeners.wording import Wanted
from appliance.store import clock
from appliance.store.clock_follower import Follower
from appliance.store.database import prepare
from appliance.store.errors import StoreError
from appliance.store.writer import GroupCommitWriter


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("listeners", help="only the process that takes mails", description=__doc__)
    add_settings_options(parser)
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    start_logging()
    if not settings.has_listeners:
        raise CommandError("Nothing is switched on. Set [smtp] listen, such as ['0.0.0.0:2525'].", EXIT_USAGE)
    prepare_store(settings, look=True)
    clock.reckon_by(Follower(settings.database))
    try:
        counter = Counter(
            tools_of(settings, GroupCommitWriter(settings.database)), lambda: _sandbox_tools(settings.sandbox)
        )
        with contextlib.closing(counter):
            asyncio.run(serve(counter, smtp_rules(settings)))
    except (AddressError, StoreError) as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error
    return EXIT_OK


def _sandbox_tools(sandbox: Settings) -> Tools:
    prepare(sandbox.database)
    return tools_of(sandbox, GroupCommitWriter(sandbox.database))


def smtp_rules(settings: Settings) -> SmtpRules:
    """What of the settings the process goes by for mails."""
    given, own = settings.smtp, settings.tls_directory
    return SmtpRules(
        places=tuple(map(parse_listen, given.listen)),
        networks=tuple(map(ip_network, given.networks)),
        key=given.key,
        most_mail_octets=given.most_mail_kb * 1024,
        wanted=Wanted(given.text),
        most_parts=given.most_parts,
        cuts=given.too_long == "cut",
        priority=Priority[given.priority.upper()],
        certificate=Path(settings.tls.certificate) if settings.tls.certificate else own / "server.pem",
        certificate_key=Path(settings.tls.key) if settings.tls.key else own / "server-key.pem",
    )
