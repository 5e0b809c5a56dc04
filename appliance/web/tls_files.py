"""The certificates of a box on its disk, and when it needs a new one; :mod:`appliance.web.certificates` makes them.

Everything is in ``DIR/tls``. The authority is made once and stays, because people install it; what it signs for the box
is made anew whenever it would not do any more.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_DAY_MS = 86_400_000
RENEW_BEFORE_MS = 100 * _DAY_MS
"""So long before its end a certificate is made anew: a box may be switched off for a season."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where each of them is."""

    directory: Path

    @property
    def authority(self) -> Path:
        """The certificate that a person installs, PEM."""
        return self.directory / "ca.pem"

    @property
    def authority_key(self) -> Path:
        return self.directory / "ca-key.pem"

    @property
    def chain(self) -> Path:
        """The box's certificate and, behind it, the authority's."""
        return self.directory / "server.pem"

    @property
    def key(self) -> Path:
        return self.directory / "server-key.pem"

    @property
    def own_chain(self) -> Path:
        """A person's certificate that ``simloft tls replace`` brought here."""
        return self.directory / "own.pem"

    @property
    def own_key(self) -> Path:
        return self.directory / "own-key.pem"

    @property
    def has_own(self) -> bool:
        return self.own_chain.exists() and self.own_key.exists()

    @property
    def note(self) -> Path:
        """What is in the certificate, so that nobody has to load a library of 20 MB to know."""
        return self.directory / "server.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What the box's certificate says."""

    names: tuple[str, ...]
    """Host names and addresses in it."""
    left_out: tuple[str, ...]
    """Those that were asked for and that the authority may not vouch for."""
    not_before_ms: int
    not_after_ms: int
    fingerprint: str
    """SHA-256, in pairs of hex digits."""
    authority_fingerprint: str


def read_issued(files: TlsFiles) -> Issued | None:
    """What was issued last; None where nothing usable is there."""
    try:
        said = json.loads(files.note.read_text(encoding="utf-8"))
        issued = Issued(
            **{
                **said,
                "names": tuple(said["names"]),
                "left_out": tuple(said["left_out"]),
            }
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return issued if all(each.exists() for each in (files.chain, files.key, files.authority)) else None


def write_issued(files: TlsFiles, issued: Issued) -> None:
    """Note it, after the files that it tells of."""
    write_file(files.note, json.dumps(asdict(issued), indent=1).encode(), secret=False)


def write_file(path: Path, content: bytes, *, secret: bool) -> None:
    """Replace a file in one step; it is on disk afterwards. A secret one is never readable for others."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def why_new(issued: Issued | None, names: Sequence[str], now_ms: int) -> str | None:
    """Why the box needs a new certificate, as a code; None where it needs none."""
    if issued is None:
        return "missing"
    if not set(names) <= {*issued.names, *issued.left_out}:
        return "names"
    if now_ms < issued.not_before_ms:
        # The clock was ahead when it was made.
        return "clock"
    if issued.not_after_ms - now_ms < RENEW_BEFORE_MS:
        return "ends"
    return None


class UnfitError(Exception):
    """A certificate and a key can't be used; the text says why."""


def check_pair(chain: Path, key: Path) -> None:
    """Raise :class:`UnfitError` unless these two are a certificate and its key that opens without a password."""
    for path in (chain, key):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UnfitError(f"{path} can't be read ({error.strerror or error}).") from error
        if b"-----BEGIN " not in content:
            raise UnfitError(f"{path} is not in PEM form (it has no line “-----BEGIN …”).")
        if b"ENCRYPTED" in content:
            raise UnfitError(f"The key {path} has a password. Give the box one without (openssl pkey).")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UnfitError(f"The key {key} does not belong to the certificate {chain}.") from error
        if error.reason == "NO_START_LINE" or error.reason is None:
            raise UnfitError(
                f"In {chain} no certificate was found, or in {key} no key; maybe the two are swapped."
            ) from error
        raise UnfitError(f"{chain} with {key} can't be used ({error.reason}).") from error
