"""Requests by token bucket; log-ins by ever longer waits; passwords hashed by a few at once."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk import passwords
from appliance.desk.buckets import Buckets
from appliance.desk.mistake import Mistake
from appliance.desk.passwords import BusyError, Cells, read_password
from appliance.desk.waits import FREE_TRIES, LONGEST_WAIT_S, Waits


@given(st.integers(1, 600), st.lists(st.floats(0, 30), min_size=1, max_size=120))
def test_no_more_come_through_than_a_full_bucket_and_what_runs_into_it(limit: int, gaps: list[float]) -> None:
    now = [0.0]
    buckets, allowed = Buckets(clock=lambda: now[0]), 0
    for gap in gaps:
        now[0] += gap
        taken = buckets.take(1, limit)
        allowed += taken.is_allowed
        assert allowed <= limit + now[0] * limit / 60 + 1e-6
        assert 0 <= taken.left <= limit
        assert taken.full_in_s <= 60


@given(st.integers(1, 600))
def test_who_waits_as_long_as_he_is_told_is_let_through(limit: int) -> None:
    now = [0.0]
    buckets = Buckets(clock=lambda: now[0])
    assert all(buckets.take(1, limit).is_allowed for _ in range(limit))
    refused = buckets.take(1, limit)
    assert not refused.is_allowed
    assert refused.left == 0
    now[0] += refused.wait_s
    assert buckets.take(1, limit).is_allowed
    assert buckets.take(2, limit).is_allowed


def test_a_clock_that_goes_back_fills_no_bucket() -> None:
    now = [100.0]
    buckets = Buckets(clock=lambda: now[0])
    assert buckets.take(1, 1).is_allowed
    now[0] = 10.0
    assert not buckets.take(1, 1).is_allowed


def test_each_wrong_password_makes_the_next_wait_longer_up_to_a_limit() -> None:
    now = [0.0]
    waits = Waits(clock=lambda: now[0])
    assert [waits.begin("li") for _ in range(FREE_TRIES)] == [0.0] * FREE_TRIES
    seen = []
    for _ in range(12):
        wait_s = waits.begin("li")
        assert wait_s > 0
        seen.append(wait_s)
        now[0] += wait_s
        assert waits.begin("li") == 0
    assert seen == sorted(seen)
    assert seen[:3] == [1.0, 2.0, 4.0]
    assert seen[-1] == LONGEST_WAIT_S
    assert waits.begin("han") == 0
    waits.was_right("li")
    assert waits.begin("li") == 0


def test_who_waits_does_not_prolong_the_wait_and_many_names_do_not_fill_the_memory() -> None:
    now = [0.0]
    waits = Waits(most=50, clock=lambda: now[0])
    for _ in range(FREE_TRIES):
        waits.begin("li")
    assert [waits.begin("li") for _ in range(20)] == [1.0] * 20
    for index in range(200):
        waits.begin(f"name {index}")
    assert len(waits._tries) == 50


def test_a_flood_of_log_ins_takes_two_cores_at_most_and_a_few_places() -> None:
    cells, entered, leave = Cells(at_once=2, waiting=1), threading.Semaphore(0), threading.Event()

    def occupy() -> None:
        with cells.one():
            entered.release()
            leave.wait(30)

    held = [threading.Thread(target=occupy) for _ in range(2)]
    for each in held:
        each.start()
    assert entered.acquire(timeout=30)
    assert entered.acquire(timeout=30)
    queued = threading.Thread(target=occupy)
    queued.start()
    # The third waits for a cell; it has taken the last place as soon as a fourth is turned away.
    turned_away = False
    while not turned_away:
        try:
            with_room = cells._room.acquire(blocking=False)
            if with_room:
                cells._room.release()
            turned_away = not with_room
        except ValueError:
            turned_away = True
    with pytest.raises(BusyError), cells.one():
        pass
    leave.set()
    for each in (*held, queued):
        each.join(30)
    with cells.one():
        pass


def test_a_password_is_the_same_on_every_keyboard_and_in_no_text_of_the_box() -> None:
    kept = passwords.hash_of(passwords.normalised("cafe\u0301 au lait"))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right(kept, "caf\xe9 au lait")
    assert not passwords.is_right(kept, "cafe au lait")
    assert not passwords.is_right(None, "nobody's password")
    assert not passwords.is_right("no hash", "x")
    assert not passwords.is_right(kept, "\ud800")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 43)


@pytest.mark.parametrize(
    "typed", ["", "123456789", "x" * 201, "abcabcabcabc", "0123456789\0", "0123456789\ud800", "Li Lei Li Lei"]
)
def test_what_is_no_password_is_refused(typed: str) -> None:
    assert isinstance(read_password(typed, "li lei li lei"), Mistake)
