"""``simloft login-link``: a link that opens the page of the box, once, within 30 minutes.

Who may read the data directory may log in; nobody else on the LAN gets in without such a link or a key.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import socket
from dataclasses import replace
from typing import Any

from appliance.cli.exit_codes import EXIT_OK
from appliance.cli.options import (
    add_listen_option,
    add_settings_options,
    require_store,
    settings_from,
    write_once,
)
from appliance.config import Settings
from appliance.store import sessions
from appliance.store.clock import now_ms


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "login-link", help="print a link that opens the page once", description=__doc__
    )
    add_settings_options(parser)
    add_listen_option(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    require_store(settings)
    if namespace.listen is None and settings.address_file.exists():
        settings = replace(settings, listen=settings.address_file.read_text(encoding="utf-8").strip())
    token = make_login_link(settings)
    links = [f"{address}/login/{token}" for address in page_addresses(settings) if address]
    print(json.dumps({"links": links}) if namespace.json else "\n".join(links))
    return EXIT_OK


def make_login_link(settings: Settings) -> str:
    """Make a one-time log-in token and return it; only its hash is kept."""
    return write_once(settings, lambda connection: sessions.make_login_token(connection, now_ms()))


def page_addresses(settings: Settings) -> tuple[str, str | None]:
    """The address of the page on this machine, and on the LAN where the box listens there."""
    host, port = settings.host_and_port
    if not _is_every_address(host):
        return f"http://{_bracketed(host)}:{port}", None
    lan = _lan_address()
    return f"http://127.0.0.1:{port}", f"http://{lan}:{port}" if lan else None


def _is_every_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _lan_address() -> str | None:
    """The address that this machine has towards its LAN; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket only looks up the route (TEST-NET-1, RFC 5737).
            probe.connect(("192.0.2.1", 9))
            address = str(probe.getsockname()[0])
        except OSError:
            return None
    return None if ipaddress.ip_address(address).is_loopback else address
