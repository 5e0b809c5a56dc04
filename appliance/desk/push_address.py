"""Where the box may send what others told it to send: anywhere but to itself and to what only it can reach.

Whoever may have webhooks would else have the box ask its own services, a cloud's metadata, or a neighbour on the link
that trusts it. The judge is asked about the address that is really connected to, after the name was resolved, so a name
that means something else the second time gets nowhere. Addresses of the LAN are allowed: receivers are there.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from appliance.desk.mistake import Mistake

LONGEST_URL = 2000
"""As somebody gives it."""
LONGEST_FILLED_URL = 64 * 1024
"""With the text of a message filled in, nine octets for each Chinese letter: an endpoint that takes less says so."""
_PORTS = {"http": 80, "https": 443}
_LOOPBACK_6 = IPv6Address("::1")

_FORBIDDEN = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",  # this network; 0.0.0.0 is the box itself (RFC 1122 §3.2.1.3)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "192.0.0.0/24",  # IETF protocols; 192.0.0.192 is metadata too
        "224.0.0.0/4",
        "240.0.0.0/4",
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "::/128",
        "::1/128",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "fd00:ec2::254/128",  # metadata of AWS
        "100::/64",
    )
)

_WRAPPING = (
    # An IPv4 address in an IPv6 one: where it lies, in bits from the right.
    (ip_network("::ffff:0:0/96"), 0),
    (ip_network("::ffff:0:0:0/96"), 0),  # SIIT (RFC 2765)
    (ip_network("::/96"), 0),
    (ip_network("64:ff9b::/96"), 0),  # NAT64 (RFC 6052)
    (ip_network("64:ff9b:1::/48"), 0),
    (ip_network("2002::/16"), 80),  # 6to4
)
_TEREDO = ip_network("2001::/32")

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_SPOILS = re.compile(r"[\x00-\x20\x7f\\<>\"^`{|}]")
"""What browsers, libraries and servers read in different ways; it is written with ``%``."""


@dataclass(frozen=True, slots=True)
class Place:
    """A URL taken apart. ``host`` is a name in ASCII or an address, without brackets."""

    scheme: str
    host: str
    port: int
    target: str
    """What the request line asks for: path and query."""

    @property
    def authority(self) -> str:
        """For the header ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


_PORT_AND_TARGET = r"(:[1-9][0-9]{1,3})?(/[A-Za-z0-9._~/-]*)?([?][A-Za-z0-9._=&-]*)?$"
PLAIN_URL = (
    rf"^https?://[a-z]([a-z0-9]|-[a-z0-9]){{0,30}}([.][a-z]([a-z0-9]|-[a-z0-9]){{0,30}}){{1,4}}{_PORT_AND_TARGET}"
    rf"|^https?://(192[.]168|10[.][0-9]{{1,2}})[.][1-9]?[0-9][.][1-9][0-9]?{_PORT_AND_TARGET}"
)
"""What a schema says of a URL: by a name with a dot or an address of the LAN; the box takes more."""


def read_place(url: str, pointer: str = "/url", *, most: int = LONGEST_URL) -> Place | Mistake:
    """The parts of a URL, or why the box does not send there. Whether its address may be is asked later."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return Mistake(pointer, "problem.url-broken")
    wrong = _wrong(url, parts, most)
    host = _host_of(parts)
    if wrong is not None or host is None or port == 0:
        code = wrong or ("problem.url-host" if host is None else "problem.url-broken")
        return Mistake(pointer, code, {"most": most})
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port or _PORTS[parts.scheme], target)


def _wrong(url: str, parts: SplitResult, most: int) -> str | None:
    """The first thing that is wrong with a URL, as a code of the sentences."""
    checks = (
        (len(url) > most, "problem.url-too-long"),
        (not url.isascii() or _SPOILS.search(url) is not None, "problem.url-characters"),
        (parts.scheme not in _PORTS or not parts.netloc, "problem.url-scheme"),
        ("@" in parts.netloc, "problem.url-user"),
        ("#" in url, "problem.url-broken"),
    )
    return next((code for is_wrong, code in checks if is_wrong), None)


def _host_of(parts: SplitResult) -> str | None:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        try:
            return str(IPv6Address(host))
        except ValueError:
            return None
    return host if len(host) <= 253 and _HOST.fullmatch(host) else None


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_forbidden(address: IPv4Address | IPv6Address, *, allow_loopback: bool = False) -> bool:
    """Whether nothing is sent to an address. ``allow_loopback`` lets the box's own through, for tests and development;
    nothing else."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None or address in _TEREDO:
            return True
        wrapped = next((shift for network, shift in _WRAPPING if address in network), None)
        if wrapped is not None and address != _LOOPBACK_6:
            # Nobody writes a receiver of the LAN this way: what is wrapped is judged without any exception.
            return is_forbidden(IPv4Address((int(address) >> wrapped) & 0xFFFF_FFFF))
    if address.is_loopback or is_own(address):
        return not allow_loopback
    return any(address in network for network in _FORBIDDEN if network.version == address.version)


def is_own(address: IPv4Address | IPv6Address) -> bool:
    """Whether this is an address of the box: then, and only then, the system would talk to it from itself. Nothing is
    sent by asking (a datagram socket is only bound by ``connect``)."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((str(address), 9))
            return ip_address(asking.getsockname()[0]) == address
    except OSError:
        return False
