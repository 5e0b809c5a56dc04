"""How HTTPS is answered; ``simloft web`` fills it from ``[tls]``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsRules:
    """Frozen at the start of the process; paths are absolute."""

    host: str
    port: int
    directory: Path
    """Where the box keeps the certificates that it makes."""
    certificate: Path | None = None
    """A person's own, with its chain; then the box makes none."""
    key: Path | None = None
    redirect: bool = False
    """Whether pages that are asked for over plain HTTP are found over HTTPS instead."""
    http_api: bool = True
    """Whether programs are answered over plain HTTP, too."""
    hsts_days: int = 0
    """So long browsers are told to come by HTTPS only; 0: they are not told."""
    names: tuple[str, ...] = ()
    """Host names of the box that it can't find out by itself."""
