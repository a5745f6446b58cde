"""Fetching what somebody else names, without being led into one's own network.

The threat (attacks G4 and G5, OWASP API7): a client document, key set or issuer is named by a stranger, and the
server that fetches it sits behind the firewall. So a URL has one narrow form, its name is resolved once, every
address must be public, the connection goes to exactly these addresses, redirects are not followed, and time, bytes
and numbers are bounded. Neither the environment's proxies nor cookies nor netrc are used.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from plugwright.upstream.resolving import PublicResolver, ResolutionRefused, Resolve, SystemResolver
from plugwright.upstream.urls import UrlRefused, check_origin, check_url
from plugwright.version import __version__

_HEADERS = {"User-Agent": f"plugwright/{__version__}", "Accept-Encoding": "identity"}
_REDIRECTS = range(300, 400)
_SUCCESS = range(200, 300)


class FetchError(Exception):
    """The document could not be had. The message is safe to show: it names nothing of this server's network."""


class FetchRefused(FetchError):
    """Against the rules: the URL, its address, a redirect, or the size or type of the reply."""


class FetchFailed(FetchError):
    """In vain: unreachable, too slow, or too many at once. A later try may succeed."""


class FetchTimeout(FetchFailed):
    """In vain: too slow."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A reply. The names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one fetch may cost: bytes of its body, seconds for everything together, and the types it may have."""

    max_bytes: int
    deadline_seconds: float
    accept: tuple[str, ...] = ("application/json",)


class SafeFetch:
    """The way out for every URL that this server did not choose itself. Call `aclose` at the end.

    Args:
        allowed_origins: exact origins, such as ``http://127.0.0.1:9000``, that are exempt from the rules on scheme
            and address: for development and tests.
        resolve: a name and a port to numeric addresses; as the system does, when not given.
        concurrent: how many fetches run at the same time; as many times eight may wait.
    """

    def __init__(
        self, allowed_origins: Collection[str] = (), *, resolve: Resolve | None = None, concurrent: int = 16
    ) -> None:
        for origin in allowed_origins:
            check_origin(origin)
        self._allowed = frozenset(allowed_origins)
        self._system = SystemResolver()
        self._resolver = PublicResolver(
            resolve or self._system.resolve, exempt=frozenset(map(_host_and_port, self._allowed))
        )
        self._running = asyncio.Semaphore(concurrent)
        self._most = concurrent * 9
        self._session: aiohttp.ClientSession | None = None
        self._flights: dict[tuple[str, Limits], asyncio.Task[Fetched]] = {}
        self._tasks: set[asyncio.Task[Fetched]] = set()

    def check(self, url: str) -> None:
        """Refuse a URL by its form alone; nothing is resolved or fetched.

        Raises:
            FetchRefused: with the reason.
        """
        try:
            check_url(url, self._allowed)
        except UrlRefused as refused:
            raise FetchRefused(f"The URL is refused: {refused}") from None

    def may_allow(self, url: str) -> bool:
        """Whether the URL begins as one that could be fetched: by https, or by an allowed origin."""
        return url.startswith("https://") or any(url.startswith(f"{origin}/") for origin in self._allowed)

    async def get(
        self, url: str, *, max_bytes: int, deadline_seconds: float, accept: tuple[str, ...] = ("application/json",)
    ) -> Fetched:
        """Fetch a document. Whoever asks for the same at the same time gets the same reply.

        Raises:
            FetchRefused: it is against the rules.
            FetchFailed: it was in vain. A status that tells of an error is a reply like another.
        """
        self.check(url)
        limits = Limits(max_bytes, deadline_seconds, accept)
        flight = self._flights.get((url, limits))
        if flight is None:
            flight = self._start(partial(self._request, "GET", url, limits, {}, None))
            self._flights[(url, limits)] = flight
            flight.add_done_callback(lambda _: self._flights.pop((url, limits), None))
        return await asyncio.shield(flight)

    async def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        max_bytes: int,
        deadline_seconds: float,
        accept: tuple[str, ...] = ("application/json",),
        authorization: str | None = None,
    ) -> Fetched:
        """Post a form, as token and introspection endpoints want it (RFC 6749 §3.2, RFC 7662 §2.1).

        Raises:
            FetchRefused: it is against the rules.
            FetchFailed: it was in vain.
        """
        self.check(url)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if authorization is not None:
            headers["Authorization"] = authorization
        limits = Limits(max_bytes, deadline_seconds, accept)
        return await self._start(partial(self._request, "POST", url, limits, headers, urlencode(fields).encode()))

    async def aclose(self) -> None:
        """End what is under way and close every connection."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None
        self._system.close()

    def _start(self, request: Callable[[], Coroutine[Any, Any, Fetched]]) -> asyncio.Task[Fetched]:
        if len(self._tasks) >= self._most:
            raise FetchFailed("Too many documents are being fetched; try again later")
        task = asyncio.create_task(request())
        self._tasks.add(task)
        task.add_done_callback(self._finish)
        return task

    def _finish(self, task: asyncio.Task[Fetched]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # its waiters may have gone away

    async def _request(
        self, method: str, url: str, limits: Limits, headers: Mapping[str, str], body: bytes | None
    ) -> Fetched:
        try:
            async with asyncio.timeout(limits.deadline_seconds), self._running:
                return await self._exchange(method, url, limits, headers, body)
        except ResolutionRefused:
            raise FetchRefused("The URL is refused: its host has no public address") from None
        except TimeoutError:
            raise FetchTimeout(f"There was no complete reply within {limits.deadline_seconds:g} seconds") from None
        except (aiohttp.ClientError, OSError):
            raise FetchFailed("The server cannot be reached, or does not speak HTTP as it should") from None

    async def _exchange(
        self, method: str, url: str, limits: Limits, headers: Mapping[str, str], body: bytes | None
    ) -> Fetched:
        request = self._opened().request(
            method,
            URL(url, encoded=True),
            data=body,
            headers={"Accept": ", ".join(limits.accept), **headers},
            allow_redirects=False,
        )
        async with request as response:
            try:
                _check_head(response, limits)
                return Fetched(
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    await _bounded_body(response, limits.max_bytes),
                    url,
                )
            except FetchError:
                response.close()
                raise

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, limit_per_host=8)
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers=_HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
                auto_decompress=False,
            )
        return self._session


def _host_and_port(origin: str) -> tuple[str, int]:
    url = URL(origin)
    return url.raw_host or "", url.port or 0


def _check_head(response: aiohttp.ClientResponse, limits: Limits) -> None:
    if response.status in _REDIRECTS:
        raise FetchRefused("The server answers with a redirect, which is not followed")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchRefused("The reply is compressed, although that was not asked for")
    if response.status in _SUCCESS and not _is_accepted(response.headers.get("Content-Type", ""), limits.accept):
        raise FetchRefused(f"The reply is not of type {' or '.join(limits.accept)}")
    if response.content_length is not None and response.content_length > limits.max_bytes:
        raise FetchRefused(f"The reply is larger than {limits.max_bytes} bytes")


def _is_accepted(content_type: str, accept: tuple[str, ...]) -> bool:
    media_type = content_type.split(";", 1)[0].strip().lower()
    return media_type in accept or ("application/json" in accept and _is_json_dialect(media_type))


def _is_json_dialect(media_type: str) -> bool:
    return media_type.startswith("application/") and media_type.endswith("+json")


async def _bounded_body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            raise FetchRefused(f"The reply is larger than {max_bytes} bytes")
    return bytes(body)
