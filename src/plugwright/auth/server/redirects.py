"""Redirect URIs: which may be registered, and which equals one that was.

Attacks A2 and A3. RFC 6749 §3.1.2, RFC 9700 §2.1 and §4.1.3: equality of texts, letter for letter. Only the port of a
loopback address may differ (RFC 8252 §7.3), since a program on a desktop takes the port that is free. A template, which
only the operator makes, has one ``{id}`` for the part of a path that a known service varies.
"""

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from plugwright.upstream.addresses import is_host_name
from plugwright.upstream.urls import has_dot_segments

_LONGEST = 2000
# RFC 3986 §3 without fragment and wildcard; what else there is (control characters, space, backslash) is no URI
_URI = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):(?://(?P<authority>[A-Za-z0-9._:\[\]-]*))?"
    r"(?P<path>[A-Za-z0-9._~!$&'()+,;=:@%/-]*)(?P<query>\?[A-Za-z0-9._~!$&'()+,;=:@%/?-]*)?"
)
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?")
_LOOPBACK_PORT = re.compile(r"(?P<before>http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]+)?(?P<after>[/?].*)?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL_ESCAPE = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
_SEPARATOR_ESCAPE = re.compile(r"%(?:2f|5c)", re.IGNORECASE)
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "[::1]", "localhost"})
_LAST_PORT = 65535
_PLACEHOLDER = "{id}"
_IDENTIFIER = "[A-Za-z0-9_-]{1,128}"


class RedirectRefused(ValueError):
    """The redirect URI may not be registered. The message is safe to show."""


def check_redirect_uri(uri: str) -> None:
    """Refuse a redirect URI that may not be registered.

    Allowed are https, http to this machine, and private-use schemes with a dot (RFC 8252 §7.1 to §7.3).

    Raises:
        RedirectRefused: with the reason.
    """
    parts = _URI.fullmatch(uri) if len(uri) <= _LONGEST else None
    if parts is None or _BAD_ESCAPE.search(uri) or _CONTROL_ESCAPE.search(uri):
        raise RedirectRefused("it is not a URI without fragment, wildcard, user name and control characters")
    if _SEPARATOR_ESCAPE.search(parts["path"]) or has_dot_segments(parts["path"]):
        raise RedirectRefused("its path has dot segments or encoded separators")
    scheme = parts["scheme"]
    if scheme in {"http", "https"}:
        _check_web(scheme, parts["authority"] or "", parts["path"])
    elif "." not in scheme.strip("."):
        raise RedirectRefused("its scheme is neither https nor a private one with a dot, such as com.example.app")


def check_template(template: str) -> None:
    """Refuse a template that is not an https URI with one ``{id}`` in its path.

    Raises:
        RedirectRefused: with the reason.
    """
    before, placeholder, after = template.partition(_PLACEHOLDER)
    origin_end = before.find("/", len("https://"))
    if not placeholder or _PLACEHOLDER in after or not before.startswith("https://") or origin_end < 0 or "?" in before:
        raise RedirectRefused("a template is an https URI with one {id} in its path")
    check_redirect_uri(f"{before}x{after}")


def matches(registered: Sequence[str], templates: Sequence[str], presented: str) -> bool:
    """Whether a presented redirect URI is one of the registered ones, or one that a template stands for."""
    if presented in registered:
        return True
    try:
        check_redirect_uri(presented)
    except RedirectRefused:
        return False
    loopback = _without_port(presented)
    if loopback is not None and any(_without_port(uri) == loopback for uri in registered):
        return True
    return any(_fits(template, presented) for template in templates)


def _check_web(scheme: str, authority: str, path: str) -> None:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or not _is_host(parts["host"]):
        raise RedirectRefused("its host is not a host name or an address in its usual form")
    if int(parts["port"] or 1) > _LAST_PORT:
        raise RedirectRefused("its port does not exist")
    if path and not path.startswith("/"):
        raise RedirectRefused("its path does not begin with a slash")
    if scheme == "http" and parts["host"] not in _LOOPBACK_HOSTS:
        raise RedirectRefused("http is allowed to 127.0.0.1, [::1] and localhost only; use https")


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_usual(IPv6Address, host[1:-1])
    return is_host_name(host) or _is_usual(IPv4Address, host)


def _is_usual(kind: type[IPv4Address | IPv6Address], text: str) -> bool:
    """Whether an address is written as it is usually written: no octal, no zeros to the left, no needless groups."""
    try:
        return str(kind(text)) == text
    except AddressValueError:
        return False


def _without_port(uri: str) -> tuple[str, str] | None:
    """A redirect to a loopback address as what has to be equal; None when it is to somewhere else."""
    parts = _LOOPBACK_PORT.fullmatch(uri)
    return None if parts is None else (parts["before"], parts["after"] or "")


def _fits(template: str, presented: str) -> bool:
    before, placeholder, after = template.partition(_PLACEHOLDER)
    pattern = f"{re.escape(before)}{_IDENTIFIER}{re.escape(after)}"
    return bool(placeholder) and re.fullmatch(pattern, presented) is not None
