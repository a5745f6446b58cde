"""Which Host headers this server answers to: the guard against DNS rebinding."""

from collections.abc import Iterable

from plugwright.web.known import is_short, may_remember

_USUAL_PORTS = frozenset({"80", "443"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Hosts:
    """The hosts that are allowed: those given, and loopback names with any port when the server is bound there.

    A host that is allowed without a port is allowed with that of its scheme, and the other way round.
    """

    def __init__(self, allowed: Iterable[str], *, is_loopback: bool) -> None:
        self._allowed = frozenset(_without_usual_port(host.lower()) for host in allowed)
        self._any_port = _LOOPBACK if is_loopback else frozenset[str]()
        self._known: dict[bytes, bool] = {}

    def allows(self, header: bytes | None) -> bool:
        """Whether a Host header names this server; a missing one never does."""
        if header is None:
            return False
        known = self._known.get(header)
        if known is None:
            known = is_short(header) and self._check(header)
            if may_remember(self._known, header):
                self._known[header] = known
        return known

    def _check(self, header: bytes) -> bool:
        try:
            host = header.decode("ascii").lower()
        except ValueError:
            return False
        name, _ = _split(host)
        return _without_usual_port(host) in self._allowed or name in self._any_port


def _split(host: str) -> tuple[str, str]:
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and not host.endswith("]"):
        return name, port
    return host, ""


def _without_usual_port(host: str) -> str:
    name, port = _split(host)
    return name if port in _USUAL_PORTS else host
