"""Which browser pages may call: the Origin header, and CORS (Fetch standard, section 3.2)."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from plugwright.web.asgi import Headers
from plugwright.web.known import is_short, may_remember

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EXPOSED = b"ETag, Idempotency-Replayed, Retry-After, WWW-Authenticate, X-Request-Id"
_DAY = b"86400"


class Origins:
    """The origins that are allowed: those configured, and on a loopback server every loopback origin."""

    def __init__(self, allowed: Iterable[str], *, is_loopback: bool) -> None:
        self._allowed = frozenset(origin_of(url) for url in allowed)
        self._is_loopback = is_loopback
        self._known: dict[bytes, bool] = {}

    def allows(self, header: bytes) -> bool:
        """Whether an Origin header names an allowed origin; ``null`` never does."""
        known = self._known.get(header)
        if known is None:
            known = is_short(header) and self._check(header)
            if may_remember(self._known, header):
                self._known[header] = known
        return known

    def _check(self, header: bytes) -> bool:
        try:
            text = header.decode("ascii")
            origin = origin_of(text)
        except ValueError:
            return False
        return origin in self._allowed or (self._is_loopback and urlsplit(origin).hostname in _LOOPBACK)

    def reply_headers(self, origin: bytes) -> Headers:
        """Headers of a reply to a page: leave to read it when its origin is allowed, nothing otherwise."""
        if not self.allows(origin):
            return []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"Origin"),
        ]

    def preflight_headers(self, asked: Mapping[bytes, bytes], methods: bytes) -> Headers:
        """Headers of the reply to an allowed preflight: what was asked for, as far as it is a list of header names."""
        names = asked.get(b"access-control-request-headers", b"")
        headers = [
            *self.reply_headers(asked[b"origin"]),
            (b"access-control-allow-methods", methods),
            (
                b"access-control-allow-headers",
                names if _is_header_list(names) else b"Authorization, Content-Type",
            ),
            (b"access-control-max-age", _DAY),
        ]
        if asked.get(b"access-control-request-private-network") == b"true":
            headers.append((b"access-control-allow-private-network", b"true"))
        return headers


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as a browser writes an origin.

    Raises:
        ValueError: the text is not an absolute http(s) URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError(f"{url!r} is not an origin")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port not in {None, usual} else ""
    return f"{parts.scheme}://{host}{port}"


def _is_header_list(value: bytes) -> bool:
    return bool(value) and all(byte in _LIST_BYTES for byte in value)


_LIST_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_, ")
