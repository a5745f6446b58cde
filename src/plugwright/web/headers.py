"""Request headers by name."""

from plugwright.web.asgi import Headers

_LISTS = frozenset({b"accept", b"if-none-match"})


def header_map(headers: Headers) -> dict[bytes, bytes]:
    """The headers as a map.

    Of a repeated one it holds the last value, or all of them where the header is a list (RFC 9110 §5.3).
    """
    found = dict(headers)
    if len(found) != len(headers):
        for name in _LISTS & found.keys():
            found[name] = b", ".join(value for key, value in headers if key == name)
    return found
