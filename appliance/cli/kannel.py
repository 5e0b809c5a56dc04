"""``simloft kannel``: services that are told of what is received as a Kannel gateway tells them (its ``get-url``).

simloft kannel                                       list them
simloft kannel add "http://10.0.0.5/mo?from=%p&text=%a"
simloft kannel add URL --max-messages 1              the text that it answers with goes back, as one message at most
simloft kannel remove 3
"""

from __future__ import annotations

from typing import Any

from appliance.cli.push_receivers import Receivers, add_receivers_parser

MOST_REPLIES = 10

SERVICES = Receivers(
    dialect="kannel",
    called="service",
    member="max_messages",
    heading="replies",
    value=lambda service: service.options.get("max_messages", 0),
    options=lambda namespace: {"max_messages": namespace.max_messages},
)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = add_receivers_parser(
        subparsers,
        SERVICES,
        summary="services that are told of what is received",
        description=__doc__,
        url_help="add: its get-url; remove: its number",
    )
    parser.add_argument(
        "--max-messages",
        type=int,
        default=0,
        choices=range(MOST_REPLIES + 1),
        metavar="N",
        help=f"parts of the longest reply that is sent of what it answers (0 to {MOST_REPLIES}; 0, the default: none)",
    )
