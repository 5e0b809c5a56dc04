"""Bytes of a modem in, events out; no I/O, no clock, bounded memory, the same events however the bytes are cut.

The parser knows the one command that is being executed (`begin`), because the same line means one thing as
its answer and another on its own. Lines end at CR or LF; blank ones mean nothing. Rules, in their order:

1. the line after a header that announces a PDU is that PDU, if it is hexadecimal; what follows a header that
   announces a text as octets (`Parser.text_behind`, of CDMA modems) is that text, whatever octets it has;
2. a line that repeats the command (or the PDU being sent) is an echo;
3. a final result code ends the command; without a command there is none, and the line is unsolicited;
4. a listed unsolicited code is one, wherever it falls;
5. anything else is information of the command, or unsolicited where there is no command.

The prompt ``> `` has no line end and is looked for only while it is awaited, at the start of a line
(TS 27.005 §3.5.1, §4.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from appliance.modem.at.unsolicited import CALL_NAMES, command_name, is_unsolicited, line_name
from appliance.values import value

MAX_LINE_OCTETS = 4096
"""A longer line is none: the longest PDU line is 352 digits, and no answer comes near."""


MAX_BODY_OCTETS = 2048
"""A text behind a header is not longer: 140 octets of a message, or 70 characters written out four digits each."""


@dataclass(frozen=True, slots=True)
class BodyEnd:
    """Where a text behind its header ends, for modems that give texts as octets: after ``length``, or at ``mark``.

    With ``wide`` the text is in units of two octets, and so is the mark. ``keeps_mark``: it belongs to what follows.
    """

    length: int | None = None
    mark: bytes = b"\x1a"
    wide: bool = False
    keeps_mark: bool = False


@value
class Information:
    """A line of the answer to the current command; ``pdu`` or ``body`` where a PDU line or a text belongs to it."""

    text: str
    pdu: str | None = None
    body: bytes | None = None


@value
class Unsolicited:
    """A line that answers nothing; ``pdu`` and ``body`` as above."""

    text: str
    pdu: str | None = None
    body: bytes | None = None


@value
class Final:
    """The final result code of the current command, which is over with it."""

    text: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Prompt:
    """The modem waits for a PDU."""


@dataclass(frozen=True, slots=True)
class Echo:
    """The modem repeated what was written."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """So many octets that make no line of text."""

    octets: int


Event = Information | Unsolicited | Final | Prompt | Echo | Garbage

_PROMPT, _ECHO = Prompt(), Echo()
_LINE_END = re.compile(rb"[\r\n\x1a]+")
"""The echo of Ctrl-Z ends the echo of a PDU."""
_HEADER_END = re.compile(rb"\r*\n|\r+(?=[^\r\n])|\x1a")
"""Of a header with a text behind it, which may begin with any octet."""
_NARROW_END = b"\x1a\r\n"
_USUAL_BEGINNINGS = frozenset({b"\r\n>", b"\r\n+"})
_AWAITED_PROMPT = re.compile(rb"[ \x00]{0,64}>")
_BLANKS = bytes(range(0x21)) + b"\x7f"
_PRINTABLE = bytes(range(0x20, 0x7F))
_NO_TEXT = _BLANKS + bytes(range(0x80, 0x100))
_HEX = re.compile(r"[0-9A-Fa-f]+")
_ERROR = re.compile(r"(\+CM[ES] ?ERROR|ERROR *:|COMMAND NOT SUPPORT|TOO MANY PARAMETERS)", re.IGNORECASE)
_GLUED_OK = re.compile(r'(.*[\d"),A-Fa-f])OK', re.IGNORECASE)
_CALL_ENDED = frozenset({"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "NO DIAL TONE"})
_FAILED = frozenset({"ERROR", "ABORTED"}) | _CALL_ENDED

_PDU_ARRIVES = frozenset({"+CMT", "+CDS", "+CBM", "^HCMT", "^HCDS"})
_PDU_READ = frozenset({"+CMGR", "+CMGL", "^HCMGR", "^HCMGL", "$QCMGR", "$QCMGL"})
_QUOTE_AND_SCHEME = re.compile(r'"\s*,\s*\d{1,3}\s*$')
_MAY_HAVE_LINES = frozenset({"+CUSD"})
MAX_QUOTED_LINES = 24
"""The longest USSD text has 182 characters; more lines than that are no such text."""
_REFERENCES = frozenset({"+CMGS", "^HCMGS", "$QCMGS"})
_USUAL = re.compile(
    rb"(?:\r\n(\+CMGS: [0-9]{1,3})\r\n\r\nOK\r\n)?(?:\r\n(\+CDS: [0-9]{1,3})\r\n([0-9A-Fa-f]{2,400})\r\n)?"
)
"""What nearly every message is answered, and its delivery report, whole."""
_USUAL_PROMPT = b"\r\n> "


@dataclass(slots=True)
class _Header:
    """A line whose PDU is still to come."""

    text: str
    asked_for: bool
    opaque: bool
    """Of text mode: what follows is somebody's text, and is never looked at."""


@dataclass(slots=True)
class _Quote:
    """A line of ``+CUSD`` whose text goes on in the next lines: networks put line ends into it."""

    text: str
    asked_for: bool
    lines: int = 1


@dataclass(slots=True)
class _Text:
    """A header whose text is still to come."""

    header: str
    asked_for: bool
    end: BodyEnd
    has_begun: bool = False


class Parser:
    """The state between two bytes: one line, one command, one header."""

    def __init__(self) -> None:
        self._buffer = b""
        self._overlong = False
        self._command: str | None = None
        self._asked = ""
        self._prompt_awaited = False
        self._body: str | None = None
        self._is_first = False
        """Nothing was said since the body was given."""
        self._header: _Header | None = None
        self._quote: _Quote | None = None
        self._text: _Text | None = None
        self.text_behind: Callable[[str], BodyEnd | None] = lambda _header: None
        """Set by the driver of a modem that gives texts as octets: where the text behind a header ends."""
        self._ringing = False
        self._owed_ok = False
        self._events: list[Event] = []

    @property
    def busy(self) -> bool:
        """Whether a command waits for its final result code."""
        return self._command is not None

    def begin(self, command: str, *, prompt: bool = False) -> None:
        """From here on, answers are those to ``command`` (without its CR), which may bring a prompt first."""
        self._close_quote()
        self.abandon()
        self._command = command.upper()
        self._asked = command_name(command)
        self._prompt_awaited = prompt

    def begin_body(self, pdu: str) -> None:
        """The PDU is being written at the prompt: a line that repeats it is its echo."""
        self._prompt_awaited = False
        self._body = pdu.upper()
        self._is_first = True

    def abandon(self) -> None:
        """Nobody waits for the current command any more: what still comes is unsolicited."""
        if self._header is not None and self._header.asked_for:
            self._header = None
        if self._text is not None and self._text.asked_for:
            self._text = None
        self._command = None
        self._asked = ""
        self._prompt_awaited = False
        self._body = None

    def feed(self, octets: bytes) -> list[Event]:
        """The events that ``octets``, after all that came before, complete."""
        usual = self._usual(octets) if octets[:3] in _USUAL_BEGINNINGS else None
        if usual is not None:
            return usual
        buffer = self._buffer + octets
        at = 0
        while True:
            if self._text is not None:
                after = self._take_text(self._text, buffer, at)
                if after is None:
                    break
                at = after
                continue
            if self._prompt_awaited:
                at = self._look_for_prompt(buffer, at)
            end = _LINE_END.search(buffer, at)
            stop = len(buffer) if end is None else end.start()
            if stop - at > MAX_LINE_OCTETS:
                at = self._cut_overlong(at, stop)
            if end is None:
                break
            if stop > at:
                self._end_line(buffer[at:stop])
            at = end.end() if self._text is None else stop
        self._buffer = buffer[at:]
        events, self._events = self._events, []
        return events

    def _usual(self, octets: bytes) -> list[Event] | None:
        """The events of what comes most, in one piece, as the rules below have them; None where those have to look."""
        if self._buffer.strip(b" ") or not self._is_between_lines():
            return None
        if not self._prompt_awaited:
            usual = _USUAL.fullmatch(octets)
            return None if usual is None else self._usual_lines(*usual.groups())
        if octets != _USUAL_PROMPT or self._buffer:
            return None
        self._prompt_awaited = False
        self._buffer = b" "
        return [_PROMPT]

    def _usual_lines(
        self, answer: bytes | None, header: bytes | None, pdu: bytes | None
    ) -> list[Event] | None:
        if answer is not None and (self._body is None or self._asked != "+CMGS"):
            return None
        events: list[Event] = []
        if header is not None and pdu is not None:
            text = header.decode("ascii")
            if self.text_behind(text) is not None:
                return None
            events.append(Unsolicited(text, pdu.decode("ascii").upper()))
            self._is_first = False
        if answer is not None:
            self.abandon()
            events[:0] = (Information(answer.decode("ascii")), Final("OK", True))
        self._buffer = b""
        return events

    def _is_between_lines(self) -> bool:
        """Whether nothing is begun or owed but the answer to the current command."""
        return not (
            self._overlong
            or self._owed_ok
            or self._header is not None
            or self._quote is not None
            or self._text is not None
            or self._events
        )

    def _take_text(self, text: _Text, buffer: bytes, at: int) -> int | None:
        """Where the parser goes on; None where more octets are needed."""
        if not text.has_begun:
            line_end = _HEADER_END.match(buffer, at)
            if line_end is None:
                return None
            text.has_begun = True
            return line_end.end()
        stop, after = _end_of_text(text.end, buffer, at)
        if stop is None and len(buffer) - at <= MAX_BODY_OCTETS:
            return None
        self._text = None
        body = None if stop is None else buffer[at:stop]
        self._emit(text.header, None, text.asked_for, body)
        return at if stop is None else after

    def _look_for_prompt(self, buffer: bytes, at: int) -> int:
        if self._header is not None or self._overlong:
            return at
        prompt = _AWAITED_PROMPT.match(buffer, at)
        if prompt is None:
            return at
        self._prompt_awaited = False
        self._events.append(_PROMPT)
        return prompt.end()

    def flush(self) -> list[Event]:
        """The events of a line that came without its end, as if the end had come."""
        return self.feed(b"\r")

    def _cut_overlong(self, start: int, end: int) -> int:
        while end - start > MAX_LINE_OCTETS:
            self._events.append(Garbage(MAX_LINE_OCTETS))
            self._overlong = True
            start += MAX_LINE_OCTETS
        return start

    def _end_line(self, octets: bytes) -> None:
        if self._overlong:
            self._overlong = False
            self._events.append(Garbage(len(octets)))
            return
        octets = octets.strip(_BLANKS)
        if not octets:
            return
        text = octets.decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            readable, lost = _readable(octets)
            if lost:
                self._events.append(Garbage(lost))
            if readable is None:
                return
            text = readable
        self._line(text)

    def _line(self, text: str) -> None:
        if self._header is not None and self._ends_header(self._header, text):
            return
        if self._quote is not None and self._continues(self._quote, text):
            return
        if text[0] == ">":  # a prompt that nobody awaited any more, or the one before an echoed PDU
            text = text.lstrip("> ")
            if not text:
                return
        command = self._command
        if command is None:
            self._owed_ok = self._owed_ok and text.upper() != "OK"
            self._classify(text)
        elif not (self._is_echo(text, command) or self._is_final(text, command)):
            self._classify(text)

    def _classify(self, text: str) -> None:
        name = line_name(text)
        if name in CALL_NAMES:
            self._ringing = True
        asked_for = self._command is not None and not is_unsolicited(text, name, self._asked)
        if name in _REFERENCES and not asked_for:
            self._owed_ok = True
        if name in _MAY_HAVE_LINES and not _is_whole(text):
            self._close_quote()
            self._quote = _Quote(text, asked_for)
            return
        end = self.text_behind(text)
        if end is not None:
            self._text = _Text(text, asked_for, end)
            return
        is_read = asked_for and name in _PDU_READ
        if is_read or name in _PDU_ARRIVES:
            fields = text.partition(":")[2].split(",")
            if name != "+CDS" or len(fields) <= 2:  # in text mode the report is the line itself
                self._await_pdu(_Header(text, is_read, _is_of_text_mode(name, fields)))
                return
        self._emit(text, None, asked_for)

    def _emit(self, text: str, pdu: str | None, asked_for: bool, body: bytes | None = None) -> None:
        self._events.append(Information(text, pdu, body) if asked_for else Unsolicited(text, pdu, body))

    def _continues(self, quote: _Quote, text: str) -> bool:
        """Whether ``text`` belongs to the quote; one that can't go on is closed as it is."""
        is_final = self._command is not None and is_result_code(text)
        if is_final or text.upper() == self._command:
            self._close_quote()
            return False
        if is_unsolicited(text, line_name(text), self._asked):
            return False
        quote.text, quote.lines = f"{quote.text}\n{text}", quote.lines + 1
        if _is_whole(quote.text) or quote.lines >= MAX_QUOTED_LINES or len(quote.text) > MAX_LINE_OCTETS:
            self._close_quote()
        return True

    def _close_quote(self) -> None:
        quote, self._quote = self._quote, None
        if quote is not None:
            self._emit(quote.text, None, quote.asked_for)

    def _await_pdu(self, header: _Header) -> None:
        before, self._header = self._header, header
        if before is not None:
            self._emit(before.text, None, before.asked_for)

    def _ends_header(self, header: _Header, text: str) -> bool:
        """Whether ``text`` is what ``header`` announced. If it can't be, the header stands alone."""
        if header.opaque:
            self._header = None
            self._emit(header.text, None, header.asked_for)
            return not (header.asked_for and text.upper() in ("OK", "ERROR"))
        pdu = text.strip('"').replace(" ", "").upper()
        glued = pdu.endswith("OK")
        pdu = pdu.removesuffix("OK")
        if _HEX.fullmatch(pdu):
            self._header = None
            self._emit(header.text, pdu, header.asked_for)
            if glued:
                self._line("OK")
            return True
        if not is_unsolicited(text, line_name(text), self._asked):
            self._header = None
            self._emit(header.text, None, header.asked_for)
        # Otherwise a code falls between header and PDU: no standard allows it, some firmware does it.
        return False

    def _is_echo(self, text: str, command: str) -> bool:
        upper = text.upper()
        if upper == command:
            self._events.append(_ECHO)
            return True
        if self._body is not None:
            if (
                upper == self._body and self._is_first
            ):  # a text as short as "OK", given back before any answer
                self._events.append(_ECHO)
                self._is_first = False
                return True
            self._is_first = False
            if len(upper) < 8 or not (upper in self._body or _HEX.fullmatch(upper)):
                return False
            self._events.append(_ECHO)
            return True
        if len(command) > 4 and upper.endswith(command):
            # Something unfinished (a stale octet, half a code) stood before the echo.
            self._classify(text[: -len(command)])
            self._events.append(_ECHO)
            return True
        return False

    def _is_final(self, text: str, command: str) -> bool:
        upper = text.upper()
        if upper == "OK":
            # That of an earlier command, which said `+CMGS: n` just now; or this one can't be done yet.
            if self._owed_ok or self._prompt_awaited:
                self._owed_ok = False
                self._events.append(Unsolicited(text))
            else:
                self._end_command(text, True)
            return True
        if upper in _CALL_ENDED and self._ringing and command[:3] not in ("ATD", "ATA"):
            self._ringing = False  # the end of the call that rang, not of the command
            self._events.append(Unsolicited(text))
            return True
        if upper in _FAILED or (text[0] in "+EeCcTt" and _ERROR.match(text)):
            if text[0] == "+" and not self._asked:  # of an earlier command: a bare AT has no such error
                self._events.append(Unsolicited(text))
            else:
                self._end_command(text, False)
            return True
        return upper.endswith("OK") and self._is_glued_final(text)

    def _is_glued_final(self, text: str) -> bool:
        """``+CSQ: 20,99OK``: an answer and its OK with no line end between."""
        glued = _GLUED_OK.fullmatch(text)
        if glued is None or not self._asked:
            return False
        if line_name(text) != self._asked and not glued[1].isdigit():
            return False
        self._classify(glued[1])
        self._end_command("OK", True)
        return True

    def _end_command(self, text: str, ok: bool) -> None:
        self.abandon()
        self._events.append(Final(text, ok))


def _end_of_text(end: BodyEnd, buffer: bytes, at: int) -> tuple[int | None, int]:
    """Where the text that begins at ``at`` ends, and where what follows begins; None where that has not come yet."""
    if end.length is not None:
        return (at + end.length, at + end.length) if len(buffer) - at >= end.length else (None, at)
    found, size = _found(end.mark, buffer, at, wide=end.wide), len(end.mark)
    if end.wide:
        # Some firmware ends any text with one octet; what looks like it is in no language of two scripts.
        narrow = _found(_NARROW_END, buffer, at, wide=True)
        if narrow >= 0 and (found < 0 or narrow < found):
            found, size = narrow, 1
    if found < 0:
        return None, at
    return found, found + (0 if end.keeps_mark else size)


def _found(mark: bytes, buffer: bytes, at: int, *, wide: bool) -> int:
    found = buffer.find(mark, at)
    while wide and found >= 0 and (found - at) % 2:
        found = buffer.find(mark, found + 1)
    return found


def _is_whole(text: str) -> bool:
    """Whether the quoted text of a line ends in it: with its data coding scheme, or with the last of pairs of quotes.

    Networks put quotes into the text too.
    """
    if '"' not in text or _QUOTE_AND_SCHEME.search(text):
        return True
    return text.endswith('"') and text.count('"') % 2 == 0


def is_result_code(text: str) -> bool:
    """Whether a line is a final result code, whether anyone waits for one or not."""
    upper = text.upper()
    return upper == "OK" or upper in _FAILED or _ERROR.match(text) is not None


def _is_of_text_mode(name: str, fields: list[str]) -> bool:
    """Whether a header is followed by a text, not by a PDU (TS 27.005 §3.4.1 and §3.4.2)."""
    match name:
        case "+CMGR" | "^HCMGR" | "$QCMGR":
            return fields[0].lstrip().startswith('"')
        case "+CMGL" | "^HCMGL" | "$QCMGL":
            return len(fields) > 1 and fields[1].lstrip().startswith('"')
        case _:  # a name in the SIM's phone book may hold a comma
            return len(fields) > 4 or not fields[-1].strip().isdigit()


def _readable(octets: bytes) -> tuple[str | None, int]:
    """The text in octets that are not all printable ASCII, or None, and how many octets make no sense.

    UTF-8 occurs in names of operators. A wrong speed gives mostly octets from 0x80 on; a stray one may stand
    before a good line. One inside a line stays visible as an escape, so that no number is read wrongly.
    """
    try:
        text = octets.decode("utf-8").replace("\t", " ")
        if text.isprintable():
            return text, 0
    except UnicodeDecodeError:
        pass
    kept = octets.strip(_NO_TEXT)
    bad = len(octets.translate(None, _PRINTABLE))
    if len(kept) < 2 or bad * 4 > len(kept) + 8:
        return None, len(octets)
    text = kept.decode("ascii", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text), len(octets) - len(kept)
