"""Origins as a content security policy writes them (CSP level 3 §2.3.1)."""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_SCHEME: Final = r"[a-z][a-z0-9+.-]*"
_ORIGIN: Final = re.compile(
    rf"https?://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?|{_SCHEME}:"
)
_REFUSED: Final = frozenset({"javascript:", "data:", "blob:", "filesystem:", "http:", "https:"})


def redirect_origin(uri: str) -> str:
    """The origin of a redirect URI: ``https://chatgpt.com``, ``http://127.0.0.1:1234``, or ``com.example.app:``.

    Raises:
        ValueError: the URI has none.
    """
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"}:
        return _checked(f"{parts.scheme}:")
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        host = host.encode("idna").decode()
    return _checked(f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port is not None else ""))


def redirect_host(uri: str) -> str:
    """Where a redirect URI leads, to be shown: host and port in ASCII, or an application's scheme.

    Raises:
        ValueError: the URI has no origin.
    """
    origin = redirect_origin(uri)
    return origin.partition("//")[2] or origin.removesuffix(":")


def is_loopback(uri: str) -> bool:
    """Whether a redirect URI leads to a program on the person's own computer (RFC 8252 §7.3)."""
    host = urlsplit(uri).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def policy_source(origin: str) -> str:
    """An origin as the source of a directive.

    Raises:
        ValueError: it is no origin, and could end the directive or the header.
    """
    _checked(origin)
    # A host in a policy cannot be an IPv6 address, so that the whole scheme is the narrowest that lets it pass.
    return origin.partition("//")[0] if "[" in origin else origin


def _checked(origin: str) -> str:
    if not _ORIGIN.fullmatch(origin) or origin in _REFUSED:
        raise ValueError(f"{origin[:60]!r} is no origin that a form may lead to")
    return origin
