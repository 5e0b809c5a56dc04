"""The ring of last bytes, and what a person is shown of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.at.trace import Trace, TraceEntry, render


@given(
    st.lists(st.binary(max_size=40).map(lambda o: o.replace(b"=", b"").replace(b"+", b"")), max_size=60),
    st.integers(1, 100),
)
def test_the_ring_keeps_the_last_octets_and_no_more(pieces: list[bytes], limit: int) -> None:
    trace = Trace(limit)
    for piece in pieces:
        trace.add("in", piece)
    kept = b"".join(entry.octets for entry in trace.entries())
    assert len(kept) <= limit
    assert b"".join(pieces).endswith(kept)


def test_lines_are_whole_however_they_were_read() -> None:
    at_ms = 1_764_000_000_123
    entries = [
        TraceEntry(at_ms, "out", b"AT+CSQ\r"),
        TraceEntry(at_ms + 1, "in", b"\r\n+CS"),
        TraceEntry(at_ms + 2, "in", b"Q: 20,99\r\n\r\nOK\r\n"),
    ]
    assert render(entries).splitlines() == [
        "16:00:00.123 → AT+CSQ␍",
        "16:00:00.124 ← ␍␊",
        "16:00:00.124 ← +CSQ: 20,99␍␊␍␊",
        "16:00:00.125 ← OK␍␊",
    ]


def test_numbers_and_texts_are_masked_unless_asked_for() -> None:
    entries = [
        TraceEntry(0, "in", b'+CLIP: "+8613912345678",145\r\n'),
        TraceEntry(0, "out", b"0011000D91683119325476F80008FF044F60597D\x1a"),
        TraceEntry(0, "in", b'+CSCA: 13800100500\r\n+CMTI: "SM",12\r\n'),
    ]
    masked = render(entries)
    assert "12345678" not in masked
    assert "4F60597D" not in masked
    assert "13800100500" not in masked
    assert '"SM",12' in masked
    assert "+8613912345678" in render(entries, mask=False)


def test_a_pin_is_not_even_kept() -> None:
    trace = Trace(1000)
    trace.add("out", b'AT+CPIN="1234"\r')
    trace.add("in", b'AT+CPIN="1234"\r\r\nOK\r\n')
    assert b"1234" not in b"".join(entry.octets for entry in trace.entries())


def test_octets_of_a_wrong_speed_are_shown_as_numbers() -> None:
    assert render([TraceEntry(0, "in", b"\x80\xfeA\x1b\x00")]).endswith("← \\x80\\xfeA␛␀")
