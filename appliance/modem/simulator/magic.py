"""The recipients of :mod:`appliance.magic_numbers`, made of what the bank can do anyhow: a rule and some handsets."""

from dataclasses import dataclass, field
from random import Random

from appliance.magic_numbers import SLOW_ANSWER_S, SLOW_REPORT_S, MagicNumber
from appliance.modem.simulator.errors import cms
from appliance.modem.simulator.faults import FaultBoard, Verdict
from appliance.modem.simulator.handsets import AUTO_REPLY_PLACE, Handsets
from appliance.modem.simulator.submission import Submission, part_of

NOT_OBTAINABLE = 0x43
MOST_REMEMBERED = 1000
MOST_HANDSETS, MOST_KEPT = 1000, 200
"""Whoever tries a program with a million recipients must not fill the memory of the box."""

_ALWAYS: dict[str, Verdict] = {
    MagicNumber.REFUSED: Verdict(refusal=cms(1), taken=False),
    MagicNumber.UNCERTAIN: Verdict(refusal=cms(332), taken=False),
    MagicNumber.SLOW: Verdict(delay_s=SLOW_ANSWER_S),
    MagicNumber.SILENT: Verdict(swallowed=True),
}
_BUSY_ONCE = Verdict(refusal=cms(42), taken=False)


@dataclass(slots=True)
class MagicRule:
    """What happens to submissions by whom they are for."""

    _was_busy: dict[bytes, None] = field(default_factory=dict)
    """User data that were refused once: what comes again is taken, and forgotten."""

    def verdict(self, submission: Submission, random: Random) -> Verdict | None:
        """No opinion on other recipients."""
        if submission.recipient != MagicNumber.BUSY:
            return _ALWAYS.get(submission.recipient)
        if part_of(submission.submit.user_data).number > 1:
            return None
        text = submission.submit.user_data.payload
        if text in self._was_busy:
            del self._was_busy[text]
            return None
        if len(self._was_busy) >= MOST_REMEMBERED:
            self._was_busy.clear()
        self._was_busy[text] = None
        return _BUSY_ONCE


def enchant(faults: FaultBoard, handsets: Handsets) -> None:
    """Let a bank have these recipients."""
    faults.rules.append(MagicRule())
    handsets.most_handsets, handsets.most_kept = MOST_HANDSETS, MOST_KEPT
    handsets.of(MagicNumber.UNDELIVERED.value).fate = NOT_OBTAINABLE
    handsets.of(MagicNumber.SLOW.value).report_delay_s = SLOW_REPORT_S
    handsets.of(MagicNumber.DELIVERED.value).report_delay_s = 0.0
    replying = handsets.of(MagicNumber.REPLIES.value)
    replying.auto_reply, replying.decides_itself = AUTO_REPLY_PLACE, True
