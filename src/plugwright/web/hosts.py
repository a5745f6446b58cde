"""Which Host headers this server answers to: the guard against DNS rebinding."""

from collections.abc import Iterable

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Hosts:
    """The hosts that are allowed, with or without a port: the public ones, and loopback names when bound there."""

    def __init__(self, allowed: Iterable[str], *, is_loopback: bool) -> None:
        names = {host.lower() for host in allowed}
        self._exact = frozenset(names)
        self._any_port = _LOOPBACK if is_loopback else frozenset[str]()
        self._known: dict[bytes, bool] = {}

    def allows(self, header: bytes | None) -> bool:
        """Whether a Host header names this server; a missing one never does."""
        if header is None:
            return False
        known = self._known.get(header)
        if known is None:
            known = self._check(header)
            if len(self._known) < 1024:  # noqa: PLR2004 a bound, so that callers cannot grow it
                self._known[header] = known
        return known

    def _check(self, header: bytes) -> bool:
        try:
            host = header.decode("ascii").lower()
        except ValueError:
            return False
        name, colon, port = host.rpartition(":")
        if not colon or host.endswith("]"):
            return host in self._exact or host in self._any_port
        if not port.isdigit():
            return False
        return host in self._exact or name in self._any_port
