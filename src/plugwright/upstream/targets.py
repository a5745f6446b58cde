"""Where a request goes: a path below the base URL and a query, whatever values are put into them.

Values may come from a caller. A value fills one segment of the path and nothing more, so that none can lead a request
to another part of the service, or to another service.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote, urlencode, urlsplit

from plugwright.errors import InvalidInput, SetupError
from plugwright.upstream.urls import UrlRefused, check_origin, has_dot_segments

Value = str | int | float | bool
Params = Mapping[str, Value | Sequence[Value] | None]
"""A query: a sequence repeats its name, None leaves it out."""

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PATH = re.compile(r"(?:/(?!/)[^?#\\\x00-\x20\x7f{}]*|)")
_SAFE = "/%:@!$&'()*+,;=~"  # RFC 3986 §3.3, and what is encoded already
_NOT_SEGMENTS = frozenset({"", ".", ".."})


def check_base_url(base_url: str) -> str:
    """A base URL without the slash at its end.

    Raises:
        SetupError: it is not an http or https URL with a host and perhaps a path.
    """
    mend = 'write one such as "https://api.example.com" or "https://api.example.com/v2"'
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port  # which is read only now, and may be none
    except ValueError:
        raise SetupError(f"upstream: the base URL is malformed; {mend}") from None
    if parts.username is not None or parts.password is not None:
        raise SetupError(f"upstream {host}: credentials in a URL end up in logs; put them into headers=")
    try:
        check_origin(f"{parts.scheme}://{parts.netloc}")
    except UrlRefused:
        raise SetupError(f"upstream {base_url!r}: not an http or https URL; {mend}") from None
    if "?" in base_url or "#" in base_url or not _is_plain(parts.path):
        raise SetupError(f"upstream {host}: the base URL ends in a path at most; {mend}")
    return base_url.rstrip("/")


def request_target(path: str, values: Mapping[str, Value], params: Params | None) -> str:
    """The path with its ``{places}`` filled in, and the query.

    Raises:
        InvalidInput: a value cannot stand in a path.
        ValueError: the path itself is not one, or a value is missing: that is for its author to mend.
    """
    texts, names = _template(path)
    filled = texts[0]
    for name, text in zip(names, texts[1:], strict=True):
        if name not in values:
            raise ValueError(f"{path!r}: parts has no value for {name!r}")
        filled += _segment(name, values[name]) + text
    if names and has_dot_segments(filled):  # of a value and the text beside it
        raise InvalidInput("A value cannot be part of a path")
    query = _query(params) if params else ""
    return f"{filled}?{query}" if query else filled


@lru_cache(maxsize=256)
def _template(path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The encoded texts around the places of a path, and the names of the places."""
    if not path.startswith("/") or not _is_plain(_PLACE.sub("x", path)):
        raise ValueError(f"{path!r} is not a path such as /items/{{id}}; put the query into params, values into parts")
    pieces = _PLACE.split(path)
    return tuple(quote(text, safe=_SAFE) for text in pieces[::2]), tuple(pieces[1::2])


def _is_plain(path: str) -> bool:
    return _PATH.fullmatch(path) is not None and not has_dot_segments(path)


def _segment(name: str, value: Value) -> str:
    text = _text(value)
    if text in _NOT_SEGMENTS:
        raise InvalidInput(f"{name} cannot be {text!r}")
    return quote(text, safe="")


def _query(params: Params) -> str:
    pairs = [
        (name, _text(item))
        for name, value in params.items()
        if value is not None
        for item in ([value] if isinstance(value, (str, int, float)) else value)
    ]
    return urlencode(pairs, quote_via=quote)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
