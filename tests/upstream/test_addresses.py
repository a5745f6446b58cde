"""Which addresses are public, and which host names are names."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugwright.upstream.addresses import is_host_name, is_public, is_public_name

PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e")
NOT_PUBLIC = (
    *("0.0.0.1", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),
    *("168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.1", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.1.1"),
    *("192.175.48.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:4136:e378::"),
    *("2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2606:4700::5efe:7f00:1"),
    *("2606:4700::200:5efe:a00:1", "2606:4700::1111%1"),
    *("", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "1.1.1.1 ", "[::1]"),
)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_every_other_address_is_not_public(address: str):
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_public_inside_an_ipv6_address(address: ipaddress.IPv4Address):
    number = int(address)
    disguises = (
        number,  # compatible
        0xFFFF << 32 | number,  # mapped
        0xFFFF << 48 | number,  # translated
        0x64FF9B << 96 | number,  # NAT64
        0x2002 << 112 | number << 80,  # 6to4
        0x20010000 << 96 | (number ^ 0xFFFFFFFF),  # Teredo
        0x20014860 << 96 | 0x00005EFE << 32 | number,  # ISATAP
    )

    assert not any(is_public(str(ipaddress.IPv6Address(disguise))) for disguise in disguises)


@given(st.ip_addresses())
def test_what_python_holds_to_be_private_is_never_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address):
    assert not (is_public(str(address)) and (address.is_private or address.is_multicast or address.is_link_local))


@pytest.mark.parametrize("host", ["example.com", "a.b.example", "xn--bcher-kva.example", "1.example", "a_b.example"])
def test_a_name_of_several_labels_is_a_public_name(host: str):
    assert is_public_name(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "example.com.", ".example.com", "a..b", "-a.example", "a-.example", "a.example\n", "a b.example"),
        *("1.2.3.4", "1.2.3", "0x7f.0x1", "example.0x", "example.1", "a" * 64 + ".example", "a." * 127 + "example"),
        *("bücher.example", "\uff11.example.\uff11", "[::1]", "a%2eb"),
    ],
)
def test_what_some_parser_could_take_for_an_address_is_no_name(host: str):
    assert not is_host_name(host)


@pytest.mark.parametrize("host", ["localhost", "intranet", "printer.local", "a.internal", "x.LOCALHOST", "x.onion"])
def test_a_name_of_the_local_network_is_no_public_name(host: str):
    assert not is_public_name(host)
