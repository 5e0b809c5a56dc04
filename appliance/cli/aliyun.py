"""``simloft aliyun``: receivers that are told as Aliyun tells them: SmsReport (what became of it), SmsUp (replies).

simloft aliyun                                   list them
simloft aliyun add "http://10.0.0.5/sms/report" --what report
simloft aliyun add "http://10.0.0.5/sms/up" --what up
simloft aliyun remove 3

`simloft api-key aliyun KEY` makes the AccessKey that a program signs with.
"""

from __future__ import annotations

from typing import Any

from appliance.cli.push_receivers import INBOUND, Receivers, add_receivers_parser
from appliance.store.webhooks import Webhook

_REPORTS = tuple(f"message.{each}" for each in ("delivered", "undelivered", "failed", "expired", "cancelled"))
KINDS = {"report": _REPORTS, "up": INBOUND, "both": (*_REPORTS, *INBOUND)}
"""What each word of ``--what`` is told of."""


def _what(receiver: Webhook) -> str:
    return next((word for word, kinds in KINDS.items() if set(kinds) == set(receiver.kinds)), "other")


RECEIVERS = Receivers(
    dialect="aliyun",
    called="receiver",
    member="what",
    heading="what",
    value=_what,
    kinds=lambda namespace: KINDS[namespace.what],
)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = add_receivers_parser(
        subparsers,
        RECEIVERS,
        summary="receivers that are told as Aliyun tells them",
        description=__doc__,
        url_help="add: its address; remove: its number",
    )
    parser.add_argument("--what", choices=tuple(KINDS), default="both", help="what it is told of")
