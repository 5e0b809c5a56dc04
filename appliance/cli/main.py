"""``simloft``: the commands of the box. Each lives in a module of its own, loaded only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sqlite3
import sys
from collections.abc import Sequence

from appliance.cli.exit_codes import EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.cli.output import escape_what_output_lacks
from appliance.cli.parent import end_with_parent
from appliance.store import clock
from appliance.store.errors import store_error_from

COMMANDS = {
    "run": (
        "appliance.cli.run",
        "start the box: pool, page and API, and simulated modems where no port is given",
    ),
    "pool": ("appliance.cli.pool", "only the process that owns the modems"),
    "web": ("appliance.cli.web", "only the process that serves the page and the API"),
    "listeners": ("appliance.cli.listeners", "only the process that takes mails, where that is switched on"),
    "simulate": ("appliance.cli.simulate", "a bank of simulated modems, a network and handsets"),
    "send": ("appliance.cli.send", "put a message into the queue"),
    "outbox": ("appliance.cli.outbox", "list outgoing messages, or show one"),
    "waiting": ("appliance.cli.waiting", "why the queue waits: by reason, and what each SIM has left"),
    "uncertain": (
        "appliance.cli.uncertain",
        "messages of which nobody knows whether they were sent; settle them",
    ),
    "forecast": ("appliance.cli.forecast", "when a batch would be done, and which SIM runs out of what"),
    "inbox": ("appliance.cli.inbox", "list what was received"),
    "modems": ("appliance.cli.modems", "list ports, modems and SIMs with their states"),
    "balance": ("appliance.cli.balance", "what is on the SIMs; ask their carriers"),
    "keep-alive": ("appliance.cli.keep_alive", "by when SIMs must be used, and the proof that they were"),
    "carriers": ("appliance.cli.carriers", "list and edit how carriers are asked for balances"),
    "port": ("appliance.cli.port", "identify, restart, rename, record or talk with one port"),
    "sim": (
        "appliance.cli.sim",
        "the plan of a SIM; rest, resume, name or forget it; enter its PIN or number",
    ),
    "sim-group": (
        "appliance.cli.sim_group",
        "SIMs of one contract: limits of all together, and which sends first",
    ),
    "account": ("appliance.cli.account", "in whose name messages go, and what share each gets"),
    "person": ("appliance.cli.person", "people who log in with a name and a password"),
    "kannel": (
        "appliance.cli.kannel",
        "services that are told of what is received as a Kannel gateway tells them",
    ),
    "smseagle": (
        "appliance.cli.smseagle",
        "programs that are told of what is received as an SMSEagle tells them",
    ),
    "aliyun": ("appliance.cli.aliyun", "receivers that are told as Aliyun tells them: reports and replies"),
    "swap": ("appliance.cli.swap", "change the card in a port, step by step"),
    "loop-test": ("appliance.cli.loop_test", "send a message from one SIM of the box to another"),
    "rehearse": (
        "appliance.cli.rehearse",
        "run a described bank and load through the policy, months in seconds",
    ),
    "trace": ("appliance.cli.trace", "what the box and a modem said to each other, for one port"),
    "tls": ("appliance.cli.tls", "the certificate of the box for HTTPS: show, renew, replace by your own"),
    "login-link": ("appliance.cli.login_link", "print a link that opens the page once"),
    "api-key": ("appliance.cli.api_key", "make, list, change and revoke API keys"),
    "decode": ("appliance.cli.decode", "print an SMS PDU field by field"),
    "ports": (
        "appliance.cli.ports",
        "list serial devices: which is a modem, which tty is used, and why others are not",
    ),
    "usb-helper": ("appliance.cli.usb_helper", "only the helper that resets USB devices; it runs as root"),
    "udev-rules": ("appliance.cli.udev_rules", "print udev rules that keep other programs off the modems"),
    "profile": ("appliance.cli.profile", "list the profiles of modem families, or check one's own"),
    "clock": ("appliance.cli.clock", "what time it is on the box; confirm the clock of the system"),
    "doctor": ("appliance.cli.doctor", "look for what keeps the box from working, and say what to do"),
    "settings": ("appliance.cli.settings", "print every setting with its value and meaning"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (see :mod:`appliance.cli.exit_codes`)."""
    end_with_parent()
    escape_what_output_lacks()
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(arguments[0] if arguments and arguments[0] in COMMANDS else None)
    namespace = parser.parse_args(arguments)
    if not hasattr(namespace, "func"):
        parser.print_help()
        return EXIT_USAGE
    try:
        with clock.as_it_was():
            code: int = namespace.func(namespace)
        sys.stdout.flush()
    except CommandError as error:
        print(f"simloft {arguments[0]}: {error}", file=sys.stderr)
        return error.exit_code
    except sqlite3.DatabaseError as error:
        # Damage is often first found by reading what is damaged.
        print(f"simloft {arguments[0]}: {store_error_from(error)}", file=sys.stderr)
        return EXIT_UNAVAILABLE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep the interpreter from complaining at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _parser(command: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simloft",
        description="An SMS appliance: send and receive text messages through the SIM cards of this box.",
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, (module, summary) in COMMANDS.items():
        if command is None:
            subparsers.add_parser(name, help=summary)
        elif name == command:
            importlib.import_module(module).add_parser(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
