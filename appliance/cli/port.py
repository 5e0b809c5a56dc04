"""``simloft port``: what a technician does at one port. The box must be running for all but rename and files.

  simloft port A7 identify           which slot is it? its stick blinks and the page points at it, for a minute
  simloft port A7 restart            restart its modem, once what it sends is over: “restart soft” gives it ATZ,
                                     “restart radio” AT+CFUN=1,1 (as without a word), “restart usb” takes it
                                     off the USB and puts it on again
  simloft port A7 release            end its quarantine and try it again
  simloft port A7 rename "hub A, slot 7"
  simloft port A7 trace              the last bytes of its line
  simloft port A7 record             the recordings of its line
  simloft port A7 record start       record its line to a file, from the bring-up on; “record stop” ends that
  simloft port A7 at AT+CSQ          one raw command; what could cost, lose or lock something is refused
  simloft port A7 ussd '*100#'       ask the network
  simloft port --which               unplug something or pull a card: prints which port that was

Each is noted in the list of events. Exit code 1: it could not be done, and standard error says why.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from appliance.cli.asking import LOOK_EVERY_S, ME, PORT_HELP, accepted, ask_port, office, port_named, show
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of
from appliance.desk import recordings, technician
from appliance.desk.recordings import Recorded
from appliance.store import ports
from appliance.store.clock import now_ms
from appliance.store.commands import PortCommand, RestartRung
from appliance.store.doorbell import ring
from appliance.store.ports import Port
from appliance.store.recordings import DIRECTORY, under_way

ACTS = ("identify", "restart", "release", "rename", "trace", "record", "at", "ussd")

_NEEDS_WORDS = {
    "rename": "the new name, or '' for none",
    "at": "the command, such as AT+CSQ",
    "ussd": "the code, such as '*100#'",
}

WHICH_S = 60.0
MOST_RECORDINGS = 100


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "port",
        help="identify, restart, rename, trace or talk with one port",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    parser.add_argument("place", nargs="?", metavar="NAME", help=PORT_HELP)
    parser.add_argument("act", nargs="?", choices=ACTS, metavar="ACT", help=", ".join(ACTS))
    parser.add_argument("words", nargs="*", metavar="WORD", help="what the act needs, as shown above")
    parser.add_argument(
        "--which", action="store_true", help="wait for a port to change, and print which it was"
    )
    parser.add_argument(
        "--plain", action="store_true", help="trace and record: numbers and texts too; keep it to yourself"
    )
    parser.add_argument(
        "--as-it-is",
        action="store_true",
        help="record: without opening the line anew at the beginning; it can't be played back",
    )
    parser.add_argument(
        "--seconds",
        type=int,
        default=technician.IDENTIFY_S,
        help="identify: for how long (default: 60; 0 ends it)",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.which:
            return _which(view, as_json=namespace.json)
        if namespace.place is None or namespace.act is None:
            raise CommandError(
                "Name the port and what to do with it; `simloft port --help` shows how.", EXIT_USAGE
            )
        port = port_named(view.connection, namespace.place)
        words = " ".join(namespace.words)
        if not namespace.words and namespace.act in _NEEDS_WORDS:
            raise CommandError(f"Say {_NEEDS_WORDS[namespace.act]}, too.", EXIT_USAGE)
        if namespace.act == "rename":
            return _rename(view, port, words, as_json=namespace.json)
        if namespace.act == "record" and words in ("", "list"):
            return _list_recordings(view, port, as_json=namespace.json)
        command, args = _command(namespace, words)
        answer = ask_port(view, port, command, args)
        text_only = namespace.act in ("trace", "at", "ussd")
        return show(view, answer, as_json=namespace.json, text_only=text_only)


def _command(namespace: argparse.Namespace, words: str) -> tuple[PortCommand, dict[str, str | int]]:
    act, plain = namespace.act, namespace.plain
    commands: dict[tuple[str, str | None], tuple[PortCommand, dict[str, str | int]]] = {
        ("identify", None): (PortCommand.IDENTIFY, {"seconds": namespace.seconds}),
        ("restart", None): (PortCommand.RESTART, {"rung": words or RestartRung.RADIO.value}),
        ("release", None): (PortCommand.RELEASE, {}),
        ("trace", None): (PortCommand.TRACE_PLAIN if plain else PortCommand.TRACE, {}),
        ("record", "start"): (
            PortCommand.RECORD_START,
            {"plain": int(plain), "from_the_beginning": int(not namespace.as_it_is)},
        ),
        ("record", "stop"): (PortCommand.RECORD_STOP, {}),
        ("at", None): (PortCommand.AT, {"line": words}),
        ("ussd", None): (PortCommand.USSD, {"code": words}),
    }
    found = commands.get((act, words if act == "record" else None))
    if found is None:
        raise CommandError("Say record start, record stop or record list.", EXIT_USAGE)
    return found


def _list_recordings(view: View, port: Port, *, as_json: bool) -> int:
    found = recordings.recordings(view.settings.data, port=port.name, most=MOST_RECORDINGS)
    writes = under_way(view.connection).get(port.name)
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "octets": each.octets,
                    "changed_at": view.words.exact(each.changed_at_ms),
                    "under_way": each.name == writes,
                }
                for each in found
            ]
        )
    elif found:
        print_table([_recording_row(view, each, is_under_way=each.name == writes) for each in found])
    else:
        print(f"Nothing was recorded of {port.label or port.name} yet.")
    return EXIT_OK


def _recording_row(view: View, recorded: Recorded, *, is_under_way: bool) -> tuple[str, ...]:
    path = view.settings.data / DIRECTORY / recorded.name
    size = f"{-(-recorded.octets // 1024)} KB"
    return (str(path), size, view.words.exact(recorded.changed_at_ms), "under way" if is_under_way else "")


def _rename(view: View, port: Port, label: str, *, as_json: bool) -> int:
    with office(view.settings) as writer:
        renamed = accepted(
            view,
            technician.rename_port(
                writer, lambda: ring(view.settings.doorbell), ME, port.name, label, now_ms=now_ms()
            ),
        )
    if as_json:
        print_json({"name": renamed.name, "label": renamed.label})
    else:
        print(f"{renamed.name}: {renamed.label or 'no label'}")
    return EXIT_OK


def _which(view: View, *, as_json: bool) -> int:
    """The first port whose state changes: where somebody has just pulled a card or a plug."""
    before = {each.name: each.state for each in ports.list_ports(view.connection)}
    if not as_json:
        print("Pull a card, or unplug a modem: the first port that changes is printed.")
    deadline = time.monotonic() + WHICH_S
    while time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
        for port in ports.list_ports(view.connection):
            if port.name in before and port.state != before[port.name]:
                if as_json:
                    print_json({"name": port.name, "label": port.label, "state": port.state})
                else:
                    print(f"{port.label or port.name}: {view.words.port_state(port.state)}")
                return EXIT_OK
    raise CommandError(f"Nothing changed within {WHICH_S:.0f} seconds. Is the box running?", EXIT_PROBLEM)
