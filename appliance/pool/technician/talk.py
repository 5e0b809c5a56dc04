"""Commands that talk with the modem: a raw line, a USSD code. They take their turn between two sends."""

from __future__ import annotations

from appliance.modem.console import BannedCommandError
from appliance.modem.ussd_dialogue import UssdError
from appliance.pool.technician.bench import Bench
from appliance.store.commands import Answer

USSD_LIMIT_S = 60.0

MOST_CHARACTERS = 4_000
MOST_LINES = 100


async def at(bench: Bench) -> Answer:
    """A raw line and what the modem says to it, within the time that the driver gives that command.

    Sends wait meanwhile, so what takes longer (a search for networks) is not for a modem in use.
    """
    session = bench.keeper.session
    if session is None:
        return bench.as_it_is()
    await bench.tell("command.at-waits")
    try:
        line = str(bench.asked.args.get("line", ""))
        answer = await bench.while_open(session, session.execute_raw(line))
    except BannedCommandError as banned:
        return bench.no(banned.code, **banned.args_for_person)
    text = bounded(answer.lines)
    if answer.final is None:
        return Answer(False, bench.no("command.at-silent").said, text)
    return bench.yes("command.at", "\n".join(filter(None, (text, answer.final))))


async def ussd(bench: Bench) -> Answer:
    """Ask the network by a code; its answer is the text."""
    session = bench.keeper.session
    if session is None or bench.keeper.service is None:
        return bench.as_it_is()
    await bench.tell("command.ussd-waits", seconds=int(USSD_LIMIT_S))
    try:
        code = str(bench.asked.args.get("code", ""))
        answer = await bench.while_open(session, session.ussd(code, USSD_LIMIT_S))
    except UssdError as error:
        return bench.no(error.code, **error.args_for_person)
    return bench.yes("command.ussd", answer.text)


def bounded(lines: tuple[str, ...]) -> str:
    """The lines of an answer, so many of them as a person reads."""
    text = "\n".join(lines[:MOST_LINES])
    if len(lines) > MOST_LINES or len(text) > MOST_CHARACTERS:
        return f"{text[:MOST_CHARACTERS]}\n…"
    return text
