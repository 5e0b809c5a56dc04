"""From where a key may be used: any way of writing the same address is the same."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.door import is_within
from appliance.desk.networks import read_network


@given(st.ip_addresses(v=4), st.integers(0, 32), st.ip_addresses(v=4))
def test_a_client_is_in_a_network_however_its_address_comes(
    inside: IPv4Address, length: int, client: IPv4Address
) -> None:
    network = read_network(f"{inside}/{length}")
    assert network == ip_network(f"{inside}/{length}", strict=False)
    mapped = read_network(f"::ffff:{inside}/{96 + length}")
    assert mapped == network
    expected = client in IPv4Network(f"{inside}/{length}", strict=False)
    for remote in (str(client), f"::ffff:{client}"):
        assert is_within(remote, (network,)) is expected
        assert is_within(remote, (IPv6Network("2001:db8::/32"), network)) is expected


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" 192.168.1.7/24 ", "192.168.1.0/24"),
        ("192.168.1.7", "192.168.1.7/32"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("::1", "::1/128"),
        ("192.168.1.0/255.255.255.0", "192.168.1.0/24"),
        ("::/0", "::/0"),
    ],
)
def test_networks_are_read_as_people_write_them(typed: str, read: str) -> None:
    assert str(read_network(typed)) == read


@pytest.mark.parametrize(
    "typed", ["", "x", "192.168.1", "192.168.1.0/33", "fe80::1%eth0", "10.0.0.0/8/8", "٣.1.1.1"]
)
def test_what_is_no_network_is_refused(typed: str) -> None:
    assert read_network(typed) is None


@pytest.mark.parametrize("remote", ["", "unix:", "not an address", "\0"])
def test_a_client_without_an_address_is_in_no_network(remote: str) -> None:
    assert not is_within(remote, (IPv4Network("0.0.0.0/0"), IPv6Network("::/0")))


def test_a_link_s_own_address_has_its_interface_behind_it() -> None:
    assert is_within("fe80::1%eth0", (IPv6Network("fe80::/10"),))
