"""What a submission means for the message: one pure function, on which the promise of the house hangs."""

from __future__ import annotations

from appliance.modem.announcements import reference_of
from appliance.modem.at.dialogue import Submission
from appliance.modem.at.unsolicited import line_name
from appliance.modem.errors import Blame, modem_error
from appliance.modem.outcomes import Accepted, NotSubmitted, Refused, SendOutcome, Unanswered
from appliance.modem.states import PortState

NO_PROMPT = "error.no-prompt"
MUTE = "error.mute"
RESTARTED = "error.restarted"
LINE_LOST_BEFORE = "error.line-lost-before"
LINE_LOST_AFTER = "error.line-lost-after"
NO_FINAL = "error.no-final"
NO_OK = "error.no-ok"
NO_REFERENCE = "error.no-reference"
WRONG_FORM = "error.wrong-form"
NO_FINAL_WRITE = "error.not-written"


def outcome_of(submission: Submission, name: str = "+CMGS", most: int = 0xFF) -> SendOutcome:
    """Which of the four outcomes it is (field guide: no final answer after Ctrl-Z, or no ``OK``, is uncertain).

    ``name`` is that of the line with the reference, which is ``most`` at the most.
    """
    if not submission.body_given:
        return _before_ctrl_z(submission)
    said = next((line.text for line in submission.lines if line_name(line.text) == name), None)
    return _after_ctrl_z(submission, None if said is None else reference_of(said, most))


def _before_ctrl_z(submission: Submission) -> SendOutcome:
    if submission.settings_lost:
        return NotSubmitted(RESTARTED)
    if submission.trouble is not None:
        lost = submission.trouble.state is PortState.LINE_LOST
        return NotSubmitted(LINE_LOST_BEFORE if lost else MUTE)
    if submission.final is None:
        return NotSubmitted(NO_PROMPT)
    error = modem_error(submission.final.text)
    # Nothing was given, so even a network time-out leaves no doubt.
    return NotSubmitted(NO_PROMPT) if error.blame is Blame.UNCERTAIN else Refused(error)


def _after_ctrl_z(submission: Submission, reference: int | None) -> SendOutcome:
    final = submission.final
    if final is None:
        if reference is not None:
            return Unanswered(NO_OK, reference)
        return Unanswered(NO_FINAL if submission.trouble is None else LINE_LOST_AFTER)
    if final.ok:
        return Unanswered(NO_REFERENCE) if reference is None else Accepted(reference)
    if reference is not None:  # accepted, and yet an error: both can't be
        return Unanswered(NO_OK, reference)
    return Refused(modem_error(final.text))
