"""Settings that are more than one word: lists, origins, URLs, tokens by name."""

import re
from typing import Any
from urllib.parse import urlsplit

_NAME = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_HOST = re.compile(_NAME)
_ORIGIN = re.compile(rf"https?://{_NAME}")
_URL = re.compile(rf"https?://{_NAME}(?:/[A-Za-z0-9._~%!$&'()*+,;=:/-]*)?")
_VALKEY = frozenset({"valkey", "valkeys", "redis", "rediss"})
_DATABASE = re.compile(r"(?:/[0-9]{0,4})?")
_SERVICE = re.compile(r"([a-z][a-z0-9_-]{0,40})=([^=].*)")
_TOKEN = re.compile(r"[!-~]{1,500}")


def split_commas(value: Any) -> Any:
    """A text as the parts between its commas; anything else as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def tokens_by_service(value: Any) -> Any:
    """``openai=abc,other=def`` as a mapping; a bare token is that of OpenAI.

    Raises:
        ValueError: a service is named twice.
    """
    if not isinstance(value, str):
        return value
    found: dict[str, str] = {}
    for part in split_commas(value):
        named = _SERVICE.fullmatch(part)
        service, token = (named[1], named[2]) if named else ("openai", part)
        if service in found:
            raise ValueError(f"{service} has two tokens; give one for each service")
        if not _TOKEN.fullmatch(token):
            raise ValueError(f"the token of {service} must be printable ASCII without spaces")
        found[service] = token
    return found


def check_origin(origin: str) -> None:
    """Check that a text is an origin.

    Raises:
        ValueError: it is not.
    """
    if not _ORIGIN.fullmatch(origin) or not _has_usable_port(origin):
        raise ValueError(f"{origin!r} is not an origin such as https://chatgpt.com")


def check_host(host: str) -> None:
    """Check that a text is a host, with a port or without.

    Raises:
        ValueError: it is not.
    """
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is not a host such as plugin.example.com or localhost:8000")


def check_url(url: str) -> None:
    """Check that a text is a URL that others can be built from.

    Raises:
        ValueError: it is not.
    """
    if not _URL.fullmatch(url) or not _has_usable_port(url):
        raise ValueError("must be an absolute http(s) URL without query, fragment or user")


def check_valkey_url(url: str) -> None:
    """Check that a text is the URL of a Valkey or Redis server.

    Raises:
        ValueError: it is not.
    """
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in _VALKEY and bool(parts.hostname) and parts.port != 0
        is_usable = is_usable and _DATABASE.fullmatch(parts.path) is not None
    except ValueError:
        is_usable = False
    if not is_usable:
        # Without the URL itself, which holds a password.
        raise ValueError("must be a URL such as valkey://host:6379/0, or valkeys:// for TLS")


def _has_usable_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
