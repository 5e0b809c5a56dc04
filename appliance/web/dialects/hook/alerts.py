"""What Alertmanager and Grafana post → a short text that says what is firing and what is over. Pure.

Words are ASCII, so that an alarm in English is GSM-7 and takes half of the parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

SAYS = ("summary", "message", "description")
"""Annotations that say what it is, the first that there is."""
NAME = "alertname"
_QUIET = frozenset({NAME, "severity", "job", "grafana_folder", "prometheus", "monitor"})
"""Labels that tell one alert from another badly."""
_MOST_LINES = 30


class Alert(msgspec.Struct, rename="camel", kw_only=True):
    """One alert. Of a group that fires, some may be over."""

    status: str = "firing"
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    starts_at: str = ""
    fingerprint: str = ""


class Group(msgspec.Struct, rename="camel", kw_only=True):
    """The whole body."""

    alerts: list[Alert]
    status: str = ""
    group_key: str = ""
    common_labels: dict[str, str] | None = None
    title: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What is sent for a group, and what makes two requests the same notification."""

    text: str
    mark: str


def told_of(body: Mapping[str, Any]) -> Told:
    """Raises :class:`msgspec.ValidationError` for what is no group of alerts."""
    group = msgspec.convert(body, Group)
    return Told(_text(group), _mark(group))


def _mark(group: Group) -> str:
    """The same for a retry, whatever its annotations say by now; another one when an alert comes, goes or returns."""
    alerts = sorted(
        (each.fingerprint or repr(sorted((each.labels or {}).items())), each.status, each.starts_at)
        for each in group.alerts
    )
    said = repr((group.group_key, group.status, alerts, "" if alerts else (group.title, group.message)))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _text(group: Group) -> str:
    firing = [each for each in group.alerts if each.status != "resolved"]
    over = [each for each in group.alerts if each.status == "resolved"]
    if not group.alerts:
        return "\n".join(each for each in (group.title, group.message) if each)
    counts = " ".join(
        f"{word}:{len(alerts)}" for word, alerts in (("FIRING", firing), ("RESOLVED", over)) if alerts
    )
    name = (group.common_labels or {}).get(NAME, "")
    lines = _lines(group, firing, "") + _lines(group, over, "RESOLVED " if firing else "")
    return "\n".join([f"[{counts}] {name}".strip(), *lines])


def _lines(group: Group, alerts: Sequence[Alert], before: str) -> list[str]:
    """One for each alert that says something of its own."""
    return list(dict.fromkeys(before + _line(group, each) for each in alerts[:_MOST_LINES]))


def _line(group: Group, alert: Alert) -> str:
    labels, annotations, common = alert.labels or {}, alert.annotations or {}, group.common_labels or {}
    said = next((annotations[name].strip() for name in SAYS if annotations.get(name)), "")
    own = [value for name, value in labels.items() if name not in _QUIET and common.get(name) != value]
    name = "" if NAME in common else labels.get(NAME, "")
    which = " ".join(each for each in (name, *own) if each and each not in said)
    if not which and not said:
        which = " ".join(value for name, value in labels.items() if name not in _QUIET) or name
    return ": ".join(each for each in (which, said) if each)
