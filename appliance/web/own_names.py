"""Under which names and addresses of a LAN a box can be reached, found out by itself (Linux)."""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path

MOST_ADDRESSES = 40
_TEMPORARY = 0x01
"""IFA_F_TEMPORARY: an address that changes every day (RFC 8981)."""
_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


def host_name() -> str:
    """The name of this machine, in lower case; 'simloft' where it has none that could stand in a certificate."""
    name = socket.gethostname().lower().rstrip(".")
    return name if is_host_name(name) and not name.startswith("localhost") else "simloft"


def is_host_name(text: str) -> bool:
    """Whether this could be one in a certificate."""
    return len(text) <= 253 and _HOST_NAME.fullmatch(text) is not None


def own_names() -> tuple[str, ...]:
    """Host names first, then addresses that only a LAN can know."""
    host = host_name()
    names = (host, *(() if "." in host else (f"{host}.local",)), "localhost", "127.0.0.1", "::1")
    return tuple(dict.fromkeys((*names, *_addresses()[:MOST_ADDRESSES])))


def _addresses() -> list[str]:
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [*_addresses_v4(), *_addresses_v6()]
    return sorted(
        str(each) for each in found if each.is_private and not each.is_loopback and not each.is_link_local
    )


def _addresses_v4() -> list[ipaddress.IPv4Address]:
    """Each line of an address is followed by one that says whether it is of this machine (fib_trie of the kernel)."""
    try:
        trie = Path("/proc/net/fib_trie").read_text()
    except OSError:
        return []
    return [ipaddress.IPv4Address(each) for each in re.findall(r"\|-- ([0-9.]+)\n +/32 host LOCAL", trie)]


def _addresses_v6() -> list[ipaddress.IPv6Address]:
    try:
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return []
    fields = [line.split() for line in lines]
    return [
        ipaddress.IPv6Address(bytes.fromhex(each[0])) for each in fields if not int(each[4], 16) & _TEMPORARY
    ]
