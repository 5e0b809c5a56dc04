"""Secrets of webhooks: made by the box, shown once, kept so that a copy of the database alone tells none.

They have to be read again to sign with them, so they are encrypted with a key that lies beside the database
(``DIR/webhooks.key``, 0600) and that a backup of the database does not have (libsodium's secretbox, by PyNaCl).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

KEY_NAME = "webhooks.key"
PREFIX = "whsec_"
SECRET_OCTETS = 32


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_OCTETS)).decode()


class Vault:
    """Seals secrets and opens them again."""

    def __init__(self, directory: Path) -> None:
        self._box = SecretBox(_key(directory / KEY_NAME))

    def seal(self, secret: str) -> bytes:
        return bytes(self._box.encrypt(secret.encode()))

    def open(self, sealed: bytes) -> str | None:
        """The secret; None where the key beside the database is another one than then."""
        try:
            return bytes(self._box.decrypt(sealed)).decode()
        except (CryptoError, ValueError):
            return None


def signature(secret: str, webhook_id: str, timestamp_s: int, body: bytes) -> str:
    """One signature of a request (Standard Webhooks 1.0): ``v1,`` and the HMAC of id, time and body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{webhook_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(path: Path) -> bytes:
    """The key in a file, made anew where there is none; of two processes that make it at once, both use the same."""
    with contextlib.suppress(FileNotFoundError):
        octets = path.read_bytes()
        if len(octets) == SecretBox.KEY_SIZE:
            return octets
        path.unlink()
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor with its mode
        file.write(secrets.token_bytes(SecretBox.KEY_SIZE))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(beside)
    beside.unlink()
    return path.read_bytes()
