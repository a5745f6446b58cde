"""Which address a request comes from, with proxies in front and without."""

import pytest

from plugwright.web.addresses import Addresses, network_of
from plugwright.web.asgi import Scope
from plugwright.web.headers import header_map


def address(peer: str | None, *forwarded: str, hops: int = 0) -> str:
    scope: Scope = {"client": (peer, 1) if peer else None}
    return Addresses(hops).of(scope, header_map([(b"x-forwarded-for", value.encode()) for value in forwarded]))


@pytest.mark.parametrize("forwarded", [(), ("198.51.100.7",), ("198.51.100.7, 127.0.0.1",)], ids=str)
def test_without_trusted_proxies_the_peer_is_the_caller_whatever_it_says(forwarded: tuple[str, ...]):
    assert address("203.0.113.9", *forwarded) == "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded", "hops", "caller"),
    [
        (("198.51.100.7",), 1, "198.51.100.7"),
        (("6.6.6.6, 198.51.100.7",), 1, "198.51.100.7"),
        (("6.6.6.6", "198.51.100.7"), 1, "198.51.100.7"),
        (("6.6.6.6, 198.51.100.7, 10.0.0.2",), 2, "198.51.100.7"),
        (("6.6.6.6, 198.51.100.7", "10.0.0.2"), 2, "198.51.100.7"),
        (("198.51.100.7:4711",), 1, "198.51.100.7"),
        (("[2001:db8::1]:4711",), 1, "2001:db8::/64"),
        (("2001:db8::1",), 1, "2001:db8::/64"),
    ],
    ids=str,
)
def test_trusted_proxies_are_counted_from_the_end_so_that_nobody_can_pose(
    forwarded: tuple[str, ...], hops: int, caller: str
):
    assert address("10.0.0.1", *forwarded, hops=hops) == caller


@pytest.mark.parametrize("forwarded", [(), ("",), ("198.51.100.7",)], ids=str)
def test_a_request_past_the_proxies_comes_from_its_peer(forwarded: tuple[str, ...]):
    assert address("203.0.113.9", *forwarded, hops=2) == "203.0.113.9"


@pytest.mark.parametrize(("hops", "client"), [(0, ("10.0.0.1", 5)), (1, ("198.51.100.7", 0))])
def test_what_looks_at_the_client_sees_the_caller_behind_trusted_proxies(hops: int, client: tuple[str, int]):
    scope: Scope = {"client": ("10.0.0.1", 5), "path": "/"}
    resolved = Addresses(hops).resolved(scope, {b"x-forwarded-for": b"6.6.6.6, 198.51.100.7"})
    assert resolved == {"client": client, "path": "/"}


def test_an_ipv6_subscriber_is_one_address_and_a_mapped_one_is_ipv4():
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert address(None) == address("unix") == "unknown"


def test_what_is_remembered_of_addresses_is_bounded():
    addresses = Addresses()
    for number in range(10_000):
        addresses.of({"client": (f"10.0.{number // 250}.{number % 250}", 1)}, {})
    assert len(addresses._known) <= 4096  # pyright: ignore[reportPrivateUsage] its size is the point
