"""What may enter the queue, judged without HTTP and without a database; and that nothing else is stored."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.mistake import Refusal
from appliance.desk.preview import Preview, preview
from appliance.desk.submission import (
    FIELDS,
    LONGEST_VALIDITY_S,
    OnUncertain,
    Priority,
    Submission,
    read_submission,
)
from appliance.desk.submit import Rules, decide, submit
from appliance.desk.who import Source, Who
from appliance.store.database import connect
from appliance.store.life import MessageState
from appliance.store.messages import Message, NewMessage, new_id
from appliance.store.writer import GroupCommitWriter

NOW_MS = 1_760_000_000_123
WHO = Who(Source.API)
RULES = Rules()


def pointers(refusal: object) -> list[tuple[str, str]]:
    assert isinstance(refusal, Refusal)
    return [(each.pointer, each.code.removeprefix("problem.")) for each in refusal.mistakes]


def test_every_field_is_read() -> None:
    members = {
        "to": "10086",
        "text": "YE",
        "flash": True,
        "delivery_report": False,
        "priority": "otp",
        "transliterate": True,
        "on_uncertain": "resend",
        "not_before": "2026-05-17T08:30:00+08:00",
        "expires_at": "2026-05-17T00:30:00.5Z",
        "validity_s": 300,
        "campaign": "春节 2027",
    }
    assert set(members) == set(FIELDS)
    assert read_submission(members) == Submission(
        to="10086",
        text="YE",
        flash=True,
        delivery_report=False,
        priority=Priority.OTP,
        transliterate=True,
        on_uncertain=OnUncertain.RESEND,
        not_before_ms=1_778_977_800_000,
        expires_at_ms=1_778_977_800_500,
        validity_s=300,
        campaign="春节 2027",
    )


def test_null_means_not_given_where_a_field_may_be_left_out() -> None:
    assert read_submission({"to": "1", "text": "2", "validity_s": None}) == Submission(to="1", text="2")
    assert pointers(read_submission({"to": None, "text": "2"})) == [("/to", "field-missing")]


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("to", 13912345678, "field-text"),
        ("to", ["13912345678"], "field-text"),
        ("text", {"a": 1}, "field-text"),
        ("flash", "true", "field-flag"),
        ("flash", 1, "field-flag"),
        ("delivery_report", 0, "field-flag"),
        ("priority", "urgent", "field-choice"),
        ("priority", 0, "field-text"),
        ("on_uncertain", "ask", "field-choice"),
        ("validity_s", 59, "field-range"),
        ("validity_s", LONGEST_VALIDITY_S + 1, "field-range"),
        ("validity_s", 300.5, "field-whole-number"),
        ("validity_s", True, "field-whole-number"),
        ("validity_s", "300", "field-whole-number"),
        ("not_before", "2026-05-17T08:30:00", "field-instant"),
        ("not_before", "2026-05-17", "field-instant"),
        ("not_before", "2026-02-30T08:30:00Z", "field-instant"),
        ("not_before", 1_778_977_800, "field-instant"),
        ("expires_at", "20260517T083000+0800", "field-instant"),
        ("expires_at", "", "field-instant"),
        ("campaign", "", "field-label"),
        ("campaign", "x" * 61, "field-label"),
        ("campaign", "two\nlines", "field-label"),
        ("campaign", "\ud800", "field-label"),
        ("campaign", 7, "field-text"),
        ("txt", "x", "field-unknown"),
        ("a/b~c", "x", "field-unknown"),
    ],
)
def test_a_wrong_member_is_named(member: str, value: object, code: str) -> None:
    refused = read_submission({"to": "10086", "text": "x", member: value})
    pointer = "/" + member.replace("~", "~0").replace("/", "~1")
    assert pointers(refused) == [(pointer, code)]


def test_every_mistake_is_named_at_once() -> None:
    assert pointers(read_submission({"txt": "x", "to": 5})) == [
        ("/txt", "field-unknown"),
        ("/to", "field-text"),
        ("/text", "field-missing"),
    ]
    refused = decide(Submission(to="nobody", text=" "), WHO, RULES, NOW_MS)
    assert pointers(refused) == [("/to", "recipient-no-number"), ("/text", "text-empty")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text-empty"),
        (" \n\t\u3000", "text-empty"),
        ("a\0b", "text-nul"),
        ("half \ud83d of an emoji", "text-surrogate"),
        ("中" * 67 * 10 + "中", "text-parts"),
        ("x" * 153 * 300, "text-too-long"),
        ("x" * 153 * 11, "text-parts"),
    ],
)
def test_a_text_that_can_not_go_is_refused(text: str, code: str) -> None:
    assert pointers(decide(Submission(to="10086", text=text), WHO, RULES, NOW_MS)) == [("/text", code)]


def test_the_number_of_parts_is_a_setting() -> None:
    eleven = Submission(to="10086", text="中" * 67 * 11)
    assert isinstance(decide(eleven, WHO, Rules(most_parts=10), NOW_MS), Refusal)
    accepted = decide(eleven, WHO, Rules(most_parts=11), NOW_MS)
    assert isinstance(accepted, NewMessage)
    assert accepted.parts_total == 11


def test_a_message_is_filed_as_it_will_go_on_the_air() -> None:
    submission = Submission(to="139 1234 5678", text="“Café”", transliterate=True, validity_s=60)
    accepted = decide(submission, Who(Source.API, 7), RULES, NOW_MS)
    assert isinstance(accepted, NewMessage)
    assert (accepted.recipient, accepted.text, accepted.alphabet) == ("+8613912345678", '"Café"', "gsm7")
    assert accepted.state is MessageState.QUEUED
    assert accepted.api_key_id == 7
    assert accepted.expires_at_ms == NOW_MS + 60_000


@given(st.text(max_size=400), st.booleans())
def test_what_is_not_transliterated_is_kept_character_by_character(text: str, report: bool) -> None:
    decided = decide(Submission(to="10086", text=text, delivery_report=report), WHO, RULES, NOW_MS)
    if isinstance(decided, NewMessage):
        assert decided.text == text
    else:
        assert not text.strip() or "\0" in text


@given(st.text(max_size=3000), st.booleans())
def test_the_preview_says_what_the_door_will_do(text: str, transliterate: bool) -> None:
    seen = preview(text, transliterate=transliterate, most_parts=10)
    decided = decide(Submission(to="10086", text=text, transliterate=transliterate), WHO, RULES, NOW_MS)
    if isinstance(decided, NewMessage):
        assert isinstance(seen, Preview)
        assert not seen.is_too_long
        assert (len(seen.parts), seen.alphabet, seen.text) == (
            decided.parts_total,
            decided.alphabet,
            decided.text,
        )
    else:
        assert not isinstance(seen, Preview) or seen.is_too_long


def test_ids_are_uuid_7_and_sort_by_time() -> None:
    ids = [new_id(NOW_MS + index) for index in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100
    assert {(each[14], each[19] in "89ab") for each in ids} == {("7", True)}
    assert int(ids[0].replace("-", "")[:12], 16) == NOW_MS


def test_it_is_on_disk_and_the_bell_rings_before_the_answer(
    writer: GroupCommitWriter, database: Path
) -> None:
    seen_by_the_bell: list[int] = []

    def ring() -> None:
        with closing(connect(database, read_only=True)) as other:
            seen_by_the_bell.append(other.execute("SELECT count(*) FROM messages").fetchone()[0])

    stored = submit(writer, RULES, Submission(to="10086", text="YE"), WHO, now_ms=NOW_MS, ring=ring)
    assert isinstance(stored, Message)
    assert seen_by_the_bell == [1]


def test_nothing_of_a_refused_message_is_stored(writer: GroupCommitWriter, database: Path) -> None:
    rang: list[bool] = []
    refused = submit(
        writer, RULES, Submission(to="x", text="y"), WHO, now_ms=NOW_MS, ring=lambda: rang.append(True)
    )
    assert isinstance(refused, Refusal)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (0,)
    assert rang == []
