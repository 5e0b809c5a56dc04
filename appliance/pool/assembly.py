"""Which stored parts make one long message.

The key (SIM, sender, reference, total) is not enough: references are used again, sometimes within the hour, while
a part of the earlier message may still be missing. The network's stamps help: a sender hands in the parts
of a message one after another, so they are stamped together however late they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.store.inbound import StoredPart

STAMPED_TOGETHER_MS = 20 * 60_000
"""Parts of one message are not stamped further apart than this."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stored part with what it carries, to tell a double from a part of another message."""

    part: StoredPart
    content: bytes


@dataclass(slots=True)
class Group:
    """The parts of one message that have come, the first of each number, and their doubles."""

    total: int
    pieces: dict[int, Piece] = field(default_factory=dict)
    doubles: list[Piece] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return len(self.pieces) == self.total

    @property
    def message_seq(self) -> int | None:
        """The message that it is shown as already."""
        seqs = (piece.part.message_seq for piece in self.pieces.values())
        return next((seq for seq in seqs if seq is not None), None)

    @property
    def part_ids(self) -> list[int]:
        return [piece.part.id for piece in (*self.pieces.values(), *self.doubles)]

    @property
    def first_received_at_ms(self) -> int:
        return min(piece.part.received_at_ms for piece in self.pieces.values())

    @property
    def scts_at_ms(self) -> int | None:
        stamps = (piece.part.scts_at_ms for piece in self.pieces.values())
        return min((stamp for stamp in stamps if stamp is not None), default=None)

    def in_order(self) -> list[Piece | None]:
        """A piece for each number, None where it has not come."""
        return [self.pieces.get(number) for number in range(1, self.total + 1)]

    def has_double_of(self, piece: Piece) -> bool:
        held = self.pieces.get(piece.part.number)
        return held is not None and held.content == piece.content and self._is_near(piece)

    def lacks(self, piece: Piece) -> bool:
        return piece.part.number not in self.pieces and self._is_near(piece)

    def _is_near(self, piece: Piece) -> bool:
        stamp, mine = piece.part.scts_at_ms, self.scts_at_ms
        return stamp is None or mine is None or abs(stamp - mine) <= STAMPED_TOGETHER_MS


def grouped(pieces: Iterable[Piece], total: int) -> list[Group]:
    """The messages that parts of one key make, by order of arrival; the same parts always group the same way."""
    groups: list[Group] = []
    for piece in pieces:
        double = next((group for group in reversed(groups) if group.has_double_of(piece)), None)
        if double is not None:
            double.doubles.append(piece)
            continue
        lacking = next((group for group in reversed(groups) if group.lacks(piece)), None)
        if lacking is None:
            lacking = Group(total)
            groups.append(lacking)
        lacking.pieces[piece.part.number] = piece
    return groups
