"""Where the box sends, and where never."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.mistake import Mistake
from appliance.desk.outbox import HttpRequest, OutboxRules
from appliance.desk.push_address import is_forbidden, read_place
from appliance.web.push_client import PushClient, PushError
from tests.webhooks.receiver import Receiver, Reply

NEVER = [
    *("0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "192.0.0.192", "100.100.100.200", "224.0.0.1"),
    *("239.255.255.250", "255.255.255.255", "240.0.0.1", "::", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1"),
    *("fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::127.0.0.1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::"),
    "::ffff:0:127.0.0.1",
]
LOOPBACK = ["127.0.0.1", "127.255.255.254", "::1"]
ALLOWED = ["192.168.1.20", "10.0.0.7", "172.16.0.9", "100.64.0.1", "8.8.8.8", "fd12:3456::1", "2400:3200::1"]


@pytest.mark.parametrize("address", [*NEVER, *LOOPBACK])
def test_nothing_is_sent_to_the_box_itself_nor_to_the_link_nor_to_metadata(address: str) -> None:
    assert is_forbidden(ip_address(address))


@pytest.mark.parametrize("address", NEVER)
def test_what_lets_loopback_through_lets_nothing_else_through(address: str) -> None:
    assert is_forbidden(ip_address(address), allow_loopback=True)


@pytest.mark.parametrize("address", LOOPBACK)
def test_tests_may_let_loopback_through(address: str) -> None:
    assert not is_forbidden(ip_address(address), allow_loopback=True)


@pytest.mark.parametrize("address", ALLOWED)
def test_the_lan_and_the_world_are_allowed(address: str) -> None:
    assert not is_forbidden(ip_address(address))


def test_an_address_of_an_interface_of_the_box_is_the_box() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        own = ip_address(asking.getsockname()[0])
    assert is_forbidden(own)
    assert isinstance(own, IPv4Address)
    assert is_forbidden(IPv6Address(f"::ffff:{own}"))


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_however_it_is_wrapped(address: IPv4Address) -> None:
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}", f"::{address}"):
        if ip_address(wrapped) != ip_address("::1"):
            assert is_forbidden(ip_address(wrapped)) == is_forbidden(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://host/x", "url-scheme"),
        ("file:///etc/passwd", "url-scheme"),
        ("gopher://host/", "url-scheme"),
        ("http:///x", "url-scheme"),
        ("//host/x", "url-scheme"),
        ("http://user@host/", "url-user"),
        ("http://good.example@127.0.0.1/", "url-user"),
        ("http://user:word@host/", "url-user"),
        ("http://host\\@other/", "url-characters"),
        ("http://host /", "url-characters"),
        ("http://host/\r\nX: 1", "url-characters"),
        ("http://例子.cn/", "url-characters"),
        ("http://host:0/", "url-broken"),
        ("http://host:99999/", "url-broken"),
        ("http://[::1/", "url-broken"),
        ("http://host/#part", "url-broken"),
        ("http://ho_st..x/", "url-host"),
        ("http://-host/", "url-host"),
        ("http://host/" + "x" * 2000, "url-too-long"),
    ],
)
def test_a_url_that_can_be_misread_is_refused(url: str, code: str) -> None:
    place = read_place(url)
    assert isinstance(place, Mistake), place
    assert place.code == f"problem.{code}"


@given(st.text(max_size=60))
def test_any_text_is_a_place_or_a_mistake(text: str) -> None:
    place = read_place(f"http://{text}")
    if not isinstance(place, Mistake):
        assert place.host
        assert place.target.startswith("/")
        assert "@" not in place.authority


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0"])
def test_a_name_or_a_spelling_that_means_the_box_is_found_out_when_it_is_connected_to(host: str) -> None:
    client = PushClient(OutboxRules())
    with pytest.raises(PushError) as refused:
        client.send(HttpRequest(url=f"http://{host}:9/"))
    assert refused.value.code in {"push.forbidden-address", "push.no-such-name"}


def test_a_name_that_means_another_thing_the_second_time_is_judged_each_time(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    answers = ["127.0.0.1", "169.254.169.254"]

    resolved = socket.getaddrinfo

    def resolve(host: str, port: int, *more: object, **named: object) -> object:
        if host != "rebound.example":
            return resolved(host, port, *more, **named)  # type: ignore[arg-type]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    receiver.answer = lambda _: Reply(headers=(("Connection", "close"),))
    client = PushClient(OutboxRules(allow_loopback=True))
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    request = HttpRequest(url=f"http://rebound.example:{receiver.port}/", body=b"{}")
    assert client.send(request).status == 204
    assert receiver.calls[0].headers["host"] == f"rebound.example:{receiver.port}"
    with pytest.raises(PushError, match="forbidden-address"):
        client.send(request)
    assert answers == []


def test_an_address_with_a_long_text_filled_in_is_asked_all_the_same(receiver: Receiver) -> None:
    """Ten parts of Chinese, by GET as Kannel does it."""
    filled = f"/mo?text={quote_plus('长' * 670)}"
    request = HttpRequest(url=f"http://127.0.0.1:{receiver.port}{filled}", method="GET")
    assert PushClient(OutboxRules(allow_loopback=True)).send(request).status == 204
    assert receiver.calls[0].path == filled
