"""The tty of one modem: a pty whose slave is linked under the modem's name. The only file here that touches a tty.

The bank keeps each slave open itself, so that clients may come, go and be killed while the modem lives on. What is
written while nobody listens stays in the tty's own buffer (some 4 KB), as in a modem's; beyond that it is lost. A
client that is there but slow is waited for.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import struct
import termios
import tty
from collections.abc import Callable
from pathlib import Path

READ_OCTETS = 65536
MOST_PENDING = 1 << 20

_IN_OPEN, _IN_CLOSE = 0x20, 0x18
_IN_NONBLOCK, _IN_CLOEXEC = os.O_NONBLOCK, os.O_CLOEXEC
_EVENT = struct.Struct("iIII")


class OpenWatch:
    """Who has which slave open, by inotify(7). Where the kernel has none of it, every slave counts as open."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._lines: dict[int, PtyLine] = {}
        self._descriptor = self._libc.inotify_init1(_IN_NONBLOCK | _IN_CLOEXEC)
        if self._descriptor >= 0:
            loop.add_reader(self._descriptor, self._read)

    def watch(self, path: str, line: "PtyLine") -> int | None:
        """Counts the openers of `path` for `line` from now on; None where that is not possible."""
        if self._descriptor < 0:
            return None
        watch: int = self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), _IN_OPEN | _IN_CLOSE)
        if watch < 0:
            return None
        self._lines[watch] = line
        return watch

    def forget(self, watch: int | None) -> None:
        """No more counting."""
        if watch is not None and self._lines.pop(watch, None) is not None:
            self._libc.inotify_rm_watch(self._descriptor, watch)

    def close(self) -> None:
        """Gives the descriptor back."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            octets = os.read(self._descriptor, READ_OCTETS)
            at = 0
            while at < len(octets):
                watch, mask, _, name_length = _EVENT.unpack_from(octets, at)
                at += _EVENT.size + name_length
                line = self._lines.get(watch)
                if line is not None:
                    line.opened_or_closed(1 if mask & _IN_OPEN else -1)


class PtyLine:
    """One pty under one name."""

    def __init__(self, link: Path, loop: asyncio.AbstractEventLoop, watch: OpenWatch) -> None:
        self.link = link
        self._loop = loop
        self._open_watch = watch
        self._watch: int | None = None
        self._receive: Callable[[bytes], None] = lambda _octets: None
        self._master = -1
        self._slave = -1
        self._slave_path = ""
        self._openers = 0
        self._stopped = False
        self._pending = bytearray()
        self._returning: asyncio.TimerHandle | None = None

    def receive_with(self, receive: Callable[[bytes], None]) -> None:
        """Who gets what clients write."""
        self._receive = receive

    def open(self) -> None:
        """A new pty, raw and without echo, and the link to it (replaced in one step)."""
        self._returning = None
        self._stopped = False
        self._master, self._slave = os.openpty()
        os.set_blocking(self._master, False)
        tty.setraw(self._slave, termios.TCSANOW)
        self._slave_path = os.ttyname(self._slave)
        self._openers = 0
        self._watch = self._open_watch.watch(self._slave_path, self)
        fresh = self.link.with_name(f".{self.link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self._slave_path)
        fresh.replace(self.link)
        self._loop.add_reader(self._master, self._readable)

    def close(self) -> None:
        """Takes link and pty away; clients see a hang-up."""
        if self._returning is not None:
            self._returning.cancel()
            self._returning = None
        if self._master < 0:
            return
        self._loop.remove_reader(self._master)
        self._drop_pending()
        self._open_watch.forget(self._watch)
        with contextlib.suppress(OSError):
            if os.fspath(self.link.readlink()) == self._slave_path:
                self.link.unlink()
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def hang_up(self, return_after_s: float) -> None:
        """The tty vanishes, and comes back under the same name after so many seconds."""
        self.close()
        self._returning = self._loop.call_later(return_after_s, self.open)

    def write(self, octets: bytes) -> None:
        """To the client, or into the tty's buffer; never blocks."""
        if self._master < 0:
            return
        if self._pending:
            self._keep(octets)
            return
        try:
            written = os.write(self._master, octets)
        except BlockingIOError:
            written = 0
        if written < len(octets):
            self._keep(octets[written:])

    def stop_reading(self, *, stopped: bool) -> None:
        """Leaves what clients write in the tty's buffer, until it is full and they are not let write."""
        self._stopped = stopped
        if self._master < 0:
            return
        if stopped:
            self._loop.remove_reader(self._master)
        else:
            self._loop.add_reader(self._master, self._readable)

    def opened_or_closed(self, change: int) -> None:
        """A client came (1) or went (-1)."""
        # Of two opens in a row that were not looked at yet, inotify(7) tells as of one.
        self._openers = max(0, self._openers + change)
        if self._openers == 0:
            self._drop_pending()
            # A client's claim to be the only one (gammu's TIOCEXCL) ends with the last close of a tty. Ours is
            # never closed for good, so the claim would lock out every client without root's rights.
            fcntl.ioctl(self._slave, termios.TIOCNXCL)

    def _keep(self, octets: bytes) -> None:
        listened_to = self._watch is None or self._openers > 0
        if not listened_to or len(self._pending) + len(octets) > MOST_PENDING:
            return
        if not self._pending:
            self._loop.add_writer(self._master, self._writable)
        self._pending += octets

    def _drop_pending(self) -> None:
        if self._pending:
            self._loop.remove_writer(self._master)
            self._pending.clear()

    def _writable(self) -> None:
        try:
            written = os.write(self._master, self._pending)
        except BlockingIOError:
            return
        del self._pending[:written]
        if not self._pending:
            self._loop.remove_writer(self._master)

    def _readable(self) -> None:
        try:
            octets = os.read(self._master, READ_OCTETS)
        except OSError:
            return
        self._receive(octets)
