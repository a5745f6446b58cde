"""Request headers by name."""

from plugwright.web.asgi import Headers

# Authorization, Host and Idempotency-Key are no lists: joined they are malformed, where the last value alone would hide
# that there were two, of which somebody in front may have believed the other (RFC 9112 §3.2).
_LISTS = (b"accept", b"accept-encoding", b"if-none-match", b"x-forwarded-for")
_JOINED = frozenset((*_LISTS, b"authorization", b"host", b"idempotency-key"))


def header_map(headers: Headers) -> dict[bytes, bytes]:
    """The headers as a map.

    Of a repeated one it holds the last value, or all of them where that matters (RFC 9110 §5.3).
    """
    found = dict(headers)
    if len(found) != len(headers):
        for name in _JOINED & found.keys():
            found[name] = b", ".join(value for key, value in headers if key == name)
    return found
