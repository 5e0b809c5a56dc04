"""Grouping the parts of one key, whatever the order, the doubles and the references that were used again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.pool.assembly import STAMPED_TOGETHER_MS, Piece, grouped
from appliance.store.inbound import StoredPart

NOW_MS = 1_764_000_000_000


def piece(number: int, content: bytes, *, scts_at_ms: int | None = NOW_MS, part_id: int = 0) -> Piece:
    return Piece(StoredPart(part_id, "", number, scts_at_ms, NOW_MS, None), content)


@st.composite
def traffic(draw: st.DrawFn) -> tuple[int, dict[bytes, set[int]], list[Piece]]:
    """Messages with one reference, stamped apart, some parts missing or doubled, in any order."""
    total = draw(st.integers(2, 4))
    kept: dict[bytes, set[int]] = {}
    pieces: list[Piece] = []
    for message in range(draw(st.integers(1, 4))):
        name = bytes([message])
        numbers = draw(st.sets(st.integers(1, total), min_size=1))
        kept[name] = numbers
        stamp = NOW_MS + message * 3 * STAMPED_TOGETHER_MS
        for number in numbers:
            for _ in range(draw(st.integers(1, 2))):
                pieces.append(piece(number, name + bytes([number]), scts_at_ms=stamp))
    return total, kept, draw(st.permutations(pieces))


@given(traffic())
def test_no_message_gets_a_part_of_another_and_no_part_is_lost(
    given_traffic: tuple[int, dict[bytes, set[int]], list[Piece]],
) -> None:
    total, kept, pieces = given_traffic
    groups = grouped(pieces, total)
    assert len(groups) == len(kept)
    for group in groups:
        names = {each.content[:1] for each in (*group.pieces.values(), *group.doubles)}
        [name] = names
        assert set(group.pieces) == kept[name]
        assert group.is_complete == (len(kept[name]) == total)
    assert sum(len(group.part_ids) for group in groups) == len(pieces)


def test_without_stamps_a_number_that_is_there_already_begins_another_message() -> None:
    pieces = [
        piece(1, b"a", scts_at_ms=None),
        piece(1, b"b", scts_at_ms=None),
        piece(2, b"c", scts_at_ms=None),
    ]
    old, new = grouped(pieces, 2)
    assert (len(old.pieces), len(new.pieces)) == (1, 2), "what comes next belongs to the newer one"


def test_a_part_that_is_missing_has_its_place() -> None:
    [group] = grouped([piece(3, b"c"), piece(1, b"a")], 3)
    assert [each and each.content for each in group.in_order()] == [b"a", None, b"c"]
