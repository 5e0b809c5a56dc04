"""``simloft carriers``: how each carrier is asked for balances, as a table that can be edited.

``list`` shows all, ``show ID`` prints one as TOML; edit that in a file and give it back with ``set ID FILE``.
``reset ID`` takes an edit back.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.cli.asking import ME
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of, visible
from appliance.desk import carriers
from appliance.desk.carriers import Entry
from appliance.desk.mistake import Refusal
from appliance.store.errors import StoreError
from appliance.store.writer import GroupCommitWriter


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "carriers", help="how carriers are asked for balances", description=__doc__
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in (
        ("list", "every carrier"),
        ("show", "one, as TOML"),
        ("set", "replace or add one"),
        ("reset", "take an edit back"),
    ):
        action = actions.add_parser(name, help=summary)
        add_settings_options(action)
        if name != "list":
            action.add_argument("id", help="as `simloft carriers list` shows it")
        if name == "set":
            action.add_argument("file", help="TOML file with its fields; - reads standard input")
        if name in ("list", "show"):
            action.add_argument("--json", action="store_true", help="as JSON")
        action.set_defaults(func=_ACTIONS[name])


def _list(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        entries = carriers.table(view.connection)
        if namespace.json:
            print_json([_object(each) for each in entries])
        else:
            print_table([_row(each) for each in entries])
    return EXIT_OK


def _row(entry: Entry) -> tuple[str, ...]:
    carrier = entry.carrier
    asked = ", ".join(f"{each.method.value} {each.to} {each.text}".strip() for each in carrier.queries)
    return (
        carrier.id,
        carrier.name,
        " ".join(carrier.imsi_prefixes),
        asked or "-",
        "edited" if entry.is_edited else "",
    )


def _object(entry: Entry) -> dict[str, object]:
    return {"id": entry.carrier.id, **entry.members, "built_in": entry.is_built_in, "edited": entry.is_edited}


def _show(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        entry = carriers.entry_of(carriers.table(view.connection), namespace.id)
        if entry is None:
            raise CommandError(view.words.sentence("problem.no-such-carrier", {"value": namespace.id}))
        if namespace.json:
            print_json(_object(entry))
        else:
            for line in _as_toml(entry.members):
                print(visible(line))
    return EXIT_OK


def _as_toml(members: Mapping[str, object]) -> Iterator[str]:
    """TOML of plain members and a list of tables; a JSON string is a TOML basic string."""
    queries = members["queries"]
    assert isinstance(queries, list)
    for name, value in members.items():
        if name != "queries":
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
    for each in queries:
        yield ""
        yield "[[queries]]"
        for name, value in each.items():
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"


def _set(namespace: argparse.Namespace) -> int:
    members = _members(namespace.file)
    with view_of(namespace) as view, _writer(view) as writer:
        done = carriers.set_carrier(writer, ME, namespace.id, members, now_ms=view.now_ms)
        if isinstance(done, Refusal):
            lines = [
                f"{each.pointer or '/'}: {view.words.sentence(each.code, each.args)}"
                for each in done.mistakes
            ]
            raise CommandError("Nothing was changed.\n" + "\n".join(map(visible, lines)), EXIT_USAGE)
    print(f"{done.id} is set.")
    return EXIT_OK


def _members(given: str) -> dict[str, object]:
    try:
        text = sys.stdin.read() if given == "-" else Path(given).read_text("utf-8")
        members = tomllib.loads(text)
    except OSError as error:
        raise CommandError(f"{given}: can't be read ({error.strerror})", EXIT_USAGE) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{given}: is not UTF-8 text", EXIT_USAGE) from error
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{given}: {error}", EXIT_USAGE) from error
    members.pop("id", None)
    return members


def _reset(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if carriers.entry_of(carriers.table(view.connection), namespace.id) is None:
            raise CommandError(view.words.sentence("problem.no-such-carrier", {"value": namespace.id}))
        with _writer(view) as writer:
            was_edited = carriers.reset_carrier(writer, ME, namespace.id, now_ms=view.now_ms)
    print(f"{namespace.id} is as this release has it." if was_edited else f"{namespace.id} was not edited.")
    return EXIT_OK if was_edited else EXIT_PROBLEM


@contextlib.contextmanager
def _writer(view: View) -> Iterator[GroupCommitWriter]:
    try:
        with contextlib.closing(GroupCommitWriter(view.settings.database)) as writer:
            yield writer
    except StoreError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error


_ACTIONS = {"list": _list, "show": _show, "set": _set, "reset": _reset}
