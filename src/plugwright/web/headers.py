"""Request headers by name."""

from plugwright.web.asgi import Headers

# Authorization is no list: joined it is malformed, where its last value alone would hide that there were two.
_JOINED = frozenset({b"accept", b"accept-encoding", b"if-none-match", b"authorization", b"x-forwarded-for"})


def header_map(headers: Headers) -> dict[bytes, bytes]:
    """The headers as a map.

    Of a repeated one it holds the last value, or all of them where that matters (RFC 9110 §5.3).
    """
    found = dict(headers)
    if len(found) != len(headers):
        for name in _JOINED & found.keys():
            found[name] = b", ".join(value for key, value in headers if key == name)
    return found
