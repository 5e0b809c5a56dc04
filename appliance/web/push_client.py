"""One HTTP request to a place that somebody gave the box, under limits: to an address that was judged, without
redirects, within a time from the first to the last octet, of an answer of which only so much is read."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from appliance.desk.mistake import Mistake
from appliance.desk.outbox import HttpRequest, HttpResponse, OutboxRules
from appliance.desk.push_address import LONGEST_FILLED_URL, Place, is_forbidden, read_place

MOST_ANSWER_OCTETS = 64 * 1024
MOST_ADDRESSES = 2
"""So many addresses of a name are tried: one of each family."""
IDLE_S = 15.0
"""A kept-alive connection is used again within this; most servers close them after some more."""
MOST_IDLE = 32
USER_AGENT = "Simloft"


class PushError(Exception):
    """Nothing was answered. ``code`` is of the sentences; nothing of what was sent is in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class _Idle:
    connection: HTTPConnection
    since_s: float


class PushClient:
    """For all threads of the process."""

    def __init__(self, rules: OutboxRules) -> None:
        self._rules = rules
        self._tls: ssl.SSLContext | None = None
        self._idle: dict[Place, list[_Idle]] = {}
        self._lock = threading.Lock()
        self._deadlines = _Deadlines()

    def send(self, request: HttpRequest) -> HttpResponse:
        """Ask, and read the answer. Raises :class:`PushError`."""
        place = read_place(request.url, most=LONGEST_FILLED_URL)
        if isinstance(place, Mistake):
            raise PushError("push.bad-url")
        kept = self._kept(place)
        if kept is not None:
            try:
                return self._ask(kept, place, request)
            except PushError as error:
                # Else it may have been closed while it was idle: then a new one is asked.
                if error.code == "push.no-answer":
                    raise
        return self._ask(self._connected(place), place, request)

    def close(self) -> None:
        """Hang up everywhere; what is being asked ends soon with an error."""
        self._deadlines.close()
        with self._lock:
            idle, self._idle = self._idle, {}
        for each in idle.values():
            for one in each:
                one.connection.close()

    def _ask(self, connection: HTTPConnection, place: Place, request: HttpRequest) -> HttpResponse:
        headers = {
            "Host": place.authority,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            **request.headers,
        }
        watch = _Watch()
        is_good = False
        try:
            with self._deadlines.within(connection, self._rules.answer_timeout_s, watch):
                connection.request(
                    request.method,
                    place.target,
                    body=request.body or None,
                    headers=headers,
                    preload_content=False,
                    decode_content=False,
                )
                answer = connection.getresponse()
                body = answer.read(MOST_ANSWER_OCTETS, decode_content=False)
                is_whole = not answer.read(1, decode_content=False)
            fields = {name.lower(): value for name, value in answer.headers.items()}
            is_good = is_whole and not watch.is_cut and fields.get("connection", "").lower() != "close"
            return HttpResponse(status=answer.status, headers=fields, body=body)
        except TimeoutError as error:
            raise PushError("push.no-answer") from error
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise PushError("push.no-answer" if watch.is_cut else "push.broken-answer") from error
        finally:
            if is_good:
                self._keep(place, connection)
            else:
                connection.close()

    # -- connections ------------------------------------------------------------------------------------------------

    def _connected(self, place: Place) -> HTTPConnection:
        failed: PushError | None = None
        for address in self._addresses(place):
            connection = self._to(address, place)
            try:
                with self._deadlines.within(connection, self._rules.connect_timeout_s + 1, _Watch()):
                    connection.connect()
            except ssl.SSLError as error:
                connection.close()
                failed = PushError("push.tls")
                failed.__cause__ = error
                continue
            except (HTTPError, OSError) as error:
                connection.close()
                is_tls = isinstance(error.__cause__, ssl.SSLError) or "SSL" in type(error).__name__
                failed = PushError("push.tls" if is_tls else "push.no-connection")
                continue
            assert connection.sock is not None
            connection.sock.settimeout(self._rules.answer_timeout_s)
            return connection
        raise failed or PushError("push.no-connection")

    def _to(self, address: str, place: Place) -> HTTPConnection:
        timeout_s = self._rules.connect_timeout_s
        if place.scheme == "http":
            return HTTPConnection(address, place.port, timeout=timeout_s)
        if self._tls is None:
            self._tls = ssl.create_default_context()
            if self._rules.ca_file:
                self._tls.load_verify_locations(self._rules.ca_file)
        return HTTPSConnection(
            address, place.port, timeout=timeout_s, ssl_context=self._tls, server_hostname=place.host
        )

    def _addresses(self, place: Place) -> list[str]:
        """Those of a host to which something may be sent, one of each family."""
        try:
            found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise PushError("push.no-such-name") from error
        by_family: dict[int, str] = {}
        for family, _, _, _, end in found:
            address = str(end[0])
            judged = ip_address(address)
            if not is_forbidden(judged, allow_loopback=self._rules.allow_loopback):
                by_family.setdefault(family, address)
        if not by_family:
            raise PushError("push.forbidden-address")
        return list(by_family.values())[:MOST_ADDRESSES]

    def _kept(self, place: Place) -> HTTPConnection | None:
        key = _without_target(place)
        with self._lock:
            while kept := self._idle.get(key):
                one = kept.pop()
                is_young = time.monotonic() - one.since_s < IDLE_S
                if is_young and one.connection.is_connected:
                    return one.connection
                one.connection.close()
            self._idle.pop(key, None)
        return None

    def _keep(self, place: Place, connection: HTTPConnection) -> None:
        with self._lock:
            if sum(map(len, self._idle.values())) < MOST_IDLE:
                self._idle.setdefault(_without_target(place), []).append(_Idle(connection, time.monotonic()))
                return
            idle, self._idle = self._idle, {}
        connection.close()
        for each in idle.values():
            for one in each:
                one.connection.close()


def _without_target(place: Place) -> Place:
    return Place(place.scheme, place.host, place.port, "")


@dataclass(slots=True)
class _Watch:
    """Whether a connection was cut."""

    is_cut: bool = False


class _Deadlines:
    """Cuts connections whose time is over: the time limit of a socket begins anew with each octet that dribbles in."""

    LOOK_S = 0.1

    def __init__(self) -> None:
        self._due: dict[HTTPConnection, tuple[float, _Watch]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextlib.contextmanager
    def within(self, connection: HTTPConnection, seconds: float, watch: _Watch) -> Iterator[None]:
        with self._changed:
            self._due[connection] = (time.monotonic() + seconds, watch)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="push-deadlines", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(connection, None)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._due = {each: (0.0, watch) for each, (_, watch) in self._due.items()}
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due:
                    if self._closed:
                        return
                    self._changed.wait()
                now_s = time.monotonic()
                late = [
                    (each, watch)
                    for each, (due_s, watch) in self._due.items()
                    if due_s <= now_s and each.sock
                ]
                for connection, watch in late:
                    # One without a socket yet is bounded by the time limit for connecting.
                    if connection.sock is not None:
                        watch.is_cut = True
                        del self._due[connection]
                        with contextlib.suppress(OSError):
                            # Of the socket beneath TLS: a TLS shutdown would wait for the other side.
                            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
            time.sleep(self.LOOK_S)
