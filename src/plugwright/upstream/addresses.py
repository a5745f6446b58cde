"""Which network addresses belong to the public internet, and which host names stand for an address.

A server that fetches what a stranger names must not reach its own network: loopback, the neighbours behind the
firewall, the metadata service of the cloud. An IPv6 address can carry an IPv4 one inside (mapped, compatible, NAT64,
6to4, Teredo, ISATAP), so whole ranges are refused rather than unpacked.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address

# Beyond what ipaddress holds to be private, in any version of Python
_REFUSED_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata service
        "168.63.129.16/32",  # a cloud's host agent behind a public address
        "192.0.0.0/24",  # protocol assignments, and a cloud's metadata service
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # automatic multicast tunneling
        "192.88.99.0/24",  # 6to4 relays
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Everything public is in here. Mapped, compatible and NAT64 addresses, unique local, link-local and multicast are not.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_REFUSED_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo and ORCHID among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
# RFC 5214 §6.1: the interface identifier of ISATAP, before the IPv4 address in the last 32 bits
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})

# A parser of the URL Standard takes a host whose last label is a number for an IPv4 address, in any base
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_LOCAL_NAMES = frozenset({"localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "onion"})
_LONGEST_NAME = 253


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the public internet; what is no address does not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if parsed.version == 4:  # noqa: PLR2004 - the version is its own name
        return parsed.is_global and not any(parsed in network for network in _REFUSED_IPV4)
    return (
        parsed.scope_id is None
        and parsed in _GLOBAL_UNICAST
        and parsed.is_global
        and not any(parsed in network for network in _REFUSED_IPV6)
        and (int(parsed) >> 32) & 0xFFFFFFFF not in _ISATAP
    )


def is_host_name(host: str) -> bool:
    """Whether it is a plain name of the domain name system: ASCII labels, the last of them no number."""
    labels = host.split(".")
    return (
        len(host) <= _LONGEST_NAME
        and all(_LABEL.fullmatch(label) for label in labels)
        and not _NUMBER.fullmatch(labels[-1])
    )


def is_public_name(host: str) -> bool:
    """Whether a host name could stand for a machine on the public internet: several labels, no local ending."""
    return is_host_name(host) and "." in host and host.rsplit(".", 1)[1].lower() not in _LOCAL_NAMES
