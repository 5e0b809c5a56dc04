"""A masked recording keeps its structure and loses what people wrote, to whom, and with which card."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem.at.trace import Trace
from appliance.modem.recording import (
    LineMask,
    Recorder,
    RecordingError,
    SecretGuard,
    read_recording,
)
from appliance.modem.recording.record import Header
from appliance.modem.recording.stand_ins import StandIns
from appliance.modem.sms import (
    Address,
    Deliver,
    Direction,
    StatusReport,
    Submit,
    Timestamp,
    UserData,
    decode_pdu,
    encode_pdu,
    plan_text,
    submits,
)
from appliance.modem.sms.data_coding import Alphabet

NUMBER = "13912345678"
TEXT = "验证码 1234, please call Anna 😀"
STAMP = Timestamp(bytes.fromhex("62111121000023"))


def masked(*chunks: tuple[str, bytes]) -> list[tuple[str, bytes]]:
    """What the mask gives for these chunks."""
    given: list[tuple[str, bytes]] = []
    mask = LineMask(lambda _ms, way, octets: given.append((way, octets)), StandIns(b"key"))
    for way, octets in chunks:
        mask.add(0, way, octets)
    mask.flush()
    return given


def masked_line(line: str, way: str = "in") -> str:
    [(_, octets)] = masked((way, f"{line}\r\n".encode("latin-1")))
    return octets.decode("latin-1").rstrip("\r\n")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["in", "out"]), st.binary(min_size=1, max_size=30)), min_size=1, max_size=40
    )
)
def test_every_chunk_keeps_its_place_and_length(chunks: list[tuple[str, bytes]]) -> None:
    given_on = masked(*chunks)
    assert [(way, len(octets)) for way, octets in given_on] == [(way, len(octets)) for way, octets in chunks]


def test_a_pdu_stays_a_pdu_and_says_nothing() -> None:
    parts = submits(plan_text(TEXT * 3), Address.from_text("+86" + NUMBER), reference=9)
    for part in parts:
        pdu = encode_pdu(part, Address.from_text("+8613800210500"))
        given_on = masked(
            ("out", f"AT+CMGS={pdu.tpdu_length}\r".encode()), ("out", f"{pdu.hex}\x1a".encode())
        )
        body = given_on[1][1]
        assert body.endswith(b"\x1a")
        tpdu = decode_pdu(body[:-1].decode(), Direction.MOBILE_ORIGINATED).tpdu
        assert isinstance(tpdu, Submit)
        assert tpdu.user_data.concatenation == part.user_data.concatenation
        assert len(tpdu.user_data.payload) == len(part.user_data.payload)
        assert NUMBER[-8:] not in str(tpdu.destination)
        assert not set("验证码") & set(tpdu.user_data.text)
        assert "Anna" not in tpdu.user_data.text


def test_what_arrives_is_masked_behind_its_header() -> None:
    deliver = Deliver(
        Address.from_text("+86" + NUMBER), STAMP, UserData.from_text("hello Anna", Alphabet.GSM7), 0
    )
    pdu = encode_pdu(deliver)
    line = f"\r\n+CMGL: 1,1,,{pdu.tpdu_length}\r\n{pdu.hex}\r\n\r\nOK\r\n".encode()
    for cut in range(1, len(line)):
        given_on = b"".join(octets for _, octets in masked(("in", line[:cut]), ("in", line[cut:])))
        assert given_on.startswith(b"\r\n+CMGL: 1,1,,")
        assert given_on.endswith(b"\r\n\r\nOK\r\n")
        tpdu = decode_pdu(given_on.split(b"\r\n")[2].decode(), Direction.MOBILE_TERMINATED).tpdu
        assert isinstance(tpdu, Deliver)
        assert tpdu.timestamp == STAMP
        assert "Anna" not in tpdu.user_data.text


def test_the_same_number_has_one_stand_in_wherever_it_stands() -> None:
    report = encode_pdu(StatusReport(7, Address.from_text(NUMBER), STAMP, STAMP, 0))
    line = masked_line(report.hex)
    tpdu = decode_pdu(line, Direction.MOBILE_TERMINATED).tpdu
    assert isinstance(tpdu, StatusReport)
    clip = masked_line(f'+CLIP: "+86{NUMBER}",145')
    assert str(tpdu.recipient)[-8:] == clip.split('"')[1][-8:] != NUMBER[-8:]
    assert clip.startswith('+CLIP: "+86139')


@pytest.mark.parametrize(
    ("line", "hidden", "kept"),
    [
        ("460001234567890", "1234567890", "46000"),
        ("+CCID: 89860012345678901234", "12345678901234", "+CCID: 898600"),
        ('+CRSM: 144,0,"98680021436587092143"', "21436587092143", '+CRSM: 144,0,"986800'),
        ('+CRSM: 144,0,"084906001032547698"', "1032547698", '+CRSM: 144,0,"08490600'),
        ("866758040000016", "0000016", "86675804"),
        ('+CNUM: "Anna","+8613912345678",145', "12345678", "+CNUM:"),
        ('+CUSD: 0,"Balance 33.50",15', "33.50", "+CUSD: 0,"),
        ('+CUSD: 0,"4F60597D0033",72', "4F60597D", "+CUSD: 0,"),
        ('+CSCA: "+8613800210500",145', "00210500", '+CSCA: "+86138'),
        (
            '+CLIP: "002B0038003600310033003900310032003300340035003600370038",145',
            "00310032003300340035",
            '+CLIP: "',
        ),
    ],
)
def test_what_is_hidden_and_what_stays(line: str, hidden: str, kept: str) -> None:
    made = masked_line(line)
    assert hidden not in made
    assert made.startswith(kept)
    assert len(made) == len(line)


@pytest.mark.parametrize(
    "line",
    [
        "+CSQ: 20,99",
        '+CMTI: "SM",12',
        "+CMGS: 200",
        '+COPS: 0,2,"46001",7',
        "OK",
        '+CREG: 2,1,"18A3","01D3BE05"',
    ],
)
def test_what_is_nobodys_stays(line: str) -> None:
    assert masked_line(line) == line


def test_texts_in_text_mode_and_answers_of_many_lines() -> None:
    lines = (
        '\r\n+CMGR: "REC READ","+8613912345678",,"26/11/24,10:00:00+32"\r\nhello Anna\r\nsecond line\r\n\r\nOK\r\n'
        '\r\n+CUSD: 0,"Dear Anna\r\nyou have 10",15\r\n\r\nOK\r\n'
    )
    made = b"".join(octets for _, octets in masked(("in", lines.encode()))).decode()
    assert "Anna" not in made
    assert "second" not in made
    assert "you have" not in made
    assert '"26/11/24,10:00:00+32"' in made
    assert made.count("\r\nOK\r\n") == 2
    written = masked(("out", b'AT+CMGS="13912345678"\r'), ("out", b"hello Anna\rmore\x1a"))
    assert b"Anna" not in written[1][1]
    assert b"more" not in written[1][1]
    assert written[1][1].endswith(b"\x1a")
    assert b"12345678" not in written[0][1]


def test_what_comes_behind_a_body_is_no_body() -> None:
    report = encode_pdu(StatusReport(7, Address.from_text(NUMBER), STAMP, STAMP, 0))
    chunks = [
        ("in", f"\r\n+CDS: {report.tpdu_length}\r\n{report.hex}\r\n".encode()),
        ("in", b"\r\nQuectel\r\n\r\n+CMS ERROR: 21\r\n"),
        ("in", b'\r\n+CMT: "+8613912345678",,"26/11/24,10:00:00+32"\r\n+NB: hello Anna\r\n'),
        ("out", b"AT\r"),
        ("in", b"AT\r\r\nOK\r\n"),
    ]
    made = [octets for _, octets in masked(*chunks)]
    assert made[1] == chunks[1][1]
    assert made[4] == chunks[4][1]
    assert b"Anna" not in made[2]


def test_a_card_has_one_stand_in_by_command_and_by_file() -> None:
    by_command = masked_line("+QCCID: 89860119361247200511").split()[1]
    swapped = masked_line('+CRSM: 144,0,"98681091632174025011"').split('"')[1]
    by_file = "".join(swapped[at + 1] + swapped[at] for at in range(0, 20, 2))
    assert by_file == by_command


def test_a_prompt_is_not_held_back() -> None:
    given: list[bytes] = []
    mask = LineMask(lambda _ms, _way, octets: given.append(octets))
    mask.add(0, "out", b"AT+CMGS=20\r")
    mask.add(0, "in", b"\r\n> ")
    assert given == [b"AT+CMGS=20\r", b"\r\n> "]


@pytest.mark.parametrize(
    "line",
    [
        b'AT+CPIN="4711"\r',
        b"at+cpin=4711\r",
        b'AT+CPIN="12345678","4711"\r',
        b'AT+CLCK="SC",0,"4711"\r',
        b'AT+CPWD="SC","4711","0000"\r',
        b'AT+CSIM=26,"0020000108343731314711FFFF"\r',
    ],
)
def test_a_pin_is_recorded_in_no_way_however_the_line_is_cut(line: bytes) -> None:
    for size in range(1, len(line) + 1):
        guard = SecretGuard()
        made = b"".join(guard.starred(line[at : at + size]) for at in range(0, len(line), size))
        assert b"4711" not in made[-9:], size
        assert len(made) == len(line)
    whole = SecretGuard().starred(line)
    assert b"4711" not in whole
    assert whole.endswith(b"\r")


@pytest.mark.parametrize(
    "line", [b"AT+CPIN?\r", b'AT+CLCK="SC",2\r', b'AT+CSIM=10,"0020000100"\r', b"+CPIN: READY\r"]
)
def test_what_is_no_pin_stays(line: bytes) -> None:
    assert SecretGuard().starred(line) == line


def test_a_trace_is_recorded_and_stopped(tmp_path: Path) -> None:
    trace = Trace()
    trace.record_to(tmp_path / "port.jsonl", mask=False, port="usb-1-1.4", profile="generic")
    trace.add("out", b"AT\r")
    trace.add("in", b"\r\nOK\r\n")
    trace.note("lost: Input/output error")
    recorder = trace.stop_recording()
    assert recorder is not None
    assert recorder.ended == "stopped"
    assert trace.recording is None
    recording = read_recording(tmp_path / "port.jsonl")
    assert (recording.header.port, recording.header.masked) == ("usb-1-1.4", False)
    assert [(record.way, record.octets) for record in recording.records] == [
        ("out", b"AT\r"),
        ("in", b"\r\nOK\r\n"),
        ("note", b"lost: Input/output error"),
        ("note", b"ended: stopped"),
    ]
    assert (tmp_path / "port.jsonl").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        trace.record_to(tmp_path / "port.jsonl")


def test_a_recording_ends_when_it_is_full(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "full.jsonl", Header(), limit_bytes=2000)
    for _ in range(1000):
        recorder.add("in", b"0123456789")
    assert recorder.ended == "full"
    assert (tmp_path / "full.jsonl").stat().st_size < 2300
    assert read_recording(tmp_path / "full.jsonl").records[-1].octets == b"ended: full"


def test_a_recording_that_was_cut_off_is_read_to_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    head = json.dumps({"simloft_recording": 1})
    path.write_text(f'{head}\n{{"ms": 1, "way": "in", "octets": "OK"}}\n{{"ms": 2, "wa')
    assert len(read_recording(path).records) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ":1: this is no recording"),
        ("{}\n", ":1: this is no recording"),
        ('{"simloft_recording": 1}\nnonsense\n', ":2: no JSON"),
        ('{"simloft_recording": 1}\n{"ms": "x"}\n', ":2: an entry has"),
        ('{"simloft_recording": 1}\n{"ms": 1, "way": "in", "octets": "\\u4f60"}\n', ":2: octets"),
    ],
)
def test_a_file_that_is_no_recording_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text(text)
    with pytest.raises(RecordingError, match=complaint):
        read_recording(path)
