"""Masks what goes over a line, line by line, and gives it on as it was cut and timed.

A chunk is held back until the lines in it are whole, because half a PDU cannot be told from half a number.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from .pdu_mask import SHORTEST_PDU, masked_pdu
from .stand_ins import StandIns
from .utterances import TAKES_BODY

LARGEST_LINE = 8192
MOST_HELD = 256
PROMPT = b"> "
CTRL_Z, ESCAPE = b"\x1a", b"\x1b"

_END = re.compile(rb"[\r\n\x1a\x1b]")
_HEX = re.compile(r"[0-9A-Fa-f]+")
# In one go, so that nothing is replaced twice: hex in quotes, and numbers.
_PERSONAL = re.compile(r'"(?P<hex>[0-9A-Fa-f]{12,})"|(?<![0-9A-Za-z])\d{7,}(?![0-9A-Za-z])')
_BODY_FOLLOWS = re.compile(r"\s*[+^$](?:CMGR|CMGL|CMT|CDS|CBM|HCMGR|HCMGL|HCMT|QCMGR|QCMGL)\s*:")
_FINAL = re.compile(
    r"\s*(?:\+CM[ES] ERROR:.*|OK|ERROR|NO CARRIER|NO ANSWER|BUSY|RING|COMMAND NOT SUPPORT)\s*"
)
_HEADED = re.compile(r"\s*[+^$*!%#&_][A-Z][A-Z0-9_]*\s*:")
_NAMES = re.compile(r"\s*\+(?:CLIP|CNUM|CPBR|CPBF|CCWA|CMT|CMGR|CMGL)\s*:")
_LATER_TEXT = re.compile(r'(?<=,)"([^"]*)"')
_USSD = re.compile(r'(?P<head>.*\+CUSD(?:: *|=)\d+ *, *")(?P<text>[^"]*)(?P<tail>.*)', re.DOTALL)


@dataclass(slots=True)
class _Held:
    """One chunk that is not given on yet: its masked octets so far."""

    at_ms: int
    way: str
    length: int
    masked: bytearray = field(default_factory=bytearray)


class LineMask:
    """`put` gets each chunk in its order, with its time, of its length."""

    def __init__(self, put: Callable[[int, str, bytes], None], stand_ins: StandIns | None = None) -> None:
        self._put = put
        self._held: deque[_Held] = deque()
        words = stand_ins or StandIns()
        self._ways = {"in": _Way(words, incoming=True), "out": _Way(words, incoming=False)}

    def add(self, at_ms: int, way: str, octets: bytes) -> None:
        """A chunk, or a note (which is given on in its turn)."""
        held = _Held(at_ms, way, len(octets))
        self._held.append(held)
        if way == "note":
            held.masked += octets
        else:
            self._share(way, self._ways[way].masked(octets))
            self._ways["in"].echoed = self._ways["out"].last_command
        self._give_on()
        if len(self._held) > MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Gives on everything, half lines too."""
        for way, line in self._ways.items():
            self._share(way, line.rest())
        self._give_on()

    def _share(self, way: str, octets: bytes) -> None:
        for held in self._held:
            if held.way == way and octets:
                taken = held.length - len(held.masked)
                held.masked += octets[:taken]
                octets = octets[taken:]

    def _give_on(self) -> None:
        while self._held and len(self._held[0].masked) == self._held[0].length:
            held = self._held.popleft()
            self._put(held.at_ms, held.way, bytes(held.masked))


class _Way:
    """One direction: `masked` gives every octet of the lines that are whole by now."""

    def __init__(self, stand_ins: StandIns, *, incoming: bool) -> None:
        self._stand_ins = stand_ins
        self._incoming = incoming
        self._line = bytearray()
        self._in_body = False
        self._in_ussd = False
        self._body_begins = False
        self.echoed = b""
        self.last_command = b""

    def masked(self, octets: bytes) -> bytes:
        """More octets; what can be said of them and those before."""
        made = bytearray()
        self._line += octets
        while (end := self._end_of_line()) is not None:
            line, mark = bytes(self._line[:end]), bytes(self._line[end : end + 1])
            del self._line[: end + 1]
            made += self._mask(line, mark) + mark
        if bytes(self._line) == PROMPT or len(self._line) > LARGEST_LINE:
            made += self.rest()
        return bytes(made)

    def rest(self) -> bytes:
        """The half line that is left, masked as it is."""
        line = bytes(self._line)
        self._line.clear()
        return line if line == PROMPT else self._mask(line, b"")

    def _end_of_line(self) -> int | None:
        if not self._incoming and self._in_body:
            # A text may have lines, and UCS-2 of CDMA any octet: it ends with Ctrl-Z or ESC alone.
            ends = [at for at in (self._line.find(CTRL_Z), self._line.find(ESCAPE)) if at >= 0]
            return min(ends, default=None)
        match = _END.search(self._line)
        return None if match is None else match.start()

    def _mask(self, line: bytes, mark: bytes) -> bytes:
        if not line:
            return line
        if not self._incoming:
            return self._mask_written(line, mark)
        prompt = PROMPT if line.startswith(PROMPT) else b""
        return prompt + self._mask_read(line[len(prompt) :].decode("latin-1"), echo=bool(prompt)).encode(
            "latin-1"
        )

    def _mask_written(self, line: bytes, mark: bytes) -> bytes:
        if self._in_body:
            self._in_body = False
            return self._mask_body(line)
        self.last_command = line
        self._in_body = mark == b"\r" and TAKES_BODY.match(line) is not None
        return self._mask_line(line.decode("latin-1")).encode("latin-1")

    def _mask_read(self, line: str, *, echo: bool) -> str:
        if self._in_ussd:
            return self._ussd_on(line)
        begins, self._body_begins = self._body_begins, False
        headed = (_BODY_FOLLOWS if begins else _HEADED).match(line)
        if headed or _FINAL.fullmatch(line):
            self._body_begins = self._in_body = _BODY_FOLLOWS.match(line) is not None
            return self._mask_line(line)
        if self._in_body and line.encode("latin-1") == self.echoed:
            self._in_body = False
        if self._in_body or echo:
            # A PDU is one line; a text may have more, up to an answer or the echo of a command.
            self._in_body = self._in_body and not _is_pdu(line)
            return self._mask_body(line.encode("latin-1")).decode("latin-1")
        return self._mask_line(line)

    def _mask_line(self, line: str) -> str:
        if (match := _USSD.fullmatch(line)) is not None and self._incoming:
            self._in_ussd = not match["tail"]
            return match["head"] + self._mask_text(match["text"]) + match["tail"]
        if _is_pdu(line):
            return masked_pdu(line.strip(), self._stand_ins) or self._mask_hex(line)
        line = _PERSONAL.sub(self._personal, line)
        if _NAMES.match(line):
            line = _LATER_TEXT.sub(self._name, line)
        return line

    def _ussd_on(self, line: str) -> str:
        text, quote, tail = line.partition('"')
        self._in_ussd = not quote
        return self._mask_text(text) + quote + tail

    def _mask_body(self, body: bytes) -> bytes:
        if any(octet >= 0x80 or octet == 0 for octet in body):
            return self._stand_ins.octets(body)
        return self._mask_text(body.decode("ascii")).encode("latin-1", "replace")

    def _mask_text(self, text: str) -> str:
        if _is_pdu(text):
            return masked_pdu(text.strip(), self._stand_ins) or self._mask_hex(text)
        if len(text) >= 4 and len(text) % 2 == 0 and _HEX.fullmatch(text):
            return self._mask_hex(text)
        return "".join(
            character if ord(character) < 0x100 else "?" for character in self._stand_ins.text(text)
        )

    def _mask_hex(self, text: str) -> str:
        """Hex of UCS-2 by other UCS-2; other hex (packed septets, packets of CDMA, files of a card) by noise."""
        octets = bytes.fromhex(text) if len(text) % 2 == 0 else b""
        if not octets:
            return self._stand_ins.octets(text.encode()).hex().upper()[: len(text)]
        return (
            (self._swapped_digits(octets) or self._ucs2(octets) or self._stand_ins.octets(octets))
            .hex()
            .upper()
        )

    def _ucs2(self, octets: bytes) -> bytes | None:
        try:
            text = octets.decode("utf-16-be")
        except UnicodeDecodeError:
            return None
        if not all(character.isprintable() or character in "\r\n" for character in text):
            return None
        number = text.removeprefix("+")
        made = (
            text[: len(text) - len(number)] + self._stand_ins.number(number)
            if number.isdecimal() and number.isascii()
            else self._stand_ins.text(text)
        )
        changed = made.encode("utf-16-be")
        return changed if len(changed) == len(octets) else None

    def _swapped_digits(self, octets: bytes) -> bytes | None:
        """EF-ICCID and EF-IMSI as +CRSM reads them, or None: nibbles swapped (31.102 clauses 4.2.2, 13)."""
        shown = octets.hex().upper()
        digits = "".join(shown[at + 1] + shown[at] for at in range(0, len(shown), 2))
        bare = digits.rstrip("F")
        # Before an IMSI stand its length and a parity digit: '08', then '9'.
        head = 3 if bare.startswith("809") else 0
        if not bare.startswith(("89", "809")) or len(bare) < 15 or not bare.isdecimal():
            return None
        made = bare[:head] + self._stand_ins.number(bare[head:]) + digits[len(bare) :]
        return bytes.fromhex("".join(made[at + 1] + made[at] for at in range(0, len(made), 2)))

    def _personal(self, found: re.Match[str]) -> str:
        text = found["hex"]
        if text is None:
            return self._stand_ins.number(found[0])
        if text.isdecimal() and len(text) < 40 and not text.startswith("00"):
            return f'"{self._quoted_digits(text)}"'
        return f'"{self._mask_hex(text)}"'

    def _quoted_digits(self, text: str) -> str:
        """A number in quotes; the answer of +CRSM may have no letter in it either: then it is swapped digits."""
        if text.startswith("98") and len(text) == 20:
            made = self._swapped_digits(bytes.fromhex(text))
            return text if made is None else made.hex().upper()
        return self._stand_ins.number(text)

    def _name(self, found: re.Match[str]) -> str:
        text = found[1]
        if text.lstrip("+").isdecimal() or re.fullmatch(r"\d\d/\d\d/\d\d,[\d:]+[+-]\d\d", text):
            return found[0]
        return f'"{self._mask_text(text)}"'


def _is_pdu(line: str) -> bool:
    bare = line.strip()
    return (
        len(bare) >= SHORTEST_PDU
        and len(bare) % 2 == 0
        and _HEX.fullmatch(bare) is not None
        and not (bare.isdecimal() and len(bare) < 22)
    )
