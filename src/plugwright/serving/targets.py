"""The target of a request as it came: raw bytes, path and query string."""

import re
from urllib.parse import quote_from_bytes, unquote

import httptools

_REQUEST_LINE = re.compile(rb"([A-Z]+ )(\S+)( HTTP/1\.[01])")
_ASCII = bytes(range(0x21, 0x7F)).decode()


def with_ascii_target(data: bytes) -> bytes:
    """The bytes of a request, its target percent-encoded (RFC 3986 §2.5); other bytes as they are."""
    line, end, rest = data.partition(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line) if end else None
    if found is None:
        return data
    return found[1] + quote_from_bytes(found[2], safe=_ASCII).encode("ascii") + found[3] + end + rest


def split_target(target: bytes) -> tuple[str, bytes, bytes]:
    """The decoded path, the path as it came and the query string of a target (RFC 9112 §3.2).

    Raises:
        httptools.HttpParserInvalidURLError: it is no URL.
    """
    if target.startswith(b"/") and b"#" not in target:
        raw_path, _, query = target.partition(b"?")
    else:
        # The absolute form, which a proxy may use; a fragment has no place in either.
        parsed = httptools.parse_url(target)
        raw_path, query = parsed.path or b"/", parsed.query or b""
    path = raw_path.decode("ascii")
    return (unquote(path) if "%" in path else path), raw_path, query
