"""``simloft settings``: every setting with its meaning, its default and its value here."""

from __future__ import annotations

import argparse
import json
from typing import Any

from appliance.cli.exit_codes import EXIT_OK
from appliance.cli.options import add_settings_options, settings_from
from appliance.config import declared_settings


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("settings", help="print every setting", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object: name → value")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    values = {}
    for name, _, _ in declared_settings():
        value: Any = settings
        for step in name.split("."):
            value = getattr(value, step)
        values[name] = value if isinstance(value, int | tuple) else str(value)
    if namespace.json:
        print(json.dumps(values, ensure_ascii=False, indent=2))
        return EXIT_OK
    for name, default, meaning in declared_settings():
        print(f"# {meaning} Default: {default}\n{name} = {json.dumps(values[name], ensure_ascii=False)}\n")
    return EXIT_OK
