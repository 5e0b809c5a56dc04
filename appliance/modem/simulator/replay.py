"""A modem that plays a recording: it waits for what the recorded driver said, and says what the recorded modem said.

No I/O. A command is looked for at the place where the play stands; questions that change nothing may come earlier,
later, or more often than they did. A command that never was in the recording, or stands elsewhere in it, is told
(`mismatches`), and gets the nearest recorded answer to such a command, or ERROR.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.modem.recording import Recording
from appliance.modem.recording.utterances import Utterances
from appliance.modem.simulator.clock import Cancellable, Timers
from appliance.modem.simulator.replay_plot import BODY, Loss, Step, plot, shape_of

MOST_MISMATCHES = 1000
LISTINGS = (b"AT+CMGL", b"AT^HCMGL", b"AT$QCMGL")
ERROR, OK = b"\r\nERROR\r\n", b"\r\nOK\r\n"


class Replay:
    """One recording on one line.

    `write` gets octets for the driver; `lose_line(return_after_s)` is called where the recorded line was lost. Delays
    are multiplied by `scale`.
    """

    def __init__(
        self,
        recording: Recording,
        timers: Timers,
        write: Callable[[bytes], None],
        lose_line: Callable[[float], None],
        *,
        scale: float = 1.0,
        on_mismatch: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._steps = plot(recording.records)
        self._timers = timers
        self._write = write
        self._lose_line = lose_line
        self._scale = scale
        self._on_mismatch = on_mismatch
        self._driver = Utterances()
        self._at = 1
        self._owed: list[_Owed] = []
        self.mismatches: list[str] = []

    def start(self) -> None:
        """Says what the modem said before it was spoken to."""
        self._say(self._steps[0].chunks)
        self._expect_loss(self._steps[0])

    @property
    def is_over(self) -> bool:
        """All that the recorded driver did, but for questions and settings, has been done."""
        return not any(step.is_act for step in self._steps[self._at :])

    def feed(self, octets: bytes) -> None:
        """What the driver writes."""
        for said in self._driver.feed(octets):
            self._take(said)

    def _take(self, said: bytes) -> None:
        place = self._place_of(said)
        if place is not None:
            self._go_to(place)
        else:
            self._improvise(said)

    def _place_of(self, said: bytes) -> int | None:
        """Where the play goes on with it: at the same command, or one of its shape, with no act in between."""
        wanted = Step(said)
        exact = self._ahead(lambda step: step.said == said)
        if exact is not None or wanted.is_question:
            return exact
        return self._ahead(lambda step: step.shape == wanted.shape and not step.is_question)

    def _ahead(self, same: Callable[[Step], bool]) -> int | None:
        for place in range(self._at, len(self._steps)):
            if same(self._steps[place]):
                return place
            if self._steps[place].is_act:
                break
        return None

    def _go_to(self, place: int) -> None:
        skipped = self._steps[self._at : place]
        self._pay()
        for step in skipped:
            self._say([(0.0, octets) for _, octets in step.later()])
            self._expect_loss(step)
        self._at = place + 1
        step = self._steps[place]
        self._say(step.chunks)
        self._expect_loss(step)

    def _expect_loss(self, step: Step) -> None:
        if step.loss is not None:
            self._timers.call_later(step.loss.after_s * self._scale, self._lose, step.loss)

    def _lose(self, loss: Loss) -> None:
        self._pay()
        self._driver = Utterances()
        self._at = max(self._at, loss.resume_at)
        self._lose_line(loss.gone_s * self._scale)

    def _say(self, chunks: Sequence[tuple[float, bytes]]) -> None:
        for delay_s, octets in chunks:
            owed = _Owed(octets)
            self._owed.append(owed)
            owed.timer = self._timers.call_later(delay_s * self._scale, self._said, owed)

    def _said(self, owed: "_Owed") -> None:
        if owed in self._owed:
            self._owed.remove(owed)
            self._write(owed.octets)

    def _pay(self) -> None:
        """What is still owed of the steps before is said now: the driver is quicker than the recorded one."""
        owed, self._owed = self._owed, []
        for one in owed:
            if one.timer is not None:
                one.timer.cancel()
            self._write(one.octets)

    # What was not expected here

    def _improvise(self, said: bytes) -> None:
        wanted = Step(said)
        if said == b"\x1b":
            return
        if wanted.shape.rstrip(b"=") in LISTINGS:
            self._write(OK)
            return
        step = self._nearest(lambda step: step.said == said)
        if step is None and not wanted.is_question:
            step = self._nearest(lambda step: step.shape == wanted.shape)
        if step is None or not wanted.is_question:
            self._tell(said, step)
        if step is None:
            self._write(ERROR)
        else:
            self._say(step.answer())

    def _nearest(self, same: Callable[[Step], bool]) -> Step | None:
        before = [step for step in self._steps[1 : self._at] if same(step)]
        if before:
            return before[-1]
        return next((step for step in self._steps[self._at :] if same(step)), None)

    def _tell(self, said: bytes, step: Step | None) -> None:
        expected = next((step.said for step in self._steps[self._at :] if not step.is_question), b"")
        awaited = _shown(expected) or "nothing more"
        answer = (
            "is in no place of the recording: ERROR" if step is None else "was answered as elsewhere in it"
        )
        text = f"{_shown(said)} {answer}; at step {self._at} of {len(self._steps) - 1} it has {awaited}"
        if len(self.mismatches) < MOST_MISMATCHES:
            self.mismatches.append(text)
        self._on_mismatch(text)


@dataclass(slots=True, eq=False)
class _Owed:
    """A chunk that will be said when its timer fires."""

    octets: bytes
    timer: Cancellable | None = None


def _shown(said: bytes) -> str:
    """A command for people: without bodies, which hold texts."""
    return "a body" if shape_of(said) == BODY else said.decode("latin-1").strip()
