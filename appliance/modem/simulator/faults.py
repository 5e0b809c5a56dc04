"""What goes wrong on purpose: rules that are asked about each submission, in order; the first with an opinion decides.

Scenarios are further rules: anything with `verdict(submission, random)` may be put in front of the list.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from random import Random
from typing import Protocol

from appliance.modem.simulator.clock import WallClock
from appliance.modem.simulator.errors import AtError, Family
from appliance.modem.simulator.submission import Submission


class FaultKind(StrEnum):
    """The faults that the control socket knows."""

    CMS = "cms"
    CME = "cme"
    LOST_FINAL = "lost-final"
    LATE_FINAL = "late-final"
    MUTE = "mute"
    MUTE_MID_SEND = "mute-mid-send"
    HANGUP = "hangup"
    HANGUP_MID_SEND = "hangup-mid-send"
    CLEAR = "clear"


class Answer(Enum):
    """What the terminal hears of a submission."""

    GIVEN = auto()
    LOST = auto()
    HUNG = auto()
    LINE_LOST = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What shall happen to one submission.

    `refusal`: the network (or modem) refuses with it. `taken`: the network takes the message, whatever the terminal
    hears. `delay_s`: how much longer than the latency the answer takes. `return_s`: how long the port is gone, for
    LINE_LOST. `swallowed`: what was taken is neither delivered nor reported. `marked`: with LINE_LOST, what is
    sent from a memory has been marked there as sent before.
    """

    refusal: AtError | None = None
    answer: Answer = Answer.GIVEN
    taken: bool = True
    delay_s: float = 0.0
    return_s: float = 1.0
    swallowed: bool = False
    marked: bool = False


ALL_WELL = Verdict()


class SubmitRule(Protocol):
    """One reason why a submission may go wrong."""

    def verdict(self, submission: Submission, random: Random) -> Verdict | None:
        """What to do with it; None for no opinion."""


@dataclass(slots=True)
class CountedRule:
    """The next `count` submissions of one modem go wrong in one way."""

    modem: str
    outcome: Verdict
    count: int

    def verdict(self, submission: Submission, random: Random) -> Verdict | None:
        """The outcome while any are left."""
        if submission.modem != self.modem or self.count <= 0:
            return None
        self.count -= 1
        return self.outcome


@dataclass(slots=True)
class RateRule:
    """Each submission goes wrong with its own luck. Rates are 0–1; `error_code` is a +CMS ERROR."""

    error_rate: float = 0.0
    error_code: int = 500
    lost_final_rate: float = 0.0
    hang_rate: float = 0.0

    @property
    def is_idle(self) -> bool:
        """Nothing can go wrong by it."""
        return not (self.error_rate or self.lost_final_rate or self.hang_rate)

    def verdict(self, submission: Submission, random: Random) -> Verdict | None:
        """One throw of the dice."""
        thrown = random.random()
        if thrown < self.error_rate:
            return Verdict(refusal=AtError(Family.MESSAGE, self.error_code), taken=False)
        thrown -= self.error_rate
        if thrown < self.lost_final_rate:
            return Verdict(answer=Answer.LOST)
        thrown -= self.lost_final_rate
        if thrown < self.hang_rate:
            return Verdict(answer=Answer.HUNG)
        return None


class FaultBoard:
    """All rules in force."""

    def __init__(self, random: Random, rates: RateRule) -> None:
        self._random = random
        self.rates = rates
        self.rules: list[SubmitRule] = []

    def verdict(self, submission: Submission) -> Verdict:
        """What shall happen to a submission."""
        if not self.rules and self.rates.is_idle:
            return ALL_WELL
        for rule in (*self.rules, self.rates):
            verdict = rule.verdict(submission, self._random)
            if verdict is not None:
                return verdict
        return ALL_WELL

    def clear(self, modem: str) -> None:
        """Forgets the counted faults of one modem."""
        self.rules = [
            rule for rule in self.rules if not (isinstance(rule, CountedRule) and rule.modem == modem)
        ]


@dataclass(slots=True, eq=False)
class WatchRule:
    """No fault itself: calls `seen` at the next submission of one modem, once."""

    modem: str
    seen: Callable[[], object]
    done: bool = False

    def verdict(self, submission: Submission, random: Random) -> Verdict | None:
        """No opinion."""
        if not self.done and submission.modem == self.modem:
            self.done = True
            self.seen()
        return None


@dataclass(slots=True, eq=False)
class HourlyRule:
    """A carrier that blocks a card: what it submits beyond `most` parts within `window_s` is refused."""

    iccid: str
    most: int
    refusal: AtError
    wall: WallClock
    window_s: float = 3600.0
    taken: deque[float] = field(default_factory=deque)

    def verdict(self, submission: Submission, random: Random) -> Verdict | None:
        """Refused from the part after `most` on; refused ones count too, so trying on keeps it blocked."""
        if submission.sim.iccid != self.iccid:
            return None
        now = self.wall()
        while self.taken and self.taken[0] <= now - self.window_s:
            self.taken.popleft()
        self.taken.append(now)
        return Verdict(refusal=self.refusal, taken=False) if len(self.taken) > self.most else None


@dataclass(slots=True, eq=False)
class SwallowRule:
    """A carrier that blocks a card without a word: it takes everything, and delivers nothing after `well` parts."""

    iccid: str
    well: int

    def verdict(self, submission: Submission, random: Random) -> Verdict | None:
        """No opinion on the first parts."""
        if submission.sim.iccid != self.iccid:
            return None
        self.well -= 1
        return None if self.well >= 0 else Verdict(swallowed=True)
