"""The metadata of an outside authorization server: RFC 8414 §3 and OpenID Connect Discovery 1.0 §4."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from plugwright.errors import Unavailable
from plugwright.json_types import is_object
from plugwright.upstream.freshness import Lifetime
from plugwright.upstream.safe_fetch import Fetched, FetchError, SafeFetch

_MAX_BYTES = 65_536
_DEADLINE_SECONDS = 5.0
_OK = 200
_LIFETIME = Lifetime()
_UNREACHABLE = "The authorization server of another service cannot be reached now"


def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Where the metadata of an issuer may be, in the order in which to look."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    urls = (
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}/.well-known/openid-configuration{path}",
        f"{origin}{path}/.well-known/openid-configuration",
    )
    return tuple(dict.fromkeys(urls))


def openid_url(issuer: str) -> str:
    """Where the metadata of an OpenID provider is."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


class RemoteMetadata:
    """The metadata of one issuer, kept as long as its server says, between a minute and a day; errors never are.

    Args:
        fetch: the way out.
        issuer: exactly as it stands in the metadata; another one is refused (RFC 8414 §3.3).
        urls: where to look, in order.
        now: seconds since the epoch.
    """

    def __init__(
        self, fetch: SafeFetch, issuer: str, urls: tuple[str, ...], *, now: Callable[[], float] = time.time
    ) -> None:
        self._fetch = fetch
        self._issuer = issuer
        self._urls = urls
        self._now = now
        self._metadata: Mapping[str, Any] = MappingProxyType({})
        self._fresh_until = float("-inf")
        self._looking = asyncio.Lock()

    async def get(self) -> Mapping[str, Any]:
        """The metadata.

        Raises:
            Unavailable: it cannot be had now, or is not that of the issuer.
        """
        async with self._looking:
            if self._now() >= self._fresh_until:
                fetched = await self._fetched()
                self._metadata = self._checked(fetched.body)
                self._fresh_until = self._now() + _LIFETIME.of(fetched.headers)
        return self._metadata

    async def url(self, name: str) -> str:
        """An endpoint that the metadata names.

        Raises:
            Unavailable: the metadata cannot be had, or names none that may be used.
        """
        value = (await self.get()).get(name)
        if not isinstance(value, str):
            raise Unavailable(f"The authorization server of another service names no {name}")
        try:
            self._fetch.check(value)
        except FetchError:
            raise Unavailable(f"The authorization server of another service names no usable {name}") from None
        return value

    async def _fetched(self) -> Fetched:
        for url in self._urls:
            try:
                fetched = await self._fetch.get(url, max_bytes=_MAX_BYTES, deadline_seconds=_DEADLINE_SECONDS)
            except FetchError:
                continue
            if fetched.status == _OK:
                return fetched
        raise Unavailable(_UNREACHABLE)

    def _checked(self, body: bytes) -> Mapping[str, Any]:
        try:
            metadata = json.loads(body)
        except (ValueError, RecursionError):
            metadata = None
        if not is_object(metadata) or metadata.get("issuer") != self._issuer:
            raise Unavailable("The metadata of another authorization server is not that of the configured issuer")
        return MappingProxyType(metadata)
