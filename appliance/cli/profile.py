"""``simloft profile``: the profiles of modem families, and whether a person's own one is right."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM
from appliance.cli.options import add_settings_options, settings_from
from appliance.modem.profile import Profile
from appliance.modem.profiles import ProfileBook, ProfileError, read_profile


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``profile`` with its subcommands."""
    parser = subparsers.add_parser("profile", help="list the profiles of modem families, or check one's own")
    add_settings_options(parser)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="say what is wrong with profile files; 1 where anything is")
    check.add_argument("files", metavar="FILE", nargs="+", type=Path)
    check.set_defaults(func=_check)
    listing = actions.add_parser("list", help="print the profiles that come with the program, and one's own")
    listing.add_argument(
        "--dir", metavar="DIR", type=Path, help="data directory, for the profiles in DIR/profiles"
    )
    listing.set_defaults(func=_list)


def _check(arguments: argparse.Namespace) -> int:
    code = EXIT_OK
    for file in arguments.files:
        try:
            profile = read_profile(file)
        except ProfileError as error:
            print(error)
            code = EXIT_PROBLEM
        else:
            print(f"{file} is good: {_summary(profile)}")
    return code


def _list(arguments: argparse.Namespace) -> int:
    book = ProfileBook.built_in().with_directory(settings_from(arguments).data / "profiles")
    wrong = book.refresh()
    for profile in book.profiles():
        print(f"{profile.name:16} {profile.title}")
    for error in wrong:
        print(error)
    return EXIT_PROBLEM if wrong else EXIT_OK


def _summary(profile: Profile) -> str:
    """One line: what it is for and how much it says."""
    ids = sum(len(rule.ids) for rule in profile.usb)
    return (
        f"{profile.title} ({profile.technology.value}, {ids} USB ids, {len(profile.init)} init lines, "
        f"{len(profile.sim_lines)} SIM lines, {len(profile.limits)} time limits, {len(profile.bans)} bans)"
    )
