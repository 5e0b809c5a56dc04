"""A recording as a plot: what the driver said, step by step, and what the modem said to each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.modem.recording.record import LOST, OPENED, Record
from appliance.modem.recording.utterances import CTRL_Z, ESCAPE, Utterances

# Commands that change nothing and may come at any time: questions, and those that read something (27.007, V.250).
_READS = re.compile(
    rb"AT(?:[&]?[A-Z0-9+^$*!%]*\?|.*=\?|\+C(?:SQ|IMI|GSN|GMI|GMM|GMR|CID|ICCID|NUM|PAS|BC)|\+G(?:SN|MI|MM|MR|CAP)|I\d*"
    rb"|\+(?:QCCID|ZGETICCID|SPIC)|\^(?:ICCID|SYSINFO|SYSINFOEX)|\+CRSM=176,.*|)\r",
    re.IGNORECASE,
)
_NAME = re.compile(rb"AT([+^$*!%&]?[A-Z]+[0-9]?)(=\?|\?|=)?", re.IGNORECASE)
SHORTEST_LOSS_S = 0.2
_FINAL = re.compile(
    rb"\r\n(?:OK|ERROR|\+CM[ES] ERROR: [^\r]*|NO CARRIER|BUSY|NO ANSWER|COMMAND NOT SUPPORT)\r\n|\r\n> $"
)
BODY = b"(body)"
# What must come in its order: what sends, unlocks, dials or switches.
_ACTS = (b"+CMGS=", b"+CMGW=", b"+CMSS=", b"^HCMGS=", b"$QCMGS=", b"+CPIN=", b"+CUSD=", b"+CFUN=", b"D", BODY)


@dataclass(frozen=True, slots=True)
class Loss:
    """The line went so long after a step, for `gone_s` seconds; the play goes on at step `resume_at`."""

    after_s: float
    gone_s: float
    resume_at: int


@dataclass(slots=True)
class Step:
    """One utterance of the driver `at_ms`, and the modem's chunks after it, each with its delay in seconds."""

    said: bytes
    at_ms: int = 0
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    loss: Loss | None = None

    @property
    def is_question(self) -> bool:
        """It changed nothing in the modem."""
        return self.said in (b"", bytes((ESCAPE,))) or _READS.fullmatch(self.said) is not None

    @property
    def is_act(self) -> bool:
        """It must come in its order: it cannot be skipped. What is neither is a setting."""
        shape = self.shape
        return shape == BODY or shape.removeprefix(b"AT") in _ACTS

    @property
    def shape(self) -> bytes:
        """Name and form of a command without its values; one and the same for all bodies."""
        return shape_of(self.said)

    def answer(self) -> list[tuple[float, bytes]]:
        """The chunks up to the final result, without what came unasked later."""
        heard = b""
        for count, (_, octets) in enumerate(self.chunks, 1):
            heard += octets
            if _FINAL.search(heard):
                return self.chunks[:count]
        return self.chunks

    def later(self) -> list[tuple[float, bytes]]:
        """What came unasked after the answer."""
        return self.chunks[len(self.answer()) :]


def shape_of(said: bytes) -> bytes:
    """See `Step.shape`."""
    if said[-1:] == bytes((CTRL_Z,)):
        return BODY
    match = _NAME.match(said)
    return said if match is None else match[0].upper()


def plot(records: Iterable[Record]) -> list[Step]:
    """The steps of a recording; the first has said nothing, and holds what the modem said before it was spoken to."""
    steps = [Step(b"")]
    driver = Utterances()
    lost_ms: int | None = None
    for record in records:
        text = record.octets.decode("latin-1")
        if record.way == "out":
            steps += [Step(said, record.at_ms) for said in driver.feed(record.octets)]
        elif record.way == "in":
            steps[-1].chunks.append(((record.at_ms - steps[-1].at_ms) / 1000, record.octets))
        elif text.startswith(LOST):
            lost_ms, driver = record.at_ms, Utterances()
            _lose(steps, lost_ms, gone_s=SHORTEST_LOSS_S)
        elif text == OPENED and lost_ms is not None:
            _lose(steps, lost_ms, gone_s=max(SHORTEST_LOSS_S, (record.at_ms - lost_ms) / 1000))
            lost_ms = None
    return steps


def _lose(steps: list[Step], lost_ms: int, *, gone_s: float) -> None:
    """Notes a loss at the last step that is sure to be played; questions may come as they like."""
    resume_at = len(steps)
    step = next((step for step in reversed(steps) if not step.is_question), steps[0])
    if step.loss is not None and step.loss.resume_at != resume_at:
        step = steps[-1]
    step.loss = Loss((lost_ms - step.at_ms) / 1000, gone_s, resume_at)
