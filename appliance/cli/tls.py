"""``simloft tls``: what the box shows browsers over HTTPS, a new one of it, or a certificate of your own."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, CommandError
from appliance.cli.options import add_settings_options, settings_from
from appliance.cli.view import print_json
from appliance.cli.web import tls_rules
from appliance.config import Settings
from appliance.store.clock import now_ms
from appliance.web.own_names import own_names
from appliance.web.secure import make, own_pair
from appliance.web.tls_files import TlsFiles, UnfitError, check_pair, read_issued, write_file

WITHIN = "A running box uses it within a minute."


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("tls", help="the certificate of the box", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="what is used, until when, and the fingerprint to compare")
    show.add_argument("--json", action="store_true", help="as JSON")
    show.set_defaults(func=_show)
    renew = actions.add_parser(
        "renew", help="make a new certificate now; the authority that people installed stays"
    )
    renew.set_defaults(func=_renew)
    replace = actions.add_parser("replace", help="use a certificate of your own, or with --back none")
    replace.add_argument("certificate", nargs="?", type=Path, help="PEM, with its chain")
    replace.add_argument("key", nargs="?", type=Path, help="PEM, without a password")
    replace.add_argument("--back", action="store_true", help="use what the box makes again")
    replace.set_defaults(func=_replace)
    for each in (show, renew, replace):
        add_settings_options(each)


def _files(settings: Settings) -> TlsFiles:
    return TlsFiles(settings.tls_directory)


def _show(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    files, place, rules = _files(settings), settings.tls_host_and_port, tls_rules(settings)
    own = None if rules is None else own_pair(rules, files)
    issued = read_issued(files)
    fault = None
    if own is not None:
        try:
            check_pair(own.chain, own.key)
        except UnfitError as error:
            fault = str(error)
    if namespace.json:
        print_json(
            {
                "listen": None if place is None else f"{place[0]}:{place[1]}",
                "own_certificate": None if own is None else str(own.chain),
                "problem": fault,
                "names": [] if issued is None else list(issued.names),
                "left_out": [] if issued is None else list(issued.left_out),
                "not_after": None if issued is None else _day(issued.not_after_ms),
                "authority_sha256": None if issued is None else issued.authority_fingerprint,
            }
        )
    else:
        print("HTTPS is off." if place is None else f"HTTPS on {place[0]} port {place[1]}")
        if own is not None:
            print(f"A certificate of yours: {own.chain}", *([fault] if fault else []), sep="\n")
        elif issued is None:
            print("No certificate was made yet; the box makes one when it first answers HTTPS.")
        else:
            print(
                f"For {', '.join(issued.names)}, until {_day(issued.not_after_ms)}; renewed by itself before."
            )
            if issued.left_out:
                print(f"Not for {', '.join(issued.left_out)}: its authority vouches for names of a LAN only.")
            print(f"Authority to install: /certificate on the page, or {files.authority}")
            print(f"Its SHA-256 fingerprint: {issued.authority_fingerprint}")
    return EXIT_PROBLEM if fault else EXIT_OK


def _renew(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    names = (*own_names(), *(name.lower() for name in settings.tls.names))
    try:
        asyncio.run(make(_files(settings), names, now_ms()))
    except (UnfitError, OSError) as error:
        raise CommandError(f"{error}", EXIT_PROBLEM) from error
    print(f"A new certificate was made. {WITHIN}")
    return EXIT_OK


def _replace(namespace: argparse.Namespace) -> int:
    files = _files(settings_from(namespace))
    if namespace.back:
        for each in (files.own_key, files.own_chain):
            each.unlink(missing_ok=True)
        print(f"The box uses what it makes itself again. {WITHIN}")
        return EXIT_OK
    if namespace.certificate is None or namespace.key is None:
        raise CommandError("Name the file of the certificate and that of its key.")
    try:
        check_pair(namespace.certificate, namespace.key)
        files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(files.own_key, namespace.key.read_bytes(), secret=True)
        write_file(files.own_chain, namespace.certificate.read_bytes(), secret=False)
    except UnfitError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(
            f"It can't be kept in {files.directory} ({error.strerror}).", EXIT_PROBLEM
        ) from error
    print(f"The certificate was copied to {files.own_chain}. {WITHIN}")
    return EXIT_OK


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
