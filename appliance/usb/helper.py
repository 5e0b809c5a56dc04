"""The helper that runs as root: it resets USB devices that have ttys, for members of one group, and nothing else.

It takes one request at a time, so there is never more than one device without its rights. It opens no tty, reads no
settings and speaks to no network.
"""

from __future__ import annotations

import contextlib
import grp
import logging
import os
import pwd
import select
import signal
import socket
import stat
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.usb.device import UsbDevices
from appliance.usb.limits import Budget
from appliance.usb.power import power_cycle
from appliance.usb.request import (
    LONGEST_LINE,
    USB_PATH,
    Done,
    NotPossible,
    Op,
    Request,
    Result,
    Why,
    answer_to_line,
)

_log = logging.getLogger("simloft.usb-helper")

REQUEST_S = 2.0
"""How long a caller may take to say what it wants."""
LOOK_S = 10.0
"""Between two looks for devices with ttys: one that loses them for good was still a modem."""
_CREDENTIALS = struct.Struct("3i")


class Helper:
    """Decides and acts; knows no sockets."""

    def __init__(
        self,
        devices: UsbDevices,
        state: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        search: str | None = None,
    ) -> None:
        """``state``: a file that names the device which is without its rights just now."""
        self._devices = devices
        self._state = state
        self._clock = clock
        self._search = search
        self._budget = Budget()
        self._had_ttys: set[str] = set()

    def begin(self) -> None:
        """Give back what a predecessor that was killed had taken, and look around."""
        with contextlib.suppress(OSError):
            usb_path = self._state.read_text().strip()
            if USB_PATH.fullmatch(usb_path):
                _log.warning("%s was left without its rights; it gets them back", usb_path)
                self._had_ttys.add(usb_path)
                self._devices.authorize(usb_path)
            self._state.unlink()
        self.look()

    def look(self) -> None:
        """Remember which devices have ttys."""
        self._had_ttys |= self._devices.with_ttys()

    def handle(self, request: Request) -> Result:
        """Do one reset, if it may be done."""
        usb_path = request.usb_path
        self.look()
        if usb_path not in self._had_ttys:
            return NotPossible(Why.NOT_OURS if self._devices.exists(usb_path) else Why.NO_DEVICE)
        if request.op is Op.REAUTHORIZE and not self._devices.exists(usb_path):
            return NotPossible(Why.NO_DEVICE)
        if not self._budget.take(usb_path, self._clock()):
            return NotPossible(Why.TOO_OFTEN)
        match request.op:
            case Op.REAUTHORIZE:
                return self._reauthorize(usb_path)
            case Op.POWER_CYCLE:
                return power_cycle(usb_path, search=self._search)

    def _reauthorize(self, usb_path: str) -> Result:
        try:
            self._state.write_text(usb_path)
            self._devices.reauthorize(usb_path)
        except OSError as error:
            return NotPossible(Why.FAILED, error.strerror or type(error).__name__)
        finally:
            self._state.unlink(missing_ok=True)
        return Done()


def is_member(uid: int, gid: int, group: int) -> bool:
    """Whether a process of ``uid`` and ``gid`` belongs to ``group``, or is root."""
    if uid == 0 or gid == group:
        return True
    try:
        person = pwd.getpwuid(uid)
    except KeyError:
        return False
    return group in os.getgrouplist(person.pw_name, person.pw_gid)


def serve(helper: Helper, path: Path, group: int) -> None:
    """Answer on the socket ``path`` until SIGTERM or SIGINT; one that is acting finishes that first."""
    with _stopping() as stop, _listening(path, group) as listener:
        helper.begin()
        _log.info("waiting on %s for members of %s", path, _group_name(group))
        while True:
            ready, _, _ = select.select([listener, stop], [], [], LOOK_S)
            if stop in ready:
                return
            if listener in ready:
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        _answer(helper, connection, group)
            else:
                helper.look()


def _answer(helper: Helper, connection: socket.socket, group: int) -> None:
    connection.settimeout(REQUEST_S)
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(raw)
    line = _line(connection)  # In any case: who closes on what was said takes his own answer away.
    if not is_member(uid, gid, group):
        _log.warning("refused: process %d of user %d is not of the group", pid, uid)
        connection.sendall(answer_to_line(NotPossible(Why.NOT_ALLOWED)))
        return
    request = Request.from_line(line)
    if isinstance(request, NotPossible):
        _log.warning("refused: what process %d of user %d asked is no request", pid, uid)
        connection.sendall(answer_to_line(request))
        return
    result = helper.handle(request)
    outcome = "done" if isinstance(result, Done) else f"{result.reason.value} {result.detail}".strip()
    _log.info("%s %s for process %d of user %d: %s", request.op.value, request.usb_path, pid, uid, outcome)
    connection.sendall(answer_to_line(result))


def _line(connection: socket.socket) -> bytes:
    """The first line; at most so much as a request may have, in at most so much time as it may take."""
    got = b""
    deadline = time.monotonic() + REQUEST_S
    while b"\n" not in got and len(got) < LONGEST_LINE and time.monotonic() < deadline:
        more = connection.recv(LONGEST_LINE - len(got))
        if not more:
            break
        got += more
    return got.partition(b"\n")[0]


@contextlib.contextmanager
def _stopping() -> Iterator[socket.socket]:
    """A socket that is readable once a signal asked for the end."""
    heard, told = socket.socketpair()
    with heard, told:
        told.setblocking(False)
        before = {
            number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)
        }
        signal.set_wakeup_fd(told.fileno())
        try:
            yield heard
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def _listening(path: Path, group: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(path.lstat().st_mode):
                path.unlink()
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        if group != os.getegid():
            os.chown(path, -1, group)
        path.chmod(0o660)
        listener.listen(8)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def _group_name(group: int) -> str:
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)
