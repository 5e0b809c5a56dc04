"""Where the web process listens: addresses, what each of them answers, and the sockets."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

BACKLOG = 1024
UNREAD_ANSWER_MS = 30_000
"""How long a client may leave an answer unread, or be gone without a word, before the kernel lets go of it (tcp(7))."""


class AddressError(Exception):
    """The address can't be listened on; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One address of the box."""

    host: str
    port: int
    """0 takes a free one."""
    prefixes: tuple[str, ...] = ()
    """Only paths that begin with one of these are answered; empty: all."""
    under: str = ""
    """Put before each path that is asked for here: a part of the box stands at the root of this address."""
    is_tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def listen(at: Listener) -> socket.socket:
    """A listening socket. Raises :class:`AddressError`.

    It is not shared (no SO_REUSEPORT), so that no other program can take a part of the connections. What is set here
    holds for each connection that it accepts.
    """
    family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_ANSWER_MS)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setblocking(False)
        listening.bind((at.host, at.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise AddressError(_why_not(at, error)) from error
    return listening


def _why_not(at: Listener, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Another program listens on {at} already. Stop it, or choose another port with --listen."
        case errno.EACCES:
            return f"This user may not listen on {at}. Choose a port above 1023 with --listen."
        case errno.EADDRNOTAVAIL:
            return f"This machine has no address {at.host}. Choose another one with --listen."
        case _:
            return f"{at} can't be listened on ({error.strerror or error}). Choose another one with --listen."
