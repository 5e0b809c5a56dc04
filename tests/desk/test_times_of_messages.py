"""When a message may go and when it is given up; instants as programs and as people write them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from appliance.desk.instants import as_typed, instant_of, typed_instant
from appliance.desk.mistake import Mistake
from appliance.desk.sims import read_book, reason_of
from appliance.desk.submission import LONGEST_VALIDITY_S, Submission
from appliance.desk.submit import FARTHEST_AHEAD_MS, Rules, Times, submit, times_or_mistake
from appliance.desk.who import Source, Who
from appliance.policy.plan import Plan
from appliance.store import messages
from appliance.store.database import connect, prepare
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.store.writer import GroupCommitWriter

NOW_MS = 1_778_977_800_000  # 2026-05-17 08:30 in Shanghai
HOUR_MS = 3_600_000
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def times(**given: int) -> Times | tuple[str, str]:
    found = times_or_mistake(Submission(to="10086", text="x", **given), NOW_MS)
    if isinstance(found, Mistake):
        return found.pointer, found.code.removeprefix("problem.")
    return found


def test_without_times_a_message_goes_at_once_and_is_never_given_up() -> None:
    assert times() == Times(0, None)


def test_a_start_that_has_passed_is_now() -> None:
    assert times(not_before_ms=NOW_MS - HOUR_MS) == Times(0, None)
    assert times(not_before_ms=NOW_MS) == Times(0, None)
    assert times(not_before_ms=NOW_MS + 1) == Times(NOW_MS + 1, None)


def test_a_validity_counts_from_when_the_message_may_go() -> None:
    assert times(validity_s=60) == Times(0, NOW_MS + 60_000)
    assert times(validity_s=60, not_before_ms=NOW_MS + HOUR_MS) == Times(
        NOW_MS + HOUR_MS, NOW_MS + HOUR_MS + 60_000
    )


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"expires_at_ms": NOW_MS}, ("/expires_at", "expires-in-the-past")),
        ({"expires_at_ms": 0}, ("/expires_at", "expires-in-the-past")),
        (
            {"expires_at_ms": NOW_MS + 1, "not_before_ms": NOW_MS + 1},
            ("/expires_at", "expires-before-it-begins"),
        ),
        ({"expires_at_ms": NOW_MS + 1, "validity_s": 60}, ("/expires_at", "two-deadlines")),
        ({"not_before_ms": NOW_MS + FARTHEST_AHEAD_MS + 1}, ("/not_before", "too-far-ahead")),
        ({"expires_at_ms": NOW_MS + LONGEST_VALIDITY_S * 1000 + 1}, ("/expires_at", "too-far-ahead")),
    ],
)
def test_times_that_can_not_be_are_refused_by_field(given: dict[str, int], refused: tuple[str, str]) -> None:
    assert times(**given) == refused


def test_a_scheduled_message_waits_says_until_when_and_can_be_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "simloft.db"
    prepare(path)
    starts_ms = NOW_MS + HOUR_MS
    with closing(GroupCommitWriter(path)) as writer, closing(connect(path)) as connection:
        stored = submit(
            writer,
            Rules(),
            Submission(to="10086", text="x", not_before_ms=starts_ms),
            Who(Source.API, account_id=1),
            now_ms=NOW_MS,
            ring=lambda: None,
        )
        assert isinstance(stored, Message)
        assert (stored.state, stored.not_before_ms) == (MessageState.QUEUED, starts_ms)
        book = read_book(connection, Plan(), NOW_MS)
        why = reason_of(connection, stored, book, NOW_MS)
        assert (why.code, why.args, why.until_ms) == (
            "message.scheduled",
            {"until_ms": starts_ms},
            starts_ms,
        )
        # Once its time has come it waits for what every other one waits for.
        assert reason_of(connection, stored, book, starts_ms).code == "message.no-sim"
        assert messages.cancel(connection, stored.id, NOW_MS + 1)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-17T08:30:00",
        "2026-05-17 08:30",
        "2026-05-17T08:30:00+0800",
        "2026-W20-7T08:30:00Z",
        "2026-13-01T00:00:00Z",
        "2026-05-17T24:00:00Z",
        "２026-05-17T08:30:00Z",
        "now",
        "",
    ],
)
def test_an_instant_of_a_program_is_rfc_3339_with_its_zone(text: str) -> None:
    assert instant_of(text) is None


@pytest.mark.parametrize(
    "text", ["2026-05-17T08:30:00+08:00", "2026-05-17t00:30:00z", "2026-05-17 00:30:00.000Z"]
)
def test_the_same_instant_in_other_spellings(text: str) -> None:
    assert instant_of(text) == NOW_MS


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2026-05-17 09:30", NOW_MS + HOUR_MS),
        ("2026-05-17T09:30", NOW_MS + HOUR_MS),
        (" 2026-5-17 9:30:01 ", NOW_MS + HOUR_MS + 1000),
        ("9:30", NOW_MS + HOUR_MS),
        ("08:30", NOW_MS + 24 * HOUR_MS),
        ("07:30", NOW_MS + 23 * HOUR_MS),
        ("2026-05-17T09:30:00+09:00", NOW_MS),
    ],
)
def test_a_person_types_the_time_of_the_box(text: str, at_ms: int) -> None:
    assert typed_instant(text, SHANGHAI, NOW_MS, "/at") == at_ms


@pytest.mark.parametrize(
    "text", ["tomorrow", "25:00", "2026-02-30 08:00", "0000-01-01 00:00", "0001-01-01 00:00"]
)
def test_what_is_no_time_is_said_to_be_none(text: str) -> None:
    assert typed_instant(text, SHANGHAI, NOW_MS, "/at") == Mistake(
        "/at", "problem.time-typed", {"value": text}
    )


def test_a_time_that_comes_twice_is_the_first_and_one_that_is_leapt_over_is_none() -> None:
    assert typed_instant("2026-10-25 02:30", BERLIN, NOW_MS, "/at") == instant_of("2026-10-25T02:30:00+02:00")
    leapt = typed_instant("2026-03-29 02:30", BERLIN, NOW_MS, "/at")
    assert isinstance(leapt, Mistake)
    assert leapt.code == "problem.time-leapt-over"


def test_what_a_field_shows_is_what_it_reads() -> None:
    assert typed_instant(as_typed(NOW_MS, SHANGHAI), SHANGHAI, 0, "/at") == NOW_MS
