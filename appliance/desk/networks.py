"""Networks as people write them → networks from which a key may be used."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from appliance.store.keys import Network

_MAPPED = IPv6Network("::ffff:0:0/96")
"""IPv4 seen through an IPv6 socket (RFC 4291 §2.5.5.2)."""


_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
PLAIN_NETWORK = (
    rf"^({_OCTET}([.]{_OCTET}){{3}}(/(3[0-2]|[12]?[0-9]))?"
    r"|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}|([0-9a-f]{1,4}:){1,6}:(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)$"
)
"""What a schema says of a network: IPv4, and IPv6 in full or with zeros at its end left out."""


def read_network(typed: str) -> Network | None:
    """``192.168.1.0/24``, ``2001:db8::/32``, one address; None for anything else.

    Bits behind the prefix are dropped, as who types ``192.168.1.7/24`` means that network. One of IPv4 that is written
    as one of IPv6 (``::ffff:192.168.1.0/120``) is that of IPv4: clients are compared as such.
    """
    try:
        network = ip_network(typed.strip(), strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv6Network):
        if network.network_address.scope_id is not None:
            return None
        if network.prefixlen >= _MAPPED.prefixlen and network.subnet_of(_MAPPED):
            within = int(network.network_address) & 0xFFFF_FFFF
            return IPv4Network((within, network.prefixlen - _MAPPED.prefixlen))
    return network
