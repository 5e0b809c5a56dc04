"""Secrets that one process may only put in and another only take out: PINs, sealed with a public key.

Page and command line need the public key (``DIR/pin.pub``) to store a PIN; only the pool has the private one
(``DIR/pin.key``, 0600), so a copy of the database, or a hole in the web process, tells no PIN. The sealed text holds
what it is for, so that a row can't be moved to another card. Construction: libsodium's sealed box, X25519 with
XSalsa20-Poly1305 (https://doc.libsodium.org/public-key_cryptography/sealed_boxes), by PyNaCl.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

KEY_OCTETS = 32
PRIVATE_NAME = "pin.key"
PUBLIC_NAME = "pin.pub"
DAMAGED_NAME = "pin.key.damaged"

_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret that only the holder of the private key can read, and which key that is."""

    octets: bytes
    key_id: str


class Sealer:
    """Seals with a public key."""

    def __init__(self, public: PublicKey) -> None:
        self._box = SealedBox(public)
        self.key_id = _id_of(public)

    def seal(self, purpose: str, secret: str) -> Sealed:
        """``secret``, good for ``purpose`` (such as 'iccid:8986…') and nothing else."""
        return Sealed(bytes(self._box.encrypt(f"{purpose}{_SEPARATOR}{secret}".encode())), self.key_id)


class Opener:
    """Opens what was sealed with the public half of its key."""

    def __init__(self, private: PrivateKey) -> None:
        self._box = SealedBox(private)
        self.sealer = Sealer(private.public_key)

    def open(self, purpose: str, octets: bytes) -> str | None:
        """The secret, or None where it was sealed for another key or purpose, or is damaged."""
        try:
            said, _, secret = bytes(self._box.decrypt(octets)).decode().partition(_SEPARATOR)
        except (CryptoError, ValueError):
            return None
        return secret if said == purpose else None


def keys_of_the_pool(directory: Path) -> Opener:
    """The private key of a box, made anew where there is none; the public one is written beside it.

    To be called by the pool alone. What was sealed for a lost key can't be read with a new one: the PINs must be
    entered again, which their status says (see :mod:`appliance.store.pins`). OSError where the disk refuses.
    """
    path = directory / PRIVATE_NAME
    private = _read_private(path)
    if private is None:
        if path.exists():
            path.replace(directory / DAMAGED_NAME)
        private = PrivateKey.generate()
        _write(path, bytes(private), 0o600)
    public = bytes(private.public_key)
    if _read(directory / PUBLIC_NAME) != public:
        _write(directory / PUBLIC_NAME, public, 0o644)
    return Opener(private)


def public_key(directory: Path) -> Sealer | None:
    """What seals a PIN for the pool of a box; None where its pool has not been started yet."""
    octets = _read(directory / PUBLIC_NAME)
    return None if octets is None else Sealer(PublicKey(octets))


def _read_private(path: Path) -> PrivateKey | None:
    octets = _read(path)
    return None if octets is None else PrivateKey(octets)


def _read(path: Path) -> bytes | None:
    """A key, or None where there is none or what is there is none."""
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return None
    return octets if len(octets) == KEY_OCTETS else None


def _write(path: Path, octets: bytes, mode: int) -> None:
    """All of it or nothing, and on disk when this returns; never readable for more than ``mode`` says."""
    beside = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor with its mode
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _id_of(public: PublicKey) -> str:
    return hashlib.sha256(bytes(public)).hexdigest()[:16]
