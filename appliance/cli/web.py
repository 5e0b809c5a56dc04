"""``simloft web``: only the process that serves the page and the API."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_UNAVAILABLE, CommandError
from appliance.cli.options import (
    add_listen_option,
    add_port_option,
    add_settings_options,
    balance_rules,
    default_plan,
    keep_alive_rules,
    prepare_store,
    settings_from,
    start_logging,
    upkeep_rules,
)
from appliance.config import Settings, parse_listen
from appliance.desk.outbox import OutboxRules
from appliance.desk.submit import Rules
from appliance.store import clock
from appliance.store.clock_follower import Follower
from appliance.web.listener import AddressError, Listener
from appliance.web.server import serve
from appliance.web.settings import AliyunRules, WebSettings
from appliance.web.tls_rules import TlsRules

KANNEL_PREFIXES = ("/cgi-bin/",)
"""What a Kannel gateway answers on a port of its own."""

ANDROID_ROOT = "/3rdparty/v1"
"""What an "SMS Gateway for Android" in its local mode answers at the root."""


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("web", help="only the page and the API", description=__doc__)
    add_settings_options(parser)
    add_listen_option(parser)
    add_port_option(parser)
    parser.add_argument(
        "--simulated",
        action="store_true",
        help="show the handsets of the simulated bank (the default where no port is given)",
    )
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    start_logging()
    prepare_store(settings, look=True)
    clock.reckon_by(Follower(settings.database))
    try:
        serve(web_settings(settings, simulated=namespace.simulated or settings.is_simulated))
    except AddressError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error
    return EXIT_OK


def web_settings(settings: Settings, *, simulated: bool, is_sandbox: bool = False) -> WebSettings:
    """What of the box's settings the web process needs."""
    sandbox = None if is_sandbox else web_settings(settings.sandbox, simulated=True, is_sandbox=True)
    host, port = settings.host_and_port
    return WebSettings(
        database=settings.database,
        doorbell=settings.doorbell,
        bank_control=settings.bank_control,
        first_api_key=settings.first_api_key,
        host=host,
        port=port,
        simulated=simulated,
        time_zone=settings.time_zone,
        rules=Rules(home_region=settings.home_region, most_parts=settings.most_parts),
        plan=default_plan(settings),
        balance=balance_rules(settings),
        keep_alive=keep_alive_rules(settings),
        upkeep=upkeep_rules(settings),
        listeners=_listeners(settings),
        tls=tls_rules(settings),
        outbox=outbox_rules(settings),
        aliyun=AliyunRules(
            clock_skew_min=settings.aliyun.clock_skew_min, pass_through=settings.aliyun.pass_through
        ),
        is_sandbox=is_sandbox,
        sandbox=sandbox,
    )


def outbox_rules(settings: Settings) -> OutboxRules:
    """How others are told of changes."""
    given = settings.webhooks
    return OutboxRules(
        give_up_after_s=given.give_up_after_s,
        connect_timeout_s=given.connect_timeout_s,
        answer_timeout_s=given.answer_timeout_s,
        allow_loopback=given.allow_loopback,
        ca_file=given.ca_file,
    )


def _listeners(settings: Settings) -> tuple[Listener, ...]:
    found = []
    if settings.listeners.kannel:
        host, port = parse_listen(settings.listeners.kannel)
        found.append(Listener(host=host, port=port, prefixes=KANNEL_PREFIXES))
    if settings.listeners.android:
        host, port = parse_listen(settings.listeners.android)
        found.append(Listener(host=host, port=port, under=ANDROID_ROOT, prefixes=(f"{ANDROID_ROOT}/",)))
    return tuple(found)


def tls_rules(settings: Settings) -> TlsRules | None:
    """How HTTPS is answered; None: not at all."""
    place = settings.tls_host_and_port
    if place is None:
        return None
    tls = settings.tls
    return TlsRules(
        host=place[0],
        port=place[1],
        directory=settings.tls_directory,
        certificate=Path(tls.certificate).expanduser().absolute() if tls.certificate else None,
        key=Path(tls.key).expanduser().absolute() if tls.key else None,
        redirect=tls.redirect,
        http_api=tls.http_api,
        hsts_days=tls.hsts_days,
        names=tuple(name.lower() for name in tls.names),
    )
