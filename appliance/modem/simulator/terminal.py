"""The AT line of one modem: octets in, octets out.

No I/O: `feed` takes what the port read, `write` gets what the port shall write.

Rules that govern the line (V.250 clauses 5.2–5.8, 27.005 clause 3.5.1):

- a command line begins with AT, ends with CR; LF, and whatever stands before AT, is ignored; `A/` repeats the last one;
- octets are echoed as they come where ATE1 stands;
- nothing is read while a command runs: what comes then waits for the final result;
- after the prompt `CR LF > SP` everything up to Ctrl-Z is text, and ESC gives it up;
- an unsolicited line comes between commands, never within an answer or at the prompt; while the network is asked it
  may come at once.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from appliance.modem.simulator.clock import Timers
from appliance.modem.simulator.commandline import CommandLineError, Request, parse_command_line
from appliance.modem.simulator.errors import AtError
from appliance.modem.simulator.mischief import Mischief
from appliance.modem.simulator.outcome import Later, Lines, Outcome, Prompt, Silence

CARRIAGE_RETURN = 0x0D
CTRL_Z = 0x1A
ESCAPE = 0x1B
REPEAT = (b"A/", b"a/")
LONGEST_LINE = 2048
LARGEST_BACKLOG = 65536

_NUMERIC_RESULTS = {
    "OK": "0",
    "CONNECT": "1",
    "RING": "2",
    "NO CARRIER": "3",
    "ERROR": "4",
    "NO DIALTONE": "6",
    "BUSY": "7",
    "NO ANSWER": "8",
}


@dataclass(slots=True)
class LineSettings:
    """What ATE, ATV, ATQ and the S registers set."""

    echo: bool = True
    verbose: bool = True
    quiet: bool = False
    echo_body: bool = False
    escape_answers_ok: bool = True
    registers: dict[int, int] = field(default_factory=dict)


class Executor(Protocol):
    """Who runs the commands: the modem."""

    line: LineSettings
    mischief: Mischief
    timers: Timers

    def execute(self, request: Request) -> Outcome:
        """Runs one command. AtError when it fails."""

    def error_line(self, error: AtError) -> str:
        """The final result of a failed command, as +CMEE has it."""


class Terminal:
    """One AT line. `hung` makes it deaf and dumb, as a crashed firmware is."""

    def __init__(self, modem: Executor, write: Callable[[bytes], None]) -> None:
        self._modem = modem
        self._write = write
        self._input = bytearray()
        self._echoed = 0
        self._output: list[str] = []
        self._remaining: deque[Request] = deque()
        self._running = False
        self._prompt: Prompt | None = None
        self._held: deque[str] = deque()
        self._last_line = ""
        self._generation = 0
        self._pumping = False
        self._on_free: Callable[[], None] | None = None
        self.hung = False
        self.possessed_by: Callable[[bytes], None] | None = None
        self.command_lines = 0
        """How many it was given since it was made."""

    @property
    def is_busy(self) -> bool:
        """A command is running or the prompt is up."""
        return self._running or self._prompt is not None

    @property
    def is_reserved(self) -> bool:
        """The prompt is up: the line belongs to the text."""
        return self._prompt is not None

    def on_free(self, callback: Callable[[], None]) -> None:
        """Calls `callback` each time a command line has ended."""
        self._on_free = callback

    def reset(self) -> None:
        """The modem restarts: what was typed, asked and held is forgotten;

        a late answer of before is no answer any more.
        """
        self._generation += 1
        self._input.clear()
        self._echoed = 0
        self._output.clear()
        self._remaining.clear()
        self._held.clear()
        self._running = False
        self._prompt = None
        self.hung = False

    def feed(self, octets: bytes) -> None:
        """Octets from the port."""
        if self.possessed_by is not None:
            self.possessed_by(octets)
            return
        if self.hung:
            return
        if not self.is_busy:
            self._interject()
        if len(self._input) + len(octets) > LARGEST_BACKLOG:
            octets = octets[: LARGEST_BACKLOG - len(self._input)]
        self._input += octets
        self._pump()

    def unsolicited(self, text: str, *, at_once: bool = False) -> None:
        """An unsolicited line (may hold CR LF within). `at_once`: also while the network is asked."""
        if self.hung:
            return
        asking = self._running and not self._output and not self._remaining
        if not self.is_busy or (at_once and asking):
            self._emit(f"\r\n{text}\r\n")
            self._flush()
        else:
            self._held.append(text)

    # Reading

    def _pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._input and not self._running and not self.hung:
                more = self._take_text() if self._prompt is not None else self._take_line()
                if not more:
                    break
        finally:
            self._pumping = False
        self._flush()

    def _take_line(self) -> bool:
        while self._input[:1] == b"\n":
            self._consume(1)
        if self._input[:2] in REPEAT:
            self._consume(2)
            self._start_line("AT" + self._last_line)
            return True
        end = self._input.find(CARRIAGE_RETURN)
        if end < 0:
            if len(self._input) > LONGEST_LINE:
                self._input.clear()
                self._echoed = 0
            self._echo_up_to(len(self._input))
            self._drop_noise()
            return False
        line = self._input[:end].decode("latin-1")
        self._consume(end + 1)
        self._start_line(line)
        return True

    def _consume(self, count: int) -> None:
        self._echo_up_to(count)
        del self._input[:count]
        self._echoed = 0

    def _drop_noise(self) -> None:
        """What cannot begin a command line is not kept: a lone ESC or line end before the next AT."""
        start = min(
            (at for at in (self._input.find(b"A"), self._input.find(b"a")) if at >= 0),
            default=len(self._input),
        )
        del self._input[:start]
        self._echoed = max(0, self._echoed - start)

    def _start_line(self, line: str) -> None:
        if "\b" in line or "\x7f" in line:
            line = _rubbed_out(line)
        start = line.find("AT")
        if start < 0:
            start = line.upper().find("AT")
            if start < 0:
                return
        text = line[start + 2 :]
        self._last_line = text
        self.command_lines += 1
        if len(text) > LONGEST_LINE:
            self._finish("ERROR")
            return
        try:
            requests = parse_command_line(text)
        except CommandLineError:
            self._finish("ERROR")
            return
        self._remaining.extend(requests)
        self._run_on()

    def _take_text(self) -> bool:
        prompt = self._prompt
        assert prompt is not None
        end = _find_unit(self._input, CTRL_Z, len(self._input), wide=prompt.wide)
        until = end if end >= 0 else len(self._input)
        escape = _find_unit(self._input, ESCAPE, until, wide=prompt.wide)
        if escape >= 0:
            self._echo_body(escape, by_lines=prompt.by_lines)
            del self._input[: escape + 1]
            self._end_prompt()
            if self._modem.line.escape_answers_ok:
                self._finish("OK")
            else:
                self._end_line()
            return True
        if end < 0:
            self._echo_body(len(self._input), by_lines=prompt.by_lines)
            if len(self._input) > prompt.limit:
                del self._input[prompt.limit :]
                self._echoed = len(self._input)
            return False
        self._echo_body(end + 1, by_lines=prompt.by_lines)
        text = bytes(self._input[: end - int(prompt.wide)])
        del self._input[: end + 1]
        self._end_prompt()
        self._running = True
        try:
            outcome = prompt.finish(text)
        except AtError as error:
            self._fail(error)
            return True
        self._after(outcome)
        return True

    def _end_prompt(self) -> None:
        self._prompt = None
        self._echoed = 0

    def _echo_up_to(self, end: int) -> None:
        if self._modem.line.echo and end > self._echoed:
            self._emit(self._input[self._echoed : end].decode("latin-1"))
        self._echoed = max(self._echoed, end)

    def _echo_body(self, end: int, *, by_lines: bool) -> None:
        if end <= self._echoed:
            return
        fresh = self._input[self._echoed : end].decode("latin-1")
        self._echoed = end
        if self._modem.line.echo or self._modem.line.echo_body:
            self._emit(fresh.replace("\r", "\r\n> ") if by_lines else fresh)
        elif by_lines:
            self._emit("\r\n> " * fresh.count("\r"))

    # Running

    def _run_on(self) -> None:
        self._running = True
        while self._remaining:
            request = self._remaining.popleft()
            try:
                outcome = self._modem.execute(request)
            except AtError as error:
                self._fail(error)
                return
            if isinstance(outcome, Lines) and outcome.final == "OK":
                self._show(outcome.lines)
                continue
            self._after(outcome)
            return
        self._finish("OK")

    def _after(self, outcome: Outcome) -> None:
        match outcome:
            case Prompt():
                self._prompt = outcome
                self._running = False
                self._echoed = 0
                self._owe_prompt(outcome)
            case Later():
                generation = self._generation
                self._flush()
                outcome.listen(lambda result: self._answer(result, generation))
            case Lines() | Silence():
                self._conclude(outcome)

    def _owe_prompt(self, prompt: Prompt) -> None:
        """`> `, now or later or never: the modem takes text all the same."""
        delay_s = self._modem.mischief.prompt_delay_s
        if delay_s == 0:
            self._emit("\r\n> ")
        elif delay_s is not None:
            self._modem.timers.call_later(delay_s, self._show_prompt, prompt)

    def _show_prompt(self, prompt: Prompt) -> None:
        if self._prompt is prompt:
            self._emit("\r\n> ")
            self._flush()

    def _answer(self, result: Lines | AtError | Silence, generation: int) -> None:
        if generation != self._generation:
            return
        if isinstance(result, AtError):
            self._fail(result)
        else:
            self._conclude(result)
        if not self._pumping:
            self._pump()

    def _conclude(self, result: Lines | Silence) -> None:
        if isinstance(result, Silence):
            self._remaining.clear()
            self._end_line()
            return
        self._show(result.lines)
        if result.final != "OK":
            self._remaining.clear()
            self._finish(result.final)
        else:
            self._run_on()

    def _fail(self, error: AtError) -> None:
        self._remaining.clear()
        self._finish(self._modem.error_line(error))

    def _finish(self, final: str) -> None:
        line = self._modem.line
        if not line.quiet:
            if line.verbose:
                self._emit(f"\r\n{final}\r\n")
            else:
                self._emit(f"{_NUMERIC_RESULTS.get(final, final)}\r")
        self._end_line()

    def _end_line(self) -> None:
        self._running = False
        self._echoed = 0
        while self._held:
            self._emit(f"\r\n{self._held.popleft()}\r\n")
        if self._on_free is not None:
            self._on_free()

    def _show(self, lines: tuple[str, ...]) -> None:
        self._interject()
        if not lines:
            return
        if self._modem.mischief.interjections and lines[0].startswith("+CMGL:"):
            self._show_entries(lines)
        elif self._modem.line.verbose:
            self._emit("\r\n" + "\r\n".join(lines) + "\r\n")
        else:
            self._emit("".join(f"{line}\r\n" for line in lines))
        self._interject()

    def _show_entries(self, lines: tuple[str, ...]) -> None:
        """A listing with unsolicited lines between its entries, as some makes have it; never within one."""
        for line in lines:
            if line.startswith("+CMGL:"):
                self._interject()
            self._emit(f"\r\n{line}" if line.startswith("+CMGL:") else f"\r\n{line}\r\n")

    def _interject(self) -> None:
        text = self._modem.mischief.interject()
        if text is not None:
            self._emit(f"\r\n{text}\r\n")

    # Writing

    def _emit(self, text: str) -> None:
        self._output.append(text)

    def _flush(self) -> None:
        if self._output and not self.hung:
            octets = "".join(self._output).encode("latin-1", "replace")
            self._output.clear()
            self._write(octets)


def _find_unit(octets: bytearray, character: int, end: int, *, wide: bool) -> int:
    """Where `character` stands before `end`, or -1. In wide text it is the second octet of a unit, after a zero."""
    at = octets.find(character, 0, end)
    while wide and at >= 0 and not (at % 2 and octets[at - 1] == 0):
        at = octets.find(character, at + 1, end)
    return at


def _rubbed_out(line: str) -> str:
    kept: list[str] = []
    for character in line:
        if character in "\b\x7f":
            if kept:
                kept.pop()
        else:
            kept.append(character)
    return "".join(kept)
