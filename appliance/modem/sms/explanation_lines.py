"""An explanation as lines for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from .explanation import JsonValue

_NUMBER_NAMES = {
    "SMS-SUBMIT": "TP-DA  number",
    "SMS-DELIVER": "TP-OA  number",
    "SMS-STATUS-REPORT": "TP-RA  number",
    "SMS-COMMAND": "TP-DA  number",
}
_NAMES = {
    "type": "TP-MTI type",
    "tp_mr": "TP-MR  reference",
    "timestamp": "TP-SCTS time",
    "discharge_time": "TP-DT  done at",
    "pid": "TP-PID protocol",
    "dcs": "TP-DCS coding",
    "validity": "TP-VP  validity",
    "status": "TP-ST  status",
    "failure_cause": "TP-FCS cause",
    "command": "TP-CT  command",
    "message_number": "TP-MN  message",
    "text": "TP-UD  text",
    "data": "TP-UD  data",
    "udh": "TP-UD  header",
}
_IN_HEX = ("pid", "dcs", "status", "failure_cause", "command", "id")


def explanation_lines(explanation: Mapping[str, JsonValue]) -> list[str]:
    """The explanation as aligned lines of name, value and meaning; control characters are made visible."""
    rows = [
        (_name(key, explanation), _shown(key, value), str(explanation.get(f"{key}_meaning", "")))
        for key, value in explanation.items()
        if not key.endswith("_meaning")
    ]
    names = max(len(name) for name, _, _ in rows)
    values = max((len(value) for _, value, meaning in rows if meaning), default=0)
    return [
        f"{name:{names}}  {value:{values if meaning else 0}}  {meaning}".rstrip()
        for name, value, meaning in rows
    ]


def _name(key: str, explanation: Mapping[str, JsonValue]) -> str:
    if key == "number":
        return _NUMBER_NAMES[str(explanation["type"])]
    return _NAMES.get(key, "       " + _words(key))


def _shown(key: str, value: JsonValue) -> str:
    match value:
        case dict() if key == "flags":
            return ", ".join(_words(name) for name, is_set in value.items() if is_set) or "none"
        case dict():
            return ", ".join(f"{_words(name)} {_shown(name, inner)}" for name, inner in value.items())
        case list():
            return "; ".join(_shown("", entry) for entry in value) or "-"
        case _:
            return _shown_alone(key, value)


def _shown_alone(key: str, value: str | int | None) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int() if key in _IN_HEX:
            return f"0x{value:02X}"
        case _:
            return _visible(str(value))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _visible(text: str) -> str:
    """``text`` on one line, with what a terminal would obey or hide written as an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
