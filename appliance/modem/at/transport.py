"""A serial line in an asyncio loop: pyserial opens and sets it, the loop reads and writes it. No thread, no polling.

A port may be a pseudo-terminal (simulated modems, other people's): what a pty refuses is no error.
"""

from __future__ import annotations

import asyncio
import errno
import os
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import serial

from appliance.modem.at.exchange import Wire
from appliance.modem.at.trace import Trace
from appliance.modem.recording.record import LOST, OPENED
from appliance.modem.states import LineError, PortState

READ_OCTETS = 4096
MAX_OCTETS_PER_S = 512 * 1024
"""More than any modem says: one that babbles faster is read no faster, so that it can't starve the others."""

_HUPCL = termios.HUPCL
_CFLAG, _CC = 2, 6


class _KeepingSerial(serial.Serial):
    """pyserial's port, but opening it doesn't throw away what has arrived.

    pyserial 3.5 flushes the input in ``open()``. Those octets may be the delivery report, or the late
    ``+CMGS: n``, for which a killed predecessor was waiting.
    """

    def _reset_input_buffer(self) -> None:
        pass


class Line(Wire, Protocol):
    """An open line to one modem, as a session uses it: a serial one, or one in memory."""

    @property
    def trace(self) -> Trace:
        """Where all that goes over it is kept."""

    def start(self, on_octets: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Begin to read. ``on_lost`` is called once if the device goes."""

    def close(self) -> None:
        """Close the line; no callback is called after that."""


class LineOpener(Protocol):
    """Opens the line of a device for us alone. LineError: ABSENT, NO_PERMISSION, IN_USE, with device and detail."""

    def __call__(self, device: str, *, baud: int, trace: Trace) -> Line: ...


class SerialLine:
    """An open line. ``on_octets`` gets what is read, ``on_lost`` is called once if the device goes."""

    def __init__(self, port: serial.Serial, trace: Trace) -> None:
        self.trace = trace
        self._port = port
        self._fd: int = port.fileno()
        self._loop = asyncio.get_running_loop()
        self._unwritten = b""
        self._waits_to_write = False
        self._open = True
        self._on_octets: Callable[[bytes], None] = _ignore
        self._on_lost: Callable[[str], None] = _ignore
        self._window_begun_at = 0.0
        self._window_octets = 0

    @classmethod
    def open(cls, device: str, *, baud: int, trace: Trace) -> SerialLine:
        """Open ``device`` for us alone; what goes over it is kept in ``trace``.

        LineError: ABSENT, NO_PERMISSION, IN_USE, with device and detail.
        """
        try:
            port = _KeepingSerial(device, baudrate=baud, timeout=0, exclusive=True)
        except (OSError, termios.error, ValueError) as error:
            raise _line_error(device, error) from error
        _hold_the_line(port.fileno())
        trace.note(OPENED)
        return cls(port, trace)

    def start(self, on_octets: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Begin to read."""
        self._on_octets, self._on_lost = on_octets, on_lost
        self._loop.add_reader(self._fd, self._read)

    def write(self, octets: bytes) -> None:
        """Write now, or as soon as the line takes it. Never blocks, never raises."""
        begun = bool(self._unwritten)
        self._unwritten += octets
        if self._open and not begun:
            self._write()

    def withdraw(self) -> int:
        """Drop what was not written yet; how many octets that were."""
        count, self._unwritten = len(self._unwritten), b""
        if self._open and self._waits_to_write:
            self._loop.remove_writer(self._fd)
            self._waits_to_write = False
        return count

    def close(self) -> None:
        """Close the line; neither callback is called after that."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        # Octets that a hung modem doesn't take would hold up close() for its closing_wait of 30 s.
        with suppress(termios.error):
            termios.tcflush(self._fd, termios.TCOFLUSH)
        self._port.close()

    def _read(self) -> None:
        try:
            octets = os.read(self._fd, READ_OCTETS)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error.strerror or str(error))
            return
        if not octets:
            self._lose("end of file")
            return
        self.trace.add("in", octets)
        self._keep_pace(len(octets))
        self._on_octets(octets)

    def _keep_pace(self, octets: int) -> None:
        now = self._loop.time()
        if now - self._window_begun_at >= 1.0:
            self._window_begun_at, self._window_octets = now, 0
        self._window_octets += octets
        if self._window_octets > MAX_OCTETS_PER_S:
            self._loop.remove_reader(self._fd)
            self._loop.call_at(self._window_begun_at + 1.0, self._resume)

    def _resume(self) -> None:
        if self._open:
            self._loop.add_reader(self._fd, self._read)

    def _write(self) -> None:
        try:
            count = os.write(self._fd, self._unwritten)
        except (BlockingIOError, InterruptedError):
            count = 0
        except OSError as error:
            self._lose(error.strerror or str(error))
            return
        self.trace.add("out", self._unwritten[:count])
        self._unwritten = self._unwritten[count:]
        if self._unwritten:
            self._loop.add_writer(self._fd, self._write)
            self._waits_to_write = True
        elif self._waits_to_write:
            self._loop.remove_writer(self._fd)
            self._waits_to_write = False

    def _lose(self, reason: str) -> None:
        if self._open:
            self.trace.note(f"{LOST}: {reason}")
            self.close()
            self._on_lost(reason)


def _ignore(_: bytes | str) -> None:
    pass


def _hold_the_line(fd: int) -> None:
    """Keep DTR up after closing (its drop resets some modems), and make 'no data' and 'gone' different.

    With VMIN 0, as pyserial sets it, a read without data gives nothing, as that of an unplugged device does.
    """
    with suppress(termios.error):
        attributes = termios.tcgetattr(fd)
        attributes[_CFLAG] &= ~_HUPCL
        attributes[_CC][termios.VMIN] = 1
        attributes[_CC][termios.VTIME] = 0
        termios.tcsetattr(fd, termios.TCSANOW, attributes)


_STATES = {
    errno.ENOENT: PortState.ABSENT,
    errno.ENODEV: PortState.ABSENT,
    errno.ENXIO: PortState.ABSENT,
    errno.EACCES: PortState.NO_PERMISSION,
    errno.EPERM: PortState.NO_PERMISSION,
    errno.EBUSY: PortState.IN_USE,
    errno.EAGAIN: PortState.IN_USE,
}


def _line_error(device: str, error: BaseException) -> LineError:
    """The state for what opening raised; where pyserial hides the number, that of its cause."""
    number = _errno_of(error)
    if number is None and error.__context__ is not None:
        number = _errno_of(error.__context__)
    detail = os.strerror(number) if number is not None else str(error)
    return LineError(_STATES.get(number or 0, PortState.ABSENT), device=device, detail=detail)


def _errno_of(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    if isinstance(error, termios.error) and error.args and isinstance(error.args[0], int):
        return error.args[0]
    return None
