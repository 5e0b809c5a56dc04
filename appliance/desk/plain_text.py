"""What a name or a word on one line may be made of, the same for the judge and for the schema."""

from __future__ import annotations

import re

_UNSEEN = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
)
"""Controls, ends of lines, what turns the direction of what follows, and what has no width: nobody sees them, and two
names that look the same must be the same."""

ONE_LINE = rf"^[^{_UNSEEN}]*$"
ONE_LINE_NOT_EMPTY = rf"^[^{_UNSEEN}]*[^{_UNSEEN}\s][^{_UNSEEN}]*$"

_ONE_LINE = re.compile(ONE_LINE.removesuffix("$") + r"\Z")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half a character. Schemas do without it: many engines know whole characters only, and refuse such a pattern."""


def is_one_line(text: str) -> bool:
    """Whether nothing in it is unseen."""
    return _ONE_LINE.match(text) is not None and not _SURROGATE.search(text)
