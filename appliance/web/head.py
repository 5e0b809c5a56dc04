"""The head of a request: what came before its body. Read from ASGI, and no more of it than someone asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Generic, TypeVar

from appliance.web.language import LANGUAGE_COOKIE, Language, choose_language

T = TypeVar("T")


class _once(Generic[T]):  # noqa: N801 - a decorator
    """``functools.cached_property`` without its lock: a request is never read by two threads at a time."""

    def __init__(self, read: Callable[[Head], T]) -> None:
        self._read = read
        self._name = read.__name__
        self.__doc__ = read.__doc__

    def __get__(self, head: Head, _: type[Head]) -> T:
        # What stands in the object itself is found before this is asked again.
        found = head.__dict__[self._name] = self._read(head)
        return found


class Head:
    """Method, address and headers. To parse them all for one message costs more than its insert."""

    def __init__(
        self,
        *,
        method: str,
        path: str,
        query_string: str = "",
        scheme: str = "http",
        remote: str = "",
        prefixes: tuple[str, ...] = (),
        raw_headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """``path`` is decoded; names of ``raw_headers`` are in lower case (ASGI).

        ``prefixes``: where the address that was asked answers only some paths, what these begin with.
        """
        self.method = method
        self.path = path
        self.query_string = query_string
        self.scheme = scheme
        self.remote = remote
        self.is_answered_here = not prefixes or path.startswith(prefixes)
        self._raw_headers = raw_headers
        self.began_ns = time.perf_counter_ns()
        self.may_remember_key = False
        """Whether the key may be judged as it was read last, because the transaction that follows reads it."""
        self.key_id = 0
        """Of the API key that was shown, also where it may not do what was asked; 0: none, or none that is valid."""

    @_once
    def headers(self) -> Mapping[str, str]:
        """By lower-case name. What came several times is joined (RFC 9110 §5.3; cookies: RFC 6265 §5.4)."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._raw_headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if name in headers:
                value = f"{headers[name]}{'; ' if name == 'cookie' else ','}{value}"
            headers[name] = value
        return headers

    @_once
    def cookies(self) -> Mapping[str, str]:
        """By name; none where they can't be read."""
        header = self.headers.get("cookie")
        if not header:
            return {}
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(header)
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in jar.items()}

    @_once
    def language(self) -> Language:
        """Which language the one who asks reads."""
        return choose_language(self.cookies.get(LANGUAGE_COOKIE), self.headers.get("accept-language"))

    @property
    def content_type(self) -> str:
        """Of the body, as it is told; '' where it is not."""
        for name, value in self._raw_headers:
            if name == b"content-type":
                return value.decode("latin-1")
        return ""

    @_once
    def announced_bytes(self) -> int | None:
        """The length of the body, where it is told; 0 where there is none."""
        is_chunked = False
        for name, value in self._raw_headers:
            if name == b"content-length" and value.isdigit():
                return int(value)
            is_chunked = is_chunked or name == b"transfer-encoding"
        return None if is_chunked else 0
