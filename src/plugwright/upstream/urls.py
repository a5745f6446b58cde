"""Which URLs may be fetched on behalf of somebody else.

A URL that two parsers read differently can pass the check of one and lead the other astray. So only one narrow form
is taken, letter for letter as it stands, and nothing is repaired or normalised.
"""

import re
from collections.abc import Collection

from plugwright.upstream.addresses import is_public_name

_LONGEST_URL = 2048
# RFC 3986 §2, without the fragment: what else there is (space, control characters, backslash, quotes) is no URL
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)"
    r"(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[1-9][0-9]{0,4})?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL_ESCAPE = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
# A slash or backslash that would become a separator when somebody decodes it
_SEPARATOR_ESCAPE = re.compile(r"%(?:2f|5c)", re.IGNORECASE)
_DOT_SEGMENTS = frozenset({".", ".."})
_HTTPS_PORT = 443
_FIRST_UNPRIVILEGED_PORT = 1024
_LAST_PORT = 65535


class UrlRefused(ValueError):
    """The URL is not one that may be fetched. The message is safe to show."""


def has_dot_segments(path: str) -> bool:
    """Whether a path has segments ``.`` or ``..``, percent-encoded or not."""
    return any(re.sub("%2e", ".", segment, flags=re.IGNORECASE) in _DOT_SEGMENTS for segment in path.split("/"))


def check_url(url: str, allowed_origins: Collection[str] = ()) -> None:
    """Refuse a URL that must not be fetched.

    Args:
        url: as it was given.
        allowed_origins: such as ``http://127.0.0.1:9000``; the rules on scheme, host and port do not apply to them.

    Raises:
        UrlRefused: with the reason.
    """
    parts = _URL.fullmatch(url) if len(url) <= _LONGEST_URL else None
    if parts is None or _BAD_ESCAPE.search(url) or _CONTROL_ESCAPE.search(url):
        raise UrlRefused("it is not a URL of the plain form https://host/path")
    if _SEPARATOR_ESCAPE.search(parts["path"]) or has_dot_segments(parts["path"]):
        raise UrlRefused("its path has dot segments or encoded separators")
    if f"{parts['scheme']}://{parts['authority']}" in allowed_origins:
        return
    if parts["scheme"] != "https":
        raise UrlRefused("it does not begin with https://")
    _check_authority(parts["authority"])


def check_origin(origin: str) -> None:
    """Refuse what is not exactly an origin.

    Raises:
        UrlRefused: with the reason.
    """
    if not _ORIGIN.fullmatch(origin):
        raise UrlRefused(f"{origin!r} is not an origin such as http://127.0.0.1:9000")


def _check_authority(authority: str) -> None:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or not is_public_name(parts["host"]):
        raise UrlRefused("its host is not a public host name")
    port = int(parts["port"] or _HTTPS_PORT)
    if port != _HTTPS_PORT and not _FIRST_UNPRIVILEGED_PORT <= port <= _LAST_PORT:
        raise UrlRefused("its port is neither 443 nor one from 1024 to 65535")
