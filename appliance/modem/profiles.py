"""The profiles of modem families: ``profiles/*.toml``, a person's own ones, and the book that finds the right one.

A modem that no profile fits is treated by ``generic.toml``, so nothing else in the driver asks for a maker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from appliance.modem.profile import (
    GENERIC,
    Ban,
    CardChange,
    Profile,
    SimLine,
    Technology,
    TriesCommand,
    UsbPorts,
    UsbRule,
    UssdEncoding,
)
from appliance.modem.profile_file import Mistake, ProfileError, read_profile

__all__ = [
    "GENERIC",
    "Ban",
    "CardChange",
    "Mistake",
    "Profile",
    "ProfileBook",
    "ProfileError",
    "SimLine",
    "Technology",
    "TriesCommand",
    "UsbPorts",
    "UsbRule",
    "UssdEncoding",
    "read_profile",
]

_BUILT_IN = Path(__file__).with_name("profiles")


class ProfileBook:
    """All profiles of a box. Those of a directory come before the built-in ones and replace those of their name."""

    def __init__(self, profiles: Iterable[Profile], directory: Path | None = None) -> None:
        self._built_in = {profile.name: profile for profile in profiles}
        self._own: dict[str, Profile] = {}
        self._directory = directory
        self._marks: dict[Path, tuple[int, int]] = {}

    @classmethod
    def built_in(cls) -> ProfileBook:
        """What comes with the program."""
        return cls(_built_in())

    def with_directory(self, directory: Path) -> ProfileBook:
        """The same with the profiles of ``directory``, read by the first `refresh`; it need not exist."""
        return ProfileBook(self._built_in.values(), directory)

    def refresh(self) -> tuple[ProfileError, ...]:
        """Read again what changed in the directory; what is wrong with it. A wrong file leaves its last good one."""
        found = {} if self._directory is None else _marks(self._directory)
        for path in self._marks.keys() - found.keys():
            self._own.pop(path.stem, None)
        wrong: list[ProfileError] = []
        for path, mark in found.items():
            if self._marks.get(path) != mark:
                try:
                    self._own[path.stem] = read_profile(path)
                except ProfileError as error:
                    wrong.append(error)
        self._marks = found
        return tuple(wrong)

    def profiles(self) -> tuple[Profile, ...]:
        """Own ones first, each kind by name."""
        built_in = [profile for name, profile in sorted(self._built_in.items()) if name not in self._own]
        return (*[profile for _, profile in sorted(self._own.items())], *built_in)

    def get(self, name: str | None) -> Profile | None:
        """The profile of a name."""
        return self._own.get(name or "") or self._built_in.get(name or "")

    @property
    def generic(self) -> Profile:
        """For modems that no other fits."""
        return self.get(GENERIC) or Profile(name=GENERIC)

    def match(
        self, manufacturer: str | None, model: str | None, usb_id: str | None = None, hint: str | None = None
    ) -> Profile:
        """The profile that fits best what a modem says of itself; where none does, that of its USB id or hint."""
        best = max(
            (profile for profile in self.profiles() if _fit(profile, manufacturer, model)),
            key=lambda profile: _fit(profile, manufacturer, model),
            default=None,
        )
        if best is not None:
            return best
        ports = None if usb_id is None else self.usb_table().get(usb_id.lower())
        return self.get(hint) or self.get(None if ports is None else ports.profile_name) or self.generic

    def usb_table(self) -> Mapping[str, UsbPorts]:
        """What is known of USB ids; ``vvvv:*`` stands for the other products of a vendor."""
        table: dict[str, UsbPorts] = {}
        for profile in self.profiles():
            for rule in profile.usb:
                ports = UsbPorts(profile.name, rule.at_interface, rule.at_protocols, rule.is_bare_bridge)
                for usb_id in rule.ids:
                    table.setdefault(usb_id, ports)
        return MappingProxyType(table)


def _fit(profile: Profile, manufacturer: str | None, model: str | None) -> int:
    """How well; 0 is not at all."""
    wanted = ((profile.manufacturer, manufacturer, 1), (profile.model, model, 2))
    named = [(pattern, text, weight) for pattern, text, weight in wanted if pattern is not None]
    if not all(text is not None and pattern.search(text) for pattern, text, _ in named):
        return 0
    return sum(weight for _, _, weight in named)


def _marks(directory: Path) -> dict[Path, tuple[int, int]]:
    marks = {}
    for path in sorted(directory.glob("*.toml")):
        try:
            stat = path.stat()
        except OSError:
            continue
        marks[path] = (stat.st_mtime_ns, stat.st_size)
    return marks


@lru_cache(maxsize=1)
def _built_in() -> tuple[Profile, ...]:
    return tuple(read_profile(path) for path in sorted(_BUILT_IN.glob("*.toml")))
