"""`simloft simulate`: a bank of simulated modems on ptys, with a network and handsets, until it is told to stop."""

import argparse
import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.cli.replay import CANNOT_START, USAGE_ERROR, replay
from appliance.modem.simulator.bank import Bank, modem_name, run_bank
from appliance.modem.simulator.faults import RateRule
from appliance.modem.simulator.network import NetworkSettings
from appliance.modem.simulator.profile import ProfileError, load_profile, profile_names
from appliance.modem.simulator.scenarios.registry import SCENARIOS, ScenarioError, find
from appliance.modem.simulator.scenarios.script import Cue, ScriptError, parse_cue, read_script
from appliance.modem.simulator.settings import BankConfigError, BankSettings, ModemSpec, read_specs

MOST_MODEMS = 512
LATENCY_MS, REPORT_DELAY_MS = 300, 500


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Adds `simulate` to a command line."""
    parser = subparsers.add_parser(
        "simulate",
        help="run a bank of simulated modems on ptys",
        description="Runs a bank of simulated modems with SIMs of their own, one network between them, "
        "and a handset for every other number.",
    )
    add_arguments(parser)
    parser.set_defaults(func=run)
    return parser


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `simulate`."""
    add = parser.add_argument
    add(
        "--dir",
        type=Path,
        metavar="DIR",
        help="where the ports appear: DIR/modem01, DIR/modem02, …",
    )
    add(
        "--modems",
        type=_count,
        metavar="N",
        help="how many modems (8, or as many as the file of --config has)",
    )
    add("--control", type=Path, metavar="PATH", help="control socket for handsets and faults")
    add(
        "--ledger",
        type=Path,
        metavar="PATH",
        help="append a record of every message to this file, as JSON lines",
    )
    add(
        "--latency-ms",
        type=_milliseconds,
        metavar="MS",
        help=f"how long the network takes to accept a message ({LATENCY_MS})",
    )
    add(
        "--report-delay-ms",
        type=_milliseconds,
        metavar="MS",
        help=f"how long until its delivery report ({REPORT_DELAY_MS})",
    )
    add(
        "--profile",
        action="append",
        default=[],
        metavar="NAME",
        help=f"make of the modems, in turn; one of {', '.join(profile_names())} (a mix)",
    )
    add("--seed", type=int, default=1, help="the same seed gives the same SIM cards, and the same luck (1)")
    add(
        "--auto-reply",
        metavar="TEXT",
        help="what handsets answer to each message; {text} stands for what they got",
    )
    add(
        "--no-auto-reply",
        action="store_const",
        dest="auto_reply",
        const=None,
        help="handsets answer only when told to (as it is by default)",
    )
    add("--pin", metavar="PIN", help="every SIM asks for this PIN")
    add("--config", type=Path, metavar="TOML", help="modem by modem: profile, numbers, PIN, registration, …")
    add(
        "--error-rate",
        type=_share,
        default=0.0,
        metavar="0-1",
        help="share of messages that are refused with --error-code",
    )
    add("--error-code", type=int, default=500, metavar="CODE", help="+CMS ERROR of --error-rate (500)")
    add(
        "--lost-final-rate",
        type=_share,
        default=0.0,
        metavar="0-1",
        help="share of messages whose final answer is lost",
    )
    add(
        "--hang-rate",
        type=_share,
        default=0.0,
        metavar="0-1",
        help="share of messages after which the modem hangs",
    )
    add(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME[:modemNN][,OPTION=VALUE]",
        help="play a scenario from the beginning on",
    )
    add("--script", type=Path, metavar="TOML", help="play the scenarios of a file at their times")
    add("--list-scenarios", action="store_true", help="say what scenarios there are, and end")
    add(
        "--replay",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="be the modem of a recording instead, on DIR/modem01; once more for modem02",
    )
    add(
        "--replay-speed",
        type=_speed,
        default=1.0,
        metavar="N",
        help="play recordings so many times as fast (1)",
    )
    add(
        "--magic-numbers",
        action="store_true",
        help="have the recipients of the sandbox to whom always the same happens",
    )
    add("--ready-fd", type=int, metavar="FD", help="write a line to this descriptor when the ports are there")


def run(arguments: argparse.Namespace) -> int:
    """Runs the bank until SIGTERM or SIGINT."""
    if arguments.list_scenarios:
        print(scenario_list())
        return 0
    if arguments.dir is None:
        print("simloft simulate: --dir says where the ports shall appear", file=sys.stderr)
        return USAGE_ERROR
    if arguments.replay:
        return replay(arguments, lambda: _say_ready(arguments, f"{len(arguments.replay)} recorded modem(s)"))
    try:
        settings = settings_of(arguments)
        cues = cues_of(arguments, settings.modems)
    except (BankConfigError, ProfileError, ScriptError, ScenarioError) as error:
        print(f"simloft simulate: {error}", file=sys.stderr)
        return USAGE_ERROR

    def ready(bank: Bank) -> None:
        bank.direct(cues, lambda line: print(line, flush=True))
        count = len(bank.modems)
        _say_ready(arguments, f"{count} simulated modem{'s' if count != 1 else ''}")

    try:
        asyncio.run(run_bank(settings, ready))
    except OSError as error:
        print(f"simloft simulate: the bank could not start: {error}", file=sys.stderr)
        return CANNOT_START
    return 0


def _say_ready(arguments: argparse.Namespace, what: str) -> None:
    print(f"ready: {what} at {arguments.dir}/modem01 …", flush=True)
    if arguments.ready_fd is not None:
        os.write(arguments.ready_fd, b"ready\n")
        os.close(arguments.ready_fd)


def settings_of(arguments: argparse.Namespace) -> BankSettings:
    """The settings that a command line means. BankConfigError or ProfileError when it means none."""
    for name in arguments.profile:
        load_profile(name)
    table, specs = read_specs(arguments.config) if arguments.config else ({}, ())
    for spec in specs:
        if spec.profile is not None:
            load_profile(spec.profile)
    modems = arguments.modems or len(specs) or 8
    if arguments.pin is not None:
        specs = tuple(_with_pin(specs, number, arguments.pin) for number in range(modems))
    return BankSettings(
        directory=arguments.dir,
        modems=modems,
        control=arguments.control,
        ledger=arguments.ledger,
        profiles=tuple(arguments.profile),
        seed=arguments.seed,
        auto_reply=arguments.auto_reply,
        network=_network(arguments, table),
        rates=RateRule(
            arguments.error_rate, arguments.error_code, arguments.lost_final_rate, arguments.hang_rate
        ),
        specs=specs,
        magic_numbers=arguments.magic_numbers,
    )


def cues_of(arguments: argparse.Namespace, modems: int) -> list[Cue]:
    """What --scenario and --script want played. ScriptError or ScenarioError for what cannot be."""
    names = [modem_name(number) for number in range(1, modems + 1)]
    cues = []
    for argument in arguments.scenario:
        name, modem, options = parse_cue(argument)
        scenario, named = find(name)
        scenario.values({**named, **options})
        if modem is not None and modem not in names:
            raise ScriptError(f"there is no modem {modem!r}; there are {names[0]} … {names[-1]}")
        cues.append(Cue(0.0, (modem or names[0],), name, options))
    return cues + (read_script(arguments.script, names) if arguments.script else [])


def scenario_list() -> str:
    """One line for each scenario, and one for each option."""
    lines = []
    for scenario in SCENARIOS.values():
        lines.append(f"{scenario.name:16} {scenario.tells}")
        for option in scenario.options:
            default = str(option.default).lower() if isinstance(option.default, bool) else option.default
            lines.append(f"{'':16}   {option.name} = {default!s}  {option.meaning}")
    return "\n".join(lines)


def _network(arguments: argparse.Namespace, table: dict[str, int]) -> NetworkSettings:
    def seconds(given: int | None, name: str, default_ms: int) -> float:
        return (table.get(name, default_ms) if given is None else given) / 1000

    return NetworkSettings(
        latency_s=seconds(arguments.latency_ms, "latency_ms", LATENCY_MS),
        report_delay_s=seconds(arguments.report_delay_ms, "report_delay_ms", REPORT_DELAY_MS),
        delivery_delay_s=seconds(None, "delivery_delay_ms", 0),
        reply_delay_s=seconds(None, "reply_delay_ms", 500),
    )


def _with_pin(specs: tuple[ModemSpec, ...], number: int, pin: str) -> ModemSpec:
    return replace(specs[number] if number < len(specs) else ModemSpec(), pin=pin)


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= MOST_MODEMS:
        raise argparse.ArgumentTypeError(f"must be between 1 and {MOST_MODEMS}")
    return value


def _milliseconds(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value


def _speed(text: str) -> float:
    value = float(text)
    if not 0.01 <= value <= 1000:
        raise argparse.ArgumentTypeError("must be between 0.01 and 1000")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return value


def main(argv: list[str] | None = None) -> int:
    """`simloft simulate` alone, without the other commands."""
    parser = argparse.ArgumentParser(prog="simloft simulate")
    add_arguments(parser)
    namespace: Any = parser.parse_args(argv)
    return run(namespace)
