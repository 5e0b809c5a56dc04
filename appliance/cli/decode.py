"""``simloft decode``: print an SMS PDU field by field.

The PDU is the hex that a modem writes (+CMGR, +CMT, +CDS) or takes (AT+CMGS), with the SMSC prefix. White
space in it is ignored, and `-` reads it from standard input. A piece of a terminal session may be given too: what
stands behind each +CMGR, +CMGL, +CMT, +CDS or AT+CMGS line is decoded.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from appliance.cli.exit_codes import EXIT_OK, EXIT_USAGE
from appliance.cli.view import print_json, visible
from appliance.modem.sms import (
    Direction,
    Explanation,
    Pdu,
    TpduError,
    decode_pdu,
    decode_tpdu,
    explain,
    explanation_lines,
    octets_of_hex,
)

_DIRECTIONS = {"mo": Direction.MOBILE_ORIGINATED, "mt": Direction.MOBILE_TERMINATED}

# A line that announces a PDU; its last number is the <length> of TS 27.005.
_ANNOUNCEMENT = re.compile(r"^\W*(?:\+(CMG[RL]|CMT|CDS):|AT\+(CMG[SW])=)(.*)$", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(\d+)\s*$", re.ASCII)
_HEX_LINE = re.compile(r"^[>\s]*([0-9A-F\s]+?)(?:\x1a|\^Z|<ctrl-?z>)?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """One PDU to decode. ``direction`` None: find out.

    ``length``: octets after the prefix. Where it is only ``announced`` by a modem, a wrong one is shown, not refused.
    """

    hex: str
    length: int | None = None
    direction: Direction | None = None
    has_smsc: bool = True
    announced: bool = False


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("decode", help="print an SMS PDU field by field", description=__doc__)
    parser.add_argument("pdu", nargs="+", metavar="PDU", help="the PDU in hex, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each PDU")
    parser.add_argument(
        "--direction",
        choices=("auto", "mo", "mt"),
        default="auto",
        help="mo: sent by a phone; mt: received by one; auto (default): by its type",
    )
    parser.add_argument("--no-smsc", action="store_true", help="the PDU has no SMSC prefix")
    parser.add_argument(
        "--length", type=int, metavar="N", help="octets after the SMSC prefix, as +CMGR or AT+CMGS tells it"
    )
    parser.set_defaults(func=run)


def run(namespace: argparse.Namespace) -> int:
    """Print every PDU that was given; 2 where one is damaged."""
    text = " ".join(namespace.pdu)
    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
    code = EXIT_OK
    for place, given in enumerate(_given(text, namespace)):
        if place and not namespace.json:
            print()
        try:
            _print(_explained(given), as_json=namespace.json)
        except TpduError as error:
            code = EXIT_USAGE
            _print_error(error, as_json=namespace.json)
    return code


def _explained(given: Given) -> Explanation:
    pdu = decode(given)
    explanation = explain(pdu)
    if given.announced and given.length != pdu.tpdu_length:
        explanation["announced_length"] = given.length
        explanation["announced_length_meaning"] = "not the length of this PDU"
    return explanation


def _given(text: str, namespace: argparse.Namespace) -> list[Given]:
    direction = _DIRECTIONS.get(namespace.direction)
    announced = [replace(given, direction=direction or given.direction) for given in _announced(text)]
    return announced or [Given(text, namespace.length, direction, not namespace.no_smsc)]


def _announced(text: str) -> Iterator[Given]:
    """Every PDU behind its announcement in a piece of a terminal session."""
    lines = iter([*text.splitlines(), ""])
    line = next(lines, None)
    while line is not None:
        announcement = _ANNOUNCEMENT.match(line)
        line = next(lines, None)
        length = announcement and _LAST_NUMBER.search(announcement[3])
        if not announcement or not length:
            continue
        digits = ""
        while line is not None and (more := _HEX_LINE.match(line)):
            digits += more[1]
            line = next(lines, None)
        yield Given(digits, int(length[1]), _announced_direction(announcement), announced=True)


def _announced_direction(announcement: re.Match[str]) -> Direction | None:
    """Routed ones come from the network, written ones go to it; of stored ones nothing is certain."""
    if announcement[2]:
        return Direction.MOBILE_ORIGINATED
    return Direction.MOBILE_TERMINATED if announcement[1].upper() in {"CMT", "CDS"} else None


def decode(given: Given) -> Pdu:
    """The PDU, read in the direction that is given or in the one that makes sense. TpduError where none does."""
    octets = octets_of_hex(given.hex)
    has_smsc = _has_smsc(octets, given)
    if given.direction is not None:
        return _read(octets, given.direction, has_smsc=has_smsc)
    likely, other = _directions(octets, has_smsc=has_smsc)
    try:
        return _read(octets, likely, has_smsc=has_smsc)
    except TpduError:
        # The other reading of the same type must account for every octet, or else it is no better.
        try:
            pdu = _read(octets, other, has_smsc=has_smsc)
        except TpduError:
            pdu = None
        if pdu is None or pdu.tpdu.trailing:
            raise
        return pdu


def _has_smsc(octets: bytes, given: Given) -> bool:
    """Whether a prefix is there. TpduError where the length that is said fits neither with one nor without."""
    if given.length is None or len(octets) == given.length:
        return given.has_smsc and len(octets) != given.length
    found = len(octets)
    if given.has_smsc and octets:
        found -= 1 + octets[0]
    if found != given.length and not given.announced:
        raise TpduError("pdu.other_length", announced=given.length, found=max(found, 0))
    return given.has_smsc


def _read(octets: bytes, direction: Direction, *, has_smsc: bool) -> Pdu:
    if has_smsc:
        return decode_pdu(octets, direction)
    return Pdu(None, decode_tpdu(octets, direction), len(octets))


def _directions(octets: bytes, *, has_smsc: bool) -> tuple[Direction, Direction]:
    """The likely direction by TP-MTI, where 0 is DELIVER, 1 SUBMIT, 2 STATUS-REPORT; and the other one."""
    first = 1 + octets[0] if has_smsc and octets else 0
    is_submit = first < len(octets) and octets[first] & 0x03 == 0x01
    likely, other = Direction.MOBILE_TERMINATED, Direction.MOBILE_ORIGINATED
    return (other, likely) if is_submit else (likely, other)


def _print(explanation: Explanation, *, as_json: bool) -> None:
    if as_json:
        print_json(explanation, indent=None)
        return
    for line in explanation_lines(explanation):
        print(visible(line))


def _print_error(error: TpduError, *, as_json: bool) -> None:
    if as_json:
        print_json({"error": str(error), "code": error.code}, indent=None)
    else:
        print(f"simloft decode: {error}", file=sys.stderr)
