"""What a modem's answer means for a part: four outcomes in, three out, and none of them guessed."""

from __future__ import annotations

import pytest

from appliance.modem.errors import modem_error
from appliance.modem.session import Accepted, NotSubmitted, Refused, SendOutcome, Unanswered
from appliance.policy.failure import Fault
from appliance.pool.outcome import (
    Failed,
    PartOutcome,
    Taken,
    Unknown,
    asks_for_bring_up,
    is_harmless,
    is_memory_full,
    part_outcome,
)
from appliance.store.sending import Refusal


def refused(line: str) -> PartOutcome:
    return part_outcome(Refused(modem_error(line)))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Accepted(7), Taken(7)),
        (Unanswered("error.no-final"), Unknown("no final", None)),
        (Unanswered("error.no-ok", 9), Unknown("no ok", 9)),
        (
            NotSubmitted("error.no-prompt"),
            Failed(Fault.MODEM, Refusal("line", None, "no prompt"), went_out=False),
        ),
        (
            Refused(modem_error("+CMS ERROR: 38")),
            Failed(Fault.NETWORK, Refusal("cms", 38, "38 network out of order"), went_out=True),
        ),
        (Refused(modem_error("+CMS ERROR: 332")), Unknown("332 network timeout", None)),
        (Refused(modem_error("+CME ERROR: 31")), Unknown("31 network timeout", None)),
    ],
)
def test_the_outcome_of_a_part(answer: SendOutcome, outcome: PartOutcome) -> None:
    assert part_outcome(answer) == outcome


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("+CMS ERROR: 1", Fault.MESSAGE),
        ("+CMS ERROR: 21", Fault.SIM),
        ("+CMS ERROR: 42", Fault.NETWORK),
        ("+CMS ERROR: 500", Fault.MODEM),
        ("+CMS ERROR: 777", Fault.MODEM),
        ("ERROR", Fault.MODEM),
        ("+CME ERROR: 100", Fault.MODEM),
        ("+CMS ERROR: something nobody knows", Fault.MODEM),
    ],
)
def test_whose_fault_a_refusal_is(line: str, fault: Fault) -> None:
    found = refused(line)
    assert isinstance(found, Failed)
    assert found.fault is fault


def test_what_the_modem_needs_afterwards() -> None:
    assert is_harmless(Taken(1))
    assert is_harmless(refused("+CMS ERROR: 42"))
    assert not is_harmless(refused("+CMS ERROR: 21")), "the card is asked first"
    assert not is_harmless(refused("+CMS ERROR: 500"))
    assert not is_harmless(Unknown("no final", None))
    assert asks_for_bring_up(refused("+CMS ERROR: 310"))
    assert asks_for_bring_up(refused("+CME ERROR: 13"))
    assert not asks_for_bring_up(refused("+CMS ERROR: 21"))
    assert not asks_for_bring_up(Taken(1))
    assert is_memory_full(refused("+CMS ERROR: 322"))
    assert not is_memory_full(refused("+CMS ERROR: 321"))
    assert not is_memory_full(Taken(1))


def test_what_a_modem_said_at_length_is_cut() -> None:
    found = refused("+CMS ERROR: " + "x" * 500)
    assert isinstance(found, Failed)
    assert len(found.refusal.detail) == 80
