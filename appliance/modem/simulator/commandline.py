"""A V.250 command line taken apart: `ATE0V1+CMEE=1;+CMGF=0` is four commands.

V.250 clause 5.2: basic commands (a letter, or & and a letter, with a decimal number) follow each other directly;
extended ones (a name that begins with + or a vendor's mark) end at ';' or the end of the line; D takes the rest; S
registers are `Sn=v` or `Sn?`.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from appliance.modem.simulator.errors import UnsupportedParameterError


class Form(Enum):
    """What is asked of a command (V.250 clause 5.4)."""

    EXECUTE = auto()
    READ = auto()
    TEST = auto()
    SET = auto()


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter as written; `quoted` tells a string constant from a number."""

    text: str
    quoted: bool


class Arguments:
    """The parameters of a set command; an omitted one is None."""

    def __init__(self, values: tuple[Argument | None, ...]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def has(self, position: int) -> bool:
        """Whether a parameter stands at `position` (from 0)."""
        return position < len(self._values) and self._values[position] is not None

    def text(self, position: int, default: str | None = None) -> str:
        """The parameter as text, quotes taken off. UnsupportedParameterError when it is missing and has no default."""
        argument = self._values[position] if position < len(self._values) else None
        if argument is None:
            if default is None:
                raise UnsupportedParameterError
            return default
        return argument.text

    def number(self, position: int, allowed: range | frozenset[int], default: int | None = None) -> int:
        """The parameter as a decimal number out of `allowed`. UnsupportedParameterError otherwise."""
        argument = self._values[position] if position < len(self._values) else None
        if argument is None:
            if default is None:
                raise UnsupportedParameterError
            return default
        if argument.quoted or not argument.text.isdecimal() or len(argument.text) > 9:
            raise UnsupportedParameterError
        value = int(argument.text)
        if value not in allowed:
            raise UnsupportedParameterError
        return value

    def at_most(self, count: int) -> None:
        """UnsupportedParameterError when more than `count` parameters were given."""
        if len(self._values) > count:
            raise UnsupportedParameterError


@dataclass(frozen=True, slots=True)
class Request:
    """One command: `name` in capitals with its mark ('+CMGS', 'E', '&F', 'S0'), form, parameters as written."""

    name: str
    form: Form
    parameters: str

    def arguments(self) -> Arguments:
        """The parameters split at commas outside quotes."""
        return split_arguments(self.parameters)


class CommandLineError(ValueError):
    """The line is none of V.250: the modem answers ERROR and runs nothing of it."""


_EXTENDED = re.compile(r"([+^$*!%#_][A-Za-z0-9!%\-./:_]*)(=\?|\?|=)?")
_BASIC = re.compile(r"(&?[A-Za-z])(\d*)")
_REGISTER = re.compile(r"[Ss](\d+)(?:(\?)|=(\d*))?")


@lru_cache(maxsize=512)
def split_arguments(text: str) -> Arguments:
    """Parameters of an extended command (V.250 clause 5.4.2). UnsupportedParameterError on a stray quote."""
    values: list[Argument | None] = []
    position = 0
    while True:
        value, position = _argument(text, position)
        values.append(value)
        if position == len(text):
            return Arguments(tuple(values))
        if text[position] != ",":
            raise UnsupportedParameterError
        position += 1


def _argument(text: str, position: int) -> tuple[Argument | None, int]:
    while position < len(text) and text[position] == " ":
        position += 1
    if position < len(text) and text[position] == '"':
        end = text.find('"', position + 1)
        if end < 0:
            raise UnsupportedParameterError
        after = end + 1
        while after < len(text) and text[after] == " ":
            after += 1
        return Argument(text[position + 1 : end], quoted=True), after
    end = text.find(",", position)
    end = len(text) if end < 0 else end
    bare = text[position:end].strip()
    if '"' in bare:
        raise UnsupportedParameterError
    return (Argument(bare, quoted=False) if bare else None), end


@lru_cache(maxsize=512)
def parse_command_line(line: str) -> tuple[Request, ...]:
    """The commands of one line, given without its `AT`. CommandLineError when it cannot be read."""
    requests: list[Request] = []
    position = 0
    while position < len(line):
        character = line[position]
        if character in " ;":
            position += 1
            continue
        request, position = _take(line, position)
        requests.append(request)
    return tuple(requests)


def _take(line: str, position: int) -> tuple[Request, int]:
    if match := _EXTENDED.match(line, position):
        end = _end_of_extended(line, match.end())
        form = {None: Form.EXECUTE, "=?": Form.TEST, "?": Form.READ, "=": Form.SET}[match[2]]
        parameters = line[match.end() : end].strip()
        if form is not Form.SET and parameters:
            raise CommandLineError(line)
        return Request(match[1].upper(), form, parameters), end
    if match := _REGISTER.match(line, position):
        form = Form.READ if match[2] else Form.SET if match[3] is not None else Form.EXECUTE
        return Request(f"S{int(match[1])}", form, match[3] or ""), match.end()
    if line[position] in "Dd":
        return Request("D", Form.EXECUTE, line[position + 1 :].strip()), len(line)
    if match := _BASIC.match(line, position):
        return Request(match[1].upper(), Form.EXECUTE, match[2]), match.end()
    raise CommandLineError(line)


def _end_of_extended(line: str, position: int) -> int:
    quoted = False
    for index in range(position, len(line)):
        if line[index] == '"':
            quoted = not quoted
        elif line[index] == ";" and not quoted:
            return index
    return len(line)
