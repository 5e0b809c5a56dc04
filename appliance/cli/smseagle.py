"""``simloft smseagle``: programs that are told of what is received as an SMSEagle tells them (its "Callback URL").

simloft smseagle                                       list them
simloft smseagle add http://10.0.0.5/sms.php           by POST; with --get by GET
simloft smseagle add URL --apikey SECRET               what it is shown as apikey
simloft smseagle remove 3
"""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.push_receivers import Receivers, add_receivers_parser
from appliance.store.webhooks import Options


def _options(namespace: argparse.Namespace) -> Options:
    method = "GET" if namespace.get else "POST"
    return {"method": method, "apikey": namespace.apikey} if namespace.apikey else {"method": method}


CALLBACKS = Receivers(
    dialect="smseagle",
    called="callback",
    member="method",
    heading="method",
    value=lambda callback: callback.options.get("method"),
    options=_options,
)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = add_receivers_parser(
        subparsers,
        CALLBACKS,
        summary="programs that are told of what is received as an SMSEagle tells them",
        description=__doc__,
        url_help="add: the URL; remove: its number",
    )
    parser.add_argument("--get", action="store_true", help="by GET instead of POST")
    parser.add_argument("--apikey", default="", help="what it is shown to know the box by")
