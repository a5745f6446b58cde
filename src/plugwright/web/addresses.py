"""Which network address a request comes from: the socket's peer, or what trusted proxies say of it."""

from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address

from plugwright.web.asgi import Scope
from plugwright.web.known import is_short

_MOST_KNOWN = 4096  # so that callers cannot grow what is remembered


class Addresses:
    """Networks of callers. ``hops`` are the proxies in front that may be believed, 0 where there are none.

    Each of them adds the address that it was called from to ``X-Forwarded-For``, at the end. So the caller is that
    many entries from the end; what stands before was written by the caller and means nothing.
    """

    __slots__ = ("_hops", "_known")

    def __init__(self, hops: int = 0) -> None:
        self._hops = hops
        self._known: dict[str | None, str] = {}

    def of(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The network that a request comes from."""
        address = self._address(scope, headers)
        network = self._known.get(address)
        if network is None:
            if not is_short(address):
                return network_of(address)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            network = self._known[address] = network_of(address)
        return network

    def resolved(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Scope:
        """The scope as if the caller had come without the trusted proxies, for what looks at its client."""
        return {**scope, "client": (self._address(scope, headers) or "", 0)} if self._hops else scope

    def _address(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
        peer = peer_of(scope)
        return (self._forwarded(headers) or peer) if self._hops else peer

    def _forwarded(self, headers: Mapping[bytes, bytes]) -> str | None:
        entries = headers.get(b"x-forwarded-for", b"").split(b",")
        # A shorter list did not come through all of the proxies.
        return _without_port(entries[-self._hops].strip().decode("latin-1")) if len(entries) >= self._hops else None


def _without_port(address: str) -> str:
    # Some proxies add the port that they were called from.
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def peer_of(scope: Scope) -> str | None:
    """The address at the other end of the connection, where the server knows it."""
    client = scope.get("client")
    return client[0] if client else None


def network_of(address: str | None) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        ip = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Network((int(ip) >> 64 << 64, 64)))
    return str(ip)
