"""The heads of replies: status line and header lines (RFC 9112 §4 and §5)."""

import http
import re
from collections.abc import Iterable

_UNSAFE_NAME = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9a-z]")
_UNSAFE_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_MOST_KNOWN = 2048
# Those whose values return. Others would grow what is remembered, and some, such as cookies, should not stay in memory.
_REMEMBERED = frozenset({
    b"access-control-allow-origin", b"access-control-expose-headers", b"cache-control", b"content-encoding",
    b"content-type", b"etag", b"ratelimit-policy", b"strict-transport-security", b"vary", b"x-content-type-options",
})  # fmt: skip

Header = tuple[bytes, bytes]


def _status_line(status: int) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


STATUS_LINES = {status: _status_line(status) for status in range(100, 600)}


def header_line(name: bytes, value: bytes) -> bytes:
    """One line.

    Raises:
        ValueError: the name or the value would end the line, or hold what no header may hold (RFC 9110 §5.5).
    """
    if _UNSAFE_NAME.search(name) or not name:
        raise ValueError(f"a reply has the header name {name!r}; names are lower-case tokens")
    if _UNSAFE_VALUE.search(value):
        raise ValueError(f"the reply header {name.decode()} has a value with control characters")
    return b"%b: %b\r\n" % (name, value)


class Lines(dict[Header, bytes]):
    """The lines of headers, checked and joined once: most replies have the headers of earlier ones."""

    def __missing__(self, header: Header) -> bytes:
        line = header_line(*header)
        if header[0] in _REMEMBERED and len(self) < _MOST_KNOWN:
            self[header] = line
        return line


def joined(headers: Iterable[Header]) -> bytes:
    """Several lines, such as those that every reply of a server has."""
    return b"".join(header_line(name.lower(), value) for name, value in headers)
