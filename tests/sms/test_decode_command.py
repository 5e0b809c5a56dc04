"""``simloft decode``: what a technician sees, and what a program reads."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import pytest

from appliance.cli.main import main
from tests.sms.sms_data import vectors

HELLO = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37"
REPORT = "07914356060013F1065A098136397339F7219011700463802190117004638030"
PART = next(vector["pdu"] for vector in vectors("pdus") if vector["name"] == "deliver-16-bit-reference")


def decoded(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["decode", "--json", *arguments]) == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def test_lines_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", HELLO]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["TP-MTI", "type", "SMS-DELIVER"]
    assert any(line.split()[:3] == ["TP-OA", "number", "27838890001"] for line in lines)
    assert any(line.split() == ["TP-UD", "text", "hellohello"] for line in lines)
    assert any("1999-03-29T15:16:59+02:00" in line for line in lines)
    starts = {
        line.index(word) for line in lines for word in ("SMS-DELIVER", "hellohello", "0x00") if word in line
    }
    assert len(starts) == 1, "values are aligned"


def test_one_object_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    value = decoded(capsys, HELLO)
    assert value["type"] == "SMS-DELIVER"
    assert value["smsc"] == "+27381000015"
    assert value["number"] == "27838890001"
    assert value["timestamp"] == "1999-03-29T15:16:59+02:00"
    assert value["text"] == "hellohello"
    assert (value["pid"], value["dcs"], value["alphabet"]) == (0, 0, "gsm7")
    assert (value["message_class"], value["concatenation"], value["ports"]) == (None, None, None)


def test_a_status_report(capsys: pytest.CaptureFixture[str]) -> None:
    value = decoded(capsys, REPORT)
    assert (value["type"], value["tp_mr"], value["status"]) == ("SMS-STATUS-REPORT", 0x5A, 0x30)
    assert value["status_meaning"] == "still trying: value of this service centre"
    assert value["discharge_time"] == "2012-09-11T07:40:36+02:00"


def test_a_part_of_a_long_message(capsys: pytest.CaptureFixture[str]) -> None:
    value = decoded(capsys, PART)
    assert value["concatenation"] == {"reference": 16, "total": 2, "number": 1, "bits": 16}
    assert value["udh"] == [
        {"id": 8, "name": "concatenated short messages, 16-bit reference", "data": "00100201"}
    ]


@pytest.mark.parametrize("vector", vectors("pdus"), ids=lambda vector: vector["name"])
def test_every_known_pdu_in_both_forms(capsys: pytest.CaptureFixture[str], vector: dict[str, Any]) -> None:
    options = ["--no-smsc"] if vector.get("no_smsc") else []
    value = decoded(capsys, *options, vector["pdu"])
    assert {key: value.get(key) for key in vector["expect"]} == vector["expect"]
    assert main(["decode", *options, vector["pdu"]]) == 0
    assert capsys.readouterr().out.count("\n") >= 8


def test_white_space_and_several_words(capsys: pytest.CaptureFixture[str]) -> None:
    words = [HELLO[at : at + 2] for at in range(0, len(HELLO), 2)]
    assert decoded(capsys, *words)["text"] == "hellohello"
    assert decoded(capsys, f" {HELLO[:10]}\r\n\t{HELLO[10:].lower()}\n")["text"] == "hellohello"


def test_from_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(HELLO.encode() + b"\n")))
    assert decoded(capsys, "-")["text"] == "hellohello"


SESSION = f"""AT+CMGL=4
+CMGL: 1,1,,29
{HELLO}
+CMGL: 2,3,"",13
0001000491683100
0004F4F29C0E
+CDS: 25
{REPORT[:40]}
{REPORT[40:]}

OK
AT+CMGS=13
> 00010004916831000004F4F29C0E\x1a
+CMGS: 4
"""


def test_a_piece_of_a_terminal_session(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "--json", SESSION]) == 0
    values = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [value["type"] for value in values] == [
        "SMS-DELIVER",
        "SMS-SUBMIT",
        "SMS-STATUS-REPORT",
        "SMS-SUBMIT",
    ]
    assert [value.get("text") for value in values] == ["hellohello", "test", None, "test"]
    assert values[0]["announced_length"] == 29
    assert "announced_length" not in values[1]


def test_the_lines_of_a_session_are_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", SESSION]) == 0
    assert capsys.readouterr().out.count("\n\n") == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((HELLO[:-2],), "pdu.ends_early"),
        ((HELLO[:-1],), "pdu.odd_hex"),
        (("hello world",), "pdu.not_hex"),
        (("",), "pdu.ends_early"),
        (("--length", "29", HELLO), "pdu.other_length"),
        (("--no-smsc", "--length", "29", HELLO), "pdu.other_length"),
        (("--direction", "mo", "0003"), "pdu.reserved_type"),
    ],
)
def test_a_damaged_pdu(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: str) -> None:
    assert main(["decode", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("simloft decode: ")
    assert captured.err.count("\n") == 1
    assert main(["decode", "--json", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err == ""
    error = json.loads(captured.out)
    assert error["code"] == code
    assert error["error"].endswith(".")


def test_one_damaged_pdu_among_others_does_not_hide_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "--json", SESSION.replace(REPORT[40:], "")]) == 2
    values = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["error" in value for value in values] == [False, False, True, False]


def test_the_length_tells_whether_a_prefix_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    tpdu = HELLO[16:]
    length = str(len(tpdu) // 2)
    assert decoded(capsys, "--length", length, tpdu)["smsc"] is None
    assert decoded(capsys, "--length", length, HELLO)["smsc"] == "+27381000015"
    assert decoded(capsys, "--no-smsc", tpdu)["text"] == "hellohello"


@pytest.mark.parametrize(
    ("options", "pdu", "kind"),
    [
        ([], "00" + "0000", "SMS-DELIVER-REPORT"),  # no SMS-DELIVER is so short
        ([], "00" + "0100" + "62113051438023", "SMS-SUBMIT-REPORT"),
        ([], "00" + "222A0002070B813119325476F800", "SMS-COMMAND"),
        (["--direction", "mo"], "00" + "222A0002070B813119325476F800", "SMS-COMMAND"),
        (["--direction", "mt"], "00" + "0100" + "62113051438023", "SMS-SUBMIT-REPORT"),
    ],
)
def test_the_other_reading_where_the_first_is_impossible(
    capsys: pytest.CaptureFixture[str], options: list[str], pdu: str, kind: str
) -> None:
    assert decoded(capsys, *options, pdu)["type"] == kind


def test_what_a_terminal_would_obey_is_made_visible(capsys: pytest.CaptureFixture[str]) -> None:
    # A UCS-2 text with an escape sequence and a right-to-left override.
    text = "\x1b[31mred\u202eevil\n".encode("utf-16-be").hex()
    pdu = f"000404812143000862113051438023{len(text) // 2:02X}{text}"
    assert main(["decode", pdu]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b[31mred\\u202eevil\\n" in out
    assert decoded(capsys, pdu)["text"] == "\x1b[31mred\u202eevil\n"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_terminal_without_unicode(options: list[str]) -> None:
    pdu = "0891683108200505F0040D91683105155694F5000850208151754500044F60597D"
    ran = subprocess.run(
        [sys.executable, "-m", "appliance.cli.main", "decode", *options, pdu],
        env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0
    assert ran.stderr == b""
    assert b"\\u4f60\\u597d" in ran.stdout
